// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {deployed} from "./support/Deployed.sol";
import {Driver} from "./support/Driver.sol";
import {Finale} from "./support/Finale.sol";

/// @title Liveness
/// @notice Rules 8 and 9: from any state the invariants reach, every unit gets back to an owner, without coordinator, gateway or modules.
contract LivenessTest is Driver {
    error NothingWasReserved(uint256 seed);

    function testEverybodyLeavesWithAllTheirMoney() external {
        for (uint256 seed = 1; seed <= 8; ++seed) {
            Finale finale = Finale(deployed("Finale", ""));
            for (uint256 step = 0; step < 40 * seed; ++step) _step(finale, seed, step);
            // Some orders are always open when everybody else is gone.
            for (uint256 home = 0; home < 7; ++home) finale.place(home, 1, seed + home);
            if (finale.goHome() == 0) revert NothingWasReserved(seed);
            finale.checkSolvency();
            finale.checkDues();
        }
    }
}
