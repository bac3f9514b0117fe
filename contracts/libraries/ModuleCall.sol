// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "../interfaces/IMarketModule.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Mem} from "./Mem.sol";
import {SlotLoops} from "./SlotLoops.sol";

/// @title Module call
/// @notice Asks a market module for a position without trusting it: static, with fixed gas, and with a bounded answer.
/// @dev The calldata of `positionOf` is put together in two steps: what all members of a batch share is made once, up to the end of
/// the context; then come the payloads of the member at hand.
library ModuleCall {
    using Mem for bytes;
    using Mem for uint256[];

    uint256 private constant BASE_GAS = 30_000;
    uint256 private constant CONTEXT_GAS_PER_SLOT = 2_400;
    uint256 private constant GAS_PER_ENTRY = 1_000;

    /// @dev The first module, which every member signed, gets so many times as much: it has to outlive forks that make storage
    /// dearer. All sixteen together leave a transaction room for the fullest journal.
    uint256 private constant FIRST_MODULE_TIMES = 2;

    /// @dev What settlement itself needs after the call.
    uint256 private constant GAS_AFTER = 200_000;

    /// @dev Words of the answer before the positions: ready, paid, received, offset, length.
    uint256 private constant HEAD_WORDS = 5;

    /// @dev Bytes of the call before the context's length: selector, community, member, period and two offsets.
    uint256 private constant CALL_HEAD = 4 + 5 * 32;

    /// @param ok Whether the call returned and the answer has the right form.
    /// @param ready As the module says.
    /// @param paid Base units.
    /// @param received Base units.
    struct Answer {
        bool ok;
        bool formed;
        bool ready;
        uint256 paid;
        uint256 received;
    }

    /// @return answer Room for an answer about `slots` slots, of which nothing was traded.
    function room(uint256 slots) internal pure returns (uint256[] memory answer) {
        uint256 quads = SlotLoops.quadsOf(slots);
        answer = new uint256[](HEAD_WORDS + quads + 1); // quads come in pairs
        answer[4] = 8 * slots;
        assembly ("memory-safe") {
            mstore(answer, add(HEAD_WORDS, quads))
        }
    }

    /// @return position The position of an answer: as it is encoded, bytes in memory.
    function positionIn(uint256[] memory answer) internal pure returns (bytes memory position) {
        assembly ("memory-safe") {
            position := add(answer, 160) // the array's length and four words of the answer
        }
    }

    /// @notice Makes an answer say that nothing was traded.
    function reset(uint256[] memory answer, uint256 slots) internal pure {
        answer.wipe();
        answer[4] = 8 * slots;
    }

    /// @notice Asks for the context and begins the call with it. A context that fails or is malformed is empty.
    /// @return call What the calls about all members have in common, with room for the member.
    function begin(
        address module,
        bool first,
        uint32 community,
        uint32 period,
        uint256 slots
    ) internal view returns (bytes memory call) {
        bytes memory data = abi.encodeCall(IMarketModule.contextOf, (community, period));
        uint256 stipend = _due(first, CONTEXT_GAS_PER_SLOT * slots);
        bool ok;
        uint256 size;
        uint256 offset;
        uint256 length;
        assembly ("memory-safe") {
            ok := staticcall(stipend, module, add(data, 32), mload(data), 0, 64)
            size := returndatasize()
            offset := mload(0) // in the scratch space; means nothing where less was returned
            length := mload(32)
        }
        uint256 words = ok && offset == 32 && length <= 2 * slots + 2 && size == 64 + 32 * length ? length : 0;
        call = new bytes(CALL_HEAD + 32 + 32 * words);
        uint256 pos = call.start();
        Mem.store(pos, uint256(uint32(IMarketModule.positionOf.selector)) << 224);
        Mem.store(pos + 4, community);
        Mem.store(pos + 68, period);
        Mem.store(pos + 100, 5 * 32);
        Mem.store(pos + 132, 6 * 32 + 32 * words);
        Mem.store(pos + 164, words);
        assembly ("memory-safe") {
            // What a failed call returned may be shorter than 64 bytes.
            if words {
                returndatacopy(add(pos, 196), 64, shl(5, words))
            }
        }
    }

    /// @notice Encodes the call of `positionOf` about the records of one module, straight out of calldata.
    /// @param call As it begins for every member.
    /// @param count Records of the module.
    /// @param size Bytes of their payloads, each padded to whole words.
    function complete(
        bytes memory call,
        uint32 member,
        ISettlement.Record[] calldata records,
        uint8 module,
        uint256 count,
        uint256 size
    ) internal pure returns (bytes memory data) {
        unchecked {
            data = Mem.bytesOf(call.length + 32 + 64 * count + size);
            Mem.move(data.start(), call);
            Mem.store(data.start() + 36, member);
            uint256 offsets = data.start() + call.length + 32;
            Mem.store(offsets - 32, count);
            uint256 offset = 32 * count;
            uint256 place = offsets;
            for (uint256 i = 0; i < records.length; ++i) {
                ISettlement.Record calldata record = records[i];
                if (uint8(record.head >> 208) != module) continue;
                bytes calldata payload = record.payload;
                uint256 padded = paddedLength(payload.length);
                uint256 to = offsets + offset;
                Mem.store(place, offset);
                Mem.store(to + padded, 0); // the padding
                Mem.store(to, payload.length);
                Mem.copy(to + 32, payload);
                place += 32;
                offset += 32 + padded;
            }
        }
    }

    /// @notice Calls `positionOf`; reverts if less gas is left than the module is due, so that a caller cannot make it fail.
    function ask(
        address module,
        bool first,
        bytes memory data,
        uint256 entries,
        uint256 slots,
        uint256[] memory answer
    ) internal view returns (Answer memory a) {
        uint256 stipend = _due(first, GAS_PER_ENTRY * entries);
        uint256 size = answer.length * 32;
        bool whole;
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(stipend, module, add(data, 32), mload(data), add(answer, 32), size)
            whole := eq(returndatasize(), size)
        }
        a.ok = ok;
        if (!ok) return a;
        a.formed = whole && answer[0] < 2 && answer[3] == 4 * 32 && answer[4] == 8 * slots;
        // Of the last word only the slots of the period, the rest is padding.
        a.formed = a.formed && (slots & 3 == 0 || answer[answer.length - 1] << (64 * (slots & 3)) == 0);
        a.ready = answer[0] == 1;
        a.paid = answer[1];
        a.received = answer[2];
    }

    /// @return Bytes of whole words.
    function paddedLength(uint256 length) internal pure returns (uint256) {
        unchecked {
            return (length + 31) & ~uint256(31);
        }
    }

    /// @return stipend Gas that a module is due. Reverts if less is left: a call passes on at most 63/64 of it (EIP-150).
    function _due(bool first, uint256 more) private view returns (uint256 stipend) {
        unchecked {
            stipend = BASE_GAS + more; // what a journal of 2,048 entries or a period of 144 slots is due
            if (first) stipend *= FIRST_MODULE_TIMES;
            uint256 needed = stipend + stipend / 32 + GAS_AFTER;
            if (gasleft() < needed) revert ISettlement.TooLittleGas(needed);
        }
    }
}
