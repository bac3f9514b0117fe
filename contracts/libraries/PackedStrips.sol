// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../interfaces/IOrderBook.sol";
import {Mem} from "./Mem.sol";
import {PackedRecords} from "./PackedRecords.sol";

/// @title Packed strips
/// @notice How signed strips are posted: one behind the other, big-endian,
/// `member 4 | after 1 | epoch 4 | deadline 5 | maxReserve 12 | feePerEntry 4 | r 32 | vs 32 | count 2 | entries 4 * count`.
/// @dev What all strips of a call share, community, period and `feeTo`, stands once before them. The first 30 bytes are a strip's
/// terms, handled as one number. Readers of calldata trust their position.
library PackedStrips {
    /// @dev Bytes before the entries.
    uint256 internal constant HEADER = 96;

    /// @dev Words of a message.
    uint256 internal constant MESSAGE_WORDS = 14;

    uint256 private constant R = 30;
    uint256 private constant VS = 62;
    uint256 private constant COUNT = 94;

    /// @dev keccak256("Strip(uint32 community,uint32 member,uint32 period,uint8 after,uint32 epoch,uint40 deadline,uint96 maxReserve,
    /// uint32 feePerEntry,address feeTo,bytes entries)"), without line breaks: the compiler would hash it again for every strip.
    bytes32 private constant STRIP_TYPE = 0x58f22dbc5d01ac97c8baeac5299ab2a526ce3a67de1c44a0c3363be1066b71cb;

    /// @return Member index.
    function memberAt(bytes calldata strips, uint256 pos) internal pure returns (uint256) {
        return _word(strips, pos) >> 224;
    }

    /// @return Number of entries.
    function countAt(bytes calldata strips, uint256 pos) internal pure returns (uint256) {
        unchecked {
            return _word(strips, pos + COUNT) >> 240;
        }
    }

    /// @return terms See `termsOf`.
    function termsAt(bytes calldata strips, uint256 pos) internal pure returns (uint256 terms) {
        return _word(strips, pos) >> 16;
    }

    /// @return terms See `termsOf`.
    /// @return entries Four bytes each.
    function read(bytes calldata strips, uint256 pos) internal pure returns (uint256 terms, bytes calldata entries) {
        unchecked {
            terms = termsAt(strips, pos);
            uint256 length = 4 * countAt(strips, pos);
            assembly ("memory-safe") {
                entries.offset := add(strips.offset, add(pos, HEADER))
                entries.length := length
            }
        }
    }

    /// @return r First word of the signature.
    /// @return vs Second word.
    function signatureAt(bytes calldata strips, uint256 pos) internal pure returns (bytes32 r, bytes32 vs) {
        unchecked {
            return (bytes32(_word(strips, pos + R)), bytes32(_word(strips, pos + VS)));
        }
    }

    /// @return place Where in calldata the signature of a strip with these entries is.
    function signatureBefore(bytes calldata entries) internal pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := sub(entries.offset, sub(HEADER, R))
        }
    }

    /// @notice Walks a run of strips whose members ascend, and writes those down.
    /// @param pos Of the first strip.
    /// @param members Where the members go in memory, a word each.
    /// @param enough The run ends once its strips take so many bytes.
    /// @return end Where the run ends. If it is cut, where the strip starts that is longer than what is there; nothing else holds then.
    /// @return count Its strips.
    /// @return cut Whether it is.
    function walk(
        bytes calldata strips,
        uint256 pos,
        uint256 members,
        uint256 enough
    ) internal pure returns (uint256 end, uint256 count, bool cut) {
        assembly ("memory-safe") {
            // In a function of its own, which the compiler leaves one, it keeps its variables on the stack.
            function run(from, bound, members_) -> strip, to, size {
                strip := from
                to := members_
                let last := not(0) // the member before, -1 for none
                for {} 1 {} {
                    let member := shr(224, calldataload(strip))
                    if iszero(and(sgt(member, last), lt(strip, bound))) {
                        leave
                    }
                    last := member
                    mstore(to, member)
                    to := add(to, 0x20)
                    size := add(shl(2, shr(240, calldataload(add(strip, COUNT)))), HEADER)
                    strip := add(strip, size)
                }
            }

            let strip := add(strips.offset, pos)
            let bound := add(strip, enough)
            if gt(bound, add(strips.offset, strips.length)) {
                bound := add(strips.offset, strips.length)
            }
            let to, size
            strip, to, size := run(strip, bound, members)
            count := shr(5, sub(to, members))
            end := sub(strip, strips.offset)
            // Where the header is cut off already, the number of entries may be anything.
            cut := gt(end, strips.length)
            if cut {
                end := sub(end, size)
            }
        }
    }

    /// @param size Bytes of so many strips.
    /// @return Entries in them.
    function entriesIn(uint256 size, uint256 count) internal pure returns (uint256) {
        unchecked {
            return (size - HEADER * count) / 4;
        }
    }

    /// @param entries Of so many strips together.
    /// @param prefixLog log2 of the bytes of a prefix.
    /// @return Bytes that their records take, see `PackedRecords`.
    function recordBytes(uint256 entries, uint256 count, uint256 prefixLog) internal pure returns (uint256) {
        unchecked {
            return PackedRecords.HEADER * count + (4 + (1 << prefixLog)) * entries;
        }
    }

    /// @return terms `feePerEntry 32 | maxReserve 96 | deadline 40 | epoch 32 | after 8 | member 32`, low bit first.
    function termsOf(IOrderBook.Strip calldata s) internal pure returns (uint256 terms) {
        assembly ("memory-safe") {
            let member := calldataload(s)
            let after_ := calldataload(add(s, 0x20))
            let epoch := calldataload(add(s, 0x40))
            let deadline := calldataload(add(s, 0x60))
            let maxReserve := calldataload(add(s, 0x80))
            terms := calldataload(add(s, 0xa0)) // feePerEntry
            // What does not fit its type reverts, as the compiler has it.
            let above := or(shr(32, member), shr(8, after_))
            above := or(or(above, shr(32, epoch)), shr(40, deadline))
            if or(or(above, shr(96, maxReserve)), shr(32, terms)) {
                revert(0, 0)
            }
            terms := or(or(terms, shl(32, maxReserve)), shl(128, deadline))
            terms := or(or(terms, shl(168, epoch)), or(shl(200, after_), shl(208, member)))
        }
    }

    function memberOf(uint256 terms) internal pure returns (uint32) {
        return uint32(terms >> 208);
    }

    function afterOf(uint256 terms) internal pure returns (uint256) {
        return uint8(terms >> 200);
    }

    function epochOf(uint256 terms) internal pure returns (uint256) {
        return uint32(terms >> 168);
    }

    /// @return Unix seconds.
    function deadlineOf(uint256 terms) internal pure returns (uint256) {
        return uint40(terms >> 128);
    }

    /// @return Base units.
    function maxReserveOf(uint256 terms) internal pure returns (uint256) {
        return uint96(terms >> 32);
    }

    /// @return Base units.
    function feePerEntryOf(uint256 terms) internal pure returns (uint256) {
        return uint32(terms);
    }

    /// @notice Puts what the messages of a call's strips share in place.
    /// @param message Where they go in memory: the eleven words of the signed structure, then what EIP-712 hashes with its hash; fourteen
    /// words together.
    /// @param domain Domain separator of the order book.
    function setMessage(
        uint256 message,
        bytes32 domain,
        uint256 community,
        uint256 period,
        address feeTo
    ) internal pure {
        bytes32 typeHash = STRIP_TYPE;
        assembly ("memory-safe") {
            mstore(message, typeHash)
            mstore(add(message, 0x20), community)
            mstore(add(message, 0x60), period)
            mstore(add(message, 0x120), shr(96, shl(96, feeTo)))
            mstore(add(message, 0x160), shl(240, 0x1901))
            mstore(add(message, 0x162), domain)
        }
    }

    /// @return digest The EIP-712 digest that the trading key signs.
    /// @param message Set by `setMessage`; the words of the strip before are written over.
    function digestIn(uint256 message, uint256 terms, bytes32 entriesHash) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            mstore(add(message, 0x40), shr(208, terms)) // member
            mstore(add(message, 0x80), and(shr(200, terms), 0xff)) // after
            mstore(add(message, 0xa0), and(shr(168, terms), 0xffffffff)) // epoch
            mstore(add(message, 0xc0), and(shr(128, terms), 0xffffffffff)) // deadline
            mstore(add(message, 0xe0), and(shr(32, terms), 0xffffffffffffffffffffffff)) // maxReserve
            mstore(add(message, 0x100), and(terms, 0xffffffff)) // feePerEntry
            mstore(add(message, 0x140), entriesHash)
            mstore(add(message, 0x182), keccak256(message, 0x160))
            digest := keccak256(add(message, 0x160), 0x42)
        }
    }

    /// @return The digest of a single strip.
    function digestOf(
        bytes32 domain,
        uint256 community,
        uint256 period,
        address feeTo,
        uint256 terms,
        bytes calldata entries
    ) internal pure returns (bytes32) {
        uint256 message = Mem.zeros(MESSAGE_WORDS);
        setMessage(message, domain, community, period, feeTo);
        return digestIn(message, terms, Mem.hashOf(entries));
    }

    function _word(bytes calldata data, uint256 pos) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, pos))
        }
    }
}
