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

    /// @dev Bytes behind the beginning of a call that are kept for payloads; longer ones have to copy it.
    uint256 private constant SPARE = 2048;

    /// @notice What became of a call.
    enum Outcome {
        Failed,
        Malformed,
        Waiting,
        Ready
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
        call = Mem.bytesOf(CALL_HEAD + 32 + 32 * words + SPARE).cut(CALL_HEAD + 32 + 32 * words);
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

    /// @notice Encodes the call of `positionOf` about the records of one module, straight out of calldata: behind its beginning, where
    /// that leaves enough room.
    /// @param call As it begins for every member.
    /// @param list The records, see `Positions.replay`.
    /// @param count Records of the module.
    /// @param size Bytes of their payloads, each padded to whole words.
    /// @return data Where the call starts in memory.
    /// @return length Its length.
    function complete(
        bytes memory call,
        uint32 member,
        uint256[] memory list,
        uint8 module,
        uint256 count,
        uint256 size
    ) internal pure returns (uint256 data, uint256 length) {
        unchecked {
            length = call.length + 32 + 64 * count + size;
            data = call.start();
            if (length > call.length + SPARE) {
                data = Mem.bytesOf(length).start();
                Mem.move(data, call);
            }
            Mem.store(data + 36, member);
            uint256 place = data + call.length + 32;
            uint256 offset = 32 * count;
            uint256 to = place + offset;
            Mem.store(place - 32, count);
            uint256 pos = list.words();
            for (uint256 end = pos + 32 * list.length; pos < end; pos += 96) {
                if (uint8(Mem.load(pos) >> 208) != module) continue;
                uint256 bytes_ = Mem.load(pos + 64);
                uint256 padded = paddedLength(bytes_);
                Mem.store(place, offset);
                Mem.store(to + padded, 0); // the padding
                Mem.store(to, bytes_);
                Mem.copyFrom(to + 32, Mem.load(pos + 32), bytes_);
                place += 32;
                offset += 32 + padded;
                to += 32 + padded;
            }
        }
    }

    /// @notice Calls `positionOf`; reverts if less gas is left than the module is due, so that a caller cannot make it fail.
    /// @param data Where the call starts in memory.
    /// @param length Its length.
    function ask(
        address module,
        bool first,
        uint256 data,
        uint256 length,
        uint256 entries,
        uint256 slots,
        uint256[] memory answer
    ) internal view returns (Outcome) {
        unchecked {
            uint256 stipend = _due(first, GAS_PER_ENTRY * entries); // 16 bits for each of 255 records
            uint256 size = answer.length * 32;
            uint256 rest = slots & 3;
            bool ok;
            bool formed;
            bool ready;
            assembly ("memory-safe") {
                let pos := add(answer, 32)
                ok := staticcall(stipend, module, data, length, pos, size)
                ready := mload(pos)
                formed := and(eq(returndatasize(), size), lt(ready, 2))
                formed := and(formed, eq(mload(add(pos, 96)), 128))
                formed := and(formed, eq(mload(add(pos, 128)), shl(3, slots)))
                // Of the last word only the slots of the period, the rest is padding.
                if rest {
                    formed := and(formed, iszero(shl(shl(6, rest), mload(add(answer, size)))))
                }
            }
            if (!ok) return Outcome.Failed;
            if (!formed) return Outcome.Malformed;
            return ready ? Outcome.Ready : Outcome.Waiting;
        }
    }

    /// @return paid Base units, as a well-formed answer says.
    /// @return received Base units.
    function flowsIn(uint256[] memory answer) internal pure returns (uint256 paid, uint256 received) {
        return (answer.wordAt(1), answer.wordAt(2));
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
