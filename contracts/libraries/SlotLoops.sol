// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

/// @title Slot loops
/// @notice The loops that settlement runs once per slot. They are most of its cost, so they are in assembly; `SlotLoopsPlain` in the
/// tests says the same without, and both run against the same inputs.
/// @dev Some loops take several slots a turn and so read beyond the last: what they work on comes from `room` and `copied`, with zeros
/// behind it. A position word holds bought Wh in its high and sold Wh in its low 128 bits. A tariff entry is import 2 | export 2 bytes. A
/// reading entry is import 3 | export 3 bytes. No sum can overflow: 144 slots, a position
/// within 24 bits a side and module, prices within 16 bits.
library SlotLoops {
    using Mem for bytes;

    // Five values of a reading in 48 bits each: their exports, a one in each, the bit above what a lane can hold.
    uint256 private constant EXPORTS = 0xffffff000000ffffff000000ffffff000000ffffff000000ffffff;
    uint256 private constant ONES = 0x1000000000001000000000001000000000001000000000001;
    uint256 private constant GUARDS = 0x800000000000800000000000800000000000800000000000800000000000;

    /// @dev Words behind an array that the last turn of a loop may read.
    uint256 private constant SPARE = 3;

    /// @return array Zeros, with some to spare behind them.
    function room(uint256 count) internal pure returns (uint256[] memory array) {
        array = new uint256[](count + SPARE);
        assembly ("memory-safe") {
            mstore(array, count)
        }
    }

    /// @return values A reading in memory, with zeros behind it.
    function copied(bytes calldata data) internal pure returns (bytes memory values) {
        values = Mem.bytesOf(data.length + 32);
        Mem.store(values.start() + data.length, 0);
        Mem.copy(values.start(), data);
        assembly ("memory-safe") {
            mstore(values, data.length)
        }
    }

    /// @notice Adds up a reading.
    /// @dev Five slots at a time: 30 bytes of a word are five lanes of 48 bits. A lane stays below its guard bit, so guard plus limit minus
    /// value keeps the bit as long as the value is within the limit, and a word modulo 2^48 - 1 is the sum of its lanes.
    /// @param values Six bytes per slot. In memory: the compiler would read calldata again at each use of a variable.
    /// @param mostImport Rated Wh per slot.
    /// @param mostExport Rated Wh per slot.
    /// @return imported Wh.
    /// @return exported Wh.
    /// @return rated Whether every value is within the rated energy.
    function sums(
        bytes memory values,
        uint256 mostImport,
        uint256 mostExport
    ) internal pure returns (uint256 imported, uint256 exported, bool rated) {
        assembly ("memory-safe") {
            // In a function of its own that keeps its variables on the stack.
            function run(lanes, pos, end, mostIn, mostOut) -> imports, exports, within {
                if iszero(end) {
                    leave
                }
                within := GUARDS
                for {} 1 {
                    lanes := shr(16, mload(pos))
                    pos := add(pos, 30)
                } {
                    let some := and(lanes, EXPORTS)
                    exports := add(exports, some)
                    within := and(within, sub(mostOut, some))
                    some := and(shr(24, lanes), EXPORTS)
                    imports := add(imports, some)
                    within := and(within, sub(mostIn, some))
                    if eq(pos, end) {
                        break
                    }
                }
            }

            // The first turn takes what five does not divide: perhaps nothing.
            let start := add(values, 32)
            let end := add(start, mload(values))
            let rest := mod(mload(values), 30)
            let lanes := shr(sub(256, shl(3, rest)), mload(start))
            mostImport := add(mul(mostImport, ONES), GUARDS)
            mostExport := add(mul(mostExport, ONES), GUARDS)
            let within
            imported, exported, within := run(lanes, add(start, rest), end, mostImport, mostExport)
            imported := mod(imported, 0xffffffffffff)
            exported := mod(exported, 0xffffffffffff)
            rated := eq(within, GUARDS)
        }
    }

    /// @notice What a module's answer amounts to.
    /// @param answer Where its position words start in memory.
    /// @param prices Where the class's tariff entries start in memory.
    /// @param slots Number of slots.
    /// @return bought Wh.
    /// @return sold Wh.
    /// @return replacement Base units: what it costs to buy all that was sold at the import price.
    /// @return sane False if a word does not fit 24 bits a side, what a reading holds: then no sum means anything.
    function weigh(
        uint256 answer,
        uint256 prices,
        uint256 slots
    ) internal pure returns (uint256 bought, uint256 sold, uint256 replacement, bool sane) {
        assembly ("memory-safe") {
            // In a function of its own that keeps its variables on the stack.
            function run(pos, price, end) -> sum, all, cost {
                if iszero(lt(pos, end)) {
                    leave
                }
                for {} lt(pos, end) {
                    pos := add(pos, 128)
                    price := add(price, 16)
                } {
                    let tariff := mload(price)
                    let wh := mload(pos)
                    all := or(all, wh)
                    sum := add(sum, wh)
                    cost := add(cost, mul(wh, shr(240, tariff)))
                    wh := mload(add(pos, 32))
                    all := or(all, wh)
                    sum := add(sum, wh)
                    cost := add(cost, mul(wh, and(shr(208, tariff), 0xffff)))
                    wh := mload(add(pos, 64))
                    all := or(all, wh)
                    sum := add(sum, wh)
                    cost := add(cost, mul(wh, and(shr(176, tariff), 0xffff)))
                    wh := mload(add(pos, 96))
                    all := or(all, wh)
                    sum := add(sum, wh)
                    cost := add(cost, mul(wh, and(shr(144, tariff), 0xffff)))
                }
            }
            let sum, all, cost := run(answer, prices, add(answer, shl(5, slots)))
            bought := shr(128, sum)
            sold := and(sum, 0xffffffffffffffffffffffffffffffff)
            replacement := and(cost, 0xffffffffffffffffffffffffffffffff) // above it, what was bought at that price
            sane := iszero(and(all, not(0xffffff00000000000000000000000000ffffff)))
        }
    }

    /// @notice Adds an answer that passed to the position.
    function add(uint256 position, uint256 answer, uint256 slots) internal pure {
        assembly ("memory-safe") {
            for {
                let end := add(position, shl(5, slots))
            } lt(position, end) {
                position := add(position, 32)
                answer := add(answer, 32)
            } {
                mstore(position, add(mload(position), mload(answer)))
            }
        }
    }

    /// @notice The grid leg of a reading: sum over slots of the imbalance n - b + s at import or export price.
    /// @param values Six bytes per slot.
    /// @param position Where the position words start in memory.
    /// @param prices Where the class's tariff entries start in memory.
    /// @param ledger Where the batch's ledger words start in memory; each slot is added to its word.
    /// @return leg Base units; positive, the member pays.
    function gridLeg(
        bytes memory values,
        uint256 position,
        uint256 prices,
        uint256 ledger
    ) internal pure returns (int256 leg) {
        assembly ("memory-safe") {
            // In a function of its own that keeps its variables on the stack.
            function run(pos, end, place, price, entry) -> sum {
                if iszero(lt(pos, end)) {
                    leave
                }
                for {} lt(pos, end) {
                    pos := add(pos, 12)
                    place := add(place, 64)
                    price := add(price, 8)
                    entry := add(entry, 64)
                } {
                    let meter := mload(pos)
                    let tariff := mload(price)
                    {
                        let both := mload(place)
                        let sold := and(both, 0xffffffff)
                        let exported := and(shr(208, meter), 0xffffff)
                        // What was exported beyond the sale; below zero it is missing from what counts as delivered.
                        let excess := sub(exported, sold)
                        sold := add(sold, mul(excess, slt(excess, 0)))
                        exported := or(shl(44, exported), shl(84, shr(232, meter)))
                        // The fields of `Ledger`.
                        mstore(entry, add(mload(entry), or(or(both, exported), shl(172, sold))))
                        // The imbalance; below zero its sign picks the export price, 16 bits further down.
                        both := sub(sub(shr(232, meter), shr(128, both)), excess)
                        sum := add(sum, mul(both, and(shr(sub(240, shl(4, shr(255, both))), tariff), 0xffff)))
                    }
                    // The second slot likewise.
                    let both := mload(add(place, 32))
                    let sold := and(both, 0xffffffff)
                    let exported := and(shr(160, meter), 0xffffff)
                    let excess := sub(exported, sold)
                    sold := add(sold, mul(excess, slt(excess, 0)))
                    meter := and(shr(184, meter), 0xffffff) // now the import alone
                    exported := or(shl(44, exported), shl(84, meter))
                    mstore(add(entry, 32), add(mload(add(entry, 32)), or(or(both, exported), shl(172, sold))))
                    both := sub(sub(meter, shr(128, both)), excess)
                    sum := add(sum, mul(both, and(shr(sub(208, shl(4, shr(255, both))), tariff), 0xffff)))
                }
            }
            let start := add(values, 32)
            leg := run(start, add(start, mload(values)), position, prices, ledger)
        }
    }

    /// @notice Sets every word to zero.
    function wipe(uint256[] memory array) internal pure {
        assembly ("memory-safe") {
            // Copying from beyond the end of calldata writes zeros.
            calldatacopy(add(array, 32), calldatasize(), mul(32, mload(array)))
        }
    }

    /// @return hash keccak256 of the words, without their number.
    function hashOf(uint256[] memory array) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(array, 32), mul(32, mload(array)))
        }
    }
}
