// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Mandate
/// @notice What a member lets a dispatcher do with its battery, in one word.
/// @dev Low bit first: `| maxCharge 32 | maxDischarge 32 | minSoc 16 | maxSoc 16 | validFrom 40 | validUntil 40 | sequence 32 |`.
/// Power in W, state of charge in permille of what the battery holds, times in unix seconds. Without a sequence there is none.
type Mandate is uint256;

using {mostPower, minSoc, maxSoc, validFrom, validUntil, sequenceOf, exists} for Mandate global;

/// @dev A full battery, permille.
uint256 constant FULL = 1000;

/// @return Largest power of a direction, W.
function mostPower(Mandate m, bool discharging) pure returns (uint256) {
    return uint32(Mandate.unwrap(m) >> (discharging ? 32 : 0));
}

/// @return Permille; nobody discharges below it.
function minSoc(Mandate m) pure returns (uint256) {
    return uint16(Mandate.unwrap(m) >> 64);
}

/// @return Permille; nobody charges above it.
function maxSoc(Mandate m) pure returns (uint256) {
    return uint16(Mandate.unwrap(m) >> 80);
}

/// @return Unix seconds from which set-points may count.
function validFrom(Mandate m) pure returns (uint256) {
    return uint40(Mandate.unwrap(m) >> 96);
}

/// @return Unix seconds from which none counts any more.
function validUntil(Mandate m) pure returns (uint256) {
    return uint40(Mandate.unwrap(m) >> 136);
}

/// @return A member's later mandates have larger ones.
function sequenceOf(Mandate m) pure returns (uint256) {
    return uint32(Mandate.unwrap(m) >> 176);
}

function exists(Mandate m) pure returns (bool) {
    return Mandate.unwrap(m) != 0;
}

function newMandate(
    uint32 maxChargeW,
    uint32 maxDischargeW,
    uint16 minSocPermille,
    uint16 maxSocPermille,
    uint40 from,
    uint40 until,
    uint32 sequence
) pure returns (Mandate) {
    return
        Mandate.wrap(
            uint256(maxChargeW) |
                (uint256(maxDischargeW) << 32) |
                (uint256(minSocPermille) << 64) |
                (uint256(maxSocPermille) << 80) |
                (uint256(from) << 96) |
                (uint256(until) << 136) |
                (uint256(sequence) << 176)
        );
}
