// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Slot loops
/// @notice The loops that settlement runs once per slot. They are most of its cost, so they are in assembly; `SlotLoopsPlain` in the
/// tests says the same without, and both run against the same inputs.
/// @dev A position word holds bought Wh in its high and sold Wh in its low 128 bits. A tariff entry is import 2 | export 2 bytes. A
/// reading entry is import 3 | export 3 bytes. No sum can overflow: 144 slots, a position
/// within 24 bits a side and module, prices within 16 bits.
library SlotLoops {
    // Five values of a reading in 48 bits each: their exports, a one in each, the bit above what a lane can hold.
    uint256 private constant EXPORTS = 0xffffff000000ffffff000000ffffff000000ffffff000000ffffff;
    uint256 private constant ONES = 0x1000000000001000000000001000000000001000000000001;
    uint256 private constant GUARDS = 0x800000000000800000000000800000000000800000000000800000000000;

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
            mostImport := add(mul(mostImport, ONES), GUARDS)
            mostExport := add(mul(mostExport, ONES), GUARDS)
            let within := GUARDS
            let pos := add(values, 32)
            let end := add(pos, mload(values))
            // The first step takes what five does not divide.
            let step := mod(mload(values), 30)
            for {
                let shift := sub(256, shl(3, step))
            } lt(pos, end) {
                pos := add(pos, step)
                step := 30
                shift := 16
            } {
                let lanes := shr(shift, mload(pos))
                let some := and(lanes, EXPORTS)
                exported := add(exported, some)
                within := and(within, sub(mostExport, some))
                some := and(shr(24, lanes), EXPORTS)
                imported := add(imported, some)
                within := and(within, sub(mostImport, some))
            }
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
                    pos := add(pos, 32)
                    price := add(price, 4)
                } {
                    let wh := mload(pos)
                    all := or(all, wh)
                    sum := add(sum, wh)
                    cost := add(cost, mul(and(wh, 0xffffff), shr(240, mload(price))))
                }
            }
            let sum, all, cost := run(answer, prices, add(answer, shl(5, slots)))
            bought := shr(128, sum)
            sold := and(sum, 0xffffffffffffffffffffffffffffffff)
            replacement := cost
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
                    pos := add(pos, 6)
                    place := add(place, 32)
                    price := add(price, 4)
                    entry := add(entry, 32)
                } {
                    let imported := shr(208, mload(pos))
                    let exported := and(imported, 0xffffff)
                    imported := shr(24, imported)
                    let both := mload(place)
                    let bought := shr(128, both)
                    let sold := and(both, 0xffffffff)
                    // The fields of `Ledger`; delivered is the smaller of sold and exported.
                    let fields := or(both, or(shl(44, exported), shl(84, imported)))
                    let delivered := xor(exported, mul(xor(exported, sold), lt(sold, exported)))
                    mstore(entry, add(mload(entry), or(fields, shl(172, delivered))))
                    // The imbalance; below zero its sign picks the export price, 16 bits further down.
                    imported := sub(add(imported, sold), add(exported, bought))
                    let tariff := shr(sub(240, shl(4, shr(255, imported))), mload(price))
                    sum := add(sum, mul(imported, and(tariff, 0xffff)))
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
