// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Checks for tests: each names what it compared and shows both sides.
library Check {
    error NotEqual(string what, uint256 found, uint256 expected);
    error NotEqualSigned(string what, int256 found, int256 expected);
    error NotEqualBytes(string what, bytes found, bytes expected);
    error Above(string what, uint256 found, uint256 most);
    error False(string what);

    function eq(uint256 found, uint256 expected, string memory what) internal pure {
        if (found != expected) revert NotEqual(what, found, expected);
    }

    function eqSigned(int256 found, int256 expected, string memory what) internal pure {
        if (found != expected) revert NotEqualSigned(what, found, expected);
    }

    function eqBytes(bytes memory found, bytes memory expected, string memory what) internal pure {
        if (keccak256(found) != keccak256(expected)) revert NotEqualBytes(what, found, expected);
    }

    function atMost(uint256 found, uint256 most, string memory what) internal pure {
        if (found > most) revert Above(what, found, most);
    }

    function yes(bool found, string memory what) internal pure {
        if (!found) revert False(what);
    }
}

/// @notice A stream of pseudo-random numbers out of one fuzzed seed.
struct Dice {
    uint256 seed;
}

using {roll, upTo, one} for Dice global;

/// @return The next 256 random bits.
function roll(Dice memory d) pure returns (uint256) {
    d.seed = uint256(keccak256(abi.encode(d.seed)));
    return d.seed;
}

/// @return A number from 0 to `most`, often one of the two.
function upTo(Dice memory d, uint256 most) pure returns (uint256) {
    uint256 dice = roll(d);
    if (dice & 15 == 0) return 0;
    if (dice & 15 == 1) return most;
    return most == type(uint256).max ? roll(d) : roll(d) % (most + 1);
}

/// @return True once in `times`.
function one(Dice memory d, uint256 times) pure returns (bool) {
    return roll(d) % times == 0;
}
