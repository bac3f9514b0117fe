// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "../interfaces/IMarketModule.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";

/// @title Module call
/// @notice Asks a market module for a position without trusting it: static, with fixed gas, and with a bounded answer.
library ModuleCall {
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

    /// @return Room for an answer about `slots` slots; the position starts at word `HEAD_WORDS`.
    function room(uint256 slots) internal pure returns (uint256[] memory) {
        return new uint256[](HEAD_WORDS + slots);
    }

    /// @return pos Where the position words of an answer start in memory.
    function positionWords(uint256[] memory answer) internal pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := add(answer, 192) // the array's length and five words of the answer
        }
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

    /// @return The call data of `positionOf`.
    function encode(
        uint32 community,
        uint32 member,
        uint32 period,
        bytes[] memory payloads
    ) internal pure returns (bytes memory) {
        return abi.encodeCall(IMarketModule.positionOf, (community, member, period, payloads));
    }
}
