// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Compact signature
/// @notice Whether a plain key made a signature of 64 bytes (EIP-2098), as OpenZeppelin's `ECDSA.tryRecover` would tell.
/// @dev It runs for every strip and reading; coding and decoding the call of the precompile would cost more than the call.
library CompactSignature {
    /// @dev Largest s: half the order of the group. For every signature with a larger one there is another with a smaller one.
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @param signature Where in calldata: r, then the parity of y in the highest bit of s.
    /// @return ok Whether `signer`, which is somebody, signed the digest.
    function isBy(address signer, bytes32 digest, uint256 signature) internal view returns (bool ok) {
        assembly ("memory-safe") {
            let vs := calldataload(add(signature, 0x20))
            let s := shr(1, shl(1, vs))
            // Behind the end of memory, which stays free.
            let free := mload(0x40)
            mstore(free, digest)
            mstore(add(free, 0x20), add(27, shr(255, vs)))
            mstore(add(free, 0x40), calldataload(signature))
            mstore(add(free, 0x60), s)
            // Where nothing can be recovered, the precompile writes nothing.
            mstore(0, 0)
            if iszero(staticcall(gas(), 1, free, 0x80, 0, 0x20)) {
                revert(0, 0) // out of gas
            }
            let recovered := mload(0)
            ok := gt(eq(recovered, shr(96, shl(96, signer))), or(gt(s, MAX_S), iszero(recovered)))
        }
    }
}
