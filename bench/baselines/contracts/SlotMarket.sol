// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title SlotMarket
/// @notice What the order books of this folder share: prepaid accounts, and delivery slots with a gate.
/// @dev Units: prices in base units of the payment token per Wh, energy in lots of `LOT_WH`, times in unix seconds. A buyer's
/// worst case is reserved; a seller reserves nothing, for nobody meters what it delivers.
abstract contract SlotMarket {
    using SafeERC20 for IERC20;

    enum Side {
        Buy,
        Sell
    }

    /// @dev One word; base units.
    struct Account {
        uint128 free;
        uint128 reserved;
    }

    uint256 public constant SLOT_DURATION = 900;
    /// @notice Orders are accepted until so many seconds before the slot starts.
    uint256 public constant GATE_CLOSURE = 300;
    uint256 public constant LOT_WH = 10;
    /// @notice Slots `RING` apart share their storage, so that it is written anew only once.
    uint256 public constant RING = 288;

    IERC20 public immutable token;

    mapping(address owner => Account account) public accounts;

    event Deposited(address indexed owner, uint256 amount);
    event Withdrawn(address indexed owner, uint256 amount);
    event Placed(uint32 indexed slot, address indexed owner, Side side, uint32 price, uint24 lots, uint16 id);
    event Cleared(uint32 indexed slot, uint32 price, uint256 lots);

    error InsufficientBalance(address owner, uint256 free, uint256 needed);
    error NoLots();
    error GateClosed(uint32 slot);
    error GateOpen(uint32 slot);
    error BeyondHorizon(uint32 slot);
    /// @notice The slot whose storage this one takes over is not settled.
    error Unsettled(uint32 slot);
    error NothingToClear(uint32 slot);

    constructor(IERC20 token_) {
        token = token_;
    }

    /// @notice Adds to an account from the caller's tokens; of a plain ERC-20, without a fee on transfers.
    /// @param amount Base units.
    function deposit(address owner, uint128 amount) external {
        token.safeTransferFrom(msg.sender, address(this), amount);
        accounts[owner].free += amount;
        emit Deposited(owner, amount);
    }

    /// @notice Takes free balance out of the caller's account.
    /// @param amount Base units.
    function withdraw(uint128 amount) external {
        Account storage account = accounts[msg.sender];
        uint128 free = account.free;
        if (amount > free) revert InsufficientBalance(msg.sender, free, amount);
        account.free = free - amount;
        emit Withdrawn(msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @dev Reverts where orders for a slot are not accepted now.
    function _checkTrading(uint32 slot) internal view {
        if (block.timestamp >= _gateOf(slot)) revert GateClosed(slot);
        if (slot >= block.timestamp / SLOT_DURATION + RING) revert BeyondHorizon(slot);
    }

    function _checkGateClosed(uint32 slot) internal view {
        if (block.timestamp < _gateOf(slot)) revert GateOpen(slot);
    }

    function _reserve(address owner, uint256 amount) internal {
        Account memory account = accounts[owner];
        if (amount > account.free) revert InsufficientBalance(owner, account.free, amount);
        unchecked {
            // `free` covers it, and all that is reserved was deposited.
            accounts[owner] = Account(account.free - uint128(amount), account.reserved + uint128(amount));
        }
    }

    /// @dev Releases what a buy order reserved and takes its payment: at most that, since no price is above the limit.
    function _payFor(address owner, uint256 reserved, uint256 payment) internal {
        Account memory account = accounts[owner];
        accounts[owner] = Account(account.free + uint128(reserved - payment), account.reserved - uint128(reserved));
    }

    function _credit(address owner, uint256 amount) internal {
        accounts[owner].free += uint128(amount);
    }

    /// @dev Base units. 24 bits of lots at a price of 32 bits are far below 128 bits.
    function _amountOf(uint256 lots, uint256 price) internal pure returns (uint256) {
        unchecked {
            return lots * LOT_WH * price;
        }
    }

    function _gateOf(uint32 slot) private pure returns (uint256) {
        unchecked {
            return uint256(slot) * SLOT_DURATION - GATE_CLOSURE;
        }
    }
}
