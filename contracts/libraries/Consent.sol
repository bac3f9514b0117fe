// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Consent
/// @notice Checks the signature of an owner: a plain key (65 bytes, or 64 after EIP-2098), also one that delegates its code after
/// EIP-7702, or an EIP-1271 wallet.
library Consent {
    /// @dev Gas that a wallet may use to check a signature.
    uint256 internal constant WALLET_GAS = 400_000;

    function isValid(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (recover(digest, signature) == signer) return signer != address(0);
        if (signer.code.length == 0) return false;
        try IERC1271(signer).isValidSignature{gas: WALLET_GAS}(digest, signature) returns (bytes4 answer) {
            return answer == IERC1271.isValidSignature.selector;
        } catch {
            return false;
        }
    }

    /// @return signer Zero if the signature is malformed, malleable or nobody's.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        ECDSA.RecoverError problem;
        if (signature.length == 64) {
            (signer, problem, ) = ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
        } else {
            (signer, problem, ) = ECDSA.tryRecover(digest, signature);
        }
        if (problem != ECDSA.RecoverError.NoError) return address(0);
    }
}
