// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Packed records
/// @notice How a market module hands records to settlement, and how they stand in the event `Recorded`: one behind the other, big-endian,
/// `member 4 | frontier 1 | fee 6 | entries 2 | reserve 12 | buyWh 6 | sellWh 6 | size 2 | digest 32 | payload size`.
/// @dev The middle, from `entries` to `sellWh`, is the head of the record without its module. Every reader trusts its position:
/// whoever walks the records checks first that a header fits.
library PackedRecords {
    /// @dev Bytes before the payload.
    uint256 internal constant HEADER = 71;

    uint256 private constant HEAD = 11;
    uint256 private constant DIGEST = 39;

    /// @return member Index.
    /// @return frontier One past the last slot that its strips cover; counts for the first module alone.
    /// @return fee Base units.
    function startAt(
        bytes calldata records,
        uint256 pos
    ) internal pure returns (uint32 member, uint8 frontier, uint256 fee) {
        uint256 word = _word(records, pos);
        return (uint32(word >> 224), uint8(word >> 216), uint48(word >> 168));
    }

    /// @return head `sellWh 48 | buyWh 48 | reserve 96 | entries 16`, low bit first.
    /// @return size Bytes of the payload.
    /// @return digest What the member signed.
    function recordAt(
        bytes calldata records,
        uint256 pos
    ) internal pure returns (uint256 head, uint256 size, bytes32 digest) {
        uint256 word = _word(records, pos + HEAD);
        return (word >> 48, uint16(word >> 32), bytes32(_word(records, pos + DIGEST)));
    }

    /// @return hash keccak256 of the payload. It is copied behind the end of memory, which stays free.
    function payloadHashAt(bytes calldata records, uint256 pos, uint256 size) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, add(records.offset, add(pos, HEADER)), size)
            hash := keccak256(free, size)
        }
    }

    /// @notice Writes a header into memory; the payload follows `HEADER` bytes behind.
    function write(
        uint256 to,
        uint256 member,
        uint256 frontier,
        uint256 fee,
        uint256 head,
        uint256 size,
        bytes32 digest
    ) internal pure {
        assembly ("memory-safe") {
            mstore(to, or(or(shl(224, member), shl(216, frontier)), shl(168, fee)))
            mstore(add(to, HEAD), or(shl(48, head), shl(32, size)))
            mstore(add(to, DIGEST), digest)
        }
    }

    /// @return records A single record.
    function single(
        uint32 member,
        uint8 frontier,
        uint48 fee,
        uint208 head,
        bytes32 digest,
        bytes memory payload
    ) internal pure returns (bytes memory records) {
        return abi.encodePacked(member, frontier, fee, head, uint16(payload.length), digest, payload);
    }

    function _word(bytes calldata data, uint256 pos) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, pos))
        }
    }
}
