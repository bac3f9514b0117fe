// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OrderBook} from "./OrderBook.sol";
import {IDoubleAuction} from "./interfaces/IDoubleAuction.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {Book} from "./libraries/Book.sol";
import {StripLoops} from "./libraries/StripLoops.sol";
import {Terms} from "./types/Terms.sol";

/// @title Double auction
/// @notice See `IDoubleAuction`, which is the manual.
contract DoubleAuction is OrderBook, IDoubleAuction {
    using Book for Book.Copy;

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_) OrderBook(registry_, escrow_) {}

    /// @inheritdoc IDoubleAuction
    function post(
        uint32 community,
        uint32 period,
        address feeTo,
        bytes calldata strips
    ) external returns (uint256 accepted) {
        StripLoops.Batch memory b = _open(community, period, feeTo, strips.length)[0];
        accepted = _acceptAll(b, strips);
        b.book.flush(b.loop.newest);
    }

    function _isRevealing() internal pure override returns (bool) {
        return false;
    }

    function _isSealed() internal pure override returns (bool) {
        return false;
    }

    /// @dev Each slot has a gate of its own.
    function _isDue(uint32, Terms t, uint256 slot) internal view override returns (bool) {
        return block.timestamp >= t.gateOf(slot);
    }
}
