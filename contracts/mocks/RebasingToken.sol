// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "./MockToken.sol";

/// @title RebasingToken
/// @notice A coin that takes from or gives to holders without a transfer.
contract RebasingToken is MockToken {
    constructor() MockToken(6) {}

    /// @notice Takes `amount` away from `holder`.
    function shrink(address holder, uint256 amount) external {
        _burn(holder, amount);
    }
}
