// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "../libraries/Mem.sol";

/// @title Journal
/// @notice A member's hash chain of one period, in one word of a ring of R periods.
/// @dev Low bit first: `| period 20 | entries 12 | records 8 | frontier 8 | state 4 | hash 204 |`. `entries` counts accepted and
/// refused ones. A second preimage of 204 bits costs 2^204, a collision between two histories of one member 2^102.
type Journal is uint256;

using {tagOf, entriesOf, recordsOf, frontierOf, stateOf, hashOf, isForPeriod, withState, withHash} for Journal global;

uint256 constant OPEN = 0;
uint256 constant METERED_STATE = 1;
uint256 constant SETTLED = 2;
uint256 constant ESTIMATED = 3;
uint256 constant CLAIMED = 4;

uint256 constant MAX_ENTRIES = 2048;
uint256 constant MAX_RECORDS = 255;

function tagOf(Journal j) pure returns (uint256) {
    return Journal.unwrap(j) & 0xfffff;
}

function entriesOf(Journal j) pure returns (uint256) {
    return (Journal.unwrap(j) >> 20) & 0xfff;
}

function recordsOf(Journal j) pure returns (uint256) {
    return (Journal.unwrap(j) >> 32) & 0xff;
}

function frontierOf(Journal j) pure returns (uint256) {
    return (Journal.unwrap(j) >> 40) & 0xff;
}

function stateOf(Journal j) pure returns (uint256) {
    return (Journal.unwrap(j) >> 48) & 0xf;
}

function hashOf(Journal j) pure returns (uint256) {
    return Journal.unwrap(j) >> 52;
}

/// @return Whether the word is the journal of `period`; an untouched word is nobody's.
function isForPeriod(Journal j, uint256 period) pure returns (bool) {
    return tagOf(j) == tagFor(period) && Journal.unwrap(j) != 0;
}

/// @return The tag of a period's journals.
function tagFor(uint256 period) pure returns (uint256) {
    return period & 0xfffff;
}

function withState(Journal j, uint256 state) pure returns (Journal) {
    return Journal.wrap((Journal.unwrap(j) & ~(uint256(0xf) << 48)) | (state << 48));
}

function withHash(Journal j, uint256 hash) pure returns (Journal) {
    return Journal.wrap((Journal.unwrap(j) & ((1 << 52) - 1)) | (hash << 52));
}

function newJournal(
    uint256 period,
    uint256 entries,
    uint256 records,
    uint256 frontier,
    uint256 hash
) pure returns (Journal) {
    return Journal.wrap((period & 0xfffff) | (entries << 20) | (records << 32) | (frontier << 40) | (hash << 52));
}

/// @notice Folds a record into a journal hash.
function recordHash(uint256 journal, uint256 head, bytes32 digest, bytes32 payloadHash) pure returns (uint256) {
    return Mem.hashWords(journal, head, uint256(digest), uint256(payloadHash)) >> 52;
}

/// @notice Folds a reading into a journal hash.
function readingHash(uint256 journal, bytes32 valuesHash, int256 gapLeg) pure returns (uint256) {
    return Mem.hashWords(journal, uint256(valuesHash), uint256(gapLeg)) >> 52;
}

/// @notice Folds the settled position into a journal hash.
function settledHash(uint256 journal, bytes32 positionHash) pure returns (uint256) {
    return Mem.hashWords(journal, uint256(positionHash)) >> 52;
}
