// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../../../contracts/interfaces/IOrderBook.sol";
import {Clearing} from "../../../contracts/libraries/Clearing.sol";

/// @notice `EntryLoops` without assembly, packed words and shortcuts: a book is an array of volumes, a strip one of orders.
library EntryLoopsPlain {
    /// @dev The prefix of an order that was not accepted.
    uint256 internal constant REFUSED = type(uint256).max;

    struct Order {
        uint256 slot;
        uint256 side; // 1 sells
        uint256 tick;
        uint256 lots;
    }

    /// @param fullTick Most lots that a tick holds.
    /// @param openFrom First slot whose gate is open.
    /// @param busy Slots whose ring entry an older slot still needs.
    /// @param volumes Lots, by 2 * slot + side, then by tick.
    struct Market {
        uint256 slots;
        uint256 ticks;
        uint256 fullTick;
        uint256 lotWh;
        uint256 floorPrice;
        uint256 tickSize;
        uint256 networkFee;
        uint256 openFrom;
        bool[] busy;
        uint256[][] volumes;
    }

    /// @param caps Most lots per slot, by side.
    /// @param settlementFee Base units of `maxReserve` that are taken from the start.
    /// @param importPrices By slot, base units per Wh.
    struct Strip {
        Order[] orders;
        uint256[2] caps;
        uint256 frontier;
        uint256 maxReserve;
        uint256 feePerEntry;
        uint256 settlementFee;
        uint256[] importPrices;
    }

    /// @param busy Whether it stopped at a busy slot: then the book is as it was.
    /// @param reasons By order.
    /// @param prefixes By order: the tick's volume before it, or `REFUSED`.
    /// @param used Base units of `maxReserve`.
    /// @param lots Accepted, by side.
    /// @param refused Orders.
    /// @param seen Orders before the one of a busy slot.
    /// @param slotEnd One past the slot of the last order, or of the last accepted one if that is off the grid or behind the other.
    struct Outcome {
        bool busy;
        IOrderBook.EntryReason[] reasons;
        uint256[] prefixes;
        uint256 used;
        uint256[2] lots;
        uint256 refused;
        uint256 seen;
        uint256 slotEnd;
    }

    // ---------------------------------------------------------------------------------------------------- acceptance

    function accept(Market memory m, Strip memory s) internal pure returns (Outcome memory o) {
        uint256 count = s.orders.length;
        o.reasons = new IOrderBook.EntryReason[](count);
        o.prefixes = new uint256[](count);
        o.used = s.settlementFee;
        bool spent = false;
        uint256 last = 0;
        for (; o.seen < count; ++o.seen) {
            Order memory order = s.orders[o.seen];
            IOrderBook.EntryReason reason = _refuse(m, s, o, spent);
            spent = reason == IOrderBook.EntryReason.OverReserve;
            if (reason == IOrderBook.EntryReason.None) {
                if (m.busy[order.slot]) {
                    o.busy = true;
                    return o;
                }
                if (_volume(m, order) + order.lots > m.fullTick) reason = IOrderBook.EntryReason.TickFull;
            }
            o.reasons[o.seen] = reason;
            if (reason == IOrderBook.EntryReason.None) {
                o.prefixes[o.seen] = _volume(m, order);
                _setVolume(m, order, _volume(m, order) + order.lots);
                o.used += s.feePerEntry + reserveOf(m, s, order);
                o.lots[order.side] += order.lots;
                last = order.slot;
            } else {
                o.prefixes[o.seen] = REFUSED;
                ++o.refused;
            }
        }
        uint256 end = s.orders[count - 1].slot;
        o.slotEnd = (end < m.slots && end > last ? end : last) + 1;
    }

    /// @notice Takes what was accepted of a strip out of the book again.
    function undo(Market memory m, Strip memory s, Outcome memory o) internal pure {
        for (uint256 i = 0; i < o.seen; ++i) {
            if (o.reasons[i] != IOrderBook.EntryReason.None) continue;
            _setVolume(m, s.orders[i], _volume(m, s.orders[i]) - s.orders[i].lots);
        }
    }

    /// @notice A buyer's worst case is its limit and the network fee; a seller's that it delivers nothing.
    function reserveOf(Market memory m, Strip memory s, Order memory order) internal pure returns (uint256) {
        uint256 price = m.floorPrice + order.tick * m.tickSize;
        uint256 perWh = price + m.networkFee;
        if (order.side == 1) {
            uint256 importPrice = s.importPrices[order.slot];
            perWh = importPrice > price + m.tickSize ? importPrice - price : m.tickSize;
        }
        return order.lots * m.lotWh * perWh;
    }

    /// @dev The checks that look neither at the book nor at what was accepted before.
    function _refuseUnseen(
        Market memory m,
        Strip memory s,
        uint256 index
    ) private pure returns (IOrderBook.EntryReason) {
        Order memory order = s.orders[index];
        for (uint256 i = 0; i < index; ++i) {
            if (!_isBefore(s.orders[i], order)) return IOrderBook.EntryReason.NotAscending;
        }
        if (order.slot >= m.slots || order.tick >= m.ticks) return IOrderBook.EntryReason.OffGrid;
        if (order.lots == 0) return IOrderBook.EntryReason.ZeroLots;
        if (order.slot < s.frontier) return IOrderBook.EntryReason.BehindFrontier;
        if (order.slot < m.openFrom) return IOrderBook.EntryReason.GateClosed;
        return IOrderBook.EntryReason.None;
    }

    /// @dev The checks but for the book's. What comes behind an order that the rest of the reserve does not cover is not looked at.
    function _refuse(
        Market memory m,
        Strip memory s,
        Outcome memory o,
        bool spent
    ) private pure returns (IOrderBook.EntryReason reason) {
        if (spent) return IOrderBook.EntryReason.OverReserve;
        reason = _refuseUnseen(m, s, o.seen);
        if (reason != IOrderBook.EntryReason.None) return reason;
        Order memory order = s.orders[o.seen];
        uint256 lots = order.lots;
        for (uint256 i = 0; i < o.seen; ++i) {
            if (o.reasons[i] != IOrderBook.EntryReason.None) continue;
            if (s.orders[i].slot == order.slot && s.orders[i].side == order.side) lots += s.orders[i].lots;
        }
        if (lots > s.caps[order.side]) return IOrderBook.EntryReason.OverCap;
        if (o.used + s.feePerEntry + reserveOf(m, s, order) > s.maxReserve) {
            return IOrderBook.EntryReason.OverReserve;
        }
    }

    function _isBefore(Order memory a, Order memory b) private pure returns (bool) {
        if (a.slot != b.slot) return a.slot < b.slot;
        if (a.side != b.side) return a.side < b.side;
        return a.tick < b.tick;
    }

    function _volume(Market memory m, Order memory order) private pure returns (uint256) {
        return m.volumes[2 * order.slot + order.side][order.tick];
    }

    function _setVolume(Market memory m, Order memory order, uint256 volume) private pure {
        m.volumes[2 * order.slot + order.side][order.tick] = volume;
    }

    // ---------------------------------------------------------------------------------------------------- fills

    /// @param results By slot.
    /// @param cleared By slot.
    /// @param bought Wh by slot so far.
    /// @param sold Wh by slot so far.
    /// @param paid Base units so far.
    /// @param received Base units so far.
    struct Fills {
        uint256 floorPrice;
        uint256 tickSize;
        uint256 lotWh;
        Clearing.Result[] results;
        bool[] cleared;
        uint256[] bought;
        uint256[] sold;
        uint256 paid;
        uint256 received;
    }

    /// @return False if a slot of an accepted order is not cleared.
    function fills(Fills memory f, Order[] memory orders, uint256[] memory prefixes) internal pure returns (bool) {
        for (uint256 i = 0; i < orders.length; ++i) {
            if (prefixes[i] == REFUSED) continue;
            Order memory order = orders[i];
            if (!f.cleared[order.slot]) return false;
            Clearing.Result memory r = f.results[order.slot];
            uint256 wh = fill(r, order, prefixes[i]) * f.lotWh;
            uint256 money = wh * (f.floorPrice + r.priceTick * f.tickSize);
            if (order.side == 0) {
                f.bought[order.slot] += wh;
                f.paid += money;
            } else {
                f.sold[order.slot] += wh;
                f.received += money;
            }
        }
        return true;
    }

    /// @return Lots filled of an accepted order.
    function fill(Clearing.Result memory r, Order memory order, uint256 prefix) internal pure returns (uint256) {
        if (r.marginalTick == Clearing.NO_TRADE) return 0;
        if (order.tick == r.marginalTick) {
            uint256 allotment = order.side == 0 ? r.bidAllotment : r.askAllotment;
            uint256 volume = order.side == 0 ? r.bidVolume : r.askVolume;
            return ((prefix + order.lots) * allotment) / volume - (prefix * allotment) / volume;
        }
        bool better = order.side == 0 ? order.tick > r.marginalTick : order.tick < r.marginalTick;
        return better ? order.lots : 0;
    }
}
