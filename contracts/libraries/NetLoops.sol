// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

/// @title Net loops
/// @notice From signed values to what a member takes from its community and gives to it, slot by slot.
/// @dev Quads are those of `ShareLoops`: a word about four slots, the first one in the highest 64 bits, each of two halves of 32 bits:
/// what a member takes and what it gives, of which one is 0.
library NetLoops {
    using Mem for bytes;
    using Mem for uint256[];

    /// @notice The halves of quads that a member takes and gives.
    uint256 internal constant TAKEN = 0xffffffff00000000ffffffff00000000ffffffff00000000ffffffff00000000;
    uint256 internal constant GIVEN = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;

    uint256 private constant ONES = 0x0000000000000001000000000000000100000000000000010000000000000001;
    uint256 private constant GUARDS = 0x0000000100000000000000010000000000000001000000000000000100000000;
    uint256 private constant VALUES = 0x0000000000ffffff0000000000ffffff0000000000ffffff0000000000ffffff;

    /// @dev Of four slots of six bytes the upper part of each pair: of pairs of slots, of slots spread so far.
    uint256 private constant PAIRS = 0xffffffffffffffffffffffff000000000000000000000000;
    uint256 private constant SLOTS = 0xffffffffffff00000000000000000000ffffffffffff000000000000;

    /// @dev 2^64 - 1: a quad modulo it is the sum of its slots.
    uint256 private constant SLOT = 0xffffffffffffffff;

    /// @notice Unpacks a reading and nets each slot: import less export is taken, export less import given.
    /// @param values Six bytes per slot, import and export, with zeros behind them.
    /// @param quads Where they go.
    /// @param sides What counts: `TAKEN`, `GIVEN`, both or none.
    /// @return taken Wh.
    /// @return given Wh.
    function unpack(
        bytes memory values,
        uint256[] memory quads,
        uint256 sides
    ) internal pure returns (uint256 taken, uint256 given) {
        assembly ("memory-safe") {
            // In a function of its own that keeps its variables on the stack.
            function run(pos, to, end, mask) -> sum {
                for {} lt(to, end) {
                    pos := add(pos, 24)
                    to := add(to, 32)
                } {
                    // The upper part of each pair moves up, by pairs of slots and by slots.
                    let some := shr(64, mload(pos))
                    some := add(some, mul(and(some, PAIRS), 0xffffffff))
                    some := add(some, mul(and(some, SLOTS), 0xffff))
                    // In a lane the bit above 32 stays where the difference is not negative; where it is, 2^32 less it is given.
                    let over := sub(add(and(shr(24, some), VALUES), GUARDS), and(some, VALUES))
                    let ones := and(shr(32, over), ONES)
                    let drawn := and(over, mul(ones, 0xffffffff))
                    some := sub(shl(32, xor(ones, ONES)), and(sub(over, drawn), GIVEN))
                    some := and(or(shl(32, drawn), some), mask)
                    mstore(to, some)
                    sum := add(sum, some)
                }
            }
            let start := add(quads, 32)
            given := run(add(values, 32), start, add(start, shl(5, mload(quads))), sides)
            taken := mod(and(shr(32, given), GIVEN), SLOT)
            given := mod(and(given, GIVEN), SLOT)
        }
    }

    /// @notice Takes and gives no more than a budget allows, from the first slot on.
    /// @param price What a Wh taken costs of the budget, base units.
    /// @param losses What a Wh given costs of it in each slot.
    /// @param budget Base units.
    /// @return left Wh that stay at the retailer.
    function clip(
        uint256[] memory quads,
        uint256 price,
        uint256[] memory losses,
        uint256 budget
    ) internal pure returns (uint256 left) {
        unchecked {
            for (uint256 k = 0; k < losses.length; ++k) {
                uint256 shift = 192 - 64 * (k & 3);
                uint256 quad = quads.wordAt(k >> 2);
                if (quad == 0) {
                    k |= 3; // on to the next one
                    continue;
                }
                uint256 wanted = uint64(quad >> shift);
                if (wanted == 0) continue;
                uint256 each = losses.wordAt(k);
                if (wanted >> 32 != 0) (wanted, shift, each) = (wanted >> 32, shift + 32, price);
                uint256 affordable = each == 0 ? wanted : budget / each;
                if (affordable > wanted) affordable = wanted;
                budget -= affordable * each;
                left += wanted - affordable;
                quads[k >> 2] = quad - ((wanted - affordable) << shift);
            }
        }
    }

    /// @notice Adds a member's quads to the totals of those whose limits are the same: what it takes to one row, what it gives to another.
    /// @param bought Where the row of its buy limit is in memory, which has as many words as the quads.
    /// @param sold Where that of its sell limit is; it may be the same one.
    function add(uint256[] memory quads, uint256 bought, uint256 sold) internal pure {
        assembly ("memory-safe") {
            let pos := add(quads, 32)
            for {
                let end := add(pos, shl(5, mload(quads)))
            } lt(pos, end) {
                pos := add(pos, 32)
                bought := add(bought, 32)
                sold := add(sold, 32)
            } {
                let quad := mload(pos)
                if quad {
                    let half := and(quad, TAKEN)
                    mstore(bought, add(mload(bought), half))
                    mstore(sold, add(mload(sold), xor(quad, half)))
                }
            }
        }
    }
}
