// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Parts
/// @notice What became of members' records, kept for the rest of the transaction: settlement asks about one member after the other, and a
/// part depends on those before it.
library Parts {
    /// @dev "wattbook.sharing.parts", as `Words.area` has it.
    uint256 private constant AREA = 0x34beadef54faa8c37f793ce2d66b0bc300000000000000000000000000000000;

    /// @dev The first word is `| known 64 | first quad 8 | end 8 | paid 88 | received 88 |`; its quads follow, each at its own index.
    uint256 private constant KNOWN = 1 << 192;

    /// @param quads Bought and sold Wh from quad `first` up to `end`; in the others nothing.
    function keep(
        uint32 community,
        uint32 period,
        uint256 member,
        uint256 paid,
        uint256 received,
        uint256[] memory quads,
        uint256 first,
        uint256 end
    ) internal {
        uint256 pos = _at(community, period, member);
        uint256 head = KNOWN | (first << 184) | (end << 176) | (paid << 88) | received;
        assembly ("memory-safe") {
            tstore(pos, head)
            pos := add(add(pos, 1), first)
            let to := add(add(quads, 32), shl(5, end))
            for {
                let from := add(add(quads, 32), shl(5, first))
            } lt(from, to) {
                from := add(from, 32)
            } {
                tstore(pos, mload(from))
                pos := add(pos, 1)
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
        position = new bytes(8 * slots); // with room for whole words
        uint256 head;
        assembly ("memory-safe") {
            head := tload(pos)
            let first := byte(8, head)
            pos := add(add(pos, 1), first)
            let end := add(add(position, 32), shl(5, byte(9, head)))
            for {
                let to := add(add(position, 32), shl(5, first))
            } lt(to, end) {
                to := add(to, 32)
            } {
                mstore(to, tload(pos))
                pos := add(pos, 1)
            }
        }
        return (head != 0, uint88(head >> 88), uint88(head), position);
    }

    /// @dev `community 32 | period 32 | member 32 | word 8`.
    function _at(uint32 community, uint32 period, uint256 member) private pure returns (uint256) {
        return AREA | (uint256(community) << 72) | (uint256(period) << 40) | (member << 8);
    }
}
