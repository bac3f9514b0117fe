// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "../types/Terms.sol";
import {Book} from "./Book.sol";

/// @title Book places
/// @notice Where an order book keeps its slots in storage.
/// @dev The areas are those of `Words.area`, written out: the compiler would compute them at every use.
library BookPlaces {
    /// @dev "wattbook.auction.books"
    uint256 internal constant BOOKS = 0x180311d6621dda6466b8517edc03fa2300000000000000000000000000000000;

    /// @dev "wattbook.auction.results"
    uint256 internal constant RESULTS = 0x5dcef72060d5d3b7ead4ee00bc3d652f00000000000000000000000000000000;

    /// @dev "wattbook.auction.terms"
    uint256 internal constant TERMS = 0xf1be09c6cd453bd2a9dfd5dd717e9b8400000000000000000000000000000000;

    /// @return pos Where the slot's words start: `community 32 | ring slot 12 | word 6`; the ring holds horizon + 1 periods. What the
    /// words are: `Book`.
    function bookAt(uint32 community, Terms t, uint256 slot) internal pure returns (uint256 pos) {
        unchecked {
            uint256 ring = (t.horizon() + 1) * t.slotsPerPeriod();
            assembly ("memory-safe") {
                pos := mod(slot, ring) // which the compiler would compare with zero before
            }
            return BOOKS | (uint256(community) << 24) | (pos << Book.STORED_STRIDE_LOG2);
        }
    }

    /// @return pos Where the period's results start: `community 32 | ring period 8 | word 7`; the ring holds R periods. What the words
    /// are: `SlotResults`.
    function resultsAt(uint32 community, Terms t, uint256 period) internal pure returns (uint256 pos) {
        unchecked {
            return RESULTS | (uint256(community) << 16) | ((period % t.ring()) << 7);
        }
    }
}
