// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Lanes
/// @notice Volumes side by side in a word, from the low bits up: 16 lanes of 16 bits or, where they are wide, 8 of 32.
/// @dev All lanes are added at once. Neighbours are added into fields twice as wide; a multiplication by a one in every field then
/// leaves in each field the sum of all fields up to it. The lanes of two words add up to less than 2^21 in fields of 32 bits, or 2^36
/// in fields of 64, so no field runs over. The private functions are called with constants alone, which the compiler folds.
/// `LanesPlain` in the tests says the same lane by lane.
library Lanes {
    /// @dev A one in every field of two lanes.
    uint256 private constant ONES = type(uint256).max / type(uint32).max;
    uint256 private constant WIDE_ONES = type(uint256).max / type(uint64).max;

    /// @return Lanes per word.
    function perWord(bool wide) internal pure returns (uint256) {
        return wide ? 8 : 16;
    }

    /// @return Volume of one lane.
    function get(uint256 word, uint256 lane, bool wide) internal pure returns (uint256) {
        unchecked {
            return wide ? uint32(word >> (32 * lane)) : uint16(word >> (16 * lane));
        }
    }

    /// @return Volume of all lanes.
    function sum(uint256 word, bool wide) internal pure returns (uint256) {
        return wide ? _sums(word, 32, WIDE_ONES) >> 192 : _sums(word, 16, ONES) >> 224;
    }

    /// @notice The lowest lane up to which two words add up to `least`; all their lanes together do.
    /// @return lane That lane.
    /// @return sumA Volume of the first word's lanes up to it.
    /// @return sumB Likewise, of the second.
    function reach(
        uint256 a,
        uint256 b,
        uint256 least,
        bool wide
    ) internal pure returns (uint256 lane, uint256 sumA, uint256 sumB) {
        return wide ? _reach(a, b, least, 32, WIDE_ONES) : _reach(a, b, least, 16, ONES);
    }

    /// @return The lowest lane with volume of a word that is not zero.
    function lowest(uint256 word, bool wide) internal pure returns (uint256) {
        return Math.log2(word & (~word + 1)) / (wide ? 32 : 16);
    }

    function _reach(
        uint256 a,
        uint256 b,
        uint256 least,
        uint256 bits,
        uint256 ones
    ) private pure returns (uint256 lane, uint256 sumA, uint256 sumB) {
        unchecked {
            uint256 field = 2 * bits;
            (sumA, sumB) = (_sums(a, bits, ones), _sums(b, bits, ones));
            // The top bit of a field is set where the sums up to it are enough. From the first such field on, all are.
            uint256 enough = (sumA + sumB + ones * ((1 << (field - 1)) - least)) >> (field - 1);
            uint256 skip = 256 - field * (((enough & ones) * ones) >> (256 - field)); // bits below that field
            // Up to the field before; nothing before the first.
            sumA = ((sumA << field) >> skip) & ((1 << field) - 1);
            sumB = ((sumB << field) >> skip) & ((1 << field) - 1);
            uint256 mask = (1 << bits) - 1;
            (a, b) = (a >> skip, b >> skip);
            (lane, sumA, sumB) = (skip / bits, sumA + (a & mask), sumB + (b & mask));
            if (sumA + sumB < least) {
                (lane, sumA, sumB) = (lane + 1, sumA + ((a >> bits) & mask), sumB + ((b >> bits) & mask));
            }
        }
    }

    /// @return In every field the sum of all lanes up to its end.
    function _sums(uint256 word, uint256 bits, uint256 ones) private pure returns (uint256) {
        unchecked {
            uint256 even = ones * ((1 << bits) - 1);
            return ((word & even) + ((word >> bits) & even)) * ones;
        }
    }
}
