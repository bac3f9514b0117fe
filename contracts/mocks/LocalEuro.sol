// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title LocalEuro
/// @notice A euro coin for tests and demonstrations: plain ERC-20 with EIP-2612 permits and 6 decimals, so one base
/// unit per watt-hour is 1 EUR/MWh.
/// @dev It has no owner and no backing. On a local network anyone mints; anywhere else nobody can, so a copy deployed
/// there by mistake stays empty.
contract LocalEuro is ERC20, ERC20Permit {
    /// @dev Chain id of Hardhat's and Anvil's networks.
    uint256 private constant LOCAL_CHAIN = 31337;

    /// @dev Chain id of Ganache's and Geth's development networks.
    uint256 private constant LOCAL_CHAIN_OF_GETH = 1337;

    /// @notice The faucet was asked for coins on a network that is not local.
    /// @param chainId The id of the chain this contract runs on.
    error FaucetClosed(uint256 chainId);

    /// @notice Creates the coin with no supply.
    constructor() ERC20("Local Euro", "LEUR") ERC20Permit("Local Euro") {}

    /// @notice Mints coins for anyone, on local networks (chain ids 31337 and 1337) only.
    /// @param to The account that receives the coins.
    /// @param amount The amount, expressed in base units (1,000,000 = one euro).
    function faucet(address to, uint256 amount) external {
        if (block.chainid != LOCAL_CHAIN && block.chainid != LOCAL_CHAIN_OF_GETH) revert FaucetClosed(block.chainid);
        _mint(to, amount);
    }

    /// @notice The number of decimals of an amount: 6, as in the euro coins in use.
    /// @return The number of decimals.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
