// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @title EnergyUnits
/// @notice What an ERC-1155 order book trades: a token per slot, a unit per lot. Anyone mints.
contract EnergyUnits is ERC1155 {
    constructor() ERC1155("") {}

    /// @notice Mints `amounts` of `ids` to `to`.
    function mint(address to, uint256[] calldata ids, uint256[] calldata amounts) external {
        _mintBatch(to, ids, amounts, "");
    }
}
