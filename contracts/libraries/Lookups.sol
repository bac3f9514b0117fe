// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Lookups
/// @notice Asks a contract of this deployment about many members at once.
/// @dev The encoding of arrays of words is the standard one; encoding and decoding them word by word would cost more than the question.
library Lookups {
    /// @dev The contract returned something else than `count` words.
    error BadLookup(address target);

    /// @notice Calls a view of the form `(uint32 community, uint32 period, uint256[] members) -> uint256[]`.
    /// @param target A contract that is trusted. A revert is passed on.
    /// @param count Words of the answer.
    function ask(
        address target,
        bytes4 selector,
        uint32 community,
        uint32 period,
        uint256[] memory members,
        uint256 count
    ) internal view returns (uint256[] memory words) {
        bool formed;
        assembly ("memory-safe") {
            words := mload(0x40)
            let size := add(32, shl(5, mload(members)))
            mstore(words, selector)
            mstore(add(words, 4), community)
            mstore(add(words, 36), period)
            mstore(add(words, 68), 96)
            mcopy(add(words, 100), members, size)
            if iszero(staticcall(gas(), target, words, add(100, size), 0, 0)) {
                returndatacopy(words, 0, returndatasize())
                revert(words, returndatasize())
            }
            size := add(32, shl(5, count))
            formed := eq(returndatasize(), add(32, size))
            if formed {
                returndatacopy(words, 32, size)
                formed := eq(mload(words), count)
                mstore(0x40, add(words, size))
            }
        }
        if (!formed) revert BadLookup(target);
    }
}
