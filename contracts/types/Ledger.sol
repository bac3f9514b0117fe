// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Ledger
/// @notice A community's energy balance in one slot, Wh, in a ring of R periods.
/// @dev Low bit first: `| delivered 48 | bought 48 | sold 48 | imported 48 | exported 48 | wrap 16 |`. Fields never overflow: 2^24
/// members of 2^24 Wh each fit. So whole words can be added and taken away.
type Ledger is uint256;

using {plus, minus, deliveredOf, boughtOf, soldOf, importedOf, exportedOf, tagged} for Ledger global;

uint256 constant FIELD = (1 << 48) - 1;

function plus(Ledger a, Ledger b) pure returns (Ledger) {
    return Ledger.wrap(Ledger.unwrap(a) + Ledger.unwrap(b));
}

function minus(Ledger a, Ledger b) pure returns (Ledger) {
    return Ledger.wrap(Ledger.unwrap(a) - Ledger.unwrap(b));
}

/// @return Energy sold and exported: what buyers' tokens stand for.
function deliveredOf(Ledger self) pure returns (uint256) {
    return Ledger.unwrap(self) & FIELD;
}

function boughtOf(Ledger self) pure returns (uint256) {
    return (Ledger.unwrap(self) >> 48) & FIELD;
}

function soldOf(Ledger self) pure returns (uint256) {
    return (Ledger.unwrap(self) >> 96) & FIELD;
}

function importedOf(Ledger self) pure returns (uint256) {
    return (Ledger.unwrap(self) >> 144) & FIELD;
}

function exportedOf(Ledger self) pure returns (uint256) {
    return (Ledger.unwrap(self) >> 192) & FIELD;
}

/// @notice One member's slot. Delivered is the smaller of sold and exported.
function newLedger(uint256 bought, uint256 sold, uint256 imported, uint256 exported) pure returns (Ledger) {
    uint256 delivered = sold < exported ? sold : exported;
    return Ledger.wrap(delivered | (bought << 48) | (sold << 96) | (imported << 144) | (exported << 192));
}

/// @return The word of a ring entry as `wrap` sees it: empty if it belongs to another turn of the ring.
function ledgerAt(uint256 word, uint256 wrap) pure returns (Ledger) {
    return Ledger.wrap(word >> 240 == wrap & 0xffff ? word & ((1 << 240) - 1) : 0);
}

/// @return The word to store for this turn of the ring.
function tagged(Ledger self, uint256 wrap) pure returns (uint256) {
    return Ledger.unwrap(self) | ((wrap & 0xffff) << 240);
}
