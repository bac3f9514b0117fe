// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "../../../contracts/interfaces/IMarketModule.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";

/// @title ChaosModule
/// @notice A market module that appends anything the rules let through and answers anything at all.
contract ChaosModule is IMarketModule {
    /// @notice What the module does when it is asked for a position.
    enum Mood {
        Answer,
        Revert,
        NotReady,
        Short,
        OutOfGas
    }

    struct Script {
        Mood mood;
        uint256 paid;
        uint256 received;
        uint256 bought; // Wh in the first slot
        uint256 sold; // Wh in the last slot
    }

    error Refused();

    uint256 private immutable _slots;
    mapping(bytes32 key => Script) private _scripts;

    constructor(uint256 slots) {
        _slots = slots;
    }

    /// @notice What the module will say about a member's period.
    function setScript(uint32 community, uint32 member, uint32 period, Script calldata script) external {
        _scripts[keccak256(abi.encode(community, member, period))] = script;
    }

    /// @notice Appends a record as this module.
    function append(
        ISettlement settlement,
        uint32 community,
        uint32 member,
        uint32 period,
        uint256 head,
        bytes calldata payload,
        uint256 fee,
        address feeTo
    ) external {
        settlement.append(community, member, period, head, keccak256(payload), payload, 0, fee, feeTo);
    }

    /// @inheritdoc IMarketModule
    function positionOf(
        uint32 community,
        uint32 member,
        uint32 period,
        bytes[] calldata
    ) external view returns (bool, uint256, uint256, uint256[] memory position) {
        Script storage s = _scripts[keccak256(abi.encode(community, member, period))];
        if (s.mood == Mood.Revert) revert Refused();
        if (s.mood == Mood.OutOfGas) while (true) {}
        position = new uint256[](s.mood == Mood.Short ? 1 : _slots);
        position[0] = s.bought << 128;
        position[position.length - 1] |= s.sold;
        return (s.mood != Mood.NotReady, s.paid, s.received, position);
    }
}
