// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Parts
/// @notice What became of members' records, kept for the rest of the transaction: settlement asks about one member after the other, and a
/// part depends on those before it.
library Parts {
    /// @dev "wattbook.sharing.parts", as `Words.area` has it.
    uint256 private constant AREA = 0x34beadef54faa8c37f793ce2d66b0bc300000000000000000000000000000000;

    /// @dev A head is `| received 96 | paid 96 | words that were stored, a bit for each 36 |`, low bit first, and this.
    uint256 private constant KNOWN = 1 << 255;
    uint256 private constant WORDS = 0xfffffffff;

    /// @return pos Where the words of a position go in transient storage, quads of bought and sold Wh.
    function placeOf(uint32 community, uint32 period, uint256 member) internal pure returns (uint256 pos) {
        unchecked {
            return _at(community, period, member) + 1;
        }
    }

    /// @param pos Where the words of its position are.
    /// @param written Which of them were stored, a bit for each: the others are zero.
    function keepHead(uint256 pos, uint256 paid, uint256 received, uint256 written) internal {
        uint256 head = KNOWN | (written << 192) | (paid << 96) | received;
        assembly ("memory-safe") {
            tstore(sub(pos, 1), head)
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
        position = new bytes(8 * slots);
        uint256 head;
        assembly ("memory-safe") {
            head := tload(pos)
            let bits := and(shr(192, head), WORDS)
            // `new` has made room for whole words, of zeros. Four at a time are passed over, as long as none of them was stored.
            let to := add(position, 32)
            if bits {
                for {} iszero(and(bits, 15)) {
                    bits := shr(4, bits)
                } {
                    pos := add(pos, 4)
                    to := add(to, 128)
                }
            }
            for {} bits {} {
                // Mostly there are four more.
                switch eq(and(bits, 15), 15)
                case 1 {
                    mstore(to, tload(add(pos, 1)))
                    mstore(add(to, 32), tload(add(pos, 2)))
                    mstore(add(to, 64), tload(add(pos, 3)))
                    pos := add(pos, 4)
                    mstore(add(to, 96), tload(pos))
                    to := add(to, 128)
                    bits := shr(4, bits)
                }
                default {
                    pos := add(pos, 1)
                    mstore(to, mul(and(bits, 1), tload(pos)))
                    to := add(to, 32)
                    bits := shr(1, bits)
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
