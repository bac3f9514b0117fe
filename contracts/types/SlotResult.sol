// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Clearing} from "../libraries/Clearing.sol";

/// @title Slot results
/// @notice What clearing decided for slots of a period in a row: three in a word, or two where ticks are wide.
/// @dev Low bit first: `| period 32 | first slot | second | third |`. The period is the tag: a word of another period reads as "not
/// cleared". Words of a period follow one another, and the next period starts with a word of its own.
type SlotResults is uint256;

/// @title Slot result
/// @notice What clearing decided for one slot, as `SlotResults` hold it.
/// @dev Low bit first: `| kind 2 | marginalTick 7 | allotment 16 | volume 16 | lots 23 |`, or where ticks are wide
/// `| kind 2 | marginalTick 7 | allotment 32 | volume 32 | lots 39 |`. Both sides together trade at most 64 full ticks. Allotment and volume
/// are those of one side at the marginal tick, of the other the margin fills whole, so that its volume matters to nobody. Without trade all
/// but the kind is zero. Kinds:
///
/// - 0: not cleared;
/// - 1: asks, which may fill whole as well as bids do;
/// - 2: bids, which are rationed;
/// - 3: bids, which get nothing as the price lies above them: in place of the allotment stands the price's tick.
///
/// `bits` are those of an allotment or a volume: 16, or 32 where ticks are wide.
type SlotResult is uint256;

using {ofPeriod, resultAt, withResult} for SlotResults global;
using {isCleared, lots, unpack} for SlotResult global;

uint256 constant OF_ASKS = 1;
uint256 constant OF_BIDS = 2;
uint256 constant MIDPOINT = 3;

/// @dev Where the fields of a result start: the marginal tick, the allotment.
uint256 constant MARGINAL = 2;
uint256 constant ALLOTMENT = 9;

/// @dev One lot of one.
uint256 constant WHOLE = (1 << 32) | 1;

/// @dev Where a word's first result starts.
uint256 constant FIRST_RESULT = 32;

/// @notice Where the result of a slot at an offset in the period is.
/// @return word Index of its word in the period.
/// @return index Within the word.
function resultPlace(uint256 offset, uint256 bits) pure returns (uint256 word, uint256 index) {
    unchecked {
        word = offset / resultsPerWord(bits);
        index = offset - word * resultsPerWord(bits);
    }
}

/// @return Results in a word.
function resultsPerWord(uint256 bits) pure returns (uint256) {
    unchecked {
        return 4 - bits / 16;
    }
}

/// @dev Bits of a result.
function _size(uint256 bits) pure returns (uint256) {
    unchecked {
        return 3 * bits + 16;
    }
}

// ------------------------------------------------------------------------------------------------------------ words

/// @return The word as it counts for `period`: nothing is cleared in one of another.
function ofPeriod(SlotResults self, uint256 period) pure returns (SlotResults) {
    return SlotResults.wrap(SlotResults.unwrap(self) & 0xffffffff == period ? SlotResults.unwrap(self) : 0);
}

/// @return The result at an index, whichever period the word is of.
function resultAt(SlotResults self, uint256 index, uint256 bits) pure returns (SlotResult) {
    unchecked {
        uint256 size = _size(bits);
        return SlotResult.wrap((SlotResults.unwrap(self) >> (FIRST_RESULT + index * size)) & ((1 << size) - 1));
    }
}

/// @notice Puts in the result of a slot of `period`.
/// @return The word with it; unchanged if it is of a later period or holds a result of the slot already.
function withResult(
    SlotResults self,
    uint256 period,
    uint256 index,
    SlotResult result,
    uint256 bits
) pure returns (SlotResults) {
    unchecked {
        uint256 word = SlotResults.unwrap(self);
        uint256 tag = word & 0xffffffff;
        // A slot cleared after its period has left the ring must not overwrite a newer result.
        if (tag > period) return self;
        if (tag != period) word = period;
        else if (resultAt(self, index, bits).isCleared()) return self;
        return SlotResults.wrap(word | (SlotResult.unwrap(result) << (FIRST_RESULT + index * _size(bits))));
    }
}

