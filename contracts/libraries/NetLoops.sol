// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

/// @title Net loops
/// @notice From signed values to what a member takes from its community and gives to it, slot by slot.
/// @dev An octet is a word about eight slots with 32 bits each: the first four in the high halves of its four quarters, the next four in
/// the low ones, the first slot of both highest. A reading comes to twice as many octets as its slots need: what is taken, and behind
/// all of that what is given. What is behind the last slot is zero.
library NetLoops {
    using Mem for uint256[];

    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 private constant GUARDS = 0x0100000001000000010000000100000001000000010000000100000001000000;
    uint256 private constant VALUES = 0x00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff;

    /// @dev Of four slots of six bytes the upper part of each pair: of pairs of slots, of slots spread so far. Of those the import and the
    /// export.
    uint256 private constant PAIRS = 0xffffffffffffffffffffffff000000000000000000000000;
    uint256 private constant SLOTS = 0xffffffffffff00000000000000000000ffffffffffff000000000000;
    uint256 private constant IMPORTS = 0x0000ffffff0000000000ffffff0000000000ffffff0000000000ffffff000000;
    uint256 private constant EXPORTS = 0x0000000000ffffff0000000000ffffff0000000000ffffff0000000000ffffff;

    /// @dev 2^32 - 1: an octet modulo it is the sum of its slots.
    uint256 private constant SLOT = 0xffffffff;

    /// @return Octets that `slots` slots need.
    function octetsOf(uint256 slots) internal pure returns (uint256) {
        unchecked {
            return (slots + 7) >> 3;
        }
    }

    /// @return shift Of a slot in its octet.
    function shiftOf(uint256 slot) internal pure returns (uint256 shift) {
        unchecked {
            shift = 224 - 64 * (slot & 3) - 8 * (slot & 4);
        }
    }

    /// @notice Unpacks a reading, nets each slot and adds it to two rows of totals: import less export is taken, export less import given.
    /// @param values Six bytes per slot, import and export, with zeros behind them.
    /// @param wh Where the octets go.
    /// @param bought Where the row for what is taken is in memory, of half as many octets.
    /// @param sold Where that for what is given is.
    /// @return taken Wh.
    /// @return given Wh.
    function unpack(
        bytes memory values,
        uint256[] memory wh,
        uint256 bought,
        uint256 sold
    ) internal pure returns (uint256 taken, uint256 given) {
        assembly ("memory-safe") {
            // In a function of its own that keeps its variables on the stack.
            function run(pos, to, size, buys, sells) -> drawn, fed {
                for {
                    let end := add(to, size)
                } lt(to, end) {
                    to := add(to, 0x20)
                    buys := add(buys, 0x20)
                    sells := add(sells, 0x20)
                    pos := add(pos, 48)
                } {
                    // The upper part of each pair moves up, by pairs of slots and by slots.
                    let left := shr(64, mload(pos))
                    left := add(left, mul(and(left, PAIRS), 0xffffffff))
                    left := add(left, mul(and(left, SLOTS), 0xffff))
                    let some := shr(64, mload(add(pos, 24)))
                    some := add(some, mul(and(some, PAIRS), 0xffffffff))
                    some := add(some, mul(and(some, SLOTS), 0xffff))
                    // Exports and imports of eight slots.
                    let back := or(shl(32, and(left, EXPORTS)), and(some, EXPORTS))
                    some := or(shl(8, and(left, IMPORTS)), shr(24, and(some, IMPORTS)))
                    // In a lane the bit above 24 stays where the difference is not negative; where it is, 2^24 less it is back.
                    back := sub(add(some, GUARDS), back)
                    left := and(shr(24, back), ONES)
                    some := and(back, mul(left, 0xffffff))
                    back := sub(shl(24, xor(left, ONES)), and(xor(back, some), VALUES))
                    mstore(to, some)
                    mstore(add(to, size), back)
                    drawn := add(drawn, some)
                    fed := add(fed, back)
                    mstore(buys, add(mload(buys), some))
                    mstore(sells, add(mload(sells), back))
                }
            }
            taken, given := run(add(values, 32), add(wh, 32), shl(4, mload(wh)), bought, sold)
            taken := mod(taken, SLOT)
            given := mod(given, SLOT)
        }
    }

    /// @notice Takes nothing.
    /// @return taken Wh.
    function dropTaken(uint256[] memory wh) internal pure returns (uint256 taken) {
        Mem.wipe(wh.words(), 16 * wh.length);
        return 0;
    }

    /// @notice Gives nothing.
    /// @return given Wh.
    function dropGiven(uint256[] memory wh) internal pure returns (uint256 given) {
        Mem.wipe(wh.words() + 16 * wh.length, 16 * wh.length);
        return 0;
    }

    /// @notice Takes and gives no more than a budget allows, from the first slot on.
    /// @param price What a Wh taken costs of the budget, base units.
    /// @param losses What a Wh given costs of it in each slot.
    /// @param budget Base units.
    /// @return left Wh that stay at the retailer.
    function clip(
        uint256[] memory wh,
        uint256 price,
        uint256[] memory losses,
        uint256 budget
    ) internal pure returns (uint256 left) {
        unchecked {
            uint256 size = wh.length / 2;
            for (uint256 k = 0; k < losses.length; ++k) {
                uint256 shift = shiftOf(k);
                (uint256 index, uint256 each) = (k >> 3, price);
                uint256 wanted = uint32(wh.wordAt(index) >> shift);
                if (wanted == 0) {
                    (index, each) = (index + size, losses.wordAt(k));
                    wanted = uint32(wh.wordAt(index) >> shift);
                }
                uint256 affordable = each == 0 ? wanted : budget / each;
                if (affordable >= wanted) {
                    budget -= wanted * each;
                    continue;
                }
                budget -= affordable * each;
                left += wanted - affordable;
                wh[index] -= (wanted - affordable) << shift;
            }
        }
    }

    /// @notice Adds what a member takes to one row and what it gives to another.
    function add(uint256[] memory wh, uint256 bought, uint256 sold) internal pure {
        unchecked {
            uint256 size = wh.length / 2;
            for (uint256 i = 0; i < size; (++i, bought += 32, sold += 32)) {
                Mem.store(bought, Mem.load(bought) + wh.wordAt(i));
                Mem.store(sold, Mem.load(sold) + wh.wordAt(size + i));
            }
        }
    }

    /// @notice Takes them out again.
    function remove(uint256[] memory wh, uint256 bought, uint256 sold) internal pure {
        unchecked {
            uint256 size = wh.length / 2;
            for (uint256 i = 0; i < size; (++i, bought += 32, sold += 32)) {
                Mem.store(bought, Mem.load(bought) - wh.wordAt(i));
                Mem.store(sold, Mem.load(sold) - wh.wordAt(size + i));
            }
        }
    }
}
