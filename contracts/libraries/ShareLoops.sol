// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";
import {SlotLoops} from "./SlotLoops.sol";

/// @title Share loops
/// @notice What members of a sharing community take from and give to it, slot by slot.
/// @dev Quads are those of `SlotLoops`: a word about four slots, the first one in the highest 64 bits, each of two halves of 32 bits:
/// what a member takes and what it gives, of which one is 0.
library ShareLoops {
    using Mem for uint256[];

    uint256 private constant LOW = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant GUARDS = 0x0000000100000000000000010000000000000001000000000000000100000000;
    uint256 private constant ONES = 0x0000000000000001000000000000000100000000000000010000000000000001;
    uint256 private constant SLOT = type(uint64).max;

    /// @dev Bytes of a slot in a table, and of four: the price, numerator and denominator; what is shared; then for takers and for givers
    /// the Wh of members so far, and the total, 0 where all of it is shared.
    uint256 private constant STRIDE = 0xe0;
    uint256 private constant STRIDE_OF_QUAD = 0x380;

    uint256 private constant NUM = 0x00;
    uint256 private constant DEN = 0x20;
    uint256 private constant SHARED = 0x40;
    uint256 private constant TAKEN = 0x60;
    uint256 private constant DEMAND = 0x80;
    uint256 private constant GIVEN = 0xa0;
    uint256 private constant SUPPLY = 0xc0;

    /// @notice Nets a reading where it lies: import less export is taken, export less import given.
    /// @return taken Wh over all slots.
    function net(uint256[] memory reading) internal pure returns (uint256 taken) {
        unchecked {
            uint256 pos = reading.words();
            uint256 sum = 0;
            for (uint256 end = pos + 32 * reading.length; pos < end; pos += 32) {
                uint256 quad = Mem.load(pos);
                uint256 drawn = (quad >> 32) & LOW;
                uint256 fed = quad & LOW;
                // In a lane the bit above both halves stays where the difference is not negative.
                uint256 over = drawn + GUARDS - fed;
                uint256 bit = (over & GUARDS) >> 32;
                drawn = over & (bit * 0xffffffff);
                over = fed + GUARDS - ((quad >> 32) & LOW);
                bit = (over & GUARDS) >> 32;
                fed = over & (bit * 0xffffffff);
                sum += drawn;
                Mem.store(pos, (drawn << 32) | fed);
            }
            taken = sum % SLOT; // lanes are far below 64 bits
        }
    }

    /// @notice Takes and gives no more than a budget allows, from the first slot on.
    /// @param prices What a Wh taken costs of the budget in each slot, base units.
    /// @param floors What a Wh given costs of it.
    /// @param budget Base units.
    /// @return left Wh that stay at the retailer.
    function clip(
        uint256[] memory quads,
        uint256[] memory prices,
        uint256[] memory floors,
        uint256 budget
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
                left += wanted - affordable;
                quads[k >> 2] = quad - ((wanted - affordable) << shift);
            }
        }
    }

    /// @notice Adds a member's quads to the totals of its chunk.
    function add(uint256[] memory totals, uint256[] memory quads) internal pure {
        unchecked {
            SlotLoops.add(totals.words(), quads.words(), quads.length);
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

    /// @notice What the loop over members needs of each slot, side by side in memory.
    /// @return table Where it starts.
    function tableOf(uint256 slots) internal pure returns (uint256 table) {
        unchecked {
            return Mem.zeros((STRIDE / 32) * slots);
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
            uint256 row = table + STRIDE * slot;
            Mem.store(row + NUM, num);
            Mem.store(row + DEN, den);
            Mem.store(row + SHARED, shared);
            Mem.store(row + DEMAND, demand == shared ? 0 : demand);
            Mem.store(row + SUPPLY, supply == shared ? 0 : supply);
        }
    }

    /// @notice Says what members counted before have taken and given in a slot.
    function setBefore(uint256 table, uint256 slot, uint256 given, uint256 taken) internal pure {
        unchecked {
            uint256 row = table + STRIDE * slot;
            Mem.store(row + TAKEN, taken);
            Mem.store(row + GIVEN, given);
        }
    }

    /// @notice A member's part, and moves the table on to the next member. Of q Wh behind C of members before it, with T in all and M
    /// shared: floor((C + q) M / T) - floor(C M / T) Wh; over all members that is M, to the Wh. What they pay and get is likewise
    /// floor((B + b) num / den) - floor(B num / den), so that buyers pay what sellers get, to the base unit.
    /// @param live Lanes of slots in which energy is shared.
    /// @param quads What it takes and gives. They become what it bought and sold.
    /// @return paid Base units.
    /// @return received Base units.
    function share(
        uint256[] memory live,
        uint256 table,
        uint256[] memory quads
    ) internal pure returns (uint256 paid, uint256 received) {
        assembly ("memory-safe") {
            // In functions of their own that keep their variables on the stack. What is said of takers is said again of givers: a loop
            // that tells them apart by offsets costs a tenth more.
            function run(pos, end, mask, row) -> paying, getting {
                for {} lt(pos, end) {
                    pos := add(pos, 0x20)
                    mask := add(mask, 0x20)
                } {
                    let quad := and(mload(pos), mload(mask))
                    mstore(pos, quad)
                    if iszero(quad) {
                        row := add(row, STRIDE_OF_QUAD)
                        continue
                    }
                    let traded := 0
                    for {
                        let behind := add(row, STRIDE_OF_QUAD)
                    } lt(row, behind) {
                        row := add(row, STRIDE)
                    } {
                        let to := shr(224, quad)
                        traded := shl(64, traded)
                        if to {
                            let from := mload(add(row, TAKEN))
                            to := add(to, from)
                            mstore(add(row, TAKEN), to)
                            let by := mload(add(row, DEMAND))
                            if by {
                                let times := mload(add(row, SHARED))
                                from := div(mul(from, times), by)
                                to := div(mul(to, times), by)
                            }
                            traded := or(traded, shl(32, sub(to, from)))
                            by := mload(add(row, DEN))
                            paying := sub(paying, div(mul(from, mload(row)), by))
                            paying := add(paying, div(mul(to, mload(row)), by))
                        }
                        to := and(shr(192, quad), 0xffffffff)
                        quad := shl(64, quad)
                        if to {
                            let from := mload(add(row, GIVEN))
                            to := add(to, from)
                            mstore(add(row, GIVEN), to)
                            let by := mload(add(row, SUPPLY))
                            if by {
                                let times := mload(add(row, SHARED))
                                from := div(mul(from, times), by)
                                to := div(mul(to, times), by)
                            }
                            traded := or(traded, sub(to, from))
                            by := mload(add(row, DEN))
                            getting := sub(getting, div(mul(from, mload(row)), by))
                            getting := add(getting, div(mul(to, mload(row)), by))
                        }
                    }
                    mstore(pos, traded)
                }
            }
            let start := add(quads, 0x20)
            paid, received := run(start, add(start, shl(5, mload(quads))), add(live, 0x20), table)
        }
    }
}
