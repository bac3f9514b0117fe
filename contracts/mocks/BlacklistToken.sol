// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title BlacklistToken
/// @notice A coin whose issuer bars accounts from sending and receiving, as USDC's can.
contract BlacklistToken is MockToken {
    mapping(address account => bool) public barred;

    error Barred(address account);

    constructor() MockToken(6) {}

    /// @notice Bars an account or lets it back in.
    function bar(address account, bool on) external {
        barred[account] = on;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (barred[from]) revert Barred(from);
        if (barred[to]) revert Barred(to);
        super._update(from, to, value);
    }
}
