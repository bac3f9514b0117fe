// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentEscrow} from "../interfaces/IPaymentEscrow.sol";
import {Mem} from "./Mem.sol";

/// @title Legs
/// @notice The call of `IPaymentEscrow.settle`, put together leg by leg as it is encoded, and read where it lies.
/// @dev Encoding an array of structs and checking each field of it again would cost more than booking it. The encoding is the standard
/// one: a leg is ten words. Everything here trusts its index; who calls keeps within the legs it made room for.
library Legs {
    /// @dev Bytes before the legs: selector, seven words, the number of legs.
    uint256 private constant HEAD = 4 + 8 * 32;
    uint256 private constant SIZE = 10 * 32;

    /// @notice Fields of a leg, in the order of `IPaymentEscrow.Leg`.
    uint256 internal constant MEMBER = 0;
    uint256 internal constant SUPPLIER = 1;
    uint256 internal constant RESERVED = 2;
    uint256 internal constant LOST = 3;
    uint256 internal constant PAID = 4;
    uint256 internal constant RECEIVED = 5;
    uint256 internal constant NETWORK_FEE = 6;
    uint256 internal constant SETTLEMENT_FEE = 7;
    uint256 internal constant GRID_LEG = 8;
    uint256 internal constant JOURNAL = 9;

    /// @return data Room for the call with as many legs and pots as given.
    function room(uint256 legs, uint256 pots) internal pure returns (bytes memory data) {
        unchecked {
            return Mem.bytesOf(HEAD + SIZE * legs + 32 + 32 * pots); // no more than the items in calldata
        }
    }

    /// @return pos Where a leg's fields start in memory.
    function placeOf(bytes memory data, uint256 index) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := add(add(data, add(32, HEAD)), mul(SIZE, index))
        }
    }

    /// @notice Writes a field of the leg at `pos`.
    function put(uint256 pos, uint256 field, uint256 word) internal pure {
        unchecked {
            Mem.store(pos + 32 * field, word);
        }
    }

    /// @return The member of a leg written before.
    function memberAt(bytes memory data, uint256 index) internal pure returns (uint256) {
        return Mem.load(placeOf(data, index));
    }

    /// @notice Writes what is around the legs and sends the call. A revert is passed on.
    function send(
        bytes memory data,
        uint256 legs,
        IPaymentEscrow escrow,
        uint32 community,
        uint32 period,
        uint256[] memory pots,
        uint256 opened,
        uint256 settled,
        address settler
    ) internal {
        bytes4 selector = IPaymentEscrow.settle.selector;
        assembly ("memory-safe") {
            let pos := add(data, 32)
            mstore(pos, selector)
            pos := add(pos, 4)
            let size := mul(SIZE, legs)
            mstore(pos, community)
            mstore(add(pos, 32), period)
            mstore(add(pos, 64), 224)
            mstore(add(pos, 96), add(256, size))
            mstore(add(pos, 128), opened)
            mstore(add(pos, 160), settled)
            mstore(add(pos, 192), settler)
            mstore(add(pos, 224), legs)
            let end := add(add(pos, 256), size)
            size := add(32, shl(5, mload(pots)))
            mcopy(end, pots, size)
            end := add(end, size)
            if iszero(call(gas(), escrow, 0, sub(pos, 4), sub(end, sub(pos, 4)), 0, 0)) {
                returndatacopy(mload(0x40), 0, returndatasize())
                revert(mload(0x40), returndatasize())
            }
        }
    }

    /// @return word A field of the leg at `leg` in calldata, as it stands there.
    function get(uint256 leg, uint256 field) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(leg, shl(5, field)))
        }
    }

    /// @return leg Where the first leg starts in calldata.
    function start(IPaymentEscrow.Leg[] calldata legs) internal pure returns (uint256 leg) {
        assembly ("memory-safe") {
            leg := legs.offset
        }
    }

    /// @return pos Behind the last leg.
    function behind(IPaymentEscrow.Leg[] calldata legs) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := add(legs.offset, mul(SIZE, legs.length))
        }
    }

    /// @return Where the leg behind one starts.
    function next(uint256 leg) internal pure returns (uint256) {
        unchecked {
            return leg + SIZE;
        }
    }

    /// @notice Emits `Settled` for a leg. Its data are five fields of the leg as they stand in calldata, and what is due.
    /// @param fee What was there to pay of the fee.
    function emitSettled(
        uint256 leg,
        uint32 community,
        uint32 member,
        uint32 period,
        uint256 fee,
        int256 due
    ) internal {
        bytes32 topic = IPaymentEscrow.Settled.selector;
        assembly ("memory-safe") {
            let pos := mload(0x40) // behind the end of memory, which stays free
            calldatacopy(pos, add(leg, shl(5, PAID)), 160)
            mstore(add(pos, 96), fee)
            mstore(add(pos, 160), due)
            log4(pos, 192, topic, community, member, period)
        }
    }
}
