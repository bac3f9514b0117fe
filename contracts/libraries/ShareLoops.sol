// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";
import {SlotLoops} from "./SlotLoops.sol";

/// @title Share loops
/// @notice What members of a sharing community take from and give to it, slot by slot.
/// @dev Quads are those of `SlotLoops`: a word about four slots, the first one in the highest 64 bits, each of two halves of 32 bits:
/// what a member takes and what it gives, of which one is 0.
library ShareLoops {
    using Mem for bytes;
    using Mem for uint256[];

    uint256 private constant LOW = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant GUARDS = 0x0000000100000000000000010000000000000001000000000000000100000000;
    uint256 private constant SLOT = type(uint64).max;

    /// @dev Bytes of a side in a table, of a slot with the takers' side before the givers', and of four slots. A side starts with a
    /// tally of the members so far, `| base units 128 | shared Wh 64 | Wh 64 |`; then come which portion of its Wh is shared, and what a
    /// shared Wh costs, as multiples of 2^-SCALE.
    uint256 private constant STRIDE_OF_SIDE = 0x60;
    uint256 private constant STRIDE = 0xc0;
    uint256 private constant STRIDE_OF_QUAD = 0x300;
    uint256 private constant PORTION = 0x20;
    uint256 private constant PRICE = 0x40;
    uint256 private constant SCALE = 128;

    /// @notice Unpacks a reading and nets it: import less export is taken, export less import given.
    /// @param values Six bytes per slot, import and export, with zeros behind them.
    /// @param quads Where the quads go.
    /// @param totals They are added to it.
    /// @return taken Wh over all slots.
    function take(
        bytes memory values,
        uint256[] memory quads,
        uint256[] memory totals
    ) internal pure returns (uint256 taken) {
        unchecked {
            (uint256 pos, uint256 from, uint256 total) = (quads.words(), values.start(), totals.words());
            uint256 sum = 0;
            for (uint256 end = pos + 32 * quads.length; pos < end; pos += 64) {
                (uint256 quad, uint256 drawn) = _netted(SlotLoops.unpacked(Mem.load(from)));
                Mem.store(pos, quad);
                Mem.store(total, Mem.load(total) + quad);
                sum += drawn;
                (quad, drawn) = _netted(SlotLoops.unpacked(Mem.load(from + 24)));
                Mem.store(pos + 32, quad);
                Mem.store(total + 32, Mem.load(total + 32) + quad);
                sum += drawn;
                (from, total) = (from + 48, total + 64);
            }
            taken = sum % SLOT; // lanes are far below 64 bits
        }
    }

    function _netted(uint256 quad) private pure returns (uint256 netted, uint256 taken) {
        unchecked {
            // In a lane the bit above both halves stays where the difference is not negative.
            uint256 over = ((quad >> 32) & LOW) + GUARDS - (quad & LOW);
            uint256 bits = over & GUARDS;
            taken = over & (bits - (bits >> 32));
            // Of the others the guard less the rest.
            netted = (taken << 32) | (GUARDS + taken - over);
        }
    }

    /// @notice Takes and gives no more than a budget allows, from the first slot on.
    /// @param totals What stays at the retailer is taken out of them again.
    /// @param prices What a Wh taken costs of the budget in each slot, base units.
    /// @param floors What a Wh given costs of it.
    /// @param budget Base units.
    /// @return left Wh that stay at the retailer.
    function clip(
        uint256[] memory quads,
        uint256[] memory prices,
        uint256[] memory floors,
        uint256 budget,
        uint256[] memory totals
    ) internal pure returns (uint256 left) {
        unchecked {
            for (uint256 k = 0; k < prices.length; ++k) {
                uint256 shift = 192 - 64 * (k & 3);
                uint256 quad = quads.wordAt(k >> 2);
                uint256 wanted = uint64(quad >> shift);
                if (wanted == 0) continue;
                uint256 price = floors.wordAt(k);
                if (wanted >> 32 != 0) (wanted, shift, price) = (wanted >> 32, shift + 32, prices.wordAt(k));
                uint256 affordable = price == 0 ? wanted : budget / price;
                if (affordable > wanted) affordable = wanted;
                budget -= affordable * price;
                wanted -= affordable;
                left += wanted;
                quads[k >> 2] = quad - (wanted << shift);
                totals[k >> 2] -= wanted << shift;
            }
        }
    }

    /// @notice Totals of a period in words of three slots, as storage holds them: `| supply 40 | demand 40 |` thrice, the first slot
    /// lowest.
    /// @return Words that hold `slots` slots.
    function totalWords(uint256 slots) internal pure returns (uint256) {
        unchecked {
            return (slots + 2) / 3;
        }
    }

    /// @return The word at `index` with a chunk's totals added.
    function plusChunk(
        uint256 word,
        uint256[] memory chunk,
        uint256 index,
        uint256 slots
    ) internal pure returns (uint256) {
        unchecked {
            uint256 k = 3 * index;
            uint256 end = k + 3 < slots ? k + 3 : slots;
            for (uint256 shift = 0; k < end; (++k, shift += 80)) {
                uint256 both = chunk.wordAt(k >> 2) >> (192 - 64 * (k & 3));
                word += (((both >> 32) & 0xffffffff) << (shift + 40)) + ((both & 0xffffffff) << shift);
            }
            return word;
        }
    }

    /// @return supply Wh of a slot.
    /// @return demand Wh.
    function totalsAt(uint256 word, uint256 slot) internal pure returns (uint256 supply, uint256 demand) {
        unchecked {
            word >>= 80 * (slot % 3);
            return (word & type(uint40).max, (word >> 40) & type(uint40).max);
        }
    }

    /// @notice What the loop over members needs of each slot, side by side in memory, for whole quads.
    /// @return table Where it starts.
    function tableOf(uint256 slots) internal pure returns (uint256 table) {
        unchecked {
            return Mem.zeros((STRIDE_OF_QUAD / 32) * SlotLoops.quadsOf(slots));
        }
    }

    /// @return Which lanes of a quad are of slots in which energy is shared, none yet. Of the others no loop has to know.
    function newLive(uint256 slots) internal pure returns (uint256[] memory) {
        return SlotLoops.newReading(slots);
    }

    /// @notice Writes a slot: its totals, and what is shared at which price.
    function setSlot(
        uint256[] memory live,
        uint256 table,
        uint256 slot,
        uint256 supply,
        uint256 demand,
        uint256 shared,
        uint256 num,
        uint256 den
    ) internal pure {
        unchecked {
            if (shared == 0) return;
            live[slot >> 2] |= uint256(type(uint64).max) << (192 - 64 * (slot & 3));
            uint256 side = table + STRIDE * slot;
            uint256 price = _rateUp(num, den);
            _setSide(side, _rateUp(shared, demand), price);
            _setSide(side + STRIDE_OF_SIDE, _rateUp(shared, supply), price);
        }
    }

    /// @return from The first quad with a slot in which energy is shared.
    /// @return to Behind the last one.
    function bounds(uint256[] memory live) internal pure returns (uint256 from, uint256 to) {
        unchecked {
            to = live.length;
            while (to != 0 && live.wordAt(to - 1) == 0) --to;
            while (from < to && live.wordAt(from) == 0) ++from;
        }
    }

    /// @notice Says what members counted before have taken and given in a slot, which is set.
    function setBefore(uint256 table, uint256 slot, uint256 given, uint256 taken) internal pure {
        unchecked {
            uint256 side = table + STRIDE * slot;
            _setTally(side, taken);
            _setTally(side + STRIDE_OF_SIDE, given);
        }
    }

    /// @notice A member's part, and moves the table on to the next member. Of q Wh behind C of members before it, with T in all and M
    /// shared: floor((C + q) M / T) - floor(C M / T) Wh; over all members that is M, to the Wh. What they pay and get is likewise
    /// floor((B + b) num / den) - floor(B num / den), so that buyers pay what sellers get, to the base unit.
    /// @param live Lanes of slots in which energy is shared.
    /// @param quads What it takes and gives. From quad `from` up to `to`, the bounds of `live`, they become what it bought and sold; nothing
    /// is traded in the others, which are left as they are.
    /// @return paid Base units.
    /// @return received Base units.
    function share(
        uint256[] memory live,
        uint256 table,
        uint256[] memory quads,
        uint256 from,
        uint256 to
    ) internal pure returns (uint256 paid, uint256 received) {
        assembly ("memory-safe") {
            // Moves the tally of a side on by `wh` of one member, which may be 0.
            function part(side, wh) -> more {
                let before := mload(side)
                wh := add(and(before, 0xffffffffffffffff), wh)
                let traded := shr(SCALE, mul(wh, mload(add(side, PORTION))))
                more := shl(128, shr(SCALE, mul(traded, mload(add(side, PRICE)))))
                more := or(or(more, shl(64, traded)), wh)
                mstore(side, more)
                more := sub(more, before)
            }
            // Four slots of one side, which stand in the low halves: hardly anybody takes in one of them and gives in the next, so none
            // is looked at before it is computed.
            function four(side, wh) -> traded, money {
                let more := part(side, shr(192, wh))
                traded := shl(128, and(more, shl(64, 0xffffffff)))
                money := more
                more := part(add(side, STRIDE), and(shr(128, wh), 0xffffffff))
                traded := or(traded, shl(64, and(more, shl(64, 0xffffffff))))
                money := add(money, more)
                more := part(add(side, mul(2, STRIDE)), and(shr(64, wh), 0xffffffff))
                traded := or(traded, and(more, shl(64, 0xffffffff)))
                money := add(money, more)
                more := part(add(side, mul(3, STRIDE)), and(wh, 0xffffffff))
                traded := or(traded, and(shr(64, more), 0xffffffff))
                money := shr(128, add(money, more))
            }
            // In a function of its own that keeps its variables on the stack.
            function run(pos, end, mask, row) -> paying, getting {
                for {} lt(pos, end) {
                    pos := add(pos, 0x20)
                    mask := add(mask, 0x20)
                    row := add(row, STRIDE_OF_QUAD)
                } {
                    let quad := and(mload(pos), mload(mask))
                    if quad {
                        let some, money
                        let wh := and(shr(32, quad), LOW)
                        if wh {
                            some, money := four(row, wh)
                            paying := add(paying, money)
                            some := shl(32, some)
                        }
                        wh := and(quad, LOW)
                        if wh {
                            wh, money := four(add(row, STRIDE_OF_SIDE), wh)
                            getting := add(getting, money)
                            some := or(some, wh)
                        }
                        quad := some
                    }
                    mstore(pos, quad)
                }
            }
            table := add(table, mul(STRIDE_OF_QUAD, from))
            from := add(0x20, shl(5, from))
            paid, received := run(add(quads, from), add(add(quads, 0x20), shl(5, to)), add(live, from), table)
        }
    }

    function _setTally(uint256 side, uint256 wh) private pure {
        unchecked {
            uint256 traded = (wh * Mem.load(side + PORTION)) >> SCALE;
            uint256 money = (traded * Mem.load(side + PRICE)) >> SCALE;
            Mem.store(side, (money << 128) | (traded << 64) | wh);
        }
    }

    function _setSide(uint256 side, uint256 portion, uint256 price) private pure {
        unchecked {
            Mem.store(side + PORTION, portion);
            Mem.store(side + PRICE, price);
        }
    }

    /// @return The smallest multiple of 2^-SCALE that is not below num / den. Of a number of Wh below 2^40 it makes the same as the
    /// fraction, rounded down: what it is too large by adds less than 2^(40 - SCALE), and a fraction that is not whole is at least
    /// 1 / den below the next number.
    function _rateUp(uint256 num, uint256 den) private pure returns (uint256) {
        unchecked {
            return ((num << SCALE) + den - 1) / den;
        }
    }
}
