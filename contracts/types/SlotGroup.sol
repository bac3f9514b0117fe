// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Slot group
/// @notice For several slots of a period in a row: which of their tick words are live, and which slots are cleared. One word, so that
/// orders for a whole day touch a few words instead of one per slot.
/// @dev Low bit first: `| period 32 | live and cleared of the first slot | of the second | ...`. A slot has one live bit per tick word,
/// bids in the low ones, asks behind them, and above these its cleared bit. With 4, 8, 16 or 32 tick words 44, 24, 13 or 6 slots fit.
/// A live bit that is clear reads as zero volume, and so does every bit in a word of another period: reuse needs no wiping. A later
/// period takes the word over once each of its slots is cleared or never had volume. Nothing can be traded in period 0 (1970).
///
/// `words` are the tick words of a slot, both sides, and `shift` is where its bits start.
type SlotGroup is uint256;

using {isOf, live, isCleared, isDone, withCleared} for SlotGroup global;

/// @return Whether the word is of `period`.
function isOf(SlotGroup g, uint256 period) pure returns (bool) {
    return SlotGroup.unwrap(g) & 0xffffffff == period;
}

/// @return One bit per tick word of a slot.
function live(SlotGroup g, uint256 shift, uint256 words) pure returns (uint256) {
    unchecked {
        return (SlotGroup.unwrap(g) >> shift) & ((1 << words) - 1);
    }
}

function isCleared(SlotGroup g, uint256 shift, uint256 words) pure returns (bool) {
    unchecked {
        return (SlotGroup.unwrap(g) >> (shift + words)) & 1 != 0;
    }
}

function withCleared(SlotGroup g, uint256 shift, uint256 words) pure returns (SlotGroup) {
    unchecked {
        return SlotGroup.wrap(SlotGroup.unwrap(g) | (1 << (shift + words)));
    }
}

/// @return slots That fit a group.
function slotsInGroup(uint256 words) pure returns (uint256 slots) {
    assembly ("memory-safe") {
        slots := div(224, add(words, 1)) // which the compiler would compare with zero before
    }
}

/// @return Whether each slot is cleared or never had volume: then a later period may take the word over.
function isDone(SlotGroup g, uint256 words) pure returns (bool) {
    unchecked {
        uint256 slots = SlotGroup.unwrap(g) >> 32;
        // The lowest bit of each slot, and its live bits. Adding all ones to live bits carries into the place of the cleared bit unless
        // they are zero.
        uint256 ones = (1 << (slotsInGroup(words) * (words + 1))) - 1;
        assembly ("memory-safe") {
            ones := div(ones, sub(shl(words, 2), 1))
        }
        uint256 all = ones * ((1 << words) - 1);
        return ((slots & all) + all) & ~slots & (ones << words) == 0;
    }
}

/// @return The word of a period in which nothing has volume.
function newGroup(uint256 period) pure returns (SlotGroup) {
    return SlotGroup.wrap(period);
}

/// @notice Where the slot at an offset in the period has its bits.
/// @return index Of its group in the period.
/// @return shift Within the word.
function bitsOf(uint256 offset, uint256 words) pure returns (uint256 index, uint256 shift) {
    unchecked {
        uint256 slots = slotsInGroup(words);
        assembly ("memory-safe") {
            index := div(offset, slots) // likewise
        }
        shift = 32 + (offset - index * slots) * (words + 1);
    }
}
