// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Book} from "../../contracts/libraries/Book.sol";
import {Clearing} from "../../contracts/libraries/Clearing.sol";
import {SlotBook} from "../../contracts/libraries/SlotBook.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {SlotGroup, bitsOf} from "../../contracts/types/SlotGroup.sol";
import {Check, Dice} from "./Check.sol";
import {EntryLab} from "./EntryLab.sol";
import {ClearingPlain} from "./plain/ClearingPlain.sol";
import {EntryLoopsPlain} from "./plain/EntryLoopsPlain.sol";
import {VM} from "./support/Vm.sol";

/// @notice A slot clears straight out of the memory copy of the book as it does after the copy was written back.
contract ClearingInCopyTest is EntryLab {
    using Book for Book.Copy;
    using SlotBook for SlotBook.View;

    function testFuzz_theCopyClearsAsItsFlushWould(uint256 seed) external {
        Dice memory d = Dice(seed);
        Lab memory l = _market(1 + (d.roll() % (d.one(4) ? 20 : 4)), 32 << (d.roll() % 3), d.one(2));
        for (uint256 index = 0; index * _slotsInGroup(l) < l.plain.slots; ++index) {
            bool own = _rollGroup(l, d, index, true);
            (uint256 slot, uint256 end) = _slotsOf(l, index);
            for (; slot < end; ++slot) _randomSlot(l, d, slot, own);
        }
        _open(l);
        for (uint256 strips = 1 + (d.roll() % 4); strips > 0; --strips) _post(l, _randomStrip(l, d));
        SlotBook.View memory v = SlotBook.create(l.plain.ticks, l.wide);
        for (uint256 slot = 0; slot < l.plain.slots; ++slot) {
            SlotGroup g = l.book.groupAt(slot / _slotsInGroup(l));
            l.book.turnToCopied(v, slot, _liveIn(g, v, slot));
            _check(l, v, slot, g);
        }
        _flush(l);
        for (uint256 slot = 0; slot < l.plain.slots; ++slot) {
            SlotGroup g = SlotGroup.wrap(Words.load(AREA + STORED * (slot / _slotsInGroup(l))));
            v.turnToStored(AREA + STORED * slot, _liveIn(g, v, slot));
            _check(l, v, slot, g);
        }
    }

    function test_aSlotOfWhichNothingWasStoredClearsWithoutReadingStorage() external {
        Lab memory l = _market(14, 64, true);
        _open(l);
        EntryLoopsPlain.Strip memory s = _strip(l, 2);
        s.orders[0] = EntryLoopsPlain.Order(1, 0, 40, 7);
        s.orders[1] = EntryLoopsPlain.Order(1, 1, 20, 9);
        _post(l, s);
        SlotBook.View memory v = SlotBook.create(64, true);
        VM.record();
        l.book.turnToCopied(v, 1, 0);
        Clearing.Result memory r = Clearing.clear(v);
        (bytes32[] memory reads, ) = VM.accesses(address(this));
        Check.eq(reads.length, 0, "reads");
        Check.eq(r.lots, 7, "lots");
        Check.yes(l.book.groupAt(0).isOf(l.period), "a group that a slot of the batch is in");
        l.book.turnToCopied(v, 0, 0);
        Check.yes(v.isEmpty(), "empty");
        (reads, ) = VM.accesses(address(this));
        Check.eq(reads.length, 0, "reads of a slot without live words");
        Check.yes(!l.book.groupAt(1).isOf(l.period), "a group that no order opened");
        (reads, ) = VM.accesses(address(this));
        Check.eq(reads.length, 1, "reads of its group");
    }

    function _liveIn(SlotGroup g, SlotBook.View memory v, uint256 slot) private pure returns (uint256) {
        (, uint256 shift) = bitsOf(slot, 2 * v.words);
        return g.live(shift, 2 * v.words);
    }

    /// @dev Against the plain volumes, which a slot that is not ours does not have.
    function _check(Lab memory l, SlotBook.View memory v, uint256 slot, SlotGroup g) private view {
        uint256[] memory bids = l.plain.volumes[2 * slot];
        uint256[] memory asks = l.plain.volumes[2 * slot + 1];
        bool any = false;
        for (uint256 tick = 0; tick < bids.length; ++tick) any = any || bids[tick] + asks[tick] != 0;
        if (!g.isOf(l.period)) {
            Check.yes(!any, "volume in a slot of another period");
            return;
        }
        Check.yes(v.isEmpty() == !any, "empty");
        (uint256[] memory foundBids, uint256[] memory foundAsks) = v.volumes();
        Check.eqBytes(abi.encode(foundBids, foundAsks), abi.encode(bids, asks), "volumes");
        Check.eqBytes(abi.encode(Clearing.clear(v)), abi.encode(ClearingPlain.clear(bids, asks)), "result");
    }

    /// @dev Volumes in most slots of this period, garbage elsewhere.
    function _randomSlot(Lab memory l, Dice memory d, uint256 slot, bool own) private {
        _rollGarbage(l, d, slot);
        if (!own || d.one(4)) return;
        uint256 gaps = 1 + (d.roll() % 30);
        for (uint256 i = 0; i < 2 * l.plain.ticks; ++i) {
            if (d.one(gaps)) l.plain.volumes[2 * slot + (i & 1)][i / 2] = d.upTo(d.one(9) ? l.plain.fullTick : 9);
        }
        _storeVolumes(l, slot);
    }

    /// @dev Orders of few lots in every slot and side, from anywhere on the grid.
    function _randomStrip(Lab memory l, Dice memory d) private pure returns (EntryLoopsPlain.Strip memory s) {
        uint256 count = 0;
        s = _strip(l, 2 * l.plain.slots * l.plain.ticks);
        uint256 gaps = 1 + d.upTo(60);
        for (uint256 i = 0; i < s.orders.length; ++i) {
            if (!d.one(gaps)) continue;
            (uint256 line, uint256 tick) = (i / l.plain.ticks, i % l.plain.ticks);
            s.orders[count++] = EntryLoopsPlain.Order(line / 2, line % 2, tick, 1 + d.upTo(5));
        }
        if (count == 0) s.orders[count++] = EntryLoopsPlain.Order(0, 0, 0, 1);
        EntryLoopsPlain.Order[] memory orders = s.orders;
        assembly ("memory-safe") {
            mstore(orders, count)
        }
    }

    /// @dev A strip that nothing but the grid and the book limits.
    function _strip(Lab memory l, uint256 count) private pure returns (EntryLoopsPlain.Strip memory s) {
        s.orders = new EntryLoopsPlain.Order[](count);
        s.caps = [uint256(65_535), 65_535];
        s.maxReserve = type(uint96).max;
        s.importPrices = new uint256[](l.plain.slots);
    }
}
