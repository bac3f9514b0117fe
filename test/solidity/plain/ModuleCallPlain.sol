// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ModuleCall} from "../../../contracts/libraries/ModuleCall.sol";
import {PackedPlain} from "./PackedPlain.sol";

/// @notice `ModuleCall` without assembly: an answer counts if it is, byte by byte, what the compiler would encode for what it says.
library ModuleCallPlain {
    struct Answer {
        ModuleCall.Outcome outcome;
        uint256 paid;
        uint256 received;
        bytes position;
    }

    /// @param ok Whether the call of `contextOf` went through.
    /// @return context Empty where it did not, or does not count, or has more than two words per slot and two.
    function contextIn(bool ok, bytes memory answer, uint256 slots) internal pure returns (uint256[] memory context) {
        if (!ok || answer.length < 64) return context;
        uint256 length = _word(answer, 1);
        if (length > 2 * slots + 2 || answer.length < 64 + 32 * length) return context;
        uint256[] memory words = new uint256[](length);
        for (uint256 i = 0; i < length; ++i) words[i] = _word(answer, 2 + i);
        return keccak256(abi.encode(words)) == keccak256(answer) ? words : context;
    }

    /// @param ok Whether the call of `positionOf` went through.
    function answerIn(bool ok, bytes memory answer, uint256 slots) internal pure returns (Answer memory a) {
        if (!ok) return a;
        a.outcome = ModuleCall.Outcome.Malformed;
        if (answer.length < 160 + 8 * slots) return a;
        (uint256 ready, uint256 paid, uint256 received) = (_word(answer, 0), _word(answer, 1), _word(answer, 2));
        bytes memory position = new bytes(8 * slots);
        for (uint256 i = 0; i < position.length; ++i) position[i] = answer[160 + i];
        if (ready > 1) return a;
        if (keccak256(abi.encode(ready == 1, paid, received, position)) != keccak256(answer)) return a;
        return Answer(ready == 1 ? ModuleCall.Outcome.Ready : ModuleCall.Outcome.Waiting, paid, received, position);
    }

    /// @return payloads Those of one module's records, in their order.
    function payloadsOf(
        ISettlement.Record[] memory records,
        uint8 module
    ) internal pure returns (bytes[] memory payloads) {
        uint256 count = 0;
        for (uint256 i = 0; i < records.length; ++i) if (moduleOf(records[i]) == module) ++count;
        payloads = new bytes[](count);
        for (uint256 i = records.length; i > 0; --i) {
            if (moduleOf(records[i - 1]) == module) payloads[--count] = records[i - 1].payload;
        }
    }

    function moduleOf(ISettlement.Record memory record) internal pure returns (uint8) {
        return uint8(record.head >> 208);
    }

    /// @return gas What a module may spend: on its context, or on entries.
    function stipend(bool first, uint256 more) internal pure returns (uint256) {
        return (30_000 + more) * (first ? 2 : 1);
    }

    /// @return gas What has to be left for a module to get as much.
    function needed(uint256 gas) internal pure returns (uint256) {
        return gas + gas / 32 + 200_000;
    }

    function _word(bytes memory data, uint256 index) private pure returns (uint256) {
        return PackedPlain.read(data, 32 * index, 32);
    }
}
