// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SettleCalls} from "./support/SettleCalls.sol";

/// @notice Everything that happens in the two communities, one random call at a time.
contract Handler is SettleCalls {
    constructor() {
        for (uint32 community = 0; community < COMMUNITIES; ++community) {
            uint32 count = registry.memberCount(community);
            _fund(community, FIRST_SUPPLIER, 20_000);
            for (uint32 member = FIRST_HOME; member < count; ++member) _fund(community, member, 400_000);
        }
        for (uint32 member = 0; member < FIRST_HOME; ++member) _fund(SEALED, member, 400_000);
    }
}

/// @title Invariants
/// @notice Rules 1, 2 and 10, after any sequence of allowed calls.
contract InvariantsTest {
    Handler private _handler;

    error TooFewCalls(uint256 calls);

    function setUp() public {
        _handler = new Handler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// A run in which next to nothing went through proves nothing.
    function afterInvariant() external view {
        uint256 total = 0;
        for (uint256 kind = 0; kind < _handler.kinds(); ++kind) total += _handler.calls(kind);
        if (total < 5) revert TooFewCalls(total);
    }

    /// Rule 1: what the escrow holds is what it owes, account by account.
    function invariant_solvent() external view {
        _handler.checkSolvency();
    }

    /// Debts are claims between accounts, and both sides agree on them.
    function invariant_duesAgree() external view {
        _handler.checkDues();
    }

    /// Rules 1 and 8: pledges and bonds are their owners', to the unit and to the second.
    function invariant_pledgesAndBondsAreKept() external view {
        _handler.checkSealed();
    }

    /// Rules 2 and 10: energy balances, and counts once.
    function invariant_energyBalances() external view {
        _handler.checkEnergy();
    }
}
