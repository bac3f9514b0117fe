// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Pot
/// @notice One module's money in one period of one community, in a ring of R periods; base units.
/// @dev Low bit first: `| period 24 | amount int96 | outstanding 96 | opened 20 | settled 20 |`. `amount` is what members paid minus
/// what members received; `outstanding` are reserves not yet released; amount + outstanding >= 0 always. Only the word of the
/// first module counts journals, for the whole community.
type Pot is uint256;

using {
    periodOf,
    amountOf,
    outstandingOf,
    openedOf,
    settledOf,
    allSettled,
    isPeriod,
    withAmounts,
    withCounts
} for Pot global;

uint256 constant MAX_JOURNALS = (1 << 20) - 1;

function periodOf(Pot p) pure returns (uint256) {
    return Pot.unwrap(p) & 0xffffff;
}

function amountOf(Pot p) pure returns (int256) {
    return int96(uint96(Pot.unwrap(p) >> 24));
}

function outstandingOf(Pot p) pure returns (uint256) {
    return (Pot.unwrap(p) >> 120) & type(uint96).max;
}

function openedOf(Pot p) pure returns (uint256) {
    return (Pot.unwrap(p) >> 216) & MAX_JOURNALS;
}

function settledOf(Pot p) pure returns (uint256) {
    return Pot.unwrap(p) >> 236;
}

function allSettled(Pot p) pure returns (bool) {
    return openedOf(p) == settledOf(p);
}

function isPeriod(Pot p, uint256 period) pure returns (bool) {
    return periodOf(p) == period;
}

/// @dev The sum of a pot and its reserves is money the escrow holds, so both fit 96 bits.
function withAmounts(Pot p, int256 amount, uint256 outstanding) pure returns (Pot) {
    uint256 kept = Pot.unwrap(p) & ((MAX_JOURNALS << 236) | (MAX_JOURNALS << 216) | 0xffffff);
    return Pot.wrap(kept | (uint256(uint96(uint256(amount))) << 24) | (outstanding << 120));
}

function withCounts(Pot p, uint256 opened, uint256 settled) pure returns (Pot) {
    return Pot.wrap((Pot.unwrap(p) & ((1 << 216) - 1)) | (opened << 216) | (settled << 236));
}

function newPot(uint256 period) pure returns (Pot) {
    return Pot.wrap(period);
}
