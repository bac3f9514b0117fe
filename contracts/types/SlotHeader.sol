// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Slot header
/// @notice Whose tick words a ring entry holds, and which of them are live.
/// @dev Low bit first: `| slot 32 | cleared 8 | live 32 |`. A clear live bit reads as zero volume, so reuse needs no wiping. Bids
/// take the low bits of `live`, asks follow.
type SlotHeader is uint256;

using {slotOf, isCleared, live, isFreeFor, withCleared} for SlotHeader global;

function slotOf(SlotHeader h) pure returns (uint256) {
    return SlotHeader.unwrap(h) & 0xffffffff;
}

function isCleared(SlotHeader h) pure returns (bool) {
    return (SlotHeader.unwrap(h) >> 32) & 0xff != 0;
}

/// @return One bit per tick word.
function live(SlotHeader h) pure returns (uint256) {
    return SlotHeader.unwrap(h) >> 40;
}

/// @return Whether `slot` may use the entry: its own, or an old one that is cleared or never had volume.
function isFreeFor(SlotHeader h, uint256 slot) pure returns (bool) {
    return slotOf(h) == slot || isCleared(h) || live(h) == 0;
}

function withCleared(SlotHeader h) pure returns (SlotHeader) {
    return SlotHeader.wrap(SlotHeader.unwrap(h) | (1 << 32));
}

function newHeader(uint256 slot, uint256 liveBits) pure returns (SlotHeader) {
    return SlotHeader.wrap(slot | (liveBits << 40));
}
