// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Tills} from "./Tills.sol";
import {VM, bound} from "./Vm.sol";

/// @title Money calls
/// @notice What owners, suppliers and fee takers do, at random but always allowed: a revert is a bug.
abstract contract MoneyCalls is Tills {
    error MarkedWrong(uint256 home, int256 due, uint256 amount, int256 left);

    /// @notice Kinds of calls; every kind must happen.
    enum Kind {
        Deposit,
        Withdraw,
        WithdrawFees,
        CreditLine,
        MarkPaid,
        ClaimDue,
        BumpEpoch,
        SwitchModule,
        Pause,
        Place,
        Post,
        Append,
        Clear,
        Meter,
        Settle,
        MeterAndSettle,
        MeterTogether,
        CloseGap,
        Estimate,
        Correct,
        Claim,
        Void,
        Skip,
        WaitLate,
        ClaimBought,
        Pledge,
        Unpledge,
        ReleasePledge,
        SwitchSealed,
        PostBond,
        WithdrawBond,
        LockBond,
        ReleaseBond,
        ForfeitBond
    }

    /// @notice Calls that went through so far, by kind.
    uint256[34] public calls;

    function kinds() external pure returns (uint256) {
        return uint256(type(Kind).max) + 1;
    }

    function deposit(uint256 community, uint256 member, uint256 amount) external {
        (uint32 c, uint32 m) = _account(community, member);
        _fund(c, m, bound(amount, 0, 500_000));
        _count(Kind.Deposit);
    }

    function withdraw(uint256 community, uint256 member, uint256 amount) external {
        (uint32 c, uint32 m) = _account(community, member);
        (uint256 free, , ) = escrow.account(c, m);
        address owner = registry.ownerOf(c, m);
        VM.prank(owner);
        escrow.withdraw(c, m, owner, bound(amount, 0, free));
        _count(Kind.Withdraw);
    }

    function withdrawFees(bool relayer) external {
        address account = relayer ? RELAYER : SETTLER;
        VM.prank(account);
        if (escrow.withdrawFees(address(euro), account) != 0) _count(Kind.WithdrawFees);
    }

    function setCreditLine(uint256 home, uint256 line) external {
        home = home % HOMES;
        VM.prank(homes[home].supplier == FIRST_SUPPLIER ? SUPPLIER : OTHER_SUPPLIER);
        escrow.setCreditLine(homes[home].community, homes[home].member, uint64(bound(line, 0, 100_000)));
        _count(Kind.CreditLine);
    }

    function markPaid(uint256 home, uint256 amount) external {
        home = home % HOMES;
        (int256 due, ) = escrow.debt(homes[home].community, homes[home].member);
        if (due == 0) return;
        address supplier = homes[home].supplier == FIRST_SUPPLIER ? SUPPLIER : OTHER_SUPPLIER;
        amount = bound(amount, 1, due > 0 ? uint256(due) : uint256(-due));
        VM.prank(due > 0 ? supplier : homes[home].owner);
        escrow.markPaid(homes[home].community, homes[home].member, amount);
        (int256 left, ) = escrow.debt(homes[home].community, homes[home].member);
        if (left != (due > 0 ? due - int256(amount) : due + int256(amount)))
            revert MarkedWrong(home, due, amount, left);
        _count(Kind.MarkPaid);
    }

    function claimDue(uint256 home) external {
        home = home % HOMES;
        VM.prank(RELAYER);
        if (escrow.claimDue(homes[home].community, homes[home].member) != 0) _count(Kind.ClaimDue);
    }

    function bumpEpoch(uint256 home, bool byTrader) external {
        home = home % HOMES;
        VM.prank(byTrader ? homes[home].trader : homes[home].owner);
        escrow.bumpEpoch(homes[home].community, homes[home].member);
        _count(Kind.BumpEpoch);
    }

    function switchModule(uint256 home, uint256 module, bool on) external {
        home = home % HOMES;
        VM.prank(homes[home].owner);
        // Off rarely, or nobody trades.
        escrow.enableModule(
            homes[home].community,
            homes[home].member,
            uint8(module % MODULES),
            on || uint256(keccak256(msg.data)) % 4 != 0
        );
        _count(Kind.SwitchModule);
    }

    function pause(uint256 community) external {
        if (uint256(keccak256(abi.encode(community, block.timestamp))) % 8 != 0) return;
        VM.prank(COORDINATOR);
        registry.pause(uint32(community % COMMUNITIES));
        _count(Kind.Pause);
    }

    function _account(uint256 community, uint256 member) private view returns (uint32 c, uint32 m) {
        c = uint32(community % COMMUNITIES);
        m = uint32(member % registry.memberCount(c));
    }

    function _count(Kind kind) internal {
        ++calls[uint256(kind)];
    }
}
