// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../../contracts/interfaces/IOrderBook.sol";
import {EntryLoops} from "../../contracts/libraries/EntryLoops.sol";
import {EntryStrip} from "../../contracts/libraries/EntryStrip.sol";
import {Check, Dice} from "./Check.sol";
import {EntryLab} from "./EntryLab.sol";
import {EntryLoopsPlain} from "./plain/EntryLoopsPlain.sol";

/// @notice Acceptance against its plain twin, on the same books and strips, in dirty memory, with calldata of any length.
contract EntryAcceptanceTest is EntryLab {
    using EntryLoops for EntryStrip.Strip;

    uint256 private constant MOST_RESERVE = type(uint96).max;
    IOrderBook.EntryReason private constant NONE = IOrderBook.EntryReason.None;

    // ---------------------------------------------------------------------------------------------------- fuzzed

    function testFuzz_acceptanceOfAnyStripsInAnyBook(uint256 seed, bytes calldata) external {
        Dice memory d = Dice(seed);
        Lab memory l = _randomMarket(d);
        for (uint256 batches = 1 + (d.roll() % 2); batches > 0; --batches) {
            _open(l);
            bool sorted = d.one(2);
            for (uint256 strips = 1 + (d.roll() % 3); strips > 0; --strips) {
                EntryLoopsPlain.Strip memory s = _randomStrip(l, d, sorted);
                EntryLoopsPlain.Outcome memory o = _post(l, s);
                // The frontier moves only with an accepted entry.
                if (!o.busy && o.refused < s.orders.length) _checkEnd(l, o);
            }
            _flush(l);
        }
    }

    function _checkEnd(Lab memory l, EntryLoopsPlain.Outcome memory o) private pure {
        Check.eq(l.slotEnd, o.slotEnd, "end");
    }

    // ---------------------------------------------------------------------------------------------------- at the bounds

    function test_aTickTakesExactlyWhatItHolds() external {
        _fillTick(32, false);
    }

    function test_aWideTickTakesExactlyWhatItHolds() external {
        _fillTick(128, true);
    }

    /// @dev Two lots less than full in the last tick of the last slot: one too many is refused, two fill it, none goes in after.
    function _fillTick(uint256 ticks, bool wide) private {
        Lab memory l = _market(144, ticks, wide);
        uint256 full = l.plain.fullTick;
        for (uint256 side = 0; side < 2; ++side) {
            l.plain.volumes[2 * 143 + side][ticks - 1] = full - 2;
            l.plain.volumes[2 * 143 + side][ticks - 2] = full;
        }
        _storeVolumes(l, 143);
        _open(l);
        for (uint256 side = 0; side < 2; ++side) {
            _expect(l, _one(l, 143, side, ticks - 1, 3), IOrderBook.EntryReason.TickFull);
            EntryLoopsPlain.Outcome memory o = _expect(l, _one(l, 143, side, ticks - 1, 2), NONE);
            Check.eq(o.prefixes[0], full - 2, "prefix");
            _expect(l, _one(l, 143, side, ticks - 1, 1), IOrderBook.EntryReason.TickFull);
        }
        _flush(l);
        Check.eq(l.plain.volumes[2 * 143][ticks - 1], full, "volume");
    }

    function test_anEmptyTickTakesTheLargestEntry() external {
        Lab memory l = _market(1, 32, false);
        _open(l);
        EntryLoopsPlain.Outcome memory o = _expect(l, _one(l, 0, 0, 0, 65_535), NONE);
        Check.eq(o.prefixes[0], 0, "prefix");
        _expect(l, _one(l, 0, 0, 0, 1), IOrderBook.EntryReason.TickFull);
        _flush(l);
    }

    function test_capsHoldPerSlotAndSideAndAreReachedExactly() external {
        Lab memory l = _market(2, 64, true);
        _open(l);
        EntryLoopsPlain.Strip memory s = _strip(l, 7);
        s.caps = [uint256(10), 4];
        s.orders[0] = EntryLoopsPlain.Order(0, 0, 3, 6);
        s.orders[1] = EntryLoopsPlain.Order(0, 0, 4, 5);
        s.orders[2] = EntryLoopsPlain.Order(0, 0, 5, 4);
        s.orders[3] = EntryLoopsPlain.Order(0, 0, 6, 1);
        s.orders[4] = EntryLoopsPlain.Order(0, 1, 0, 4);
        s.orders[5] = EntryLoopsPlain.Order(1, 0, 63, 10);
        s.orders[6] = EntryLoopsPlain.Order(1, 1, 63, 5);
        EntryLoopsPlain.Outcome memory o = _post(l, s);
        uint256[7] memory over = [uint256(0), 1, 0, 1, 0, 0, 1];
        for (uint256 i = 0; i < 7; ++i) {
            Check.eq(uint8(o.reasons[i]), over[i] * uint8(IOrderBook.EntryReason.OverCap), "reason");
        }
        _checkEnd(l, o);
        _flush(l);
    }

    function test_theReserveIsReachedExactly() external {
        Lab memory l = _market(1, 32, false);
        l.plain.networkFee = 7;
        _open(l);
        for (uint256 side = 0; side < 2; ++side) {
            EntryLoopsPlain.Strip memory s = _one(l, 0, side, 5, 11);
            (s.feePerEntry, s.settlementFee) = (13, 17);
            // A buyer's limit and network fee, a seller's import price less its limit.
            uint256 perWh = side == 0 ? 100 + 5 * 2 + 7 : 500 - 110;
            s.maxReserve = 17 + 13 + 11 * 10 * perWh;
            _expect(l, s, NONE);
            --s.maxReserve;
            _expect(l, s, IOrderBook.EntryReason.OverReserve);
        }
        _flush(l);
    }

    function test_aSellerReservesAtLeastATick() external {
        Lab memory l = _market(1, 32, false);
        _open(l);
        // Limit 110, tick 2: below, at and above the import price at which a tick is no longer the larger.
        uint8[5] memory prices = [0, 110, 111, 112, 113];
        uint8[5] memory perWh = [2, 2, 2, 2, 3];
        for (uint256 i = 0; i < 5; ++i) {
            EntryLoopsPlain.Strip memory s = _one(l, 0, 1, 5, 1);
            s.importPrices[0] = prices[i];
            Check.eq(_expect(l, s, NONE).used, 10 * uint256(perWh[i]), "used");
        }
        _flush(l);
    }

    function test_aTickIsNamedOnceInAStripWhateverTheLots() external {
        Lab memory l = _market(2, 32, false);
        _open(l);
        EntryLoopsPlain.Strip memory s = _strip(l, 3);
        s.orders[0] = EntryLoopsPlain.Order(1, 0, 7, 5);
        s.orders[1] = EntryLoopsPlain.Order(1, 0, 7, 6);
        s.orders[2] = EntryLoopsPlain.Order(1, 0, 8, 1);
        EntryLoopsPlain.Outcome memory o = _post(l, s);
        for (uint256 i = 0; i < 3; ++i) {
            IOrderBook.EntryReason reason = i == 1 ? IOrderBook.EntryReason.NotAscending : NONE;
            Check.eq(uint8(o.reasons[i]), uint8(reason), "reason");
        }
        _flush(l);
    }

    function test_theLastKeyOfTheLargestGridIsTakenAndNothingBeyondOnASmallerOne() external {
        Lab memory l = _market(255, 128, true);
        _open(l);
        EntryLoopsPlain.Outcome memory o = _expect(l, _one(l, 254, 1, 127, 65_535), NONE);
        _checkEnd(l, o);
        _flush(l);
        // The third slot of its group.
        Check.eq(l.stored[STORED * 42], (uint256(1) << (32 + 2 * 33 + 31)) | l.period, "the last live bit");

        l = _market(144, 64, false);
        l.period = 2_000; // what is stored above is another's
        _open(l);
        EntryLoopsPlain.Strip memory s = _strip(l, 4);
        s.orders[0] = EntryLoopsPlain.Order(143, 1, 63, 1);
        s.orders[1] = EntryLoopsPlain.Order(143, 1, 64, 1);
        s.orders[2] = EntryLoopsPlain.Order(144, 0, 0, 1);
        s.orders[3] = EntryLoopsPlain.Order(255, 1, 127, 1);
        o = _post(l, s);
        for (uint256 i = 0; i < 4; ++i) Check.eq(uint8(o.reasons[i]), i == 0 ? 0 : 2, "reason");
        Check.eq(o.slotEnd, 144, "end");
        _checkEnd(l, o);
    }

    function test_everythingIsClosedWhereTheFirstOpenSlotLiesBehindThePeriod() external {
        uint256[4] memory firsts = [uint256(144), 256, 257, 288];
        for (uint256 i = 0; i < 4; ++i) {
            Lab memory l = _market(144, 32, false);
            l.plain.openFrom = firsts[i];
            _open(l);
            EntryLoopsPlain.Strip memory s = _strip(l, 5);
            s.orders[0] = EntryLoopsPlain.Order(0, 0, 0, 1);
            s.orders[1] = EntryLoopsPlain.Order(1, 0, 0, 1);
            s.orders[2] = EntryLoopsPlain.Order(100, 0, 0, 1);
            s.orders[3] = EntryLoopsPlain.Order(143, 1, 31, 1);
            s.orders[4] = EntryLoopsPlain.Order(255, 1, 31, 65_535);
            EntryLoopsPlain.Outcome memory o = _post(l, s);
            Check.eq(o.refused, 5, "refused");
            _flush(l);
        }
    }

    function test_theEndIsThatOfTheLastEntryOrOfTheLastAcceptedOne() external view {
        // The last slot, and where the strip ends: off the grid, before the accepted one, or in it, and behind it.
        uint8[4] memory slots = [150, 3, 5, 10];
        uint8[4] memory ends = [6, 6, 6, 11];
        for (uint256 i = 0; i < 4; ++i) {
            Lab memory l = _market(96, 32, false);
            l.period = 1_000 + i;
            _open(l);
            EntryLoopsPlain.Strip memory s = _strip(l, 5);
            s.orders[0] = EntryLoopsPlain.Order(5, 0, 0, 1);
            s.orders[1] = EntryLoopsPlain.Order(200, 0, 0, 1);
            s.orders[2] = EntryLoopsPlain.Order(10, 0, 0, 1);
            s.orders[3] = EntryLoopsPlain.Order(8, 0, 0, 1);
            s.orders[4] = EntryLoopsPlain.Order(slots[i], 0, 0, 1);
            EntryLoopsPlain.Outcome memory o = _post(l, s);
            Check.eq(o.refused, 4, "refused");
            Check.eq(o.slotEnd, ends[i], "end");
            _checkEnd(l, o);
        }
    }

    /// @dev Whatever it is, and whether or not it would fit or is there at all.
    function test_nothingIsLookedAtBehindAnOrderThatTheRestOfTheReserveDoesNotCover() external view {
        for (uint256 count = 2; count <= 40; ++count) {
            for (uint256 paid = 0; paid < count; paid += 1 + count / 5) this.spend(count, paid);
        }
    }

    function spend(uint256 count, uint256 paid) external view {
        Lab memory l = _market(96, 32, false);
        l.plain.busy[90] = true;
        _open(l);
        EntryLoopsPlain.Strip memory s = _strip(l, count);
        for (uint256 i = 0; i < count; ++i) s.orders[i] = EntryLoopsPlain.Order(i, 0, 0, 1);
        EntryLoopsPlain.Outcome memory o = EntryLoopsPlain.accept(l.plain, s);
        EntryLoopsPlain.undo(l.plain, s, o);
        s.maxReserve = (o.used / count) * paid;
        // Off the grid, out of order, without lots, in a busy slot, cheap.
        if (paid + 2 < count) s.orders[paid + 1] = EntryLoopsPlain.Order(200, 0, 0, 1);
        if (paid + 3 < count) s.orders[paid + 2] = EntryLoopsPlain.Order(0, 0, 0, 0);
        s.orders[count - 1].slot = paid == count - 1 ? s.orders[count - 1].slot : 90;
        o = _post(l, s);
        for (uint256 i = 0; i < count; ++i) Check.eq(uint8(o.reasons[i]), i < paid ? 0 : 7, "reason");
    }

    function test_theFirstOpenSlotIsThatOfTheFrontierOrTheGateWhicheverIsLater() external {
        Lab memory l = _market(4, 32, false);
        l.plain.openFrom = 2;
        _open(l);
        for (uint256 frontier = 0; frontier <= 4; ++frontier) {
            EntryLoopsPlain.Strip memory s = _strip(l, 4);
            s.frontier = frontier;
            for (uint256 slot = 0; slot < 4; ++slot) s.orders[slot] = EntryLoopsPlain.Order(slot, 0, 0, 1);
            EntryLoopsPlain.Outcome memory o = _post(l, s);
            for (uint256 slot = 0; slot < 4; ++slot) {
                IOrderBook.EntryReason reason = slot < 2 ? IOrderBook.EntryReason.GateClosed : NONE;
                if (slot < frontier) reason = IOrderBook.EntryReason.BehindFrontier;
                Check.eq(uint8(o.reasons[slot]), uint8(reason), "reason");
            }
        }
        _flush(l);
    }

    function test_everyReasonComesBeforeThoseWithLargerNumbers() external {
        Lab memory l = _market(4, 32, false);
        l.plain.openFrom = 3;
        l.plain.volumes[2 * 3][31] = l.plain.fullTick;
        _storeVolumes(l, 3);
        _open(l);
        EntryLoopsPlain.Strip memory s = _strip(l, 8);
        (s.frontier, s.maxReserve) = (2, 0);
        s.caps = [uint256(9), 9];
        s.orders[0] = EntryLoopsPlain.Order(1, 0, 32, 0); // off the grid, and all that follows
        s.orders[1] = EntryLoopsPlain.Order(1, 0, 32, 0); // not ascending
        s.orders[2] = EntryLoopsPlain.Order(1, 1, 0, 0); // no lots
        s.orders[3] = EntryLoopsPlain.Order(1, 1, 1, 10); // behind the frontier
        s.orders[4] = EntryLoopsPlain.Order(2, 0, 0, 10); // closed
        s.orders[5] = EntryLoopsPlain.Order(3, 0, 30, 10); // over the cap
        s.orders[6] = EntryLoopsPlain.Order(3, 0, 31, 9); // over the reserve
        s.orders[7] = EntryLoopsPlain.Order(3, 1, 31, 9);
        EntryLoopsPlain.Outcome memory o = _post(l, s);
        uint8[8] memory reasons = [2, 1, 3, 4, 5, 6, 7, 7];
        for (uint256 i = 0; i < 8; ++i) Check.eq(uint8(o.reasons[i]), reasons[i], "reason");
        _expect(l, _one(l, 3, 0, 31, 9), IOrderBook.EntryReason.TickFull);
        _flush(l);
    }

    function test_aBusySlotStopsTheStripAndWhatCameBeforeIsTakenBack() external {
        // Three groups of six slots: another period's, cleared; another's, of which one slot is not; none's.
        Lab memory l = _market(13, 128, true);
        (l.owners[0], l.live[0], l.cleared[0]) = (l.period - 3, 5, true);
        (l.owners[1], l.live[9]) = (l.period - 3, 1 << 31);
        for (uint256 slot = 6; slot < 12; ++slot) l.plain.busy[slot] = true;
        for (uint256 index = 0; index < 2; ++index) _put(l, index, 0, _group(l, index));
        _put(l, 0, 1, type(uint256).max);
        _open(l);
        EntryLoopsPlain.Strip memory s = _strip(l, 4);
        s.orders[0] = EntryLoopsPlain.Order(0, 0, 7, 3);
        s.orders[1] = EntryLoopsPlain.Order(0, 0, 7, 3);
        s.orders[2] = EntryLoopsPlain.Order(6, 0, 7, 3);
        s.orders[3] = EntryLoopsPlain.Order(12, 0, 7, 3);
        EntryLoopsPlain.Outcome memory o = _post(l, s);
        Check.yes(o.busy, "busy");
        Check.eq(o.seen, 2, "seen");
        Check.eq(l.loop.refused, 1, "refused");
        // Entries that are refused before the book is read do not meet the busy slot.
        s.caps = [uint256(100), 100];
        uint16[3] memory lots = [0, 101, 60_000];
        for (uint256 i = 0; i < 3; ++i) {
            s.orders[2].lots = lots[i];
            if (i == 2) (s.caps[0], s.maxReserve) = (60_000, 1_000_000);
            o = _post(l, s);
            Check.yes(!o.busy, "not busy");
            if (i == 0) Check.eq(o.prefixes[0], 0, "the prefix in a slot whose words were another's");
        }
        _flush(l);
    }

    // ---------------------------------------------------------------------------------------------------- strips

    function _expect(
        Lab memory l,
        EntryLoopsPlain.Strip memory s,
        IOrderBook.EntryReason reason
    ) private view returns (EntryLoopsPlain.Outcome memory o) {
        o = _post(l, s);
        Check.eq(uint8(o.reasons[0]), uint8(reason), "reason");
    }

    function _one(
        Lab memory l,
        uint256 slot,
        uint256 side,
        uint256 tick,
        uint256 lots
    ) private pure returns (EntryLoopsPlain.Strip memory s) {
        s = _strip(l, 1);
        s.orders[0] = EntryLoopsPlain.Order(slot, side, tick, lots);
    }

    /// @dev A strip that nothing but the grid and the book limits.
    function _strip(Lab memory l, uint256 count) private pure returns (EntryLoopsPlain.Strip memory s) {
        s.orders = new EntryLoopsPlain.Order[](count);
        s.caps = [uint256(65_535), 65_535];
        s.maxReserve = MOST_RESERVE;
        s.importPrices = new uint256[](l.plain.slots);
        for (uint256 k = 0; k < l.plain.slots; ++k) s.importPrices[k] = 500;
    }

    function _randomStrip(
        Lab memory l,
        Dice memory d,
        bool sorted
    ) private pure returns (EntryLoopsPlain.Strip memory s) {
        s = _strip(l, 1 + d.upTo(d.one(20) ? 99 : 19));
        if (d.one(2)) s.caps = [d.upTo(200), d.upTo(200)];
        if (d.one(3)) s.frontier = d.upTo(l.plain.slots);
        if (d.one(2)) s.feePerEntry = d.upTo(type(uint32).max);
        if (d.one(2)) s.settlementFee = d.upTo(type(uint32).max);
        uint256 dearest = d.one(2) ? type(uint16).max : 700;
        for (uint256 k = 0; k < l.plain.slots; ++k) s.importPrices[k] = d.upTo(dearest);
        s.orders = sorted && !d.one(4) ? _cleanOrders(l, d, s) : _randomOrders(l, d, s.orders.length, sorted);
        if (d.one(2)) return s;
        // Often exactly what the strip takes without a limit.
        EntryLoopsPlain.Outcome memory o = EntryLoopsPlain.accept(l.plain, s);
        EntryLoopsPlain.undo(l.plain, s, o);
        s.maxReserve = d.one(8) ? o.used : d.upTo(o.used);
    }

    /// @dev Keys that go up in steps of any size, and unless `sorted` now and then one that does not. Mostly it ends with the grid.
    function _randomOrders(
        Lab memory l,
        Dice memory d,
        uint256 count,
        bool sorted
    ) private pure returns (EntryLoopsPlain.Order[] memory orders) {
        uint256[] memory keys = new uint256[](count);
        uint256 end = l.plain.slots * 256;
        uint256 key = (d.one(2) ? 0 : d.upTo(l.plain.slots - 1) << 8) | d.upTo(l.plain.ticks - 1);
        uint256 chaos = d.one(2) ? 4 : 30;
        for (uint256 i = 0; i < count; ++i) {
            keys[i] = key;
            if (!sorted && d.one(chaos)) {
                keys[i] = i > 0 && d.one(3) ? keys[i - 1] : d.upTo(d.one(4) ? 65_535 : end - 1);
            }
            key += _step(l, d, key);
            if (key > 65_535 || (key >= end && d.one(2))) count = i + 1;
        }
        orders = new EntryLoopsPlain.Order[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 lots =
                d.one(5)
                    ? d.upTo(65_535)
                    : d.one(30)
                        ? 0
                        : 1 + d.upTo(60);
            orders[i] = EntryLoopsPlain.Order(keys[i] >> 8, (keys[i] >> 7) & 1, keys[i] & 127, lots);
        }
    }

    /// @dev Orders that pass every check but for the book's, the caps' and the reserve's; but often one that does not.
    function _cleanOrders(
        Lab memory l,
        Dice memory d,
        EntryLoopsPlain.Strip memory s
    ) private pure returns (EntryLoopsPlain.Order[] memory orders) {
        uint256 first = s.frontier > l.plain.openFrom ? s.frontier : l.plain.openFrom;
        if (first >= l.plain.slots) return _randomOrders(l, d, s.orders.length, true);
        (s.caps[0], s.caps[1]) = (s.caps[0] + 60, s.caps[1] + 60);
        orders = new EntryLoopsPlain.Order[](s.orders.length);
        uint256 key = first * 256 + d.upTo(l.plain.ticks - 1);
        uint256 count = 0;
        for (; count < orders.length && key < l.plain.slots * 256; key += _step(l, d, key)) {
            if (key & 127 >= l.plain.ticks) continue;
            orders[count++] = EntryLoopsPlain.Order(key >> 8, (key >> 7) & 1, key & 127, 1 + d.upTo(59));
        }
        if (count == 0) return _randomOrders(l, d, s.orders.length, true);
        EntryLoopsPlain.Order[] memory taken = new EntryLoopsPlain.Order[](count);
        for (uint256 i = 0; i < count; ++i) taken[i] = orders[i];
        if (d.one(2)) _spoil(l, d, taken);
        return taken;
    }

    /// @dev Makes one order a bad one.
    function _spoil(Lab memory l, Dice memory d, EntryLoopsPlain.Order[] memory orders) private pure {
        uint256 index = d.upTo(orders.length - 1);
        EntryLoopsPlain.Order memory order = orders[index];
        uint256 dice = d.roll() % 6;
        if (dice == 0) order.lots = 0;
        if (dice == 1) order.lots = d.upTo(type(uint16).max);
        if (dice == 2) order.tick = d.upTo(127);
        if (dice == 3) order.slot = l.plain.slots + d.upTo(255 - l.plain.slots);
        if (dice == 4) order.slot = d.upTo(order.slot);
        // The key of the one before with any number of lots.
        if (dice == 5 && index > 0) (order.slot, order.side, order.tick) = _keyOf(orders[index - 1]);
    }

    function _keyOf(EntryLoopsPlain.Order memory order) private pure returns (uint256, uint256, uint256) {
        return (order.slot, order.side, order.tick);
    }

    function _step(Lab memory l, Dice memory d, uint256 key) private pure returns (uint256) {
        uint256 dice = d.roll() % 16;
        if (dice < 9) return 1;
        if (dice < 11) return 1 + d.upTo(20);
        uint256 toNextSide = 128 - (key & 127) + d.upTo(l.plain.ticks - 1);
        return dice < 15 ? toNextSide : toNextSide + 128 * d.upTo(3);
    }

    // ---------------------------------------------------------------------------------------------------- books

    function _randomMarket(Dice memory d) private returns (Lab memory l) {
        uint256 slots = d.one(25) ? 144 : 1 + (d.roll() % (d.one(4) ? 30 : 6));
        l = _market(slots, 32 << (d.roll() % 3), d.one(2));
        EntryLoopsPlain.Market memory m = l.plain;
        l.period = 1 + d.upTo(type(uint32).max - 1);
        m.lotWh = 10 ** (d.roll() % 4);
        m.tickSize = 1 + d.upTo(d.one(2) ? 3 : 400);
        m.floorPrice = d.upTo(d.one(2) ? 300 : 65_535 - m.tickSize * (m.ticks - 1));
        m.networkFee = d.upTo(d.one(2) ? 9 : 65_535);
        if (d.one(3)) m.openFrom = d.upTo(m.slots + 3);
        if (d.one(50)) m.openFrom = d.upTo(type(uint40).max);
        if (d.one(6)) m.openFrom = 250 + d.upTo(40);
        bool anyBusy = d.one(3);
        bool crowded = d.one(2);
        for (uint256 index = 0; index * _slotsInGroup(l) < m.slots; ++index) {
            bool own = _rollGroup(l, d, index, anyBusy);
            (uint256 slot, uint256 end) = _slotsOf(l, index);
            for (; slot < end; ++slot) _randomSlot(l, d, slot, own, crowded);
        }
    }

    /// @dev Volumes in slots of this period, garbage elsewhere; in a long period most slots are empty.
    function _randomSlot(Lab memory l, Dice memory d, uint256 slot, bool own, bool crowded) private {
        if (l.plain.slots > 6 && !d.one(8)) return;
        _rollGarbage(l, d, slot);
        if (!own || d.one(4)) return;
        for (uint256 i = 0; i < _tickWords(l); ++i) if (d.one(2)) _rollVolumes(l, d, slot, i, crowded);
        _storeVolumes(l, slot);
    }

    /// @dev Volumes of one tick word, in a crowded book some of them at or close to the most that a tick holds.
    function _rollVolumes(Lab memory l, Dice memory d, uint256 slot, uint256 index, bool crowded) private pure {
        uint256 half = _tickWords(l) / 2;
        uint256[] memory volumes = l.plain.volumes[2 * slot + index / half];
        uint256 first = (index % half) * _lanes(l);
        uint256 full = l.plain.fullTick;
        for (uint256 i = 0; i < _lanes(l); ++i) {
            volumes[first + i] =
                d.one(3)
                    ? d.upTo(crowded ? full : full / 2)
                    : crowded && d.one(2)
                        ? full - d.upTo(60)
                        : d.upTo(60);
        }
    }
}
