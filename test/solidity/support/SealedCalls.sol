// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {MoneyCalls} from "./MoneyCalls.sol";
import {VM, bound} from "./Vm.sol";

/// @title Sealed calls
/// @notice What owners do with their pledges and relayers and the first module with bonds in the sealed community, always allowed: a
/// revert is a bug. A ledger beside the escrow keeps what everybody must have.
abstract contract SealedCalls is MoneyCalls {
    struct Pledged {
        uint256 pledged;
        uint256 leaving;
        uint256 leavesAt; // unix seconds
    }

    struct Bond {
        uint256 balance;
        uint256 locked;
    }

    error PledgeDiffers(uint32 member, uint256 pledged, uint256 leaving, uint256 leavesAt);
    error BondDiffers(address relayer, uint256 balance, uint256 locked);
    error BacksMoreThanPledged(uint32 member, uint32 period, uint256 backs);

    mapping(uint32 member => Pledged) private _pledges;
    mapping(address relayer => Bond) private _bonds;

    /// @notice Pledges and bonds are what this ledger says, and back no more than they are.
    function checkSealed() external view {
        for (uint32 member = 0; member < FIRST_HOME; ++member) {
            Pledged memory own = _pledges[member];
            (uint256 pledged, uint256 leaving, uint256 leavesAt) = escrow.pledgeOf(SEALED, member);
            if (pledged != own.pledged || leaving != own.leaving || leavesAt != (leaving == 0 ? 0 : own.leavesAt)) {
                revert PledgeDiffers(member, pledged, leaving, leavesAt);
            }
            for (uint32 period = _current(); period <= _current() + HORIZON; ++period) {
                (uint256 backs, , ) = escrow.standingAtGate(SEALED, member, period);
                if (backs > pledged) revert BacksMoreThanPledged(member, period, backs);
            }
        }
        for (uint256 i = 0; i < 2; ++i) {
            address relayer = _relayer(i == 0);
            (uint256 balance, uint256 locked) = escrow.bond(SEALED, relayer);
            if (balance != _bonds[relayer].balance || locked != _bonds[relayer].locked) {
                revert BondDiffers(relayer, balance, locked);
            }
        }
    }

    function pledge(uint256 member, uint256 amount) external {
        uint32 m = uint32(member % FIRST_HOME);
        _fund(SEALED, m, 10_000);
        (uint256 free, , , ) = escrow.account(SEALED, m);
        amount = bound(amount, 0, free);
        _asOwner(m);
        escrow.pledge(SEALED, m, amount);
        _pledges[m].pledged += amount;
        _count(Kind.Pledge);
    }

    function unpledge(uint256 member, uint256 amount) external {
        uint32 m = uint32(member % FIRST_HOME);
        Pledged storage own = _pledges[m];
        amount = bound(amount, 0, own.pledged - own.leaving);
        _asOwner(m);
        escrow.unpledge(SEALED, m, amount);
        _letGo(own);
        own.leaving += amount;
        own.leavesAt = (uint256(_current()) + HORIZON) * PERIOD - SEALED_CLOSURE + REVEAL;
        _count(Kind.Unpledge);
    }

    /// @notice Anybody releases what is due, and its owner takes it home.
    function releasePledge(uint256 member) external {
        uint32 m = uint32(member % FIRST_HOME);
        VM.prank(RELAYER);
        uint256 amount = escrow.releasePledge(SEALED, m);
        if (_letGo(_pledges[m])) _count(Kind.ReleasePledge);
        _asOwner(m);
        escrow.withdraw(SEALED, m, RELAYER, amount);
    }

    /// @notice Epoch and modules of a member of the sealed community, which share words with its pledge.
    function switchSealed(uint256 member, bool on) external {
        uint32 m = uint32(member % FIRST_HOME);
        _asOwner(m);
        escrow.bumpEpoch(SEALED, m);
        _asOwner(m);
        escrow.enableModule(SEALED, m, 0, on);
        _count(Kind.SwitchSealed);
    }

    function postBond(bool first, uint256 amount) external {
        address relayer = _relayer(first);
        amount = bound(amount, 0, 100_000);
        euro.faucet(relayer, amount);
        VM.prank(relayer);
        euro.approve(address(escrow), amount);
        VM.prank(relayer);
        escrow.postBond(SEALED, amount);
        _bonds[relayer].balance += amount;
        _count(Kind.PostBond);
    }

    function withdrawBond(bool first, uint256 amount) external {
        address relayer = _relayer(first);
        Bond storage own = _bonds[relayer];
        amount = bound(amount, 0, own.balance - own.locked);
        VM.prank(relayer);
        escrow.withdrawBond(SEALED, relayer, amount);
        own.balance -= amount;
        _count(Kind.WithdrawBond);
    }

    function lockBond(bool first, uint256 amount) external {
        address relayer = _relayer(first);
        Bond storage own = _bonds[relayer];
        amount = bound(amount, 0, own.balance - own.locked);
        VM.prank(address(modules[0]));
        escrow.lockBond(SEALED, relayer, amount);
        own.locked += amount;
        _count(Kind.LockBond);
    }

    function unlockBond(bool first, uint256 amount, bool forfeit) external {
        address relayer = _relayer(first);
        Bond storage own = _bonds[relayer];
        amount = bound(amount, 0, own.locked);
        VM.prank(address(modules[0]));
        if (forfeit) escrow.forfeitBond(SEALED, relayer, amount);
        else escrow.releaseBond(SEALED, relayer, amount);
        own.locked -= amount;
        if (forfeit) own.balance -= amount;
        _count(forfeit ? Kind.ForfeitBond : Kind.ReleaseBond);
    }

    function _relayer(bool first) internal pure returns (address) {
        return first ? RELAYER : SETTLER;
    }

    function _asOwner(uint32 member) private {
        VM.prank(registry.ownerOf(SEALED, member));
    }

    /// @return released Whether anything was due.
    function _letGo(Pledged storage own) private returns (bool released) {
        if (own.leaving == 0 || block.timestamp < own.leavesAt) return false;
        own.pledged -= own.leaving;
        own.leaving = 0;
        return true;
    }
}
