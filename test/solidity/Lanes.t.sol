// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Lanes} from "../../contracts/libraries/Lanes.sol";
import {Check, Dice} from "./Check.sol";
import {LanesPlain} from "./plain/LanesPlain.sol";

/// @notice Sums of packed volumes against sums lane by lane.
contract LanesTest {
    function testFuzz_oneLaneAndTheSumOfAll(uint256 seed, bool wide) external pure {
        uint256[] memory lanes = _lanes(Dice(seed), wide);
        uint256 word = LanesPlain.wordOf(lanes);
        Check.eq(lanes.length, Lanes.perWord(wide), "lanes per word");
        for (uint256 i = 0; i < lanes.length; ++i) Check.eq(Lanes.get(word, i, wide), lanes[i], "lane");
        Check.eq(Lanes.sum(word, wide), LanesPlain.sumThrough(lanes, lanes.length - 1), "sum");
    }

    function testFuzz_theLowestLaneThatReachesAnyVolume(uint256 seed, bool wide) external pure {
        Dice memory d = Dice(seed);
        uint256[] memory a = _lanes(d, wide);
        uint256[] memory b = _lanes(d, wide);
        uint256 last = a.length - 1;
        // Any volume, and for every lane exactly what it and those below hold, one lot less and one more.
        _checkReach(a, b, d.upTo(LanesPlain.sumThrough(a, last) + LanesPlain.sumThrough(b, last)), wide);
        for (uint256 i = 0; i <= last; ++i) {
            uint256 least = LanesPlain.sumThrough(a, i) + LanesPlain.sumThrough(b, i);
            _checkReach(a, b, least, wide);
            if (least != 0) _checkReach(a, b, least - 1, wide);
            if (i < last && a[last] != 0) _checkReach(a, b, least + 1, wide);
        }
    }

    function testFuzz_theLowestLaneWithVolume(uint256 seed, bool wide) external pure {
        Dice memory d = Dice(seed);
        uint256[] memory lanes = _lanes(d, wide);
        lanes[d.roll() % lanes.length] = 1 + d.upTo(9);
        Check.eq(Lanes.lowest(LanesPlain.wordOf(lanes), wide), LanesPlain.lowest(lanes), "lowest");
    }

    function test_fullWordsOfBothWidths() external pure {
        for (uint256 i = 0; i < 2; ++i) {
            bool wide = i == 1;
            uint256 full = wide ? type(uint32).max : type(uint16).max;
            uint256 all = type(uint256).max;
            uint256 count = wide ? 8 : 16;
            Check.eq(Lanes.sum(all, wide), count * full, "sum");
            (uint256 lane, uint256 sumA, uint256 sumB) = Lanes.reach(all, all, 2 * count * full, wide);
            Check.eq(lane, count - 1, "the last lane");
            Check.eq(sumA + sumB, 2 * count * full, "all of both");
            Check.eq(Lanes.lowest(1 << 255, wide), count - 1, "the highest bit alone");
        }
    }

    function _checkReach(uint256[] memory a, uint256[] memory b, uint256 least, bool wide) private pure {
        (uint256 lane, uint256 sumA, uint256 sumB) = Lanes.reach(
            LanesPlain.wordOf(a),
            LanesPlain.wordOf(b),
            least,
            wide
        );
        Check.eq(lane, LanesPlain.reach(a, b, least), "lane");
        Check.eq(sumA, LanesPlain.sumThrough(a, lane), "sum of the first");
        Check.eq(sumB, LanesPlain.sumThrough(b, lane), "sum of the second");
    }

    /// @dev Sparse or dense, of few lots or up to all that a lane holds.
    function _lanes(Dice memory d, bool wide) private pure returns (uint256[] memory lanes) {
        lanes = new uint256[](wide ? 8 : 16);
        uint256 full = wide ? type(uint32).max : type(uint16).max;
        uint256 gaps = 1 + (d.roll() % 6);
        uint256 most = d.one(3) ? 2 : full;
        uint256 least = d.one(4) ? most : 0;
        for (uint256 i = 0; i < lanes.length; ++i) if (d.one(gaps)) lanes[i] = least + d.upTo(most - least);
    }
}
