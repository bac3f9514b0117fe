// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "../../../contracts/interfaces/IMarketModule.sol";
import {IPaymentEscrow} from "../../../contracts/interfaces/IPaymentEscrow.sol";
import {IPaymentEscrow} from "../../../contracts/interfaces/IPaymentEscrow.sol";
import {PackedRecords} from "../../../contracts/libraries/PackedRecords.sol";

/// @title Chaos module
/// @notice A market module that appends anything the rules let through and answers anything at all.
contract ChaosModule is IMarketModule {
    /// @notice What the module does when it is asked for a position.
    enum Mood {
        Answer,
        Greedy, // receives all that the other members reserved and paid, and `received` more
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
    uint8 private immutable _index;
    IPaymentEscrow private immutable _escrow;
    mapping(bytes32 key => Script) private _scripts;

    constructor(uint256 slots, uint8 index, IPaymentEscrow escrow) {
        (_slots, _index, _escrow) = (slots, index, escrow);
    }

    /// @notice What the module will say about a member's period.
    function setScript(uint32 community, uint32 member, uint32 period, Script calldata script) external {
        _scripts[keccak256(abi.encode(community, member, period))] = script;
    }

    /// @notice Appends a record as this module.
    /// @param release What it makes settlement release later: its reserve, and the settlement fee if it is the first.
    function append(
        IPaymentEscrow escrow,
        uint32 community,
        uint32 member,
        uint32 period,
        uint256 head,
        uint256 release,
        uint256 fee,
        address feeTo
    ) external {
        bytes memory payload = abi.encode(release);
        bytes32 digest = keccak256(payload);
        bytes memory record = PackedRecords.single(member, 0, uint48(fee), uint208(head), digest, payload);
        escrow.append(community, period, uint8(head >> 208), feeTo, record);
    }

    /// @inheritdoc IMarketModule
    function contextOf(uint32, uint32) external pure returns (uint256[] memory context) {}

    /// @inheritdoc IMarketModule
    function positionOf(
        uint32 community,
        uint32 member,
        uint32 period,
        uint256[] calldata,
        bytes[] calldata payloads
    ) external view returns (bool, uint256, uint256, bytes memory position) {
        Script storage s = _scripts[keccak256(abi.encode(community, member, period))];
        if (s.mood == Mood.Revert) revert Refused();
        if (s.mood == Mood.OutOfGas) while (true) {}
        uint256 slots = s.mood == Mood.Short ? 1 : _slots;
        uint256[] memory traded = new uint256[](slots);
        traded[0] = s.bought << 32;
        traded[slots - 1] |= s.sold;
        for (uint256 k = 0; k < slots; ++k) position = bytes.concat(position, bytes8(uint64(traded[k])));
        uint256 received = s.received;
        if (s.mood == Mood.Greedy) {
            (uint256 outstanding, int256 amount) = _escrow.pot(community, _index, period);
            int256 others = amount + int256(outstanding);
            for (uint256 i = 0; i < payloads.length; ++i) others -= abi.decode(payloads[i], (int256));
            if (others > 0) received += uint256(others);
        }
        return (s.mood != Mood.NotReady, s.paid, received, position);
    }
}
