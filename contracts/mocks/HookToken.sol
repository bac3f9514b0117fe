// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title HookToken
/// @notice A coin that calls anything in the middle of a transfer, before or after the balances move, as ERC-777 hooks do.
contract HookToken is MockToken {
    address private _target;
    bytes private _data;
    bool private _beforehand;

    /// @notice How the last call ended, and what it returned.
    bool public hooked;
    bool public succeeded;
    bytes public answer;

    constructor() MockToken(6) {}

    /// @notice Makes the next transfer call `target`.
    function arm(address target, bytes calldata data, bool beforehand) external {
        (_target, _data, _beforehand, hooked) = (target, data, beforehand, false);
    }

    function _update(address from, address to, uint256 value) internal override {
        bool armed = _target != address(0) && from != address(0) && to != address(0);
        if (armed && _beforehand) _call();
        super._update(from, to, value);
        if (armed && !_beforehand) _call();
    }

    function _call() private {
        address target = _target;
        _target = address(0);
        hooked = true;
        // A hook may fail: the test looks at how it ended.
        // solhint-disable-next-line avoid-low-level-calls
        (succeeded, answer) = target.call(_data);
    }
}
