// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Mem
/// @notice Words of memory by address, for the loops in which the bounds check of an array would cost more than the work.
library Mem {
    function load(uint256 pos) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(pos)
        }
    }

    function store(uint256 pos, uint256 word) internal pure {
        assembly ("memory-safe") {
            mstore(pos, word)
        }
    }

    /// @notice Copies bytes out of calldata.
    function copy(uint256 pos, bytes calldata data) internal pure {
        assembly ("memory-safe") {
            calldatacopy(pos, data.offset, data.length)
        }
    }

    /// @return hash keccak256 of bytes in calldata. They are copied behind the end of memory, which stays free.
    function hashOf(bytes calldata data) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            hash := keccak256(free, data.length)
        }
    }

    /// @return hash keccak256 of so many bytes in memory.
    function hashAt(uint256 pos, uint256 length) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(pos, length)
        }
    }

    /// @return hash_ keccak256 of two words.
    function hashWords(uint256 a, uint256 b) internal pure returns (uint256 hash_) {
        assembly ("memory-safe") {
            mstore(0, a)
            mstore(32, b)
            hash_ := keccak256(0, 64)
        }
    }

    /// @return hash_ keccak256 of three words. They stand behind the end of memory, which stays free.
    function hashWords(uint256 a, uint256 b, uint256 c) internal pure returns (uint256 hash_) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, a)
            mstore(add(free, 32), b)
            mstore(add(free, 64), c)
            hash_ := keccak256(free, 96)
        }
    }

    /// @return hash_ keccak256 of four words, likewise.
    function hashWords(uint256 a, uint256 b, uint256 c, uint256 d) internal pure returns (uint256 hash_) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, a)
            mstore(add(free, 32), b)
            mstore(add(free, 64), c)
            mstore(add(free, 96), d)
            hash_ := keccak256(free, 128)
        }
    }

    /// @return pos Where bytes lie in calldata.
    function placeOf(bytes calldata data) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := data.offset
        }
    }

    /// @notice Copies `size` bytes out of calldata.
    function copyFrom(uint256 pos, uint256 from, uint256 size) internal pure {
        assembly ("memory-safe") {
            calldatacopy(pos, from, size)
        }
    }

    /// @notice Copies an element of an array out of calldata behind the end of memory, which stays free. Its index and the encoding of
    /// the array are trusted.
    function behind(bytes[] calldata list, uint256 index) internal pure returns (bytes memory data) {
        assembly ("memory-safe") {
            data := mload(0x40)
            let from := add(list.offset, calldataload(add(list.offset, shl(5, index))))
            calldatacopy(data, from, add(32, calldataload(from)))
        }
    }

    /// @notice Copies bytes within memory.
    function move(uint256 pos, bytes memory data) internal pure {
        assembly ("memory-safe") {
            mcopy(pos, add(data, 32), mload(data))
        }
    }

    /// @return array The words, in memory; the compiler would copy them one by one.
    function copied(uint256[] calldata data) internal pure returns (uint256[] memory array) {
        assembly ("memory-safe") {
            array := mload(0x40)
            mstore(array, data.length)
            let size := shl(5, data.length)
            calldatacopy(add(array, 32), data.offset, size)
            mstore(0x40, add(add(array, 32), size))
        }
    }

    /// @return data Bytes with whatever was in memory: the caller overwrites all of them.
    function bytesOf(uint256 length) internal pure returns (bytes memory data) {
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, length)
            mstore(0x40, and(add(add(data, length), 63), not(31)))
        }
    }

    /// @return array Words with whatever was in memory: the caller overwrites all of them.
    function wordsOf(uint256 length) internal pure returns (uint256[] memory array) {
        assembly ("memory-safe") {
            array := mload(0x40)
            mstore(array, length)
            mstore(0x40, add(add(array, 32), shl(5, length)))
        }
    }

    /// @return word The word at an index that the caller knows to be there.
    function wordAt(uint256[] memory array, uint256 index) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(array, 32), shl(5, index)))
        }
    }

    /// @return element Likewise.
    function wordAt(address[] memory array, uint256 index) internal pure returns (address element) {
        assembly ("memory-safe") {
            element := mload(add(add(array, 32), shl(5, index)))
        }
    }

    /// @return element Likewise.
    function wordAt(bytes[] memory array, uint256 index) internal pure returns (bytes memory element) {
        assembly ("memory-safe") {
            element := mload(add(add(array, 32), shl(5, index)))
        }
    }

    /// @return element Likewise.
    function wordAt(uint256[][] memory array, uint256 index) internal pure returns (uint256[] memory element) {
        assembly ("memory-safe") {
            element := mload(add(add(array, 32), shl(5, index)))
        }
    }

    /// @return pos Where so many words of zeros are, of which the caller knows the number.
    function zeros(uint256 count) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := mload(0x40)
            let size := shl(5, count)
            // Copying from beyond the end of calldata writes zeros.
            calldatacopy(pos, calldatasize(), size)
            mstore(0x40, add(pos, size))
        }
    }

    /// @notice Shortens an array where it lies.
    function cut(uint256[] memory array, uint256 length) internal pure returns (uint256[] memory) {
        assembly ("memory-safe") {
            mstore(array, length)
        }
        return array;
    }

    /// @notice Shortens bytes where they lie.
    function cut(bytes memory data, uint256 length) internal pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(data, length)
        }
        return data;
    }

    /// @return free Where memory is free from here on.
    function mark() internal pure returns (uint256 free) {
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }

    /// @notice Frees what was allocated since `mark`: nothing may refer to it any more. Without it the memory of a batch grows with
    /// its items, and its cost with the square of that.
    function release(uint256 free) internal pure {
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }

    /// @notice Sets every word to zero.
    function wipe(uint256[] memory array) internal pure {
        assembly ("memory-safe") {
            // Copying from beyond the end of calldata writes zeros.
            calldatacopy(add(array, 32), calldatasize(), shl(5, mload(array)))
        }
    }

    /// @notice Sets `size` bytes to zero.
    function wipe(uint256 pos, uint256 size) internal pure {
        assembly ("memory-safe") {
            calldatacopy(pos, calldatasize(), size)
        }
    }

    /// @notice Sets `size` bytes to those of a word, from its first one on each time 32 are full. What is behind them stays.
    function fill(uint256 pos, uint256 size, uint256 word) internal pure {
        assembly ("memory-safe") {
            for {
                let end := add(pos, size)
            } lt(pos, end) {
                pos := add(pos, 0x20)
            } {
                let kept := shr(shl(3, sub(end, pos)), not(0))
                mstore(pos, or(and(word, not(kept)), and(mload(pos), kept)))
            }
        }
    }

    /// @notice Sets one byte.
    function storeByte(uint256 pos, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore8(pos, value)
        }
    }

    /// @return pos Where the words of an array start.
    function words(uint256[] memory array) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := add(array, 32)
        }
    }

    /// @return array The words that start at `pos`, behind their number.
    function arrayAt(uint256 pos) internal pure returns (uint256[] memory array) {
        assembly ("memory-safe") {
            array := sub(pos, 32)
        }
    }

    /// @notice Writes four bytes at an index that the caller knows to be there; up to 28 bytes behind them are lost.
    function storeU32(bytes memory data, uint256 index, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(data, 32), index), shl(224, value))
        }
    }

    /// @return data The bytes that start at `pos`, behind their length.
    function bytesAt(uint256 pos) internal pure returns (bytes memory data) {
        assembly ("memory-safe") {
            data := sub(pos, 32)
        }
    }

    /// @return pos Where the bytes of an array start.
    function start(bytes memory data) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := add(data, 32)
        }
    }

    /// @notice Ends the call and returns bytes of memory as they lie.
    function finish(uint256 pos, uint256 size) internal pure {
        assembly ("memory-safe") {
            return(pos, size)
        }
    }
}
