// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Questions
/// @notice Asks a contract of the same deployment about a batch of members. The compiler would encode and decode every word of it by itself;
/// here the array is copied as a whole, and the answer is used where it arrives.
library Questions {
    /// @param who A contract that answers `selector(uint32 community, uint32 period, uint256[] members)` in standard encoding.
    /// @param size Bytes of its answer, which depend on the number of members alone.
    /// @return answer Where the answer starts in memory.
    function ask(
        address who,
        bytes4 selector,
        uint32 community,
        uint32 period,
        uint256[] memory members,
        uint256 size
    ) internal view returns (uint256 answer) {
        assembly ("memory-safe") {
            answer := mload(0x40)
            let array := add(32, shl(5, mload(members)))
            mstore(answer, selector)
            mstore(add(answer, 4), and(community, 0xffffffff))
            mstore(add(answer, 36), and(period, 0xffffffff))
            mstore(add(answer, 68), 96)
            mcopy(add(answer, 100), members, array)
            if iszero(staticcall(gas(), who, answer, add(array, 100), answer, size)) {
                returndatacopy(answer, 0, returndatasize())
                revert(answer, returndatasize())
            }
            if lt(returndatasize(), size) {
                revert(0, 0)
            }
            mstore(0x40, add(answer, size))
        }
    }

    /// @return array The array at a place in memory: its length and its words.
    function arrayAt(uint256 pos) internal pure returns (uint256[] memory array) {
        assembly ("memory-safe") {
            array := pos
        }
    }
}
