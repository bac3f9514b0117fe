// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketModule} from "../interfaces/IMarketModule.sol";
import {IPaymentEscrow} from "../interfaces/IPaymentEscrow.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";

/// @title PuppetModule
/// @notice A market module that appends what it is told and answers what it was told, true or not: tests of what settlement
/// lets a faulty or hostile module do.
contract PuppetModule is IMarketModule {
    /// @notice What the module does when settlement asks for a position.
    enum Mood {
        Answer,
        Revert,
        BurnGas,
        Malformed,
        ReturnBomb
    }

    struct Answer {
        bool ready;
        uint256 paid;
        uint256 received;
        bytes position;
    }

    /// @notice What `positionOf` does.
    Mood public mood;

    error Refused();

    mapping(uint32 member => Answer) private _answers;

    /// @notice Sets what `positionOf` does.
    function setMood(Mood mood_) external {
        mood = mood_;
    }

    /// @notice Sets the answer about a member, whatever the community and the period.
    function setAnswer(uint32 member, bool ready, uint256 paid, uint256 received, bytes calldata position) external {
        _answers[member] = Answer(ready, paid, received, position);
    }

    /// @notice Appends a record as this module.
    function append(
        IPaymentEscrow escrow,
        uint32 community,
        uint32 member,
        uint32 period,
        uint256 head,
        bytes calldata payload,
        uint8 frontier,
        uint256 fee,
        address feeTo
    ) external {
        bytes memory record = PackedRecords.single(
            member,
            frontier,
            uint48(fee),
            uint208(head),
            keccak256(payload),
            payload
        );
        escrow.append(community, period, uint8(head >> 208), feeTo, record);
    }

    /// @inheritdoc IMarketModule
    function contextOf(uint32, uint32) external pure returns (uint256[] memory context) {}

    /// @inheritdoc IMarketModule
    function positionOf(
        uint32,
        uint32 member,
        uint32,
        uint256[] calldata,
        bytes[] calldata
    ) external view returns (bool ready, uint256 paid, uint256 received, bytes memory position) {
        if (mood == Mood.Revert) revert Refused();
        if (mood == Mood.BurnGas) while (true) {}
        if (mood == Mood.Malformed) {
            assembly ("memory-safe") {
                mstore(0, 1)
                return(0, 32)
            }
        }
        if (mood == Mood.ReturnBomb) {
            assembly ("memory-safe") {
                return(0, 1000000)
            }
        }
        Answer storage a = _answers[member];
        return (a.ready, a.paid, a.received, a.position);
    }
}
