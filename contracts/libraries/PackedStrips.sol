// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Packed strips
/// @notice How signed strips are posted: one behind the other, big-endian,
/// `member 4 | after 1 | epoch 4 | deadline 5 | maxReserve 12 | feePerEntry 4 | r 32 | vs 32 | count 2 | entries 4 * count`.
/// @dev What all strips of a call share, community, period and `feeTo`, stands once before them. Readers trust their position.
library PackedStrips {
    /// @notice A strip but for its entries; fields as in `IDoubleAuction.Strip`.
    struct Order {
        uint32 member;
        uint8 after_;
        uint32 epoch;
        uint40 deadline;
        uint96 maxReserve;
        uint32 feePerEntry;
        address feeTo;
        bytes32 r;
        bytes32 vs;
    }

    /// @dev Bytes before the entries.
    uint256 internal constant HEADER = 96;

    uint256 private constant R = 30;
    uint256 private constant VS = 62;
    uint256 private constant COUNT = 94;

    /// @return Member index.
    function memberAt(bytes calldata strips, uint256 pos) internal pure returns (uint256) {
        return _word(strips, pos) >> 224;
    }

    /// @return Number of entries.
    function countAt(bytes calldata strips, uint256 pos) internal pure returns (uint256) {
        return _word(strips, pos + COUNT - 30) & 0xffff;
    }

    /// @notice Fills all of `order` but its `feeTo`.
    /// @return entries Four bytes each.
    function read(bytes calldata strips, uint256 pos, Order memory order) internal pure returns (bytes calldata entries) {
        uint256 word = _word(strips, pos);
        order.member = uint32(word >> 224);
        order.after_ = uint8(word >> 216);
        order.epoch = uint32(word >> 184);
        order.deadline = uint40(word >> 144);
        order.maxReserve = uint96(word >> 48);
        order.feePerEntry = uint32(word >> 16);
        order.r = bytes32(_word(strips, pos + R));
        order.vs = bytes32(_word(strips, pos + VS));
        uint256 length = 4 * countAt(strips, pos);
        assembly ("memory-safe") {
            entries.offset := add(strips.offset, add(pos, HEADER))
            entries.length := length
        }
    }

    function _word(bytes calldata data, uint256 pos) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, pos))
        }
    }
}
