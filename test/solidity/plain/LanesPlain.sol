// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice `Lanes` lane by lane.
library LanesPlain {
    function lanesOf(uint256 word, uint256 bits) internal pure returns (uint256[] memory lanes) {
        lanes = new uint256[](256 / bits);
        for (uint256 i = 0; i < lanes.length; ++i) lanes[i] = (word / 2 ** (i * bits)) % 2 ** bits;
    }

    function wordOf(uint256[] memory lanes) internal pure returns (uint256 word) {
        for (uint256 i = lanes.length; i > 0; --i) word = (word << (256 / lanes.length)) | lanes[i - 1];
    }

    function sumThrough(uint256[] memory lanes, uint256 lane) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i <= lane; ++i) sum += lanes[i];
    }

    function reach(uint256[] memory a, uint256[] memory b, uint256 least) internal pure returns (uint256 lane) {
        while (sumThrough(a, lane) + sumThrough(b, lane) < least) ++lane;
    }

    function lowest(uint256[] memory lanes) internal pure returns (uint256 lane) {
        while (lanes[lane] == 0) ++lane;
    }
}
