// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Account
/// @notice A member's money and trading state in one word; base units of the payment token.
/// @dev Low bit first: `| free 96 | reserved 96 | epoch 32 | modules 16 | flags 16 |`.
type Account is uint256;

using {
    freeOf,
    reservedOf,
    epochOf,
    modulesOf,
    isOpen,
    mayOweOrBeOwed,
    owesMembers,
    hasModule,
    withMoney,
    withEpoch,
    withModules,
    withFlag
} for Account global;

uint256 constant ACCOUNT_OPEN = 1;
uint256 constant ACCOUNT_DEBT = 2; // the debt word is in use
uint256 constant ACCOUNT_FUND = 4; // a supplier whose fund word is in use

/// @dev Largest amount a field holds.
uint256 constant MAX_AMOUNT = type(uint96).max;

function freeOf(Account a) pure returns (uint256) {
    return Account.unwrap(a) & MAX_AMOUNT;
}

function reservedOf(Account a) pure returns (uint256) {
    return (Account.unwrap(a) >> 96) & MAX_AMOUNT;
}

function epochOf(Account a) pure returns (uint32) {
    return uint32(Account.unwrap(a) >> 192);
}

function modulesOf(Account a) pure returns (uint16) {
    return uint16(Account.unwrap(a) >> 224);
}

function isOpen(Account a) pure returns (bool) {
    return (Account.unwrap(a) >> 240) & ACCOUNT_OPEN != 0;
}

function mayOweOrBeOwed(Account a) pure returns (bool) {
    return (Account.unwrap(a) >> 240) & ACCOUNT_DEBT != 0;
}

function owesMembers(Account a) pure returns (bool) {
    return (Account.unwrap(a) >> 240) & ACCOUNT_FUND != 0;
}

function hasModule(Account a, uint256 module) pure returns (bool) {
    return (Account.unwrap(a) >> (224 + module)) & 1 != 0;
}

/// @notice Money that does not fit its field would flow into the next one.
error AmountOverflow(uint256 free, uint256 reserved);

/// @dev The escrow checks on deposit that all it owes fits 96 bits, so both fields do; this is the second line of defence.
function withMoney(Account a, uint256 free, uint256 reserved) pure returns (Account) {
    if ((free | reserved) >> 96 != 0) revert AmountOverflow(free, reserved);
    return Account.wrap((Account.unwrap(a) & (type(uint256).max << 192)) | (reserved << 96) | free);
}

function withEpoch(Account a, uint32 epoch) pure returns (Account) {
    return Account.wrap((Account.unwrap(a) & ~(uint256(type(uint32).max) << 192)) | (uint256(epoch) << 192));
}

function withModules(Account a, uint16 modules) pure returns (Account) {
    return Account.wrap((Account.unwrap(a) & ~(uint256(type(uint16).max) << 224)) | (uint256(modules) << 224));
}

function withFlag(Account a, uint256 flag, bool on) pure returns (Account) {
    uint256 mask = flag << 240;
    return Account.wrap(on ? Account.unwrap(a) | mask : Account.unwrap(a) & ~mask);
}

/// @title Debt
/// @notice What a member owes its supplier, and how much it may owe while trading.
/// @dev Low bit first: `| due int96 | creditLine 64 |`. A negative due is what the supplier owes the member.
type Debt is uint256;

using {dueOf, creditLineOf, withDue, withCreditLine} for Debt global;

function dueOf(Debt d) pure returns (int256) {
    return int96(uint96(Debt.unwrap(d)));
}

function creditLineOf(Debt d) pure returns (uint256) {
    return (Debt.unwrap(d) >> 96) & type(uint64).max;
}

/// @dev The caller has checked that the due fits.
function withDue(Debt d, int256 due) pure returns (Debt) {
    return Debt.wrap((Debt.unwrap(d) & ~MAX_AMOUNT) | (uint256(due) & MAX_AMOUNT));
}

function withCreditLine(Debt d, uint64 line) pure returns (Debt) {
    return Debt.wrap((Debt.unwrap(d) & ~(uint256(type(uint64).max) << 96)) | (uint256(line) << 96));
}
