// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Forward
/// @notice Hands the call at hand on to settlement as it came, with another function: both take the same first arguments. Behind the
/// arguments stands who called, as `ISettlement` asks of a first module.
library Forward {
    /// @param to A contract that is trusted. A revert is passed on.
    /// @return word The first word that it returned.
    function handOn(address to, bytes4 selector) internal returns (uint256 word) {
        assembly ("memory-safe") {
            // Behind the end of memory, which stays free.
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            mstore(data, or(selector, and(mload(data), shr(32, not(0)))))
            mstore(add(data, calldatasize()), caller())
            if iszero(call(gas(), to, 0, data, add(calldatasize(), 32), 0, 32)) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
            word := mload(0)
        }
    }
}
