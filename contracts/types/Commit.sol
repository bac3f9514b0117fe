// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Commit
/// @notice A relayer's promise to reveal the chunks of strips behind a root, in one word beside the root itself.
/// @dev Low bit first:
/// ```
/// | relayer 160 | period 32 | chunks 8 | revealed 8 | strips left 16 | open challenges 28 | named 1 | fate 2 |
/// ```
/// The relayer is not zero, so a word of zeros is nobody's. A challenge takes a storage word of its own, at least 22,100 gas:
/// 2^28 of them would take 6 * 10^12 gas between the reveal window and the end of a period, so the counter never overflows.
type Commit is uint256;

using {
    relayerOf,
    periodOf,
    chunksOf,
    revealedOf,
    stripsLeftOf,
    challengesOf,
    isNamed,
    fateOf,
    isFor,
    isRevealed,
    isFinished,
    withReveal,
    withChallenge,
    withAnswer,
    withFate
} for Commit global;

/// @dev Fates: what became of the bond.
uint256 constant PENDING = 0;
uint256 constant RELEASED = 1;
uint256 constant FORFEITED = 2;

uint256 constant MAX_CHUNKS = type(uint8).max;
uint256 constant MAX_STRIPS = type(uint16).max;

uint256 constant REVEALED_AT = 200;
uint256 constant STRIPS_AT = 208;
uint256 constant CHALLENGES_AT = 224;
uint256 constant FATE_AT = 253;

function relayerOf(Commit c) pure returns (address) {
    return address(uint160(Commit.unwrap(c)));
}

function periodOf(Commit c) pure returns (uint256) {
    return uint32(Commit.unwrap(c) >> 160);
}

function chunksOf(Commit c) pure returns (uint256) {
    return uint8(Commit.unwrap(c) >> 192);
}

/// @return Chunks revealed so far, in their order.
function revealedOf(Commit c) pure returns (uint256) {
    return uint8(Commit.unwrap(c) >> REVEALED_AT);
}

/// @return Strips of the chunks that are not revealed.
function stripsLeftOf(Commit c) pure returns (uint256) {
    return uint16(Commit.unwrap(c) >> STRIPS_AT);
}

/// @return Challenges without an answer.
function challengesOf(Commit c) pure returns (uint256) {
    return (Commit.unwrap(c) >> CHALLENGES_AT) & ((1 << 28) - 1);
}

/// @return Whether the coordinator had named the relayer.
function isNamed(Commit c) pure returns (bool) {
    return (Commit.unwrap(c) >> 252) & 1 != 0;
}

function fateOf(Commit c) pure returns (uint256) {
    return (Commit.unwrap(c) >> FATE_AT) & 3;
}

/// @return Whether the word is a commit of `period`.
function isFor(Commit c, uint256 period) pure returns (bool) {
    return periodOf(c) == period && relayerOf(c) != address(0);
}

/// @return Whether every chunk is revealed.
function isRevealed(Commit c) pure returns (bool) {
    return revealedOf(c) == chunksOf(c);
}

/// @return Whether its bond is released or forfeited.
function isFinished(Commit c) pure returns (bool) {
    return fateOf(c) != PENDING;
}

/// @notice One more chunk is revealed; it held `strips` of those left.
function withReveal(Commit c, uint256 strips) pure returns (Commit) {
    return Commit.wrap(Commit.unwrap(c) + (1 << REVEALED_AT) - (strips << STRIPS_AT));
}

function withChallenge(Commit c) pure returns (Commit) {
    return Commit.wrap(Commit.unwrap(c) + (1 << CHALLENGES_AT));
}

/// @notice One of the open challenges is answered.
function withAnswer(Commit c) pure returns (Commit) {
    return Commit.wrap(Commit.unwrap(c) - (1 << CHALLENGES_AT));
}

/// @notice A pending commit meets its fate.
function withFate(Commit c, uint256 fate) pure returns (Commit) {
    return Commit.wrap(Commit.unwrap(c) | (fate << FATE_AT));
}

/// @notice A new commit; `chunks` and `strips` have passed their bounds.
function newCommit(address relayer, uint256 period, uint256 chunks, uint256 strips, bool named) pure returns (Commit) {
    uint256 counts = (chunks << 192) | (strips << STRIPS_AT);
    return Commit.wrap(uint256(uint160(relayer)) | (uint256(uint32(period)) << 160) | counts | (named ? 1 << 252 : 0));
}
