// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Receipts
/// @notice What a relayer signs when it takes a strip: that its commit of the period will hold it.
/// @dev A relayer has one commit per period, so a receipt names it without its place. It names the strip with the signature that it came
/// with: otherwise a relayer could commit to the strip with another signature, have it skipped for that, and answer with it.
library Receipts {
    bytes32 private constant RECEIPT_TYPE = keccak256("Receipt(uint32 community,uint32 period,bytes32 strip)");

    /// @param digest EIP-712 digest of a member's strip.
    /// @param r First word of the signature that it was handed over with.
    /// @param vs Second word.
    /// @return What receipts, challenges and answers call the strip.
    function nameOf(bytes32 digest, bytes32 r, bytes32 vs) internal pure returns (bytes32) {
        return keccak256(abi.encode(digest, r, vs));
    }

    /// @param strip Name of the strip.
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
