// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotLoops} from "./SlotLoops.sol";
import {Mem} from "./Mem.sol";

/// @title Parts
/// @notice What became of members' records, kept for the rest of the transaction: settlement asks about one member after the other, and a
/// part depends on those before it.
library Parts {
    using Mem for uint256[];

    /// @dev "wattbook.sharing.parts", as `Words.area` has it.
    uint256 private constant AREA = 0x34beadef54faa8c37f793ce2d66b0bc300000000000000000000000000000000;

    uint256 private constant KNOWN = 1 << 255;

    /// @param quads Bought and sold Wh.
    function keep(
        uint32 community,
        uint32 period,
        uint256 member,
        uint256 paid,
        uint256 received,
        uint256[] memory quads
    ) internal {
        uint256 pos = _at(community, period, member);
        uint256 head = KNOWN | (paid << 96) | received;
        assembly ("memory-safe") {
            let again := tload(pos)
            tstore(pos, head)
            let from := add(quads, 32)
            for {
                let end := add(from, shl(5, mload(quads)))
            } lt(from, end) {
                from := add(from, 32)
            } {
                pos := add(pos, 1)
                let quad := mload(from)
                // Most often the word is zero already.
                if or(quad, again) {
                    tstore(pos, quad)
                }
            }
        }
    }

    /// @return known Whether the transaction has computed it.
    function find(
        uint32 community,
        uint32 period,
        uint256 member,
        uint256 slots
    ) internal view returns (bool known, uint256 paid, uint256 received, bytes memory position) {
        uint256 pos = _at(community, period, member);
        uint256 quads = SlotLoops.quadsOf(slots);
        position = new bytes(8 * slots);
        uint256 head;
        assembly ("memory-safe") {
            head := tload(pos)
            if head {
                // `new` has made room for whole words.
                let to := add(position, 32)
                for {
                    let end := add(to, shl(5, quads))
                } lt(to, end) {
                    to := add(to, 32)
                } {
                    pos := add(pos, 1)
                    mstore(to, tload(pos))
                }
            }
        }
        return (head != 0, uint88(head >> 96), uint88(head), position);
    }

    /// @dev `community 32 | period 32 | member 32 | word 8`.
    function _at(uint32 community, uint32 period, uint256 member) private pure returns (uint256) {
        return AREA | (uint256(community) << 72) | (uint256(period) << 40) | (member << 8);
    }
}
