// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../../contracts/interfaces/IOrderBook.sol";
import {EntryLoops} from "../../contracts/libraries/EntryLoops.sol";
import {EntryStrip} from "../../contracts/libraries/EntryStrip.sol";
import {Check} from "./Check.sol";
import {EntryLab} from "./EntryLab.sol";
import {EntryLoopsPlain} from "./plain/EntryLoopsPlain.sol";
import {VM} from "./support/Vm.sol";

/// @notice Strips of ordinary members are taken in one sweep, whatever their length. One entry that is wrong, wherever it stands among
/// the eights of a strip, leaves its eight to `EntryCare`, and the book as if that had not been swept.
contract EntryEightsTest is EntryLab {
    using EntryLoops for EntryStrip.Strip;

    enum Shape {
        Row, // an entry per slot, buyer's by night and seller's by day
        Gaps, // now and then no slot
        Curve, // three entries per slot, of both sides
        Steps // up to eleven entries per slot, of one side
    }

    enum Wrong {
        AtCap, // all that the cap allows: nothing is wrong
        OverCap,
        LargeLots, // which only the loop takes
        NoLots,
        OffGridTick,
        OffGridSlot,
        SameKey,
        Descending,
        FullTick,
        LastRoom, // all that is left in a tick: nothing is wrong
        MissingRoom // a lot less
    }

    uint256 private constant SLOTS = 32; // as far as the strips of 19 reach
    uint256 private constant ALL_SLOTS = 144;
    uint256 private constant COUNT = 19; // two eights and three
    uint256 private constant BLOCK = 128; // entries that are swept before their sum is compared with the reserve
    uint256 private constant BUY_CAP = 300;
    uint256 private constant SELL_CAP = 290;

    // ---------------------------------------------------------------------------------------------------- what is swept

    function test_ordinaryStripsOfAnyLengthAreSwept() external view {
        for (uint256 shape = 0; shape < 4; ++shape) {
            for (uint256 count = 1; count <= 33; ++count) this.sweepTwice(Shape(shape), count, count % 2 == 0);
            this.sweepTwice(Shape(shape), 96, false);
            this.sweepTwice(Shape(shape), 93, true);
        }
        this.sweepTwice(Shape.Row, ALL_SLOTS, false);
        this.sweepTwice(Shape.Row, ALL_SLOTS, true);
    }

    /// @dev The second strip finds the first one's volumes, and all its cells. External, to forget the memory of each case.
    function sweepTwice(Shape shape, uint256 count, bool wide) external view {
        Lab memory l = _market(ALL_SLOTS, 64, wide);
        _open(l);
        EntryLoopsPlain.Strip memory s = _strip(shape, count);
        for (uint256 i = 0; i < 2; ++i) Check.eq(_post(l, s).refused, 0, "refused");
        Check.eq(l.swept, 2, "swept");
    }

    function test_aSweepBringsWhatIsNotInMemory() external {
        for (uint256 shape = 0; shape < 4; ++shape) {
            for (uint256 every = 1; every < 10; ++every) this.sweepBeside(Shape(shape), every, every % 2 == 0);
        }
    }

    /// @dev Some of the strip's slots have a cell, some of those of a cell more volume in storage than was read, some have none.
    function sweepBeside(Shape shape, uint256 every, bool wide) external {
        Lab memory l = _market(SLOTS, 64, wide);
        EntryLoopsPlain.Strip memory s = _strip(shape, COUNT);
        for (uint256 i = 0; i < COUNT; i += 2) l.plain.volumes[2 * s.orders[i].slot + s.orders[i].side][63] = 1 + i;
        for (uint256 i = 0; i < COUNT; i += 3) {
            l.plain.volumes[2 * s.orders[i].slot + s.orders[i].side][s.orders[i].tick] = 100 + i;
        }
        for (uint256 slot = 0; slot < SLOTS; ++slot) _storeVolumes(l, slot);
        _open(l);
        for (uint256 i = 0; i < COUNT; i += every) {
            EntryLoopsPlain.Strip memory one = _strip(shape, 1);
            one.orders[0] = EntryLoopsPlain.Order(s.orders[i].slot, i % 2, 63, 1);
            Check.eq(_post(l, one).refused, 0, "refused");
        }
        uint256 before = l.swept;
        Check.eq(_post(l, s).refused, 0, "refused");
        Check.eq(l.swept - before, 1, "swept");
        _flush(l);
        _wipe(l);
    }

    /// @dev The next case finds an empty ring.
    function _wipe(Lab memory l) private {
        for (uint256 i = 0; i < l.stored.length; ++i) if (l.stored[i] != 0) _put(l, i / STORED, i % STORED, 0);
    }

    /// @dev By far less than what is taken with care, about 600 an entry; compiled for fewer runs than in a deployment.
    function test_aSweepTakesLessThan350GasAnEntry() external view {
        for (uint256 side = 0; side < 2; ++side) Check.atMost(this.gasOfRow(side), 350 * 96, "gas");
    }

    function gasOfRow(uint256 side) external view returns (uint256 gas) {
        Lab memory l = _market(ALL_SLOTS, 64, false);
        _open(l);
        EntryLoopsPlain.Strip memory s = _strip(Shape.Row, 96);
        for (uint256 i = 0; i < 96; ++i) s.orders[i].side = side;
        _post(l, s);
        _post(l, s);
        return l.gas;
    }

    // ---------------------------------------------------------------------------------------------------- what is not

    function test_allThatACapAllowsIsSwept() external {
        _everywhere(Wrong.AtCap);
    }

    function test_aLotMoreThanACapAllowsIsNot() external {
        _everywhere(Wrong.OverCap);
    }

    function test_manyLotsAreLeftToTheLoop() external {
        _everywhere(Wrong.LargeLots);
    }

    function test_noLotsAreNotSwept() external {
        _everywhere(Wrong.NoLots);
    }

    function test_aTickOffTheGridIsNotSwept() external {
        _everywhere(Wrong.OffGridTick);
    }

    function test_aSlotOffTheGridIsNotSwept() external {
        _everywhere(Wrong.OffGridSlot);
    }

    function test_theSameKeyAgainIsNotSwept() external {
        _everywhere(Wrong.SameKey);
    }

    function test_aSmallerKeyIsNotSwept() external {
        _everywhere(Wrong.Descending);
    }

    function test_aFullTickIsNotSwept() external {
        _everywhere(Wrong.FullTick);
    }

    function test_allThatIsLeftInATickIsSwept() external {
        _everywhere(Wrong.LastRoom);
    }

    function test_aLotMoreThanIsLeftInATickIsNot() external {
        _everywhere(Wrong.MissingRoom);
    }

    /// @dev The ninth entry goes on in the slot of the eighth, the first that repeats one.
    function test_theSumOfASlotGoesOnBehindEightSlotsInARow() external view {
        for (uint256 over = 0; over < 2; ++over) {
            Lab memory l = _market(SLOTS, 64, false);
            EntryLoopsPlain.Strip memory s = _strip(Shape.Row, 9);
            EntryLoopsPlain.Order memory last = s.orders[7];
            s.orders[8] = EntryLoopsPlain.Order(
                last.slot,
                last.side,
                last.tick + 1,
                s.caps[last.side] - last.lots + over
            );
            _open(l);
            Check.eq(_post(l, s).refused, over, "refused");
            Check.eq(l.swept, 1 - over, "swept");
        }
    }

    /// @dev Eight entries over eight slots are in a row unless one slot comes twice and another one not at all.
    function test_eachOfEightPaysThePriceOfItsOwnSlot() external view {
        for (uint256 twice = 0; twice < 8; ++twice) {
            for (uint256 left = 1; left < 7; ++left) if (left != twice) this.sellInEight(twice, left);
        }
    }

    /// @param twice The slot that comes twice.
    /// @param left The slot that is left out.
    function sellInEight(uint256 twice, uint256 left) external view {
        Lab memory l = _market(SLOTS, 64, false);
        EntryLoopsPlain.Strip memory s = _strip(Shape.Row, 8);
        uint256 count = 0;
        for (uint256 slot = 0; slot < 8; ++slot) {
            uint256 times =
                slot == left
                    ? 0
                    : slot == twice
                        ? 2
                        : 1;
            for (uint256 i = 0; i < times; ++i) s.orders[count++] = EntryLoopsPlain.Order(slot, 1, i, 5 + slot);
        }
        for (uint256 k = 0; k < SLOTS; ++k) s.importPrices[k] = 200 + ((k * 37) % 101);
        _open(l);
        Check.eq(_post(l, s).refused, 0, "refused");
        Check.eq(l.swept, 1, "swept");
    }

    /// @dev A sweep stops for the sum there, in the middle of a slot. What came before has to be known behind it.
    function test_nothingIsForgottenWhereASumIsTaken() external {
        for (uint256 wrong = 0; wrong <= uint256(type(Wrong).max); ++wrong) {
            for (uint256 place = BLOCK - 1; place < BLOCK + 4; ++place) {
                this.spoil(Shape.Steps, BLOCK + 13, Wrong(wrong), place, wrong % 2 == 0, place % 2 == 0);
            }
        }
    }

    /// @dev The second strip is one of whole eights, of which the last leaves more lots behind than the slot at the end of a block has.
    function test_aReserveEndsAStripInAnyBlock() external view {
        uint8[9] memory paid = [0, 1, 100, 127, 128, 129, 140, 150, 207];
        for (uint256 i = 0; i < paid.length; ++i) {
            this.endAfter(2 * BLOCK + 20, paid[i]);
            this.endAfter(BLOCK + 80, paid[i]);
        }
        this.endAfter(2 * BLOCK + 20, 2 * BLOCK - 1);
        this.endAfter(2 * BLOCK + 20, 2 * BLOCK + 1);
    }

    /// @param paid Orders that the reserve covers to the unit.
    function endAfter(uint256 count, uint256 paid) external view {
        Lab memory l = _market(SLOTS, 64, false);
        EntryLoopsPlain.Strip memory s = _lotByLot(count);
        s.maxReserve = 17;
        if (paid != 0) {
            EntryLoopsPlain.Strip memory first = _lotByLot(paid);
            EntryLoopsPlain.Outcome memory o = EntryLoopsPlain.accept(l.plain, first);
            EntryLoopsPlain.undo(l.plain, first, o);
            s.maxReserve = o.used;
        }
        _open(l);
        Check.eq(_post(l, s).refused, count - paid, "refused");
        ++s.maxReserve;
        Check.eq(_post(l, s).refused, count - paid, "refused");
    }

    /// @return s All that the caps allow in each slot, in orders of a lot.
    function _lotByLot(uint256 count) private pure returns (EntryLoopsPlain.Strip memory s) {
        s = _strip(Shape.Steps, count);
        s.caps = [uint256(11), 11];
        for (uint256 i = 0; i < count; ++i) s.orders[i].lots = 1;
        (s.feePerEntry, s.settlementFee) = (13, 17);
    }

    /// @dev Whoever posts it would pay for the reads.
    function test_storageIsNotReadForWhatTheReserveDoesNotCover() external {
        for (uint256 count = 1; count <= 20; ++count) {
            for (uint256 paid = 0; paid < count; paid += 1 + count / 4) this.readFor(count, paid);
        }
    }

    function readFor(uint256 count, uint256 paid) external {
        Lab memory l = _market(SLOTS, 64, false);
        EntryLoopsPlain.Strip memory s = _strip(Shape.Row, count);
        s.maxReserve = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (i < paid) s.maxReserve += EntryLoopsPlain.reserveOf(l.plain, s, s.orders[i]);
            l.plain.volumes[2 * i + s.orders[i].side][s.orders[i].tick] = 1;
            _storeVolumes(l, i);
        }
        _open(l);
        VM.record();
        Check.eq(_post(l, s).refused, count - paid, "refused");
        (bytes32[] memory reads, ) = VM.accesses(address(this));
        // A word for each, and their group.
        Check.eq(reads.length, paid == 0 ? 0 : paid + 1, "reads");
        _wipe(l);
    }

    /// @dev A refused order begins a slot, in which nothing of the sum of the slot before counts.
    function test_aSumDoesNotGoOnInASlotThatARefusedOrderBegins() external view {
        Lab memory l = _market(SLOTS, 64, false);
        EntryLoopsPlain.Strip memory s = _strip(Shape.Row, 17);
        s.caps = [uint256(100), 100];
        for (uint256 i = 0; i < 17; ++i) s.orders[i] = EntryLoopsPlain.Order(i < 7 ? 3 : 4, 0, i, 5);
        s.orders[7].lots = 101;
        s.orders[16].lots = 100 - 8 * 5;
        _open(l);
        Check.eq(_post(l, s).refused, 1, "refused");
    }

    /// @dev Nor on a side that a refused order begins.
    function test_aSumDoesNotGoOnOnASideThatARefusedOrderBegins() external view {
        Lab memory l = _market(SLOTS, 64, false);
        EntryLoopsPlain.Strip memory s = _strip(Shape.Row, 17);
        s.caps = [uint256(100), 100];
        for (uint256 i = 0; i < 17; ++i) s.orders[i] = EntryLoopsPlain.Order(3, i < 7 ? 0 : 1, i, 5);
        s.orders[7].lots = 101;
        s.orders[16].lots = 100 - 8 * 5;
        _open(l);
        Check.eq(_post(l, s).refused, 1, "refused");
    }

    /// @dev Caps of wide ticks take more lots than an entry has bits for.
    function test_aSumOfManyLotsIsKnownBehindASweep() external view {
        Lab memory l = _market(SLOTS, 64, true);
        EntryLoopsPlain.Strip memory s = _strip(Shape.Row, 18);
        for (uint256 i = 0; i < 18; ++i) s.orders[i] = EntryLoopsPlain.Order(3, 0, i, 8191);
        s.caps = [uint256(16 * 8191 + 100), 0];
        (s.orders[16].lots, s.orders[17].lots) = (101, 100);
        _open(l);
        Check.eq(_post(l, s).refused, 1, "refused");
    }

    /// @dev At every place of strips of every shape: long ones, and such that are taken one by one.
    function _everywhere(Wrong wrong) private {
        for (uint256 shape = 0; shape < 4; ++shape) {
            for (uint256 place = 0; place < COUNT; ++place) {
                this.spoil(Shape(shape), COUNT, wrong, place, (shape + place) % 2 == 0, place % 3 == 0);
                if (place < FEW) this.spoil(Shape(shape), FEW, wrong, place, shape % 2 == 0, place % 2 == 0);
            }
            this.spoil(Shape(shape), 1, wrong, 0, shape % 2 == 0, shape / 2 == 0);
        }
    }

    /// @param warm Whether the strip's cells are in memory before.
    function spoil(Shape shape, uint256 count, Wrong wrong, uint256 place, bool wide, bool warm) external {
        Lab memory l = _market(SLOTS, 64, wide);
        EntryLoopsPlain.Strip memory good = _strip(shape, count);
        EntryLoopsPlain.Strip memory s = _strip(shape, count);
        bool refuses = _spoil(l, s, wrong, place, warm);
        _open(l);
        uint256 swept = 0;
        if (warm) {
            EntryLoopsPlain.Outcome memory first = _post(l, good);
            if (first.refused == 0) ++swept;
        }
        EntryLoopsPlain.Outcome memory o = _post(l, s);
        Check.yes((o.refused != 0) == refuses, "refuses");
        if (!refuses && (wrong != Wrong.LargeLots || count <= FEW)) ++swept;
        Check.eq(l.swept, swept, "swept");
        _post(l, good);
        _wipe(l);
    }

    function test_theReserveOfAStripIsReachedExactly() external view {
        for (uint256 shape = 0; shape < 4; ++shape) {
            for (uint256 count = 1; count <= 17; ++count) this.reserveExactly(Shape(shape), count);
        }
    }

    function reserveExactly(Shape shape, uint256 count) external view {
        Lab memory l = _market(SLOTS, 64, false);
        l.plain.networkFee = 7;
        EntryLoopsPlain.Strip memory s = _strip(shape, count);
        (s.feePerEntry, s.settlementFee) = (13, 17);
        EntryLoopsPlain.Outcome memory o = EntryLoopsPlain.accept(l.plain, s);
        EntryLoopsPlain.undo(l.plain, s, o);
        s.maxReserve = o.used - 1;
        _open(l);
        Check.eq(_post(l, s).refused, 1, "refused");
        Check.eq(l.swept, 0, "swept");
        ++s.maxReserve;
        Check.eq(_post(l, s).refused, 0, "refused");
        Check.eq(l.swept, 1, "swept");
    }

    function test_nothingBeforeTheGateOrTheFrontierIsSwept() external view {
        for (uint256 shape = 0; shape < 4; ++shape) {
            for (uint256 first = 0; first < 8; ++first) {
                this.startAt(Shape(shape), first, false);
                this.startAt(Shape(shape), first, true);
            }
        }
    }

    function startAt(Shape shape, uint256 first, bool gate) external view {
        Lab memory l = _market(SLOTS, 64, false);
        EntryLoopsPlain.Strip memory s = _strip(shape, COUNT);
        if (gate) l.plain.openFrom = first;
        else s.frontier = first;
        _open(l);
        bool closed = first > s.orders[0].slot;
        Check.yes((_post(l, s).refused != 0) == closed, "refused");
        Check.eq(l.swept, closed ? 0 : 1, "swept");
    }

    function test_aBusySlotAnywhereInAStripLeavesNothingBehind() external {
        for (uint256 shape = 0; shape < 4; ++shape) {
            for (uint256 place = 0; place < COUNT; ++place) this.meetBusySlot(Shape(shape), COUNT, place);
            for (uint256 place = 0; place < FEW; ++place) this.meetBusySlot(Shape(shape), FEW, place);
        }
    }

    function meetBusySlot(Shape shape, uint256 count, uint256 place) external {
        Lab memory l = _market(SLOTS, 64, false);
        EntryLoopsPlain.Strip memory s = _strip(shape, count);
        uint256 slot = s.orders[place].slot;
        uint256 index = slot / _slotsInGroup(l);
        (uint256 first, uint256 end) = _slotsOf(l, index);
        for (uint256 k = first; k < end; ++k) l.plain.busy[k] = true;
        (l.owners[index], l.live[slot]) = (l.period - 2, 1); // an older period's, with volume, not cleared
        _put(l, index, 0, _group(l, index));
        _open(l);
        Check.yes(_post(l, s).busy, "busy");
        Check.eq(l.swept, 0, "swept");
        _wipe(l);
    }

    // ---------------------------------------------------------------------------------------------------- strips

    function _strip(Shape shape, uint256 count) private pure returns (EntryLoopsPlain.Strip memory s) {
        s.orders = new EntryLoopsPlain.Order[](count);
        for (uint256 i = 0; i < count; ++i) s.orders[i] = _order(shape, i);
        s.caps = [BUY_CAP, SELL_CAP];
        s.maxReserve = type(uint96).max;
        s.importPrices = new uint256[](ALL_SLOTS);
        for (uint256 k = 0; k < ALL_SLOTS; ++k) s.importPrices[k] = 60 + ((k * 37) % 200);
    }

    /// @dev Ascending orders, in the lower ticks; from slot 3 on where not every slot has one.
    function _order(Shape shape, uint256 i) private pure returns (EntryLoopsPlain.Order memory o) {
        o.lots = 1 + ((i * 7) % 23);
        (o.slot, o.side, o.tick) = (i, (i / 5) % 2, (i * 11) % 40);
        if (shape == Shape.Gaps) o.slot = 3 + i + i / 3;
        if (shape == Shape.Curve) (o.slot, o.side, o.tick) = (3 + i / 3, i % 3 == 0 ? 0 : 1, 4 * (i % 3) + (i % 2));
        if (shape == Shape.Steps) (o.slot, o.side, o.tick) = (3 + i / 11, (i / 11) % 2, 3 * (i % 11));
    }

    /// @dev Makes one order a bad one, or the book one that cannot take it.
    /// @return refuses Whether it is refused.
    function _spoil(
        Lab memory l,
        EntryLoopsPlain.Strip memory s,
        Wrong wrong,
        uint256 place,
        bool warm
    ) private returns (bool refuses) {
        EntryLoopsPlain.Order memory o = s.orders[place];
        EntryLoopsPlain.Order memory before = s.orders[place == 0 ? 0 : place - 1];
        if (wrong == Wrong.AtCap || wrong == Wrong.OverCap) {
            o.lots += s.caps[o.side] - _lotsBeside(s, o);
            if (wrong == Wrong.OverCap) ++o.lots;
        }
        if (wrong == Wrong.LargeLots) (s.caps[o.side], o.lots) = (65_535, 8192);
        if (wrong == Wrong.NoLots) o.lots = 0;
        if (wrong == Wrong.OffGridTick) o.tick = 64;
        if (wrong == Wrong.OffGridSlot) o.slot = SLOTS;
        if (wrong == Wrong.SameKey) (o.slot, o.side, o.tick) = (before.slot, before.side, before.tick);
        if (wrong == Wrong.Descending) (o.slot, o.side, o.tick) = (before.slot, 0, 0);
        if (wrong >= Wrong.FullTick) {
            // What the good strip takes before.
            uint256 room = warm && wrong != Wrong.FullTick ? o.lots : 0;
            if (wrong != Wrong.FullTick) room += wrong == Wrong.LastRoom ? o.lots : o.lots - 1;
            l.plain.volumes[2 * o.slot + o.side][o.tick] = l.plain.fullTick - room;
            _storeVolumes(l, o.slot);
        }
        refuses = wrong != Wrong.AtCap && wrong != Wrong.LargeLots && wrong != Wrong.LastRoom;
        // The first order has none before it.
        if (place == 0 && wrong == Wrong.SameKey) refuses = false;
        if (place == 0 && wrong == Wrong.Descending) refuses = false;
    }

    /// @return lots Of a strip in an order's slot and side.
    function _lotsBeside(
        EntryLoopsPlain.Strip memory s,
        EntryLoopsPlain.Order memory o
    ) private pure returns (uint256 lots) {
        for (uint256 i = 0; i < s.orders.length; ++i) {
            if (s.orders[i].slot == o.slot && s.orders[i].side == o.side) lots += s.orders[i].lots;
        }
    }
}
