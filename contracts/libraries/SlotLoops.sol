// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

/// @title Slot loops
/// @notice The loops that settlement runs over the slots of a period. They are most of its cost, so they take four slots a turn and are
/// in assembly; `SlotLoopsPlain` in the tests says the same slot by slot, and both run against the same inputs.
/// @dev A quad is a word about four slots, the first slot in the highest 64 bits. Each slot has two halves of 32 bits:
/// - of a reading, import and export;
/// - of a position, bought and sold.
/// Prices are two quads for four slots, of 64 bits each: import and export, the first slot in the lowest. So the highest 64 bits of a
/// product with a quad are the sum of the four slots' products, as nothing below them overflows. A tally is what readings and positions of
/// members add up to, three quads for four slots: readings, positions, delivered. Quads come in pairs: loops take two a turn. What
/// is behind the last slot is zero.
///
/// Nothing can overflow: at most 144 slots, a position within 24 bits a side and module, prices within 16 bits; `MOST_TALLIED` limits
/// what is added to a tally. The highest bit of 64 is used by no quantity: set in a minuend, it stays where the difference is not negative.
library SlotLoops {
    using Mem for bytes;
    using Mem for uint256[];

    uint256 private constant ONES = 0x0000000000000001000000000000000100000000000000010000000000000001;
    uint256 private constant GUARDS = 0x8000000000000000800000000000000080000000000000008000000000000000;

    /// @dev The low halves; both halves within 24 bits.
    uint256 private constant LOW = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant FITS = 0x00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff;

    /// @dev What keeps a difference of reading and position from being negative: in a high half twice that of a low half, so that it is
    /// left in their difference too. Then the bit of a low half says whether a difference is not negative.
    uint256 private constant BOTH = 0x8000000040000000800000004000000080000000400000008000000040000000;
    uint256 private constant BIT = 0x0000000040000000000000004000000000000000400000000000000040000000;

    /// @dev Above the low halves.
    uint256 private constant LANES = 0x0000000100000000000000010000000000000001000000000000000100000000;

    /// @dev Of four slots of six bytes the upper part of each pair: of pairs of slots, of slots spread so far, of halves.
    uint256 private constant PAIRS = 0xffffffffffffffffffffffff000000000000000000000000;
    uint256 private constant SLOTS = 0xffffffffffff00000000000000000000ffffffffffff000000000000;
    uint256 private constant HALVES = 0xffffff0000000000ffffff0000000000ffffff0000000000ffffff000000;

    /// @dev 2^64 - 1: a quad modulo it is the sum of its slots.
    uint256 private constant SLOT = 0xffffffffffffffff;

    /// @notice Members times modules that fit into a tally: each adds less than 2^24 Wh to a half.
    uint256 internal constant MOST_TALLIED = 256;

    /// @return Words of a position: quads that hold `slots` slots.
    function quadsOf(uint256 slots) internal pure returns (uint256) {
        unchecked {
            return (slots + 3) >> 2;
        }
    }

    /// @return Zeros: `words` for each pair of quads that `slots` slots need.
    function room(uint256 slots, uint256 words) internal pure returns (uint256[] memory) {
        unchecked {
            return new uint256[](words * ((slots + 7) >> 3));
        }
    }

    /// @return A reading of nothing.
    function newReading(uint256 slots) internal pure returns (uint256[] memory) {
        return room(slots, 2);
    }

    /// @return A tally of nothing.
    function newTally(uint256 slots) internal pure returns (uint256[] memory) {
        return room(slots, 6);
    }

    /// @notice Unpacks a reading and adds it up.
    /// @param values Six bytes per slot, import and export.
    /// @param reading Where its quads go.
    /// @param mostImport Rated Wh per slot, less than 2^30.
    /// @param mostExport Rated Wh per slot, less than 2^30.
    /// @return imported Wh.
    /// @return exported Wh.
    /// @return rated Whether every value is within the rated energy.
    function sums(
        bytes memory values,
        uint256[] memory reading,
        uint256 mostImport,
        uint256 mostExport
    ) internal pure returns (uint256 imported, uint256 exported, bool rated) {
        assembly ("memory-safe") {
            // Two quads a turn, spelled out twice, in a function of its own that keeps its variables on the stack. The 24 bytes of four
            // slots become a quad: the upper part of each pair moves up, by pairs of slots, by slots, by halves. To `slack` a value
            // too large adds its half's highest bit.
            function run(pos, to, end, slack) -> sum, over {
                if iszero(lt(to, end)) {
                    leave
                }
                for {} lt(to, end) {
                    pos := add(pos, 48)
                    to := add(to, 64)
                } {
                    let some := shr(64, mload(pos))
                    some := add(some, mul(and(some, PAIRS), 0xffffffff))
                    some := add(some, mul(and(some, SLOTS), 0xffff))
                    some := add(some, mul(and(some, HALVES), 0xff))
                    mstore(to, some)
                    sum := add(sum, some)
                    over := or(over, add(some, slack))
                    some := shr(64, mload(add(pos, 24)))
                    some := add(some, mul(and(some, PAIRS), 0xffffffff))
                    some := add(some, mul(and(some, SLOTS), 0xffff))
                    some := add(some, mul(and(some, HALVES), 0xff))
                    mstore(add(to, 32), some)
                    sum := add(sum, some)
                    over := or(over, add(some, slack))
                }
            }
            let start := add(reading, 32)
            let slack := or(shl(32, sub(0x7fffffff, mostImport)), sub(0x7fffffff, mostExport))
            imported, rated := run(add(values, 32), start, add(start, shl(5, mload(reading))), mul(slack, ONES))
            exported := mod(and(imported, LOW), SLOT)
            imported := mod(and(shr(32, imported), LOW), SLOT)
            rated := iszero(and(rated, or(GUARDS, shr(32, GUARDS))))
        }
    }

    /// @return quad Of the 24 bytes of four slots which are the first of a word.
    function unpacked(uint256 word) internal pure returns (uint256 quad) {
        unchecked {
            quad = word >> 64;
            quad += (quad & PAIRS) * 0xffffffff;
            quad += (quad & SLOTS) * 0xffff;
            quad += (quad & HALVES) * 0xff;
        }
    }

    /// @notice The reading that stands in for a missing one: import max(bought, load) per slot, export 0.
    /// @param position Where its quads start in memory.
    /// @param reading Where the reading's quads go.
    /// @param slots Number of slots.
    /// @param load Wh per slot.
    /// @return imported Wh.
    function estimate(
        uint256 position,
        uint256[] memory reading,
        uint256 slots,
        uint256 load
    ) internal pure returns (uint256 imported) {
        unchecked {
            for (uint256 k = 0; k < slots; ++k) {
                uint256 bought = Mem.load(position + 8 * k) >> 224;
                uint256 wh = bought > load ? bought : load;
                imported += wh;
                uint256 before = k & 3 == 0 ? 0 : reading[k >> 2];
                reading[k >> 2] = before | (wh << (224 - 64 * (k & 3)));
            }
        }
    }

    /// @notice What a module's answer amounts to.
    /// @param answer Where the quads of its position start in memory.
    /// @param prices Where those of the class's prices start.
    /// @param quads Number of quads of the position.
    /// @return bought Wh.
    /// @return sold Wh.
    /// @return replacement Base units: what it costs to buy all that was sold at the import price.
    /// @return sane False if a slot does not fit 24 bits a side, what a reading holds: then no sum means anything.
    function weigh(
        uint256 answer,
        uint256 prices,
        uint256 quads
    ) internal pure returns (uint256 bought, uint256 sold, uint256 replacement, bool sane) {
        assembly ("memory-safe") {
            // In a function of its own that keeps its variables on the stack.
            function run(pos, price, end, low) -> sum, cost, all {
                if iszero(lt(pos, end)) {
                    leave
                }
                for {} lt(pos, end) {
                    pos := add(pos, 64)
                    price := add(price, 128)
                } {
                    let wh := mload(pos)
                    all := or(all, wh)
                    sum := add(sum, wh)
                    cost := add(cost, mul(and(wh, low), mload(price)))
                    wh := mload(add(pos, 32))
                    all := or(all, wh)
                    sum := add(sum, wh)
                    cost := add(cost, mul(and(wh, low), mload(add(price, 64))))
                }
            }
            // No array starts at 0, see `gridLeg`.
            bought, replacement, sane := run(answer, prices, add(answer, shl(5, quads)), sub(LOW, iszero(answer)))
            sold := mod(and(bought, LOW), SLOT)
            bought := mod(and(shr(32, bought), LOW), SLOT)
            replacement := shr(192, replacement)
            sane := iszero(and(sane, not(FITS)))
        }
    }

    /// @notice What selling costs a member beside its own metered import: what its surplus would have fetched at the export price, and the
    /// rest bought back at the import price. At most the `replacement` of `weigh`, which takes all of it to be bought back.
    /// @param reading Its quads.
    /// @param answer Where the quads of a sane position start in memory.
    /// @param prices Where those of the class's prices start.
    /// @return cost Base units.
    function costOfSold(uint256[] memory reading, uint256 answer, uint256 prices) internal pure returns (uint256 cost) {
        unchecked {
            uint256 pos = reading.words();
            for (uint256 end = pos + 32 * reading.length; pos < end; pos += 32) {
                uint256 sold = Mem.load(answer) & LOW;
                if (sold != 0) {
                    uint256 quad = Mem.load(pos);
                    uint256 surplus = _less(quad & LOW, (quad >> 32) & LOW);
                    uint256 short = _less(sold, surplus);
                    cost += short * Mem.load(prices) + (sold - short) * Mem.load(prices + 32);
                }
                (answer, prices) = (answer + 32, prices + 64);
            }
            cost >>= 192;
        }
    }

    /// @return Lane by lane a - b where that is not negative, else 0; both within 32 bits.
    function _less(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            uint256 over = a + LANES - b;
            return over & (((over & LANES) >> 32) * 0xffffffff);
        }
    }

    /// @notice Adds an answer that passed to the position.
    function add(uint256 position, uint256 answer, uint256 quads) internal pure {
        unchecked {
            for (
                uint256 end = position + 32 * quads;
                position < end;
                (position, answer) = (position + 32, answer + 32)
            ) {
                Mem.store(position, Mem.load(position) + Mem.load(answer));
            }
        }
    }

    /// @notice The grid leg of a reading: sum over slots of the imbalance n - b + s at import or export price.
    /// @param reading Its quads.
    /// @param position Where its quads start in memory.
    /// @param prices Where the quads of the class's prices start.
    /// @param tally Reading and position are added to it.
    /// @return leg Base units; positive, the member pays.
    function gridLeg(
        uint256[] memory reading,
        uint256 position,
        uint256 prices,
        uint256[] memory tally
    ) internal pure returns (int256 leg) {
        assembly ("memory-safe") {
            // Two quads a turn, in a function of its own that keeps its variables on the stack. They just fit: once a position has been
            // tallied, `traded` holds masks.
            function run(pos, end, place, price, to, low) -> owed, due {
                if iszero(lt(pos, end)) {
                    leave
                }
                for {} lt(pos, end) {
                    pos := add(pos, 64)
                    place := add(place, 64)
                    price := add(price, 128)
                    to := add(to, 192)
                } {
                    let read := mload(pos)
                    let traded := mload(place)
                    mstore(to, add(mload(to), read))
                    mstore(add(to, 32), add(mload(add(to, 32)), traded))
                    // Import less bought above export less sold.
                    let over := sub(add(read, BOTH), traded)
                    // Delivered is what was exported, less what of it was not sold.
                    if and(traded, low) {
                        traded := and(over, BIT)
                        traded := sub(and(read, low), and(over, sub(traded, shr(30, traded))))
                        mstore(add(to, 64), add(mload(add(to, 64)), traded))
                    }
                    // The imbalance; then what of it is taken, and what is given.
                    over := sub(and(shr(32, over), low), and(over, low))
                    traded := and(over, BIT)
                    traded := and(over, sub(traded, shr(30, traded)))
                    owed := add(owed, mul(traded, mload(price)))
                    due := add(due, mul(sub(or(traded, BIT), over), mload(add(price, 32))))
                    read := mload(add(pos, 32))
                    traded := mload(add(place, 32))
                    mstore(add(to, 96), add(mload(add(to, 96)), read))
                    mstore(add(to, 128), add(mload(add(to, 128)), traded))
                    over := sub(add(read, BOTH), traded)
                    if and(traded, low) {
                        traded := and(over, BIT)
                        traded := sub(and(read, low), and(over, sub(traded, shr(30, traded))))
                        mstore(add(to, 160), add(mload(add(to, 160)), traded))
                    }
                    over := sub(and(shr(32, over), low), and(over, low))
                    traded := and(over, BIT)
                    traded := and(over, sub(traded, shr(30, traded)))
                    owed := add(owed, mul(traded, mload(add(price, 64))))
                    due := add(due, mul(sub(or(traded, BIT), over), mload(add(price, 96))))
                }
            }
            let start := add(reading, 32)
            // No array starts at 0: so the compiler does not see that a mask is always the same, and keeps it on the stack.
            let owed, due := run(
                start,
                add(start, shl(5, mload(reading))),
                position,
                prices,
                add(tally, 32),
                sub(LOW, iszero(start))
            )
            leg := sub(shr(192, owed), shr(192, due))
        }
    }

    /// @return imported Wh of all members in a slot.
    /// @return exported Wh.
    /// @return bought Wh.
    /// @return sold Wh.
    /// @return delivered Wh: of each member the smaller of sold and exported.
    function talliedAt(
        uint256[] memory tally,
        uint256 slot
    ) internal pure returns (uint256 imported, uint256 exported, uint256 bought, uint256 sold, uint256 delivered) {
        unchecked {
            // A slot's eight bytes come first in the words that start there.
            uint256 pos = Mem.words(tally) + 96 * (slot >> 2) + 8 * (slot & 3);
            (uint256 read, uint256 traded) = (Mem.load(pos), Mem.load(pos + 32));
            (imported, exported) = (read >> 224, uint32(read >> 192));
            (bought, sold) = (traded >> 224, uint32(traded >> 192));
            delivered = Mem.load(pos + 64) >> 192;
        }
    }
}
