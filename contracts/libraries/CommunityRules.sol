// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IProsumerRegistry} from "../interfaces/IProsumerRegistry.sol";
import {Terms, packTerms, packCalendar} from "../types/Terms.sol";
import {Packed} from "./Packed.sol";
import {Tariff} from "./Tariff.sol";

/// @title Community rules
/// @notice The bounds of a community's parameters and of its tariffs.
library CommunityRules {
    using Packed for bytes;

    uint256 internal constant MAX_SLOTS = 144;
    uint256 internal constant MAX_HORIZON = 14;
    uint256 internal constant MAX_RING = 128;
    uint256 internal constant MAX_LISTED = 16; // suppliers, classes, modules

    /// @dev Turns of a reveal window: one per commit that a period takes.
    uint256 internal constant TURNS = 8;

    /// @dev Lots that a tick of 16 bits holds; all ones in a prefix means "not accepted".
    uint256 internal constant TICK_LOTS = type(uint16).max;

    /// @notice Checks every bound and packs what hot paths need.
    function pack(IProsumerRegistry.CommunityTerms calldata t) internal pure returns (Terms) {
        uint256 d = t.slotDuration;
        _bound("slotDuration", d, d == 300 || d == 900 || d == 1800 || d == 3600);
        uint256 period = d * t.slotsPerPeriod;
        _bound(
            "slotsPerPeriod",
            t.slotsPerPeriod,
            t.slotsPerPeriod > 0 && t.slotsPerPeriod <= MAX_SLOTS && 1 days % period == 0
        );
        _bound("lotWh", t.lotWh, t.lotWh == 1 || t.lotWh == 10 || t.lotWh == 100 || t.lotWh == 1000);
        _bound("tickCount", t.tickCount, t.tickCount == 32 || t.tickCount == 64 || t.tickCount == 128);
        _bound("tickSize", t.tickSize, t.tickSize > 0);
        uint256 highest = t.floorPrice + uint256(t.tickSize) * (t.tickCount - 1);
        _bound("floorPrice", t.floorPrice, highest <= type(uint16).max);
        _bound("gateClosure", t.gateClosure, t.gateClosure <= period);
        _bound("horizon", t.horizon, t.horizon <= MAX_HORIZON);
        _bound("readingDeadline", t.readingDeadline, t.readingDeadline > 0);
        _bound("correctionWindow", t.correctionWindow, t.correctionWindow > t.readingDeadline);
        _bound("claimWindow", t.claimWindow, t.claimWindow > t.correctionWindow);
        _bound("maxImport", t.maxImport, t.maxImport > 0);
        _checkSealed(t, period);
        // R * period >= horizon + period + claimWindow + one period (section 3.4 of the design).
        uint256 ring = t.horizon + 2 + (uint256(t.claimWindow) + period - 1) / period;
        _bound("claimWindow", t.claimWindow, ring <= MAX_RING);
        // An odd ring: what has the same 20-bit tag 2^20 periods later lies in another entry.
        ring |= 1;
        uint256 grid = packTerms(d, t.slotsPerPeriod, t.lotWh, t.floorPrice, t.tickSize, t.tickCount, t.wideTicks);
        return
            packCalendar(
                grid,
                t.horizon,
                ring,
                t.gateClosure,
                t.readingDeadline,
                t.correctionWindow,
                t.claimWindow,
                t.settlementFee
            ).withRevealWindow(t.revealWindow);
    }

    /// @notice Checks a tariff version against the bounds that members signed.
    function checkTariff(
        bytes calldata tariff,
        uint256 classCount,
        uint256 slots,
        uint256 maxImport,
        uint256 maxNetworkFee
    ) internal pure {
        uint256 expected = Tariff.lengthOf(classCount, slots);
        if (tariff.length != expected) revert IProsumerRegistry.TariffLength(tariff.length, expected);
        uint256 networkFee = tariff.u16(0);
        _bound("networkFee", networkFee, networkFee <= maxNetworkFee);
        for (uint256 slot = 0; slot < slots; ++slot) {
            uint256 lowestImport = type(uint256).max;
            uint256 highestExport = 0;
            for (uint256 class = 0; class < classCount; ++class) {
                uint256 both = tariff.u32(2 + 4 * (class * slots + slot));
                uint256 importPrice = both >> 16;
                if (importPrice > maxImport) revert IProsumerRegistry.TariffPrice(slot, importPrice, both & 0xffff);
                if (importPrice < lowestImport) lowestImport = importPrice;
                if (both & 0xffff > highestExport) highestExport = both & 0xffff;
            }
            // Otherwise buying from one supplier to sell to another would be a money pump.
            if (highestExport > lowestImport) revert IProsumerRegistry.TariffPrice(slot, lowestImport, highestExport);
        }
    }

    /// @notice Checks a member's caps, lots per slot: within what a meter value of 24 bits holds, and, unless ticks are wide, an
    /// eighth of a tick at most and all of them together within a tick.
    function checkCaps(Terms t, uint256 buy, uint256 sell, uint256 sumBuy, uint256 sumSell) internal pure {
        uint256 most = type(uint24).max / t.lotWh();
        if (!t.wideTicks() && most > TICK_LOTS / 8) most = TICK_LOTS / 8;
        if (buy > most) revert IProsumerRegistry.CapTooLarge(buy, most);
        if (sell > most) revert IProsumerRegistry.CapTooLarge(sell, most);
        if (t.wideTicks()) return;
        if (sumBuy > TICK_LOTS) revert IProsumerRegistry.CapsExceedTick(sumBuy, TICK_LOTS);
        if (sumSell > TICK_LOTS) revert IProsumerRegistry.CapsExceedTick(sumSell, TICK_LOTS);
    }

    /// @dev A reveal ends before its period starts: members' words stay the same from the gate to the end of it.
    function _checkSealed(IProsumerRegistry.CommunityTerms calldata t, uint256 period) private pure {
        _bound("revealWindow", t.revealWindow, t.revealWindow <= t.gateClosure && t.revealWindow % TURNS == 0);
        _bound("bond", t.bond, (t.bond != 0) == (t.revealWindow != 0));
        // Commits come in from the start of the period `horizon` periods earlier until the gate: that must leave some time.
        _bound("horizon", t.horizon, t.revealWindow == 0 || t.horizon * period > t.gateClosure);
    }

    function _bound(string memory parameter, uint256 value, bool good) private pure {
        if (!good) revert IProsumerRegistry.OutOfBounds(parameter, value);
    }
}
