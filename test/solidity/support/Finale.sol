// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Handler} from "./Handler.sol";
import {VM} from "./Vm.sol";

/// @title Finale
/// @notice The handler of the invariants, everybody's way out of whatever state it is in, and tills that are counted wrong by one unit.
contract Finale is Handler {
    uint32 private immutable _firstPeriod = _current();

    error StillReserved(uint32 community, uint256 amount);
    error Stuck(uint256 home, uint32 period);
    error MoneyLeft(uint256 amount);

    /// @notice No more orders and no meter reports again: once the correction window of the last period is over, anybody clears and
    /// settles from the logs, and every owner withdraws.
    /// @return freed Base units that were reserved before.
    function goHome() external returns (uint256 freed) {
        for (uint32 community = 0; community < COMMUNITIES; ++community) freed += reserved[community];
        uint32 last = _current() + uint32(HORIZON);
        VM.warp((uint256(last) + 1) * PERIOD + CORRECTION);
        _clearAll(last);
        // A period is settled before the one that takes its place in the ring.
        for (uint32 period = _firstPeriod; period <= last; ++period) {
            for (uint256 home = 0; home < HOMES; ++home) _settle(home, period);
        }
        for (uint256 home = 0; home < HOMES; ++home) escrow.claimDue(homes[home].community, homes[home].member);
        _leaveSealed();
        for (uint32 community = 0; community <= SEALED; ++community) _withdraw(community);
        this.withdrawFees(true);
        this.withdrawFees(false);
        uint256 left = euro.balanceOf(address(escrow));
        if (left != 0) revert MoneyLeft(left);
    }

    /// @param field Which one is wrong; none of them from `fields` on.
    function compare(uint32 community, uint32 period, uint256 field, uint256 index) external view {
        Till memory t = _till(community, period);
        if (field == 0) ++t.free[index];
        if (field == 1) ++t.due[index];
        if (field == 2) ++t.fund[index];
        if (field == 3) ++t.owed[index];
        if (field == 4) ++t.amount[index % MODULES];
        if (field == 5) ++t.outstanding[index % MODULES];
        if (field == 6) ++t.fees;
        if (field == 7) ++t.legs;
        _compare(t);
    }

    function fields() external pure returns (uint256) {
        return 8;
    }

    function _clearAll(uint32 last) private {
        for (uint256 home = 0; home < HOMES; ++home) {
            for (uint32 period = _firstPeriod; period <= last; ++period) {
                if (records[home][period].length != 0) _clearPeriod(homes[home].community, period);
            }
        }
    }

    /// @dev What was read and waits comes first; what nobody read is estimated.
    function _settle(uint256 home, uint32 period) private {
        (uint32 community, uint32 member) = (homes[home].community, homes[home].member);
        (, , , , uint256 state) = escrow.journal(community, member, period);
        if (state == 1) this.settle(home, 1);
        (, , , , uint32 end) = settlement.meterState(community, member);
        if (end == period) this.settleEstimated(home, 1);
        (, , , , end) = settlement.meterState(community, member);
        (, , , , state) = escrow.journal(community, member, period);
        if (state == 1 || end <= period) revert Stuck(home, period);
    }

    /// @dev Pledges need their owners alone, bonds a first module that answers.
    function _leaveSealed() private {
        for (uint32 member = 0; member < FIRST_HOME; ++member) {
            this.releasePledge(member);
            (uint256 pledged, uint256 leaving, ) = escrow.pledgeOf(SEALED, member);
            this.unpledge(member, pledged - leaving);
        }
        VM.warp(block.timestamp + HORIZON * PERIOD);
        for (uint32 member = 0; member < FIRST_HOME; ++member) this.releasePledge(member);
        for (uint256 i = 0; i < 2; ++i) {
            (uint256 bond, uint256 locked) = escrow.bond(SEALED, _relayer(i == 0));
            this.unlockBond(i == 0, locked, false);
            this.withdrawBond(i == 0, bond);
        }
    }

    function _withdraw(uint32 community) private {
        if (reserved[community] != 0) revert StillReserved(community, reserved[community]);
        for (uint32 member = 0; member < registry.memberCount(community); ++member) {
            (uint256 free, , ) = escrow.account(community, member);
            address owner = registry.ownerOf(community, member);
            VM.prank(owner);
            escrow.withdraw(community, member, owner, free);
        }
    }
}
