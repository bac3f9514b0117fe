// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {deployed} from "./support/Deployed.sol";
import {Driver} from "./support/Driver.sol";
import {Handler} from "./support/Handler.sol";

/// @title Every call
/// @notice The handler of the invariants does reach everything: one long sequence, and each kind of call in it went through.
contract EveryCallTest is Driver {
    error NeverHappened(uint256 kind);
    error NeverSkipped(ISettlement.Skip reason);

    function testEveryKindOfCallGoesThrough() external {
        Handler handler = Handler(deployed("Handler", ""));
        for (uint256 step = 0; step < 4_000; ++step) {
            _step(handler, 2, step);
            if (step % 50 != 0) continue;
            handler.checkSolvency();
            handler.checkDues();
            handler.checkSealed();
            handler.checkEnergy();
        }
        for (uint256 kind = 0; kind < handler.kinds(); ++kind) {
            if (handler.calls(kind) == 0) revert NeverHappened(kind);
        }
        _checkSkipped(handler, ISettlement.Skip.NotReady);
        _checkSkipped(handler, ISettlement.Skip.RegisterDown);
        _checkSkipped(handler, ISettlement.Skip.RegisterGap);
        _checkSkipped(handler, ISettlement.Skip.CorrectionOver);
    }

    function _checkSkipped(Handler handler, ISettlement.Skip reason) private view {
        if (handler.skips(uint256(reason)) == 0) revert NeverSkipped(reason);
    }
}
