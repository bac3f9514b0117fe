// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title FeeToken
/// @notice A coin that burns one percent of every transfer once its fee is switched on.
contract FeeToken is MockToken {
    bool public charging = true;

    constructor() MockToken(6) {}

    /// @notice Switches the fee.
    function setCharging(bool on) external {
        charging = on;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (charging && from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}
