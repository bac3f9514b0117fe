// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {deployed} from "./support/Deployed.sol";
import {Handler} from "./support/Handler.sol";

/// @title Invariants
/// @notice Rules 1, 2 and 10, after any sequence of allowed calls.
contract InvariantsTest {
    Handler private _handler;

    error TooFewCalls(uint256 calls);

    function setUp() public {
        _handler = Handler(deployed("Handler", ""));
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
