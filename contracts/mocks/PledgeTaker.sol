// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PaymentEscrow} from "../PaymentEscrow.sol";
import {IProsumerRegistry} from "../interfaces/IProsumerRegistry.sol";

/// @title PledgeTaker
/// @notice An escrow that takes pledged money whenever it is told to, as a reveal does. What it took is nobody's.
contract PledgeTaker is PaymentEscrow {
    /// @notice Base units taken so far.
    uint256 public taken;

    constructor(IProsumerRegistry registry_, address settlement_) PaymentEscrow(registry_, settlement_) {}

    function take(uint32 community, uint32 member, uint32 period, uint256 amount) external {
        uint256 revealed = _revealedNow(community);
        _takePledged(community, member, period, amount, revealed == period ? 0 : revealed);
        taken += amount;
    }
}
