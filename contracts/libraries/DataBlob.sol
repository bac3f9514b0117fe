// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Data blob
/// @notice A contract that is nothing but data: reading it costs one access however long it is.
contract DataBlob {
    constructor(bytes memory data) {
        bytes memory code = bytes.concat(hex"00", data);
        assembly ("memory-safe") {
            return(add(code, 32), mload(code))
        }
    }
}
