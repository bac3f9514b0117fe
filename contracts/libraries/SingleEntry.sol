// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Member} from "../types/Member.sol";
import {SlotGroup, bitsOf, newGroup} from "../types/SlotGroup.sol";
import {Terms} from "../types/Terms.sol";
import {Book} from "./Book.sol";
import {BookPlaces} from "./BookPlaces.sol";
import {EntryStrip} from "./EntryStrip.sol";
import {Mem} from "./Mem.sol";
import {StripLoops} from "./StripLoops.sol";
import {Tariff} from "./Tariff.sol";
import {Words} from "./Words.sol";

/// @title Single entry
/// @notice Takes an own order for one slot of an open community straight into the book in storage: for one entry `Book.Copy` would cost
/// more than all that it saves.
/// @dev It takes or leaves: an entry of which anything is wrong, or of whose slot an older period still needs the group, it leaves as if it had
/// not been there. The order book then opens a copy and takes the entry as all others, and so finds the reason. An entry is
/// `offset 8 | side 1 | tick 7 | lots 16`, high bit first; layouts in storage are those of `Book` and `SlotGroup`.
library SingleEntry {
    /// @dev Bit of an entry that sells.
    uint256 private constant SELLS = 1 << 23;

    /// @param b Of an own order whose strip is in order but for its entry, and whose limits are set.
    /// @param m Its member.
    /// @param payload Where its entry is in memory. The prefix follows at once, and up to a word more.
    /// @return total Amount word, as `EntryLoops.accept` has it; 0 if it leaves the entry.
    function accept(StripLoops.Batch memory b, Member m, uint256 payload) internal returns (uint256 total) {
        unchecked {
            uint256 entry = Mem.load(payload) >> 224;
            total = b.loop.total + b.loop.fee + _amountOf(b, m, entry);
            if (!_isGood(b, m, entry, total)) return 0;
            (bool taken, uint256 before) = _take(b, entry);
            if (!taken) return 0;
            Mem.store(payload + 4, before << (256 - (8 << b.loop.laneLog)));
        }
    }

    /// @return Whether nothing is wrong with the entry but, perhaps, its place in the book. One test tells.
    function _isGood(StripLoops.Batch memory b, Member m, uint256 entry, uint256 total) private view returns (bool) {
        unchecked {
            Terms t = b.terms;
            uint256 offset = entry >> 24;
            uint256 lots = uint16(entry);
            uint256 offGrid = (entry >> 16) & (128 - t.tickCount()); // the number of ticks is a power of two
            uint256 gate = (b.period * b.slots + offset) * t.slotDuration() - t.gateClosure();
            // All of these are below 2^255: a difference below zero has its highest bit set.
            uint256 left =
                (b.slots - 1 - offset) |
                    (offset - b.loop.frontier) |
                    (gate - 1 - block.timestamp) |
                    (lots - 1) |
                    (m.maxLots((entry >> 23) & 1) - lots) |
                    (b.loop.limit - 1 - total);
            return offGrid | (left >> 255) == 0;
        }
    }

    /// @return amount Amount word of the entry without its fee, see `EntryCare.amountOf`. Of the tariff it reads one price.
    function _amountOf(StripLoops.Batch memory b, Member m, uint256 entry) private view returns (uint256 amount) {
        unchecked {
            Terms t = b.terms;
            uint256 price = t.floorPrice() + ((entry >> 16) & 0x7f) * t.tickSize();
            uint256 wh = EntryStrip.BOUGHT;
            if (entry & SELLS == 0) {
                price += Tariff.networkFeeIn(b.blob);
            } else {
                price = Tariff.importPriceIn(b.blob, m.tariffClass() * b.slots + (entry >> 24)) - price;
                if (int256(price) < int256(t.tickSize())) price = t.tickSize();
                wh = EntryStrip.SOLD;
            }
            return uint16(entry) * t.lotWh() * (price * EntryStrip.MONEY + wh);
        }
    }

    /// @dev Adds the lots of a good entry to its tick.
    /// @return taken Whether it did; if not, nothing has changed.
    /// @return before Lots at the tick before.
    function _take(StripLoops.Batch memory b, uint256 entry) private returns (bool taken, uint256 before) {
        unchecked {
            uint256 laneLog = b.loop.laneLog;
            uint256 half = (b.terms.tickCount() << laneLog) >> 5; // tick words of a side
            uint256 index = (((entry >> 16) & 0x7f) << laneLog) >> 5; // of the word among the slot's
            if (entry & SELLS != 0) index += half;
            uint256 area = BookPlaces.bookAt(b.community, b.terms, b.period * b.slots);
            uint256 place = area + ((entry >> 24) << Book.STORED_STRIDE_LOG2) + 1 + index;
            (uint256 groupIndex, uint256 shift) = bitsOf(entry >> 24, 2 * half);
            uint256 groupAt = area + (groupIndex << Book.STORED_STRIDE_LOG2);
            SlotGroup group = SlotGroup.wrap(Words.load(groupAt));
            if (!group.isOf(b.period)) {
                if (!group.isDone(2 * half)) return (false, 0);
                group = newGroup(b.period);
            }
            uint256 live = 1 << (shift + index);
            bool isLive = SlotGroup.unwrap(group) & live != 0;
            uint256 word = isLive ? Words.load(place) : 0;
            uint256 bits = 8 << laneLog; // of a lane
            uint256 lane = ((entry >> 16) * bits) & 0xff; // where it starts: the sides have whole words
            before = (word >> lane) & ((1 << bits) - 1);
            if ((before + uint16(entry)) >> bits != 0) return (false, 0);
            Words.store(place, word + (uint256(uint16(entry)) << lane));
            if (!isLive) Words.store(groupAt, SlotGroup.unwrap(group) | live);
            return (true, before);
        }
    }
}
