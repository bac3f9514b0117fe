// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Member
/// @notice What trading and settlement need to know of one metering point, in one word.
/// @dev Low bit first: `| tradingKey 160 | buyCap 16 | sellCap 16 | tariffClass 8 | zone 16 | kind 8 | status 8 | changesFrom 24 |`.
/// Caps are lots per slot and side. `changesFrom` is the period from which the word beside it counts, 0 for none.
type Member is uint256;

using {
    tradingKey,
    buyCap,
    sellCap,
    tariffClass,
    zone,
    kind,
    status,
    changesFrom,
    maxLots,
    isEnrolled,
    isActive,
    whyInactive,
    isMetered,
    withTradingKey,
    withCaps,
    withClass,
    withStatus,
    withChangesFrom
} for Member global;

/// @dev Status bits. A member trades while it is enrolled, has a meter and nobody holds it back.
uint256 constant ENROLLED = 1;
uint256 constant METERED = 2;
uint256 constant SUSPENDED = 4; // by the coordinator, from a period start
uint256 constant STOPPED = 8; // by its owner, at once
uint256 constant LEAVING = 16; // its meter is being unbound: no new orders
uint256 constant CLASS_CHANGED = 32; // the tariff class depends on the period: ask the registry
uint256 constant SERVICE = 64; // coordinator, DSO, fee collector or supplier: an account without a meter

/// @dev What the registry says of a member that is to have a record.
uint256 constant INACTIVE = 0; // it may not
uint256 constant ACTIVE = 1; // it may have this one
uint256 constant STAYS_ACTIVE = 2; // it may have any in an open period, until the registry says that it changes

/// @dev Kinds of members, which are also the `source` of their energy tokens; 0 means mixed.
uint8 constant KIND_MIXED = 0;

function tradingKey(Member m) pure returns (address) {
    return address(uint160(Member.unwrap(m)));
}

/// @return Largest bought volume per slot, lots.
function buyCap(Member m) pure returns (uint256) {
    return (Member.unwrap(m) >> 160) & 0xffff;
}

/// @return Largest sold volume per slot, lots.
function sellCap(Member m) pure returns (uint256) {
    return (Member.unwrap(m) >> 176) & 0xffff;
}

function tariffClass(Member m) pure returns (uint256) {
    return (Member.unwrap(m) >> 192) & 0xff;
}

function zone(Member m) pure returns (uint256) {
    return (Member.unwrap(m) >> 200) & 0xffff;
}

function kind(Member m) pure returns (uint256) {
    return (Member.unwrap(m) >> 216) & 0xff;
}

function status(Member m) pure returns (uint256) {
    return (Member.unwrap(m) >> 224) & 0xff;
}

function changesFrom(Member m) pure returns (uint256) {
    return Member.unwrap(m) >> 232;
}

/// @return The cap of a side in lots; side 1 sells.
function maxLots(Member m, uint256 side) pure returns (uint256) {
    return (Member.unwrap(m) >> (160 + 16 * side)) & 0xffff;
}

function isEnrolled(Member m) pure returns (bool) {
    return status(m) & ENROLLED != 0;
}

/// @return Whether it has a meter, bound or leaving.
function isMetered(Member m) pure returns (bool) {
    return status(m) & METERED != 0;
}

/// @return Whether new orders are accepted.
function isActive(Member m) pure returns (bool) {
    return whyInactive(m) == 0;
}

/// @return Status bits that are not as an active member's; 0 for one that is active.
function whyInactive(Member m) pure returns (uint256) {
    return (status(m) & (ENROLLED | METERED | SUSPENDED | STOPPED | LEAVING)) ^ (ENROLLED | METERED);
}

function withTradingKey(Member m, address key) pure returns (Member) {
    return Member.wrap((Member.unwrap(m) & ~uint256(type(uint160).max)) | uint160(key));
}

function withCaps(Member m, uint16 buy, uint16 sell) pure returns (Member) {
    return
        Member.wrap(
            (Member.unwrap(m) & ~(uint256(0xffffffff) << 160)) | (uint256(buy) << 160) | (uint256(sell) << 176)
        );
}

function withClass(Member m, uint8 class) pure returns (Member) {
    return Member.wrap((Member.unwrap(m) & ~(uint256(0xff) << 192)) | (uint256(class) << 192));
}

function withStatus(Member m, uint256 bits, bool on) pure returns (Member) {
    uint256 mask = bits << 224;
    return Member.wrap(on ? Member.unwrap(m) | mask : Member.unwrap(m) & ~mask);
}

function withChangesFrom(Member m, uint256 period) pure returns (Member) {
    return Member.wrap((Member.unwrap(m) & ((1 << 232) - 1)) | (period << 232));
}

/// @notice A new member's word; it has no meter yet.
function newMember(
    address key,
    uint16 buy,
    uint16 sell,
    uint8 class,
    uint16 zone_,
    uint8 kind_,
    uint256 statusBits
) pure returns (Member) {
    return
        Member.wrap(
            uint256(uint160(key)) |
                (uint256(buy) << 160) |
                (uint256(sell) << 176) |
                (uint256(class) << 192) |
                (uint256(zone_) << 200) |
                (uint256(kind_) << 216) |
                (statusBits << 224)
        );
}
