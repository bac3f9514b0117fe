// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Clearing} from "../libraries/Clearing.sol";

/// @title Slot result
/// @notice What clearing decided for a slot, in one word.
/// @dev Low bit first: `| slot 32 | marginalTick 8 | priceTick 8 | bidAllotment 32 | bidVolume 32 | askAllotment 32 | askVolume 32 |
/// lots 40 |`. The slot is the tag: a word of another slot reads as "not cleared". Slot 0 (1970) cannot be traded.
type SlotResult is uint256;

using {isOf, marginalTick, priceTick, lots, unpack, fill} for SlotResult global;

/// @return Whether the word belongs to `slot`.
function isOf(SlotResult r, uint256 slot) pure returns (bool) {
    return SlotResult.unwrap(r) & 0xffffffff == slot;
}

function marginalTick(SlotResult r) pure returns (uint256) {
    return (SlotResult.unwrap(r) >> 32) & 0xff;
}

function priceTick(SlotResult r) pure returns (uint256) {
    return (SlotResult.unwrap(r) >> 40) & 0xff;
}

/// @return Traded volume, lots.
function lots(SlotResult r) pure returns (uint256) {
    return SlotResult.unwrap(r) >> 176;
}

function unpack(SlotResult r) pure returns (Clearing.Result memory) {
    uint256 word = SlotResult.unwrap(r);
    return
        Clearing.Result({
            marginalTick: (word >> 32) & 0xff,
            priceTick: (word >> 40) & 0xff,
            lots: word >> 176,
            bidAllotment: (word >> 48) & 0xffffffff,
            bidVolume: (word >> 80) & 0xffffffff,
            askAllotment: (word >> 112) & 0xffffffff,
            askVolume: (word >> 144) & 0xffffffff
        });
}

/// @notice Lots filled of one accepted entry.
/// @param side 1 sells.
/// @param prefix Volume at the entry's tick before it.
function fill(SlotResult r, uint256 side, uint256 tick, uint256 entryLots, uint256 prefix) pure returns (uint256) {
    uint256 word = SlotResult.unwrap(r);
    uint256 marginal = (word >> 32) & 0xff;
    if (marginal == Clearing.NO_TRADE) return 0;
    if (tick == marginal) {
        uint256 pair = word >> (48 + 64 * side);
        return Clearing.shareDown(prefix, entryLots, pair & 0xffffffff, (pair >> 32) & 0xffffffff);
    }
    // A bid above the margin or an ask below it fills whole, anything else not at all.
    return (tick > marginal) == (side == 0) ? entryLots : 0;
}

function packResult(uint256 slot, Clearing.Result memory r) pure returns (SlotResult) {
    return
        SlotResult.wrap(
            slot |
                (r.marginalTick << 32) |
                (r.priceTick << 40) |
                (r.bidAllotment << 48) |
                (r.bidVolume << 80) |
                (r.askAllotment << 112) |
                (r.askVolume << 144) |
                (r.lots << 176)
        );
}
