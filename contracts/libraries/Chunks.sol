// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Packed} from "./Packed.sol";

/// @title Chunks
/// @notice Finds the strips of a chunk: `feeTo 20 bytes | strips`, each strip packed big-endian as
/// ```
/// member 4 | after 1 | epoch 4 | deadline 5 | maxReserve 12 | feePerEntry 4 | r 32 | vs 32 | count 2 | entries 4 * count
/// ```
/// @dev Strips are found by walking from the first one, never at a place that somebody names: the bytes of one strip may lie among the
/// entries of another, where acceptance never saw them.
library Chunks {
    using Packed for bytes;

    /// @dev Bytes before the first strip.
    uint256 internal constant HEAD = 20;

    /// @dev Bytes of a strip before its entries.
    uint256 internal constant STRIP_HEAD = 96;

    /// @dev The chunk ends within its head or within the strip at `pos`.
    error BrokenChunk(uint256 pos);
    error NoSuchStrip(uint256 index, uint256 strips);

    /// @return Who gets the fees of the chunk's strips.
    function feeToOf(bytes calldata chunk) internal pure returns (address) {
        if (chunk.length < HEAD) revert BrokenChunk(0);
        return address(bytes20(chunk[:HEAD]));
    }

    /// @return end Where the strip at `pos` ends.
    function stripEnd(bytes calldata chunk, uint256 pos) internal pure returns (uint256 end) {
        end = pos + STRIP_HEAD;
        if (end <= chunk.length) end += 4 * chunk.u16(end - 2);
        if (end > chunk.length) revert BrokenChunk(pos);
    }

    /// @return strips How many strips the chunk holds.
    function count(bytes calldata chunk) internal pure returns (uint256 strips) {
        if (chunk.length < HEAD) revert BrokenChunk(0);
        for (uint256 pos = HEAD; pos < chunk.length; ++strips) pos = stripEnd(chunk, pos);
    }

    /// @return strip The packed strip that stands at `index`.
    function stripAt(bytes calldata chunk, uint256 index) internal pure returns (bytes calldata strip) {
        if (chunk.length < HEAD) revert BrokenChunk(0);
        uint256 pos = HEAD;
        for (uint256 i = 0; pos < chunk.length; ++i) {
            uint256 end = stripEnd(chunk, pos);
            if (i == index) return chunk[pos:end];
            pos = end;
        }
        revert NoSuchStrip(index, count(chunk));
    }
}
