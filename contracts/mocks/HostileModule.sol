// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// solhint-disable avoid-low-level-calls, no-complex-fallback

import {ISettlement} from "../interfaces/ISettlement.sol";

/// @title Hostile market module
/// @notice For tests: appends what it is told and answers `positionOf` with whatever hurts most.
contract HostileModule {
    enum Act {
        Answer, // the bytes set for the member, whatever they are
        Revert,
        RevertWithBomb, // a million bytes of reason
        BurnGas,
        Bomb, // a million bytes of answer
        Reenter, // calls `target` first; fails if that call gets through
        Hungry // answers only if it got all the gas it is due
    }

    ISettlement public immutable settlement;

    mapping(uint32 member => Act) private _acts;
    mapping(uint32 member => bytes) private _answers;
    address private _target;
    bytes private _data;

    error Refused();
    error Reentered();

    constructor(ISettlement settlement_) {
        settlement = settlement_;
    }

    /// @dev `positionOf` lands here, with a free choice of return data.
    fallback(bytes calldata input) external returns (bytes memory) {
        (, uint32 member) = abi.decode(input[4:], (uint32, uint32));
        Act act = _acts[member];
        if (act == Act.Revert) revert Refused();
        if (act == Act.BurnGas) _burn();
        if (act == Act.Bomb) _bomb(false);
        if (act == Act.RevertWithBomb) _bomb(true);
        if (act == Act.Hungry && gasleft() < 240_000) revert Refused();
        if (act == Act.Reenter) {
            (bool through, ) = _target.call{gas: 100_000}(_data);
            if (through) revert Reentered();
        }
        return _answers[member];
    }

    /// @notice How to answer for a member.
    function set(uint32 member, Act act, bytes calldata answer) external {
        _acts[member] = act;
        _answers[member] = answer;
    }

    /// @notice What to call in `Act.Reenter`.
    function aim(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    /// @notice Appends a record as it stands.
    function append(
        uint32 community,
        uint32 member,
        uint32 period,
        uint256 head,
        bytes calldata payload,
        uint8 frontier,
        uint256 fee,
        address feeTo
    ) external {
        settlement.append(community, member, period, head, bytes32(0), payload, frontier, fee, feeTo);
    }

    /// @notice Appends a record with a payload that nobody can fit into a call.
    function appendBulky(uint32 community, uint32 member, uint32 period, uint256 head, uint256 size) external {
        bytes memory payload = new bytes(size);
        for (uint256 pos = 32; pos <= size; pos += 32) {
            assembly ("memory-safe") {
                mstore(add(payload, pos), not(0))
            }
        }
        settlement.append(community, member, period, head, bytes32(0), payload, 0, 0, address(0));
    }

    function _burn() private view {
        uint256 sink = 0;
        while (gasleft() != 0) ++sink;
    }

    function _bomb(bool asReason) private pure {
        assembly ("memory-safe") {
            if asReason {
                revert(0, 1000000)
            }
            return(0, 1000000)
        }
    }
}
