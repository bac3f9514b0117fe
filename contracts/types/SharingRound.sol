// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Sharing round
/// @notice How far the sharing of one period is, in one word of a ring of R periods.
/// @dev Low bit first: `| period 32 | joined 32 | counted 32 | chunks 16 | rule 8 | compensation 16 | delay 24 |`. The last three are
/// the scheme of the period, taken over when its first member joins.
type SharingRound is uint256;

using {isFor, joinedOf, countedOf, chunksOf, schemeOf, withJoined, withCounted, isComplete} for SharingRound global;

/// @notice How a community shares.
/// @dev Low bit first: `| rule 8 | compensation 16 | delay 24 |`.
type SharingScheme is uint256;

using {ruleOf, compensationOf, delayOf, isAnnounced} for SharingScheme global;

uint256 constant SCHEME_MASK = type(uint48).max;
uint256 constant SCHEME_AT = 112;

/// @return Whether the word belongs to `period`; an untouched word is nobody's.
function isFor(SharingRound r, uint256 period) pure returns (bool) {
    return SharingRound.unwrap(r) != 0 && uint32(SharingRound.unwrap(r)) == period;
}

/// @return Members that joined.
function joinedOf(SharingRound r) pure returns (uint256) {
    return uint32(SharingRound.unwrap(r) >> 32);
}

/// @return Members whose readings are in the totals.
function countedOf(SharingRound r) pure returns (uint256) {
    return uint32(SharingRound.unwrap(r) >> 64);
}

/// @return Calls that counted them.
function chunksOf(SharingRound r) pure returns (uint256) {
    return uint16(SharingRound.unwrap(r) >> 96);
}

function schemeOf(SharingRound r) pure returns (SharingScheme) {
    return SharingScheme.wrap((SharingRound.unwrap(r) >> SCHEME_AT) & SCHEME_MASK);
}

/// @return Whether everybody who joined is counted.
function isComplete(SharingRound r) pure returns (bool) {
    return joinedOf(r) == countedOf(r);
}

function newSharingRound(uint256 period, SharingScheme s) pure returns (SharingRound) {
    return SharingRound.wrap(period | (SharingScheme.unwrap(s) << SCHEME_AT));
}

/// @dev At most 65,536 members.
function withJoined(SharingRound r, uint256 more) pure returns (SharingRound) {
    return SharingRound.wrap(SharingRound.unwrap(r) + (more << 32));
}

/// @param chunks 1, or 0 where they are settled at once. Each counts a member, of which there are at most 65,536 with four others.
function withCounted(SharingRound r, uint256 counted, uint256 chunks) pure returns (SharingRound) {
    return SharingRound.wrap(SharingRound.unwrap(r) + (counted << 64) + (chunks << 96));
}

/// @return The pricing rule, see `ISharing.Rule`; 0 where nothing is announced.
function ruleOf(SharingScheme s) pure returns (uint256) {
    return SharingScheme.unwrap(s) & 0xff;
}

/// @return Base units per Wh on top of the export price.
function compensationOf(SharingScheme s) pure returns (uint256) {
    return (SharingScheme.unwrap(s) >> 8) & 0xffff;
}

/// @return Seconds between the period's end and its settlement.
function delayOf(SharingScheme s) pure returns (uint256) {
    return (SharingScheme.unwrap(s) >> 24) & 0xffffff;
}

function isAnnounced(SharingScheme s) pure returns (bool) {
    return ruleOf(s) != 0;
}

function newSharingScheme(uint256 rule, uint256 compensation, uint256 delay) pure returns (SharingScheme) {
    return SharingScheme.wrap(rule | (compensation << 8) | (delay << 24));
}
