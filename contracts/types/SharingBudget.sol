// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Sharing budget
/// @notice What a member lets a community spend on its peers' energy in each of a run of periods, in one word.
/// @dev Low bit first: `| budget 48 | first 32 | last 32 | epoch 32 | sequence 32 | ticks 16 |`; base units, periods. Ticks are those of
/// a standing order of `MeteredAuction`, `sell 8 | buy 8`; 0 elsewhere.
type SharingBudget is uint256;

using {budgetOf, sequenceOf, ticksOf, covers, isOfEpoch, withTicks, payloadOf} for SharingBudget global;

/// @dev Bytes of a payload: the budget, and with the ticks.
uint256 constant BUDGET_BYTES = 6;
uint256 constant ORDER_BYTES = 8;

/// @return Base units per period.
function budgetOf(SharingBudget b) pure returns (uint256) {
    return uint48(SharingBudget.unwrap(b));
}

/// @return A member's later budgets have larger ones.
function sequenceOf(SharingBudget b) pure returns (uint256) {
    return uint32(SharingBudget.unwrap(b) >> 144);
}

function ticksOf(SharingBudget b) pure returns (uint256) {
    return uint16(SharingBudget.unwrap(b) >> 176);
}

function covers(SharingBudget b, uint256 period) pure returns (bool) {
    return uint32(SharingBudget.unwrap(b) >> 48) <= period && period <= uint32(SharingBudget.unwrap(b) >> 80);
}

/// @return Whether it was signed in this epoch: the member voids it as it voids its orders.
function isOfEpoch(SharingBudget b, uint256 epoch) pure returns (bool) {
    return uint32(SharingBudget.unwrap(b) >> 112) == epoch;
}

function newSharingBudget(
    uint48 budget,
    uint32 first,
    uint32 last,
    uint32 epoch,
    uint32 sequence
) pure returns (SharingBudget) {
    return
        SharingBudget.wrap(
            uint256(budget) |
                (uint256(first) << 48) |
                (uint256(last) << 80) |
                (uint256(epoch) << 112) |
                (uint256(sequence) << 144)
        );
}

/// @param ticks See `SharingBudget`; the budget has none yet.
function withTicks(SharingBudget b, uint256 ticks) pure returns (SharingBudget) {
    return SharingBudget.wrap(SharingBudget.unwrap(b) | (ticks << 176));
}

/// @return A record's payload from the highest byte on: `budget 6 | buy tick 1 | sell tick 1`.
function payloadOf(SharingBudget b) pure returns (uint256) {
    return (budgetOf(b) << 208) | (ticksOf(b) << 192);
}

/// @notice What a member's part depends on beside its reading.
/// @param head Of the record with which it joined.
/// @return mandate Low bit first: `| reserved base units 96 | ticks 16 |`.
function mandateOf(uint256 head, bytes calldata payload) pure returns (uint256 mandate) {
    mandate = uint96(head >> 96);
    // Nothing vouches for what is behind a shorter one.
    if (payload.length == ORDER_BYTES) mandate |= uint256(uint16(uint64(bytes8(payload)))) << 96;
}
