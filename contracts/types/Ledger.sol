// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Ledger
/// @notice A community's energy balance in one slot, Wh, in a ring of R periods.
/// @dev Low bit first: `| sold 44 | exported 40 | imported 44 | bought 44 | delivered 40 | wrap 44 |`. Sold and bought stand where a
/// position word has them. Fields never overflow: at most 2^16 members, each below 2^24 Wh of every module and on its meter,
/// and of sixteen modules together below 2^28. So whole words can be added and taken away.
type Ledger is uint256;

using {plus, minus, deliveredOf, boughtOf, soldOf, importedOf, exportedOf, tagged} for Ledger global;

uint256 constant EXPORTED = 44;
uint256 constant IMPORTED = 84;
uint256 constant BOUGHT = 128;
uint256 constant DELIVERED = 172;
uint256 constant WRAP = 212;

function plus(Ledger a, Ledger b) pure returns (Ledger) {
    return Ledger.wrap(Ledger.unwrap(a) + Ledger.unwrap(b));
}

function minus(Ledger a, Ledger b) pure returns (Ledger) {
    return Ledger.wrap(Ledger.unwrap(a) - Ledger.unwrap(b));
}

/// @return Energy sold and exported: what buyers' tokens stand for.
function deliveredOf(Ledger self) pure returns (uint256) {
    return uint40(Ledger.unwrap(self) >> DELIVERED);
}

function boughtOf(Ledger self) pure returns (uint256) {
    return _field44(self, BOUGHT);
}

function soldOf(Ledger self) pure returns (uint256) {
    return _field44(self, 0);
}

function importedOf(Ledger self) pure returns (uint256) {
    return _field44(self, IMPORTED);
}

function exportedOf(Ledger self) pure returns (uint256) {
    return uint40(Ledger.unwrap(self) >> EXPORTED);
}

function _field44(Ledger self, uint256 place) pure returns (uint256) {
    return (Ledger.unwrap(self) >> place) & ((1 << 44) - 1);
}

/// @notice Wh of one or more members in a slot.
function newLedger(
    uint256 bought,
    uint256 sold,
    uint256 imported,
    uint256 exported,
    uint256 delivered
) pure returns (Ledger) {
    uint256 meter = (exported << EXPORTED) | (imported << IMPORTED);
    return Ledger.wrap(sold | meter | (bought << BOUGHT) | (delivered << DELIVERED));
}

/// @return The word of a ring entry as `wrap` sees it: empty if it belongs to another turn of the ring.
function ledgerAt(uint256 word, uint256 wrap) pure returns (Ledger) {
    return Ledger.wrap(word >> WRAP == wrap ? word & ((1 << WRAP) - 1) : 0);
}

/// @return The word to store for this turn of the ring.
function tagged(Ledger self, uint256 wrap) pure returns (uint256) {
    return Ledger.unwrap(self) | (wrap << WRAP);
}
