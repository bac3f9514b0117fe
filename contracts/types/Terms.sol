// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Terms
/// @notice The parameters of a community that every hot path needs, packed into one word and fixed at creation.
/// @dev Low bit first:
/// ```
/// | slotDuration 16 | slotsPerPeriod 8 | lotWh 16 | floorPrice 16 | tickSize 16 | tickCount 8 | wide 8 | horizon 8 |
/// | ring 8 | gateClosure 24 | readingDeadline 24 | correctionWindow 24 | claimWindow 24 | settlementFee 32 |
/// | revealWindow 24 |
/// ```
/// Durations are seconds, prices payment-token base units per Wh, the settlement fee base units. A reveal window makes a community
/// sealed: it has one gate per period and reveals its orders after it; without one it is open and has a gate per slot.
type Terms is uint256;

using {
    slotDuration,
    slotsPerPeriod,
    lotWh,
    floorPrice,
    tickSize,
    tickCount,
    wideTicks,
    horizon,
    ring,
    gateClosure,
    readingDeadline,
    correctionWindow,
    claimWindow,
    settlementFee,
    revealWindow,
    isSealed,
    periodLength,
    periodAt,
    periodEnd,
    gateOf,
    gateOfPeriod,
    lastGateAt,
    revealEnd,
    withRevealWindow,
    exists
} for Terms global;

/// @return Seconds per slot.
function slotDuration(Terms t) pure returns (uint256) {
    return Terms.unwrap(t) & 0xffff;
}

function slotsPerPeriod(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 16) & 0xff;
}

/// @return Watt-hours per lot.
function lotWh(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 24) & 0xffff;
}

/// @return Price of tick 0, base units per Wh.
function floorPrice(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 40) & 0xffff;
}

/// @return Price step, base units per Wh.
function tickSize(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 56) & 0xffff;
}

function tickCount(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 72) & 0xff;
}

/// @return Whether a tick volume takes 32 bits instead of 16.
function wideTicks(Terms t) pure returns (bool) {
    return (Terms.unwrap(t) >> 80) & 0xff != 0;
}

/// @return Periods after the current one that take orders.
function horizon(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 88) & 0xff;
}

/// @return R, the number of periods that journals, results and pots are kept for.
function ring(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 96) & 0xff;
}

/// @return Seconds between the gate and the start of the slot.
function gateClosure(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 104) & 0xffffff;
}

/// @return Seconds after the period's end from which a missing reading is estimated.
function readingDeadline(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 128) & 0xffffff;
}

/// @return Seconds after the period's end during which a late reading replaces an estimate.
function correctionWindow(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 152) & 0xffffff;
}

/// @return Seconds after the period's end during which energy tokens can be claimed.
function claimWindow(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 176) & 0xffffff;
}

/// @return Base units, reserved with a member's first record of a period and paid to whoever settles it.
function settlementFee(Terms t) pure returns (uint256) {
    return (Terms.unwrap(t) >> 200) & 0xffffffff;
}

/// @return Seconds after a period's gate in which its orders are revealed; 0 in an open community.
function revealWindow(Terms t) pure returns (uint256) {
    return Terms.unwrap(t) >> 232;
}

/// @return Whether orders are committed before one gate per period and revealed after it.
function isSealed(Terms t) pure returns (bool) {
    return revealWindow(t) != 0;
}

/// @return Seconds per period.
function periodLength(Terms t) pure returns (uint256) {
    unchecked {
        return slotDuration(t) * slotsPerPeriod(t); // 16 bits * 8 bits
    }
}

/// @return The period that contains `timestamp`.
function periodAt(Terms t, uint256 timestamp) pure returns (uint256) {
    return timestamp / periodLength(t);
}

/// @return Unix seconds at which `period` ends.
function periodEnd(Terms t, uint256 period) pure returns (uint256) {
    return (period + 1) * periodLength(t);
}

/// @return Unix seconds at which trading in `slot` closes; the gate itself is already closed.
function gateOf(Terms t, uint256 slot) pure returns (uint256) {
    if (isSealed(t)) return gateOfPeriod(t, slot / slotsPerPeriod(t));
    return slot * slotDuration(t) - gateClosure(t);
}

/// @return Unix seconds at which the first gate of `period` closes, which in a sealed community is its only one.
function gateOfPeriod(Terms t, uint256 period) pure returns (uint256) {
    return period * periodLength(t) - gateClosure(t);
}

/// @return The latest period whose first gate has closed at `timestamp`.
function lastGateAt(Terms t, uint256 timestamp) pure returns (uint256) {
    return (timestamp + gateClosure(t)) / periodLength(t);
}

/// @return Unix seconds from which nothing of a sealed `period` is revealed any more.
function revealEnd(Terms t, uint256 period) pure returns (uint256) {
    return gateOfPeriod(t, period) + revealWindow(t);
}

/// @dev Adds the reveal window to packed terms that have none.
function withRevealWindow(Terms t, uint256 seconds_) pure returns (Terms) {
    return Terms.wrap(Terms.unwrap(t) | (seconds_ << 232));
}

/// @return False for a community that was never created.
function exists(Terms t) pure returns (bool) {
    return Terms.unwrap(t) != 0;
}

/// @notice Packs the terms; every argument has passed its bounds.
function packTerms(
    uint256 slotDuration_,
    uint256 slotsPerPeriod_,
    uint256 lotWh_,
    uint256 floorPrice_,
    uint256 tickSize_,
    uint256 tickCount_,
    bool wide_
) pure returns (uint256 low) {
    low =
        slotDuration_ |
        (slotsPerPeriod_ << 16) |
        (lotWh_ << 24) |
        (floorPrice_ << 40) |
        (tickSize_ << 56) |
        (tickCount_ << 72) |
        (uint256(wide_ ? 1 : 0) << 80);
}

/// @notice Adds the calendar to the grid packed by `packTerms`.
function packCalendar(
    uint256 low,
    uint256 horizon_,
    uint256 ring_,
    uint256 gateClosure_,
    uint256 readingDeadline_,
    uint256 correctionWindow_,
    uint256 claimWindow_,
    uint256 settlementFee_
) pure returns (Terms) {
    return
        Terms.wrap(
            low |
                (horizon_ << 88) |
                (ring_ << 96) |
                (gateClosure_ << 104) |
                (readingDeadline_ << 128) |
                (correctionWindow_ << 152) |
                (claimWindow_ << 176) |
                (settlementFee_ << 200)
        );
}
