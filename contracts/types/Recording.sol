// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "./Terms.sol";

/// @title Recording
/// @notice What the escrow needs to know of a community to take records, in one word that never changes.
/// @dev Low bit first: `| firstModule 160 | periodLength 24 | horizon 8 | ring 8 | settlementFee 32 | sealed 8 |`; seconds, periods and
/// base units, as in `Terms`.
type Recording is uint256;

using {firstModule, periodLength, horizon, ring, settlementFee, isSealed} for Recording global;

function firstModule(Recording r) pure returns (address) {
    return address(uint160(Recording.unwrap(r)));
}

/// @return Seconds per period.
function periodLength(Recording r) pure returns (uint256) {
    return (Recording.unwrap(r) >> 160) & 0xffffff;
}

/// @return Periods after the current one that take records.
function horizon(Recording r) pure returns (uint256) {
    return (Recording.unwrap(r) >> 184) & 0xff;
}

/// @return Number of periods that journals and pots are kept for.
function ring(Recording r) pure returns (uint256) {
    return (Recording.unwrap(r) >> 192) & 0xff;
}

/// @return Base units, reserved with a member's first record of a period.
function settlementFee(Recording r) pure returns (uint256) {
    return (Recording.unwrap(r) >> 200) & 0xffffffff;
}

/// @return Whether pledged money backs the records of the first module.
function isSealed(Recording r) pure returns (bool) {
    return Recording.unwrap(r) >> 232 != 0;
}

function newRecording(Terms t, address firstModule_) pure returns (Recording) {
    return
        Recording.wrap(
            uint256(uint160(firstModule_)) |
                (t.periodLength() << 160) | // at most a day
                (t.horizon() << 184) |
                (t.ring() << 192) |
                (t.settlementFee() << 200) |
                (uint256(t.isSealed() ? 1 : 0) << 232)
        );
}
