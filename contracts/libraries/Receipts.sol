// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Receipts
/// @notice What a relayer signs when it takes a strip: that its commit of the period will hold it.
/// @dev A relayer has one commit per period, so a receipt names it without its place.
library Receipts {
    bytes32 private constant RECEIPT_TYPE = keccak256("Receipt(uint32 community,uint32 period,bytes32 strip)");

    /// @param strip EIP-712 digest of the member's strip.
    /// @return The struct hash that goes into the EIP-712 digest.
    function structHash(uint32 community, uint32 period, bytes32 strip) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPT_TYPE, community, period, strip));
    }

    /// @return Whether `relayer`, a plain key, signed the digest.
    function isSigned(bytes32 digest, bytes32 r, bytes32 vs, address relayer) internal pure returns (bool) {
        (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(digest, r, vs);
        return problem == ECDSA.RecoverError.NoError && signer == relayer;
    }
}
