// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {deployed} from "./support/Deployed.sol";
import {Driver} from "./support/Driver.sol";
import {Handler} from "./support/Handler.sol";
import {VM} from "./support/Vm.sol";

/// @notice The handler of the invariants, and everybody's way out of whatever state it is in.
contract Leavers is Handler {
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

/// @title Liveness
/// @notice Rules 8 and 9: from any state the invariants reach, every unit gets back to an owner, without coordinator, gateway or modules.
contract LivenessTest is Driver {
    error NothingWasReserved(uint256 seed);

    function testEverybodyLeavesWithAllTheirMoney() external {
        for (uint256 seed = 1; seed <= 8; ++seed) {
            Leavers leavers = Leavers(deployed("Leavers", ""));
            for (uint256 step = 0; step < 40 * seed; ++step) _step(leavers, seed, step);
            // Some orders are always open when everybody else is gone.
            for (uint256 home = 0; home < 7; ++home) leavers.place(home, 1, seed + home);
            if (leavers.goHome() == 0) revert NothingWasReserved(seed);
            leavers.checkSolvency();
            leavers.checkDues();
        }
    }
}
