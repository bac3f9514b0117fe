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
    uint256 private constant SLOT = 0xffffffffffffffff;

    /// @dev A table has for each quad two sides, takers and givers, and behind them what a shared Wh costs in each slot. A side is the
    /// tally of the members so far, their Wh and the shared ones as quads, and the base units of all four slots; then which portion of its
    /// Wh is shared in each slot. Portions and prices are multiples of 2^-SCALE.
    uint256 private constant STRIDE = 0x240;
    uint256 private constant GIVERS = 0xe0;
    uint256 private constant PRICES = 0x1c0;
    uint256 private constant SHARED = 0x20;
    uint256 private constant MONEY = 0x40;
    uint256 private constant PORTIONS = 0x60;
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
            return Mem.zeros((STRIDE / 32) * SlotLoops.quadsOf(slots));
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
            uint256 quad = live.words() + 32 * (slot >> 2);
            Mem.store(quad, Mem.load(quad) | (SLOT << (192 - 64 * (slot & 3))));
            uint256 row = table + STRIDE * (slot >> 2);
            uint256 lane = 32 * (slot & 3);
            Mem.store(row + PORTIONS + lane, _rateUp(shared, demand));
            Mem.store(row + GIVERS + PORTIONS + lane, _rateUp(shared, supply));
            Mem.store(row + PRICES + lane, _rateUp(num, den));
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

    /// @notice Says what members counted before have taken and given in a slot, which is set, once.
    function setBefore(uint256 table, uint256 slot, uint256 given, uint256 taken) internal pure {
        unchecked {
            uint256 row = table + STRIDE * (slot >> 2);
            uint256 price = Mem.load(row + PRICES + 32 * (slot & 3));
            _setTally(row, slot, taken, price);
            _setTally(row + GIVERS, slot, given, price);
        }
    }

    /// @notice A member's part, and moves the table on to the next member. Of q Wh behind C of members before it, with T in all and M
    /// shared: floor((C + q) M / T) - floor(C M / T) Wh; over all members that is M, to the Wh. What they pay and get is likewise
    /// floor((B + b) num / den) - floor(B num / den), so that buyers pay what sellers get, to the base unit.
    /// @param live Lanes of slots in which energy is shared.
    /// @param quads What it takes and gives.
    /// @param from The first quad of `live` that is not empty, and `to` behind the last one: nothing is traded in the others.
    /// @param place Where what it bought and sold goes in transient storage, a word for each quad; only those within the bounds are written.
    /// @return paid Base units.
    /// @return received Base units.
    function share(
        uint256[] memory live,
        uint256 table,
        uint256[] memory quads,
        uint256 from,
        uint256 to,
        uint256 place
    ) internal returns (uint256 paid, uint256 received) {
        assembly ("memory-safe") {
            // Moves the tally of a side on by what one member takes or gives in four slots, in the low halves: hardly anybody takes in one
            // of them and gives in the next, so none is looked at before it is computed.
            function part(side, prices, wh) -> traded, money {
                wh := add(mload(side), wh)
                mstore(side, wh)
                let each := shr(SCALE, mul(shr(192, wh), mload(add(side, PORTIONS))))
                money := shr(SCALE, mul(each, mload(prices)))
                traded := shl(192, each)
                each := shr(SCALE, mul(and(shr(128, wh), SLOT), mload(add(side, add(PORTIONS, 0x20)))))
                money := add(money, shr(SCALE, mul(each, mload(add(prices, 0x20)))))
                traded := or(traded, shl(128, each))
                each := shr(SCALE, mul(and(shr(64, wh), SLOT), mload(add(side, add(PORTIONS, 0x40)))))
                money := add(money, shr(SCALE, mul(each, mload(add(prices, 0x40)))))
                traded := or(traded, shl(64, each))
                each := shr(SCALE, mul(and(wh, SLOT), mload(add(side, add(PORTIONS, 0x60)))))
                money := add(money, shr(SCALE, mul(each, mload(add(prices, 0x60)))))
                traded := or(traded, each)
                // No lane becomes less: the differences have nothing to borrow.
                each := mload(add(side, SHARED))
                mstore(add(side, SHARED), traded)
                traded := sub(traded, each)
                each := mload(add(side, MONEY))
                mstore(add(side, MONEY), money)
                money := sub(money, each)
            }
            // In a function of its own that keeps its variables on the stack.
            function run(pos, end, mask, row, place_) -> paying, getting {
                for {} lt(pos, end) {
                    pos := add(pos, 0x20)
                    mask := add(mask, 0x20)
                    row := add(row, STRIDE)
                    place_ := add(place_, 1)
                } {
                    let quad := and(mload(pos), mload(mask))
                    let traded, money
                    let wh := and(quad, LOW)
                    if wh {
                        traded, money := part(add(row, GIVERS), add(row, PRICES), wh)
                        getting := add(getting, money)
                    }
                    wh := sub(quad, wh)
                    if wh {
                        wh, money := part(row, add(row, PRICES), shr(32, wh))
                        paying := add(paying, money)
                        traded := or(traded, shl(32, wh))
                    }
                    tstore(place_, traded)
                }
            }
            table := add(table, mul(STRIDE, from))
            place := add(place, from)
            from := add(0x20, shl(5, from))
            paid, received := run(add(quads, from), add(add(quads, 0x20), shl(5, to)), add(live, from), table, place)
        }
    }

    function _setTally(uint256 side, uint256 slot, uint256 wh, uint256 price) private pure {
        unchecked {
            uint256 lane = slot & 3;
            uint256 traded = (wh * Mem.load(side + PORTIONS + 32 * lane)) >> SCALE;
            Mem.store(side, Mem.load(side) | (wh << (192 - 64 * lane)));
            Mem.store(side + SHARED, Mem.load(side + SHARED) | (traded << (192 - 64 * lane)));
            Mem.store(side + MONEY, Mem.load(side + MONEY) + ((traded * price) >> SCALE));
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