// ------------------------------------------------------------------------------------------------------------ one result

/// @return Whether the slot was cleared.
function isCleared(SlotResult self) pure returns (bool) {
    return SlotResult.unwrap(self) != 0;
}

/// @return Traded volume, lots.
function lots(SlotResult self, uint256 bits) pure returns (uint256) {
    unchecked {
        return SlotResult.unwrap(self) >> (ALLOTMENT + 2 * bits);
    }
}

/// @notice What there is to know of the result of a cleared slot.
/// @return marginal t*, or `Clearing.NO_TRADE`.
/// @return price Tick of the price, or `Clearing.NO_TRADE`.
/// @return pairs Volumes and allotments at the marginal tick that make the right shares, high bit first
/// `| bid volume 32 | bid allotment 32 | ask volume 32 | ask allotment 32 |`: one lot of one for a side that fills whole.
function unpack(SlotResult self, uint256 bits) pure returns (uint256 marginal, uint256 price, uint256 pairs) {
    unchecked {
        uint256 word = SlotResult.unwrap(self);
        if (word == OF_ASKS) return (Clearing.NO_TRADE, Clearing.NO_TRADE, 0);
        marginal = (word >> MARGINAL) & 0x7f;
        price = marginal;
        uint256 mask = (1 << bits) - 1;
        uint256 allotment = (word >> ALLOTMENT) & mask;
        uint256 kind = word & 3;
        if (kind == MIDPOINT) (price, allotment) = (allotment, 0);
        pairs = (((word >> (ALLOTMENT + bits)) & mask) << 32) | allotment;
        pairs = kind == OF_ASKS ? pairs | (WHOLE << 64) : (pairs << 64) | WHOLE;
    }
}

/// @notice Which side's orders at the marginal tick fill in part or not at all.
/// @return side 0 bids, 1 asks; 0 where neither's do.
/// @return allotment Lots filled of `volume`.
/// @return volume Lots of that side at the marginal tick, more than `allotment`; 0 where all fill whole.
function rationedOf(uint256 pairs) pure returns (uint256 side, uint256 allotment, uint256 volume) {
    unchecked {
        for (side = 2; side != 0;) {
            --side;
            (allotment, volume) = (pairs & 0xffffffff, (pairs >> 32) & 0xffffffff);
            if (allotment != volume) return (side, allotment, volume);
            pairs >>= 64;
        }
        return (0, 0, 0);
    }
}

/// @notice Lots filled of one accepted entry.
/// @param side 1 sells.
/// @param prefix Volume at the entry's tick before it.
function fillOf(
    uint256 marginal,
    uint256 pairs,
    uint256 side,
    uint256 tick,
    uint256 entryLots,
    uint256 prefix
) pure returns (uint256) {
    if (marginal == Clearing.NO_TRADE) return 0;
    if (tick == marginal) {
        uint256 pair = pairs >> (64 * (1 - side));
        return Clearing.shareDown(prefix, entryLots, pair & 0xffffffff, (pair >> 32) & 0xffffffff);
    }
    // A bid above the margin or an ask below it fills whole, anything else not at all.
    return (tick > marginal) == (side == 0) ? entryLots : 0;
}

/// @dev Where the price is not the marginal tick, bids and asks that it fills are equal without the bids at that tick. // [C2]
function packResult(Clearing.Result memory r, uint256 bits) pure returns (SlotResult) {
    unchecked {
        if (r.lots == 0) return SlotResult.wrap(OF_ASKS);
        (uint256 kind, uint256 allotment, uint256 volume) = (OF_ASKS, r.askAllotment, r.askVolume);
        if (r.bidAllotment != r.bidVolume) (kind, allotment, volume) = (OF_BIDS, r.bidAllotment, r.bidVolume);
        if (r.priceTick != r.marginalTick) (kind, allotment, volume) = (MIDPOINT, r.priceTick, r.bidVolume);
        uint256 word = kind | (r.marginalTick << MARGINAL) | (allotment << ALLOTMENT);
        return SlotResult.wrap(word | (volume << (ALLOTMENT + bits)) | (r.lots << (ALLOTMENT + 2 * bits)));
    }
}
