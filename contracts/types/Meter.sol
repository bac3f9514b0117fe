// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Meter
/// @notice How far a metering point has been read: cumulative registers in Wh at the start of its next period.
/// @dev Low bit first: `| nextPeriod 32 | importRegister 96 | exportRegister 96 | state 8 |`.
type Meter is uint256;

using {nextPeriodOf, importOf, exportOf, stateBits, isBound, isFresh, hasGap, withState} for Meter global;

uint256 constant BOUND = 1;
uint256 constant FRESH = 2; // no reading yet: the first one may start above the registers
uint256 constant GAP = 4; // periods from `nextPeriod` to the gap's end are estimated

function nextPeriodOf(Meter m) pure returns (uint256) {
    return Meter.unwrap(m) & 0xffffffff;
}

function importOf(Meter m) pure returns (uint256) {
    return (Meter.unwrap(m) >> 32) & type(uint96).max;
}

function exportOf(Meter m) pure returns (uint256) {
    return (Meter.unwrap(m) >> 128) & type(uint96).max;
}

function stateBits(Meter m) pure returns (uint256) {
    return Meter.unwrap(m) >> 224;
}

function isBound(Meter m) pure returns (bool) {
    return stateBits(m) & BOUND != 0;
}

function isFresh(Meter m) pure returns (bool) {
    return stateBits(m) & FRESH != 0;
}

function hasGap(Meter m) pure returns (bool) {
    return stateBits(m) & GAP != 0;
}

function withState(Meter m, uint256 bits, bool on) pure returns (Meter) {
    uint256 mask = bits << 224;
    return Meter.wrap(on ? Meter.unwrap(m) | mask : Meter.unwrap(m) & ~mask);
}

function newMeter(
    uint256 nextPeriod,
    uint256 importRegister,
    uint256 exportRegister,
    uint256 state
) pure returns (Meter) {
    return Meter.wrap(nextPeriod | (importRegister << 32) | (exportRegister << 128) | (state << 224));
}

/// @title Gap
/// @notice The estimated periods that wait for a reading.
/// @dev Low bit first: `| estimated Wh 96 | dearest import price 16 | cheapest export price 16 | end period 32 |`.
type Gap is uint256;

using {estimatedOf, dearestOf, cheapestOf, endOf} for Gap global;

function estimatedOf(Gap g) pure returns (uint256) {
    return Gap.unwrap(g) & type(uint96).max;
}

function dearestOf(Gap g) pure returns (uint256) {
    return (Gap.unwrap(g) >> 96) & 0xffff;
}

function cheapestOf(Gap g) pure returns (uint256) {
    return (Gap.unwrap(g) >> 112) & 0xffff;
}

function endOf(Gap g) pure returns (uint256) {
    return (Gap.unwrap(g) >> 128) & 0xffffffff;
}

function newGap(uint256 estimated, uint256 dearest, uint256 cheapest, uint256 end) pure returns (Gap) {
    return Gap.wrap(estimated | (dearest << 96) | (cheapest << 112) | (end << 128));
}
