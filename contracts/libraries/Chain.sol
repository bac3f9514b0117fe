// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title Chain
/// @notice Chunk hashes c1 … cn under one root: `root = H(c1, H(c2, … H(cn, 0)))` with `H(a, b) = keccak256(a, b)`.
/// @dev A root fixes the hashes and their order: another list with the same root would be a collision of keccak256. Where the chain
/// ends, the rest is zero, which nobody has a preimage of; so the number of hashes is fixed as well.
library Chain {
    /// @param before Hashes of the chunks before this one.
    /// @param chunk Its own hash.
    /// @param rest Root of the chain behind it, zero behind the last.
    function rootOf(bytes32[] calldata before, bytes32 chunk, bytes32 rest) internal pure returns (bytes32 root) {
        root = Hashes.efficientKeccak256(chunk, rest);
        for (uint256 i = before.length; i > 0; --i) root = Hashes.efficientKeccak256(before[i - 1], root);
    }
}
