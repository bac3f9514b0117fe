// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Pledge
/// @notice A member's money behind its orders in a sealed community, in one word; base units.
/// @dev Low bit first: `| pledged 64 | leaving 64 | fresh 64 | leavesAfter 24 | gate 24 | switched 1 |`.
///
/// `leaving` is the part of `pledged` that was asked back and goes when the reveal of period `leavesAfter` is over. `fresh` is the
/// part that came in since the gate of period `gate` closed; `switched` tells that the member changed its epoch or its modules
/// since then, so that another word holds what they were.
type Pledge is uint256;

using {
    pledgedOf,
    leavingOf,
    leavesAfter,
    availableFor,
    freshSince,
    isSwitchedSince,
    sinceGate,
    withAdded,
    withTaken,
    withLeaving,
    withReleased,
    withSwitched
} for Pledge global;

/// @dev Largest amount a field holds.
uint256 constant MAX_PLEDGE = type(uint64).max;

uint256 constant PERIOD_MASK = 0xffffff;
uint256 constant SWITCHED = 1 << 240;

function pledgedOf(Pledge p) pure returns (uint256) {
    return Pledge.unwrap(p) & MAX_PLEDGE;
}

function leavingOf(Pledge p) pure returns (uint256) {
    return (Pledge.unwrap(p) >> 64) & MAX_PLEDGE;
}

function freshOf(Pledge p) pure returns (uint256) {
    return (Pledge.unwrap(p) >> 128) & MAX_PLEDGE;
}

/// @return The period whose reveal `leaving` still backs.
function leavesAfter(Pledge p) pure returns (uint256) {
    return (Pledge.unwrap(p) >> 192) & PERIOD_MASK;
}

function gateOf(Pledge p) pure returns (uint256) {
    return (Pledge.unwrap(p) >> 216) & PERIOD_MASK;
}

/// @return What backs orders of `period`: neither what may be gone by its gate, nor what came after it. Exact during its reveal. [G2]
function availableFor(Pledge p, uint256 period) pure returns (uint256) {
    uint256 not = leavesAfter(p) < period ? leavingOf(p) : 0;
    if (gateOf(p) == period) not += freshOf(p);
    return pledgedOf(p) > not ? pledgedOf(p) - not : 0;
}

/// @return What came in since the gate of `period`, the last one that closed, less what later orders took of it: it backs none of those
/// that are revealed.
function freshSince(Pledge p, uint256 period) pure returns (uint256) {
    return gateOf(p) == period ? freshOf(p) : 0;
}

/// @return Whether epoch or modules changed after the gate of `period`, the last one that closed.
function isSwitchedSince(Pledge p, uint256 period) pure returns (bool) {
    return gateOf(p) == period && Pledge.unwrap(p) & SWITCHED != 0;
}

/// @return The same money; what happened since an earlier gate than that of `period` is forgotten.
function sinceGate(Pledge p, uint256 period) pure returns (Pledge) {
    if (gateOf(p) == period) return p;
    uint256 kept = Pledge.unwrap(p) & ~(SWITCHED | (PERIOD_MASK << 216) | (MAX_PLEDGE << 128));
    return Pledge.wrap(kept | (period << 216));
}

/// @dev It fits: all that the escrow owes in a token does.
function withAdded(Pledge p, uint256 amount) pure returns (Pledge) {
    return _withMoney(p, pledgedOf(p) + amount, leavingOf(p), freshOf(p) + amount);
}

/// @dev Takes at most what is pledged for orders of `period`: before what came in since its gate, but since an earlier gate that first.
/// If what stays is less than was asked back, all of it leaves.
function withTaken(Pledge p, uint256 amount, uint256 period) pure returns (Pledge) {
    uint256 fresh = freshOf(p);
    if (gateOf(p) != period) fresh = fresh > amount ? fresh - amount : 0;
    return _withMoney(p, pledgedOf(p) - amount, leavingOf(p), fresh);
}

/// @param amount All that leaves from now on, at most what is pledged.
/// @param after_ The period whose reveal it still backs.
function withLeaving(Pledge p, uint256 amount, uint256 after_) pure returns (Pledge) {
    uint256 kept = Pledge.unwrap(p) & ~((PERIOD_MASK << 192) | (MAX_PLEDGE << 64));
    return Pledge.wrap(kept | (after_ << 192) | (amount << 64));
}

/// @dev What was leaving is gone.
function withReleased(Pledge p) pure returns (Pledge) {
    return _withMoney(p, pledgedOf(p) - leavingOf(p), 0, freshOf(p));
}

function withSwitched(Pledge p) pure returns (Pledge) {
    return Pledge.wrap(Pledge.unwrap(p) | SWITCHED);
}

/// @dev No part is larger than the whole, so every sum that fits the first field fits all.
function _withMoney(Pledge p, uint256 pledged, uint256 leaving, uint256 fresh) pure returns (Pledge) {
    if (leaving > pledged) leaving = pledged;
    if (fresh > pledged) fresh = pledged;
    return Pledge.wrap((Pledge.unwrap(p) & (type(uint256).max << 192)) | (fresh << 128) | (leaving << 64) | pledged);
}
