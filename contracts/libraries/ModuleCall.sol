// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "../interfaces/IMarketModule.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Mem} from "./Mem.sol";
import {SlotLoops} from "./SlotLoops.sol";

/// @title Module call
/// @notice Asks a market module for a position without trusting it: static, with fixed gas, and with a bounded answer.
library ModuleCall {
    using Mem for bytes;
    using SlotLoops for uint256[];

    uint256 internal constant BASE_GAS = 250_000;
    uint256 internal constant GAS_PER_ENTRY = 2_000;

    /// @dev What settlement itself needs after the call.
    uint256 internal constant GAS_AFTER = 200_000;

    /// @dev Words of the answer before the positions: ready, paid, received, offset, length.
    uint256 private constant HEAD_WORDS = 5;

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
        answer = new uint256[](HEAD_WORDS + slots);
        answer[4] = slots;
    }

    /// @return position The position words of an answer: as it is encoded, an array in memory.
    function positionIn(uint256[] memory answer) internal pure returns (uint256[] memory position) {
        assembly ("memory-safe") {
            position := add(answer, 160) // the array's length and four words of the answer
        }
    }

    /// @notice Makes an answer say that nothing was traded.
    function reset(uint256[] memory answer) internal pure {
        answer[4] = answer.length - HEAD_WORDS;
        positionIn(answer).wipe();
    }

    /// @notice Calls `positionOf`; reverts if less gas is left than the module is due, so that a caller cannot make it fail.
    function ask(
        address module,
        bytes memory data,
        uint256 entries,
        uint256[] memory answer
    ) internal view returns (Answer memory a) {
        uint256 stipend = BASE_GAS + GAS_PER_ENTRY * entries;
        // A call passes on at most 63/64 of what is left (EIP-150).
        uint256 needed = stipend + stipend / 32 + GAS_AFTER;
        if (gasleft() < needed) revert ISettlement.TooLittleGas(needed);
        uint256 size = answer.length * 32;
        bool whole;
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(stipend, module, add(data, 32), mload(data), add(answer, 32), size)
            whole := eq(returndatasize(), size)
        }
        a.ok = ok;
        if (!ok) return a;
        a.formed = whole && answer[0] < 2 && answer[3] == 4 * 32 && answer[4] == answer.length - HEAD_WORDS;
        a.ready = answer[0] == 1;
        a.paid = answer[1];
        a.received = answer[2];
    }

    /// @notice Encodes the call of `positionOf` about the records of one module, straight out of calldata.
    function encode(
        uint32 community,
        uint32 member,
        uint32 period,
        ISettlement.Record[] calldata records,
        uint8 module
    ) internal pure returns (bytes memory data) {
        uint256 count = 0;
        uint256 size = 0; // offsets, lengths and padded payloads
        for (uint256 i = 0; i < records.length; ++i) {
            if (uint8(records[i].head >> 208) != module) continue;
            ++count;
            size += 64 + _padded(records[i].payload.length);
        }
        data = new bytes(4 + 5 * 32 + size);
        uint256 pos = data.start();
        Mem.store(pos, uint256(uint32(IMarketModule.positionOf.selector)) << 224);
        Mem.store(pos + 4, community);
        Mem.store(pos + 36, member);
        Mem.store(pos + 68, period);
        Mem.store(pos + 100, 4 * 32);
        Mem.store(pos + 132, count);
        uint256 offsets = pos + 164;
        uint256 offset = 32 * count;
        for (uint256 i = 0; i < records.length; ++i) {
            if (uint8(records[i].head >> 208) != module) continue;
            bytes calldata payload = records[i].payload;
            uint256 to = pos + 164 + offset;
            Mem.store(offsets, offset);
            Mem.store(to, payload.length);
            Mem.copy(to + 32, payload);
            offsets += 32;
            offset += 32 + _padded(payload.length);
        }
    }

    function _padded(uint256 length) private pure returns (uint256) {
        return (length + 31) & ~uint256(31);
    }
}
