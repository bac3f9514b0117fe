// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC1155Supply} from "@openzeppelin/contracts/token/ERC1155/extensions/ERC1155Supply.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {tokenId} from "./types/TokenId.sol";

/// @title Energy token
/// @notice See `IEnergyToken`, which is the manual.
contract EnergyToken is IEnergyToken, ERC1155Supply {
    address public immutable settlement;

    constructor(address settlement_) ERC1155("") {
        settlement = settlement_;
    }

    /// @inheritdoc IEnergyToken
    function mint(address to, uint256[] calldata ids, uint256[] calldata amounts) external {
        if (msg.sender != settlement) revert NotSettlement(msg.sender);
        _mintBatch(to, ids, amounts, "");
    }

    /// @inheritdoc IEnergyToken
    function retire(uint256 id, uint256 amount, address beneficiary, string calldata purpose) external {
        _burn(msg.sender, id, amount);
        emit Retired(msg.sender, id, amount, beneficiary, purpose);
    }

    /// @inheritdoc IEnergyToken
    function idOf(uint32 community, uint32 vintage, uint16 zone, uint8 source) external pure returns (uint256 id) {
        return tokenId(community, vintage, zone, source);
    }
}
