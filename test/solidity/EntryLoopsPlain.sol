// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SlotResult} from "../../contracts/types/SlotResult.sol";

/// @notice What accepting a strip and adding up its fills mean, entry by entry, in plain arrays.
library EntryLoopsPlain {
    /// @dev Reasons by number, as in `IDoubleAuction.EntryReason`.
    uint8 internal constant NOT_ASCENDING = 1;
    uint8 internal constant OFF_GRID = 2;
    uint8 internal constant ZERO_LOTS = 3;
    uint8 internal constant BEHIND_FRONTIER = 4;
    uint8 internal constant GATE_CLOSED = 5;
    uint8 internal constant OVER_CAP = 6;
    uint8 internal constant OVER_RESERVE = 7;
    uint8 internal constant TICK_FULL = 8;

    struct Grid {
        uint256 slots;
        uint256 ticks;
        uint256 lotWh;
        uint256 floorPrice;
        uint256 tickSize;
        uint256 networkFee;
        uint256 openFrom;
        bool wide;
        uint256[] importPrices; // per slot
    }

    struct Order {
        uint256[2] caps;
        uint256 frontier;
        uint256 maxReserve;
        uint256 feePerEntry;
        uint256 initial;
        uint32[] entries;
    }

    struct Outcome {
        bool busy;
        uint8[] reasons;
        uint256[] prefixes; // all ones where refused
        uint256 used;
        uint256[2] lots;
        uint256 frontier;
        uint256 refused;
    }

    /// @param volumes Lots by slot, side and tick; changed only if no slot is busy.
    /// @param busy Slots whose ring entry is taken.
    function accept(
        Grid memory g,
        Order memory o,
        uint256[][2][] memory volumes,
        bool[] memory busy
    ) internal pure returns (Outcome memory r) {
        r.reasons = new uint8[](o.entries.length);
        r.prefixes = new uint256[](o.entries.length);
        r.used = o.initial;
        r.frontier = o.frontier;
        for (uint256 i = 0; i < o.entries.length; ++i) {
            (uint256 offset, uint256 side, uint256 tick, uint256 lots) = split(o.entries[i]);
            if (offset < g.slots && offset >= r.frontier) r.frontier = offset + 1;
            uint8 reason = _early(g, o, i);
            if (reason == 0 && busy[offset]) {
                _undo(o, volumes, r, i);
                r.busy = true;
                return r;
            }
            if (reason == 0) reason = _late(g, o, volumes, r, i);
            r.reasons[i] = reason;
            if (reason != 0) {
                r.prefixes[i] = g.wide ? type(uint32).max : type(uint16).max;
                ++r.refused;
                continue;
            }
            r.prefixes[i] = volumes[offset][side][tick];
            volumes[offset][side][tick] += lots;
            r.used += o.feePerEntry + lots * g.lotWh * reservePrice(g, offset, side, tick);
            r.lots[side] += lots;
        }
    }

    function split(uint32 entry) internal pure returns (uint256 offset, uint256 side, uint256 tick, uint256 lots) {
        return (entry / 2 ** 24, (entry / 2 ** 23) % 2, (entry / 2 ** 16) % 128, entry % 2 ** 16);
    }

    function reservePrice(Grid memory g, uint256 offset, uint256 side, uint256 tick) internal pure returns (uint256) {
        uint256 limit = g.floorPrice + tick * g.tickSize;
        if (side == 0) return limit + g.networkFee;
        if (g.importPrices[offset] < limit + g.tickSize) return g.tickSize;
        return g.importPrices[offset] - limit;
    }

    function _early(Grid memory g, Order memory o, uint256 i) private pure returns (uint8) {
        (uint256 offset, , uint256 tick, uint256 lots) = split(o.entries[i]);
        for (uint256 j = 0; j < i; ++j) {
            if (o.entries[j] / 2 ** 16 >= o.entries[i] / 2 ** 16) return NOT_ASCENDING;
        }
        if (offset >= g.slots || tick >= g.ticks) return OFF_GRID;
        if (lots == 0) return ZERO_LOTS;
        if (offset < o.frontier) return BEHIND_FRONTIER;
        return offset < g.openFrom ? GATE_CLOSED : 0;
    }

    function _late(
        Grid memory g,
        Order memory o,
        uint256[][2][] memory volumes,
        Outcome memory r,
        uint256 i
    ) private pure returns (uint8) {
        (uint256 offset, uint256 side, uint256 tick, uint256 lots) = split(o.entries[i]);
        uint256 taken = lots;
        for (uint256 j = 0; j < i; ++j) {
            (uint256 otherOffset, uint256 otherSide, , uint256 otherLots) = split(o.entries[j]);
            if (r.reasons[j] == 0 && otherOffset == offset && otherSide == side) taken += otherLots;
        }
        if (taken > o.caps[side]) return OVER_CAP;
        uint256 need = o.feePerEntry + lots * g.lotWh * reservePrice(g, offset, side, tick);
        if (r.used + need > o.maxReserve) return OVER_RESERVE;
        return volumes[offset][side][tick] + lots > (g.wide ? type(uint32).max : type(uint16).max) ? TICK_FULL : 0;
    }

    function _undo(Order memory o, uint256[][2][] memory volumes, Outcome memory r, uint256 count) private pure {
        for (uint256 i = 0; i < count; ++i) {
            (uint256 offset, uint256 side, uint256 tick, uint256 lots) = split(o.entries[i]);
            if (r.reasons[i] == 0) volumes[offset][side][tick] -= lots;
        }
    }
}
