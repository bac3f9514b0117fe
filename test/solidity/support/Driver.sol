// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SettleCalls} from "./SettleCalls.sol";

/// @title Driver
/// @notice Makes a long sequence of random calls that is the same every time.
abstract contract Driver {
    error CallFailed(uint256 step, bytes4 selector, bytes reason);

    /// @dev Calls a random function of `handler`.
    function _step(SettleCalls handler, uint256 seed, uint256 step) internal {
        uint256 random = uint256(keccak256(abi.encode(seed, step)));
        bytes4[23] memory two = [
            SettleCalls.tidy.selector,
            SettleCalls.tidy.selector,
            handler.place.selector,
            handler.place.selector,
            handler.post.selector,
            handler.append.selector,
            handler.conspire.selector,
            handler.conspire.selector,
            handler.deposit.selector,
            handler.withdraw.selector,
            handler.setCreditLine.selector,
            handler.markPaid.selector,
            handler.bumpEpoch.selector,
            handler.clear.selector,
            handler.meterAndSettle.selector,
            handler.meter.selector,
            handler.settle.selector,
            handler.settleEstimated.selector,
            handler.correct.selector,
            handler.claim.selector,
            handler.waitOut.selector,
            handler.comeLate.selector,
            handler.ordinaryDay.selector
        ];
        bytes4[14] memory rest = [
            handler.warp.selector,
            handler.warp.selector,
            handler.withdrawFees.selector,
            handler.claimDue.selector,
            handler.switchModule.selector,
            handler.pause.selector,
            handler.pledge.selector,
            handler.unpledge.selector,
            handler.releasePledge.selector,
            handler.switchSealed.selector,
            handler.postBond.selector,
            handler.withdrawBond.selector,
            handler.lockBond.selector,
            handler.unlockBond.selector
        ];
        uint256 pick = random % 37;
        bytes4 selector = pick < 23 ? two[pick] : rest[pick - 23];
        random >>= 8;
        bool flag = random & 1 == 1;
        bytes memory data = abi.encode(random, random >> 80, random >> 160);
        bool[4] memory flags = [
            selector == handler.withdrawFees.selector,
            selector == handler.postBond.selector,
            selector == handler.withdrawBond.selector,
            selector == handler.lockBond.selector
        ];
        if (flags[0] || flags[1] || flags[2] || flags[3]) data = abi.encode(flag, random >> 2);
        if (selector == handler.unlockBond.selector) data = abi.encode(flag, random >> 2, random & 2 == 2);
        if (selector == handler.switchSealed.selector) data = abi.encode(random >> 1, flag);
        if (selector == handler.bumpEpoch.selector) data = abi.encode(random >> 1, flag);
        if (selector == handler.switchModule.selector) data = abi.encode(random >> 2, random >> 90, flag);
        (bool ok, bytes memory reason) = address(handler).call(bytes.concat(selector, data));
        if (!ok) revert CallFailed(step, selector, reason);
    }
}
