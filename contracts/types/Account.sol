// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Account
/// @notice A member's money and trading state in half a word; base units of the payment token. Two members with neighbouring indices
/// share a storage word, so that a batch of neighbours rewrites half as many.
/// @dev Low bit first: `| free 64 | epoch 32 | modules 16 | flags 16 |`. What open periods have reserved is not here: the records of
/// the member's journals name it, and the pots count it.
type Account is uint256;

using {
    freeOf,
    epochOf,
    modulesOf,
    isOpen,
    mayOweOrBeOwed,
    owesMembers,
    isInDebt,
    staysActive,
    hasModule,
    unlike,
    withFree,
    withEpoch,
    withModules,
    withFlag
} for Account global;

uint256 constant ACCOUNT_OPEN = 1;
uint256 constant ACCOUNT_DEBT = 2; // the debt word is in use
uint256 constant ACCOUNT_FUND = 4; // a supplier whose fund word is in use
uint256 constant ACCOUNT_ABOVE_LINE = 8; // owes more than its credit line; never stored, only told to market modules
uint256 constant ACCOUNT_ACTIVE = 16; // may have records in every open period, until the registry changes the member

/// @dev Largest free balance.
uint256 constant MAX_FREE = type(uint64).max;

function freeOf(Account a) pure returns (uint256) {
    return Account.unwrap(a) & MAX_FREE;
}

function epochOf(Account a) pure returns (uint32) {
    return uint32(Account.unwrap(a) >> 64);
}

function modulesOf(Account a) pure returns (uint16) {
    return uint16(Account.unwrap(a) >> 96);
}

function isOpen(Account a) pure returns (bool) {
    return (Account.unwrap(a) >> 112) & ACCOUNT_OPEN != 0;
}

function mayOweOrBeOwed(Account a) pure returns (bool) {
    return (Account.unwrap(a) >> 112) & ACCOUNT_DEBT != 0;
}

function owesMembers(Account a) pure returns (bool) {
    return (Account.unwrap(a) >> 112) & ACCOUNT_FUND != 0;
}

/// @return Whether it owed more than its credit line when `standings` was asked.
function isInDebt(Account a) pure returns (bool) {
    return (Account.unwrap(a) >> 112) & ACCOUNT_ABOVE_LINE != 0;
}

/// @return Whether the registry has said that it may have records, and nothing has changed since.
function staysActive(Account a) pure returns (bool) {
    return (Account.unwrap(a) >> 112) & ACCOUNT_ACTIVE != 0;
}

function hasModule(Account a, uint256 module) pure returns (bool) {
    return (Account.unwrap(a) >> (96 + module)) & 1 != 0;
}

/// @return What keeps the first module from taking orders of this epoch: another epoch, the module off, or a debt above the line; 0 if
/// nothing does.
function unlike(Account a, uint256 epoch) pure returns (uint256) {
    uint256 looked = uint256(type(uint32).max) | (1 << 32) | (ACCOUNT_ABOVE_LINE << 48);
    return ((Account.unwrap(a) >> 64) ^ (epoch | (1 << 32))) & looked;
}

/// @notice Money that does not fit its field would flow into the next one.
error AmountOverflow(uint256 free);

/// @dev The escrow checks on deposit that all it owes in a token fits 63 bits, so every balance does; this is the second line of
/// defence.
function withFree(Account a, uint256 free) pure returns (Account) {
    if (free > MAX_FREE) revert AmountOverflow(free);
    return Account.wrap((Account.unwrap(a) & ~MAX_FREE) | free);
}

function withEpoch(Account a, uint32 epoch) pure returns (Account) {
    return Account.wrap((Account.unwrap(a) & ~(uint256(type(uint32).max) << 64)) | (uint256(epoch) << 64));
}

function withModules(Account a, uint16 modules) pure returns (Account) {
    return Account.wrap((Account.unwrap(a) & ~(uint256(type(uint16).max) << 96)) | (uint256(modules) << 96));
}

function withFlag(Account a, uint256 flag, bool on) pure returns (Account) {
    uint256 mask = flag << 112;
    return Account.wrap(on ? Account.unwrap(a) | mask : Account.unwrap(a) & ~mask);
}

/// @notice The account of one of the two members of a word.
/// @param index Index of the member; odd ones take the upper half.
function accountIn(uint256 word, uint256 index) pure returns (Account) {
    return Account.wrap((word >> ((index & 1) << 7)) & type(uint128).max);
}

/// @return The word with less free money in one of its two accounts; the caller has checked that there is as much.
function lessFree(uint256 word, uint256 index, uint256 amount) pure returns (uint256) {
    unchecked {
        return word - (amount << ((index & 1) << 7));
    }
}

/// @return The word with one of its two accounts replaced.
function withAccount(uint256 word, uint256 index, Account a) pure returns (uint256) {
    uint256 shift = (index & 1) << 7;
    return (word & ~(uint256(type(uint128).max) << shift)) | (Account.unwrap(a) << shift);
}

/// @title Debt
/// @notice What a member owes its supplier, and how much it may owe while trading.
/// @dev Low bit first: `| due int96 | creditLine 64 |`. A negative due is what the supplier owes the member.
type Debt is uint256;

using {dueOf, creditLineOf, withDue, withCreditLine} for Debt global;

/// @dev The field of a due.
uint256 constant MAX_DUE = type(uint96).max;

function dueOf(Debt d) pure returns (int256) {
    return int96(uint96(Debt.unwrap(d)));
}

function creditLineOf(Debt d) pure returns (uint256) {
    return (Debt.unwrap(d) >> 96) & type(uint64).max;
}

/// @dev The caller has checked that the due fits.
function withDue(Debt d, int256 due) pure returns (Debt) {
    return Debt.wrap((Debt.unwrap(d) & ~MAX_DUE) | (uint256(due) & MAX_DUE));
}

function withCreditLine(Debt d, uint64 line) pure returns (Debt) {
    return Debt.wrap((Debt.unwrap(d) & ~(uint256(type(uint64).max) << 96)) | (uint256(line) << 96));
}
