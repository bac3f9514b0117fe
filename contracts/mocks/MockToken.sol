// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title MockToken
/// @notice A plain coin with any number of decimals that anyone mints; the base of the odd ones.
contract MockToken is ERC20 {
    uint8 private immutable _places;

    constructor(uint8 places) ERC20("Mock", "MOCK") {
        _places = places;
    }

    /// @notice Mints `amount` to `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _places;
    }
}
