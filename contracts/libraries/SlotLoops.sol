// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Slot loops
/// @notice The loops that settlement runs once per slot. They are most of its cost, so they are in assembly; `SlotLoopsPlain` in the
/// tests says the same without, and both run against the same inputs.
/// @dev A position word holds bought Wh in its high and sold Wh in its low 128 bits. A tariff entry is import 2 | export 2 bytes. A
/// reading entry is import 3 | export 3 bytes. No sum can overflow: 144 slots, a position
/// within 24 bits a side and module, prices within 16 bits.
library SlotLoops {
    /// @notice Adds up a reading.
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
            let over := 0
            let pos := add(values, 32)
            let end := add(pos, mload(values))
            for {} lt(pos, end) {
                pos := add(pos, 6)
            } {
                let both := shr(208, mload(pos))
                let one := shr(24, both)
                let other := and(both, 0xffffff)
                over := or(over, or(gt(one, mostImport), gt(other, mostExport)))
                imported := add(imported, one)
                exported := add(exported, other)
            }
            rated := iszero(over)
        }
    }

    /// @notice Adds a module's answer to a position.
    /// @param answer Where the answer's position words start in memory.
    /// @param position Where the member's position words start in memory.
    /// @param prices Where the class's tariff entries start in memory.
    /// @param slots Number of slots.
    /// @return bought Wh.
    /// @return sold Wh.
    /// @return replacement Base units: what it costs to buy all that was sold at the import price.
    /// @return sane False if a word does not fit 24 bits a side, what a reading holds: then no sum means anything.
    function absorb(
        uint256 answer,
        uint256 position,
        uint256 prices,
        uint256 slots
    ) internal pure returns (uint256 bought, uint256 sold, uint256 replacement, bool sane) {
        assembly ("memory-safe") {
            let all := 0
            for {
                let end := add(answer, mul(slots, 32))
            } lt(answer, end) {
                answer := add(answer, 32)
            } {
                let wh := mload(answer)
                if wh {
                    all := or(all, wh)
                    mstore(position, add(mload(position), wh))
                    bought := add(bought, shr(128, wh))
                    let out := and(wh, 0xffffff)
                    if out {
                        sold := add(sold, out)
                        replacement := add(replacement, mul(out, shr(240, mload(prices))))
                    }
                }
                position := add(position, 32)
                prices := add(prices, 4)
            }
            sane := iszero(and(all, not(0xffffff00000000000000000000000000ffffff)))
        }
    }

    /// @notice Takes an answer that `absorb` added out again.
    function withdraw(uint256 answer, uint256 position, uint256 slots) internal pure {
        assembly ("memory-safe") {
            let length := mul(slots, 32)
            for {
                let k := 0
            } lt(k, length) {
                k := add(k, 32)
            } {
                mstore(add(position, k), sub(mload(add(position, k)), mload(add(answer, k))))
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
            let pos := add(values, 32)
            let end := add(pos, mload(values))
            for {} lt(pos, end) {
                pos := add(pos, 6)
            } {
                let exported := shr(208, mload(pos))
                let imported := shr(24, exported)
                exported := and(exported, 0xffffff)
                let wh := mload(position)
                let bought := shr(128, wh)
                let sold := and(wh, 0xffffffffffffffff)
                let fields := or(shl(48, bought), shl(96, sold))
                fields := or(fields, or(shl(144, imported), shl(192, exported)))
                // Delivered is the smaller of sold and exported.
                fields := or(fields, xor(exported, mul(xor(exported, sold), lt(sold, exported))))
                mstore(ledger, add(mload(ledger), fields))
                let drawn := add(imported, sold)
                let fed := add(exported, bought)
                let price := mload(prices)
                switch lt(drawn, fed)
                case 0 {
                    leg := add(leg, mul(sub(drawn, fed), shr(240, price)))
                }
                default {
                    leg := sub(leg, mul(sub(fed, drawn), and(shr(224, price), 0xffff)))
                }
                position := add(position, 32)
                ledger := add(ledger, 32)
                prices := add(prices, 4)
            }
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
