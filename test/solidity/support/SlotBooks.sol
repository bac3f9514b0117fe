// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "../../../contracts/libraries/Mem.sol";
import {SlotBook} from "../../../contracts/libraries/SlotBook.sol";
import {Words} from "../../../contracts/libraries/Words.sol";
import {Dice} from "../Check.sol";
import {LanesPlain} from "../plain/LanesPlain.sol";

/// @notice Lays the volumes of a slot out as packed words, wherever `SlotBook` can find them.
library SlotBooks {
    using Mem for uint256[];
    using SlotBook for SlotBook.View;

    /// @notice All in storage, empty words not live and full of garbage; or any part of them in memory.
    /// @return v A view turned to the slot.
    function lay(
        uint256[] memory bids,
        uint256[] memory asks,
        bool wide,
        Dice memory d
    ) internal returns (SlotBook.View memory v) {
        v = SlotBook.create(bids.length, wide);
        uint256[] memory words = new uint256[](2 * v.words);
        for (uint256 i = 0; i < v.words; ++i) {
            words[i] = wordOf(bids, i, wide);
            words[v.words + i] = wordOf(asks, i, wide);
        }
        uint256 pos = Words.area("wattbook.test.slot");
        if (d.one(2)) _layInStorage(v, words, pos, d);
        else _layInMemory(v, words, pos, d);
    }

    function wordOf(uint256[] memory volumes, uint256 index, bool wide) internal pure returns (uint256) {
        uint256[] memory lanes = new uint256[](wide ? 8 : 16);
        for (uint256 i = 0; i < lanes.length; ++i) lanes[i] = volumes[lanes.length * index + i];
        return LanesPlain.wordOf(lanes);
    }

    function _layInStorage(SlotBook.View memory v, uint256[] memory words, uint256 pos, Dice memory d) private {
        uint256 live = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i] != 0) live |= 1 << i;
            Words.store(pos + 1 + i, words[i] != 0 ? words[i] : d.roll());
        }
        v.turnToStored(pos, live);
    }

    /// @dev As in a cell of `Book.Copy`, with a gap of any size between the sides; a word of each at the wrong place is garbage.
    function _layInMemory(SlotBook.View memory v, uint256[] memory words, uint256 pos, Dice memory d) private {
        uint256 gap = d.upTo(40);
        uint256[] memory cell = new uint256[](words.length + gap);
        for (uint256 i = 0; i < cell.length; ++i) cell[i] = d.roll();
        uint256 top = cell.words() + 32 * (cell.length - 1);
        uint256 stored = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            bool here = words[i] == 0 || d.one(2);
            Words.store(pos + 1 + i, here ? d.roll() : words[i]);
            if (!here) stored |= 1 << i;
            else Mem.store(top - 32 * (i < v.words ? i : i + gap), ~words[i]);
        }
        v.turnToMemory(top, top - 32 * (v.words + gap), pos, stored);
    }
}
