// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Check, Dice} from "./Check.sol";
import {EntryLab} from "./EntryLab.sol";
import {EntryLoopsPlain} from "./plain/EntryLoopsPlain.sol";

/// @notice Sweeps at the ends of what a community's terms and an entry allow: prices of 16 bits, 8,191 lots, the largest lot.
contract EntryPricesTest is EntryLab {
    uint256 private constant MOST = type(uint16).max;
    uint256 private constant LOTS = 8_191;

    /// @dev Any grid whose highest tick fits 16 bits, often one that ends there.
    function testFuzz_sweepsAtAnyPrices(uint256 seed, bytes calldata) external view {
        Dice memory d = Dice(seed);
        uint256 ticks = 32 << (d.roll() % 3);
        Lab memory l = _market(1 + d.upTo(143), ticks, true);
        l.plain.lotWh = 10 ** (d.roll() % 4);
        l.plain.tickSize = d.one(2) ? MOST / (ticks - 1) : 1 + d.upTo(MOST / (ticks - 1) - 1);
        uint256 room = MOST - l.plain.tickSize * (ticks - 1);
        l.plain.floorPrice = d.one(2) ? room : d.upTo(room);
        if (d.one(2)) l.plain.networkFee = d.one(2) ? MOST : d.upTo(MOST);
        _open(l);
        for (uint256 strips = 0; strips < 3; ++strips) {
            EntryLoopsPlain.Strip memory s = _strip(l, d, 5 + d.upTo(28));
            if (s.orders.length == 0) continue;
            uint256 swept = l.swept;
            Check.eq(_post(l, s).refused, 0, "refused");
            Check.eq(l.swept, swept + 1, "swept");
            // A base unit less is one entry less.
            EntryLoopsPlain.Outcome memory o = EntryLoopsPlain.accept(l.plain, s);
            EntryLoopsPlain.undo(l.plain, s, o);
            s.maxReserve = o.used;
            Check.eq(_post(l, s).refused, 0, "at the reserve");
            if (o.used == 0) continue; // bids at a price of 0
            --s.maxReserve;
            Check.yes(_post(l, s).refused != 0, "below the reserve");
        }
    }

    function _strip(Lab memory l, Dice memory d, uint256 count) private pure returns (EntryLoopsPlain.Strip memory s) {
        s.caps = [MOST, MOST];
        s.maxReserve = type(uint96).max;
        if (d.one(2)) s.feePerEntry = type(uint32).max;
        s.importPrices = new uint256[](l.plain.slots);
        bool dear = d.one(2);
        for (uint256 k = 0; k < l.plain.slots; ++k) s.importPrices[k] = dear && !d.one(9) ? MOST : d.upTo(MOST);
        bool full = d.one(2);
        bool top = d.one(2);
        bool curve = d.one(3);
        EntryLoopsPlain.Order[] memory orders = new EntryLoopsPlain.Order[](count);
        uint256 n = 0;
        uint256 side = d.roll() % 3;
        uint256 slot = d.upTo(l.plain.slots - 1) / 2;
        while (n < count && slot < l.plain.slots) {
            uint256 which = side == 2 ? d.roll() % 2 : side;
            // At most seven to a side: they stay within the cap.
            uint256 many = curve ? 1 + d.upTo(6) : 1;
            for (uint256 i = 0; i < many && n < count; ++i) {
                uint256 tick = top == (which == 0) ? l.plain.ticks - many + i : i;
                orders[n++] = EntryLoopsPlain.Order(slot, which, tick, full ? LOTS : 1 + d.upTo(LOTS - 1));
            }
            slot += d.one(8) ? 1 + d.upTo(3) : 1;
        }
        if (n == 0) return s;
        s.orders = new EntryLoopsPlain.Order[](n);
        for (uint256 i = 0; i < n; ++i) s.orders[i] = orders[i];
    }
}
