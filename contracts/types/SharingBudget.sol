// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Sharing budget
/// @notice What a member lets a community spend on its peers' energy in each of a run of periods, in one word.
/// @dev Low bit first: `| budget 48 | first 32 | last 32 | epoch 32 | sequence 32 |`; base units, periods.
type SharingBudget is uint256;

using {budgetOf, sequenceOf, covers, isOfEpoch} for SharingBudget global;

/// @return Base units per period.
function budgetOf(SharingBudget b) pure returns (uint256) {
    return uint48(SharingBudget.unwrap(b));
}

/// @return A member's later budgets have larger ones.
function sequenceOf(SharingBudget b) pure returns (uint256) {
    return uint32(SharingBudget.unwrap(b) >> 144);
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
