// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice `NetLoops`, `TickTotals` and `AuctionLanes` without assembly and packed words: whole books, every tick looked at.
library AuctionPlain {
    uint256 internal constant TICKS = 128;
    uint256 internal constant NONE = 255;

    /// @dev Wh per slot, and limits; `NONE` for a side that does not trade.
    struct Home {
        uint256[] taken;
        uint256[] given;
        uint256 buyTick;
        uint256 sellTick;
    }

    /// @dev What became of a slot; `price` is a tick.
    struct Slot {
        uint256 wh;
        uint256 tick;
        uint256 price;
    }

    function net(Home memory h, uint256[] memory imported, uint256[] memory exported) internal pure {
        (h.taken, h.given) = (new uint256[](imported.length), new uint256[](imported.length));
        for (uint256 k = 0; k < imported.length; ++k) {
            if (imported[k] > exported[k] && h.buyTick != NONE) h.taken[k] = imported[k] - exported[k];
            if (exported[k] > imported[k] && h.sellTick != NONE) h.given[k] = exported[k] - imported[k];
        }
    }

    /// @return left Wh beyond a budget.
    function clip(
        Home memory h,
        uint256 price,
        uint256[] memory losses,
        uint256 budget
    ) internal pure returns (uint256 left) {
        for (uint256 k = 0; k < losses.length; ++k) {
            while (h.taken[k] * price > budget) (h.taken[k], left) = (h.taken[k] - 1, left + 1);
            while (h.given[k] * losses[k] > budget) (h.given[k], left) = (h.given[k] - 1, left + 1);
            budget -= h.taken[k] * price + h.given[k] * losses[k]; // one of both is 0
        }
    }

    function bidsAt(Home[] memory homes, uint256 slot, uint256 tick) internal pure returns (uint256 wh) {
        for (uint256 i = 0; i < homes.length; ++i) if (homes[i].buyTick == tick) wh += homes[i].taken[slot];
    }

    function asksAt(Home[] memory homes, uint256 slot, uint256 tick) internal pure returns (uint256 wh) {
        for (uint256 i = 0; i < homes.length; ++i) if (homes[i].sellTick == tick) wh += homes[i].given[slot];
    }

    /// @return wh Bids at ticks above one.
    function above(Home[] memory homes, uint256 slot, uint256 tick) internal pure returns (uint256 wh) {
        for (uint256 i = 0; i < homes.length; ++i) if (homes[i].buyTick > tick) wh += homes[i].taken[slot];
    }

    /// @return wh Asks at ticks up to one.
    function upTo(Home[] memory homes, uint256 slot, uint256 tick) internal pure returns (uint256 wh) {
        for (uint256 i = 0; i < homes.length; ++i) if (homes[i].sellTick <= tick) wh += homes[i].given[slot];
    }

    function clear(Home[] memory homes, uint256 slot) internal pure returns (Slot memory s) {
        while (upTo(homes, slot, s.tick) < above(homes, slot, s.tick)) ++s.tick;
        (uint256 supply, uint256 over) = (upTo(homes, slot, s.tick), above(homes, slot, s.tick));
        uint256 demand = over + bidsAt(homes, slot, s.tick);
        s.wh = supply < demand ? supply : demand;
        if (s.wh == 0) return Slot(0, 0, 0);
        s.price = s.tick;
        if (supply != over) return s;
        uint256 next = s.tick + 1;
        while (bidsAt(homes, slot, next) + asksAt(homes, slot, next) == 0) ++next;
        s.price = (s.tick + next) / 2;
    }

    /// @param home Index: those before it come first at its tick.
    function fill(
        Home[] memory homes,
        uint256 home,
        uint256 slot,
        Slot memory s
    ) internal pure returns (uint256 bought, uint256 sold) {
        if (s.wh == 0) return (0, 0);
        Home memory h = homes[home];
        if (h.buyTick != NONE && h.buyTick > s.tick) bought = h.taken[slot];
        if (h.sellTick < s.tick) sold = h.given[slot];
        (uint256 wanted, uint256 offered) = (0, 0);
        for (uint256 i = 0; i < home; ++i) {
            if (homes[i].buyTick == s.tick) wanted += homes[i].taken[slot];
            if (homes[i].sellTick == s.tick) offered += homes[i].given[slot];
        }
        if (h.buyTick == s.tick) {
            uint256 left = s.wh - above(homes, slot, s.tick);
            bought = _share(wanted, h.taken[slot], left, bidsAt(homes, slot, s.tick));
        }
        if (h.sellTick == s.tick) {
            uint256 asks = asksAt(homes, slot, s.tick);
            sold = _share(offered, h.given[slot], s.wh + asks - upTo(homes, slot, s.tick), asks);
        }
    }

    function _share(uint256 before, uint256 wh, uint256 left, uint256 volume) private pure returns (uint256) {
        return volume == 0 ? 0 : ((before + wh) * left) / volume - (before * left) / volume;
    }
}
