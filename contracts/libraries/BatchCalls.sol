// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentEscrow} from "../interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "../interfaces/IProsumerRegistry.sol";
import {Mem} from "./Mem.sol";
import {Terms} from "../types/Terms.sol";

/// @title Batch calls
/// @notice What an order book asks the registry and the escrow, and tells the escrow, once per call or run of strips.
/// @dev Arguments are coded where they lie and answers read where they arrive: the compiler would copy them word by word. An answer of
/// another length than the members ask for reverts, and so does a call that fails, with its reason. Nothing else is checked of what
/// registry and escrow say: both are fixed at deployment.
library BatchCalls {
    /// @dev Bytes before the members: a word with the selector at its end, community, period, offset, count.
    uint256 private constant MEMBERS_HEAD = 0xa0;

    /// @dev Bytes before the records: a word with the selector at its end, community, period, module, feeTo, offset, length.
    uint256 private constant RECORDS_HEAD = 0xe0;

    /// @dev Bytes before the arguments in the word of the selector.
    uint256 private constant PAD = 28;

    /// @notice `IProsumerRegistry.tradingFor`.
    function tradingFor(
        IProsumerRegistry registry,
        uint32 community,
        uint32 period
    ) internal view returns (Terms t, bool paused, address tariff) {
        uint256 selector = uint32(IProsumerRegistry.tradingFor.selector);
        assembly ("memory-safe") {
            let from := mload(0x40)
            mstore(from, selector)
            mstore(add(from, 0x20), and(community, 0xffffffff))
            mstore(add(from, 0x40), and(period, 0xffffffff))
            let ok := staticcall(gas(), registry, add(from, PAD), 0x44, from, 0x60)
            if iszero(and(ok, eq(returndatasize(), 0x60))) {
                returndatacopy(0, 0, returndatasize())
                revert(0, mul(iszero(ok), returndatasize()))
            }
            t := mload(from)
            paused := mload(add(from, 0x20))
            tariff := mload(add(from, 0x40))
        }
    }

    /// @return members Where the members of the next run go, a word each, in free memory; `keepMembers` takes it.
    function roomForMembers() internal pure returns (uint256 members) {
        assembly ("memory-safe") {
            members := add(mload(0x40), MEMBERS_HEAD)
        }
    }

    /// @notice Takes the memory of so many members and of a word of zeros behind, with what has to stand before them.
    function keepMembers(uint256 members, uint256 count, uint256 community, uint256 period) internal pure {
        assembly ("memory-safe") {
            mstore(sub(members, 0x80), community)
            mstore(sub(members, 0x60), period)
            mstore(sub(members, 0x40), 0x60)
            mstore(sub(members, 0x20), count)
            let end := add(members, shl(5, count))
            mstore(end, 0)
            mstore(0x40, add(end, 0x20))
        }
    }

    /// @notice `IProsumerRegistry.tradersOf`.
    /// @param members Kept by `keepMembers`. Their words take their place, see `Member`, so nobody can be asked about them afterwards.
    function tradersOf(IProsumerRegistry registry, uint256 members, uint256 count) internal view {
        unchecked {
            // Offset and length come before.
            uint256 size = 0x40 + 32 * count;
            _ask(address(registry), uint32(IProsumerRegistry.tradersOf.selector), members, count, members - 0x40, size);
        }
    }

    /// @notice `IPaymentEscrow.standings`.
    /// @param members Kept by `keepMembers`.
    /// @return words Where their words are in memory.
    /// @return ringFree Whether the period's ring entry can take records.
    /// @return firstModule Of the community.
    function standings(
        IPaymentEscrow escrow,
        uint256 members,
        uint256 count
    ) internal view returns (uint256 words, bool ringFree, address firstModule) {
        unchecked {
            uint256 size = 0x80 + 32 * count;
            uint256 answer = Mem.mark();
            Mem.release(answer + size);
            _ask(address(escrow), uint32(IPaymentEscrow.standings.selector), members, count, answer, size);
            assembly ("memory-safe") {
                ringFree := mload(add(answer, 0x20))
                firstModule := mload(add(answer, 0x40))
            }
            words = answer + 0x80; // offset, ringFree, first module, length
        }
    }

    /// @return records Where the records of a run go, `size` bytes of memory with whatever was in it.
    function roomForRecords(uint256 size) internal pure returns (uint256 records) {
        assembly ("memory-safe") {
            records := add(mload(0x40), RECORDS_HEAD)
            mstore(0x40, and(add(add(records, size), 31), not(31)))
        }
    }

    /// @notice `IPaymentEscrow.append`, for the first module.
    /// @param records Made by `roomForRecords`.
    /// @param length Bytes.
    function append(
        IPaymentEscrow escrow,
        uint256 community,
        uint256 period,
        address feeTo,
        uint256 records,
        uint256 length
    ) internal {
        uint256 selector = uint32(IPaymentEscrow.append.selector);
        assembly ("memory-safe") {
            let from := sub(records, RECORDS_HEAD)
            mstore(from, selector)
            mstore(add(from, 0x20), community)
            mstore(add(from, 0x40), period)
            mstore(add(from, 0x60), 0)
            mstore(add(from, 0x80), shr(96, shl(96, feeTo)))
            mstore(add(from, 0xa0), 0xa0)
            mstore(add(from, 0xc0), length)
            if iszero(call(gas(), escrow, 0, add(from, PAD), add(length, sub(RECORDS_HEAD, PAD)), 0, 0)) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    /// @param answer Where the answer goes in memory.
    /// @param size Its bytes.
    function _ask(
        address to,
        uint256 selector,
        uint256 members,
        uint256 count,
        uint256 answer,
        uint256 size
    ) private view {
        assembly ("memory-safe") {
            let from := sub(members, MEMBERS_HEAD)
            mstore(from, selector)
            let length := add(sub(MEMBERS_HEAD, PAD), shl(5, count))
            let ok := staticcall(gas(), to, add(from, PAD), length, answer, size)
            if iszero(and(ok, eq(returndatasize(), size))) {
                returndatacopy(0, 0, returndatasize())
                revert(0, mul(iszero(ok), returndatasize()))
            }
        }
    }
}
