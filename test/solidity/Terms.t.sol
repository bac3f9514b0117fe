// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms, packCalendar, packTerms} from "../../contracts/types/Terms.sol";
import {Check} from "./Check.sol";

/// @notice The word of a community's parameters keeps every one of them.
contract TermsTest {
    struct Grid {
        uint16 slotDuration;
        uint8 slotsPerPeriod;
        uint16 lotWh;
        uint16 floorPrice;
        uint16 tickSize;
        uint8 tickCount;
        bool wide;
    }

    struct Calendar {
        uint8 horizon;
        uint8 ring;
        uint24 gateClosure;
        uint24 readingDeadline;
        uint24 correctionWindow;
        uint24 claimWindow;
        uint32 settlementFee;
        uint24 revealWindow;
    }

    function testFuzz_terms(Grid memory g, Calendar memory c) external pure {
        Terms t = _pack(g, c);
        Check.eq(t.slotDuration(), g.slotDuration, "slot duration");
        Check.eq(t.slotsPerPeriod(), g.slotsPerPeriod, "slots per period");
        Check.eq(t.lotWh(), g.lotWh, "Wh per lot");
        Check.eq(t.floorPrice(), g.floorPrice, "floor price");
        Check.eq(t.tickSize(), g.tickSize, "tick size");
        Check.eq(t.tickCount(), g.tickCount, "tick count");
        Check.yes(t.wideTicks() == g.wide, "wide ticks");
        Check.eq(t.horizon(), c.horizon, "horizon");
        Check.eq(t.ring(), c.ring, "ring");
        Check.eq(t.gateClosure(), c.gateClosure, "gate closure");
        Check.eq(t.readingDeadline(), c.readingDeadline, "reading deadline");
        Check.eq(t.correctionWindow(), c.correctionWindow, "correction window");
        Check.eq(t.claimWindow(), c.claimWindow, "claim window");
        Check.eq(t.settlementFee(), c.settlementFee, "settlement fee");
        Check.eq(t.revealWindow(), c.revealWindow, "reveal window");
        Check.yes(t.isSealed() == (c.revealWindow != 0), "sealed");
    }

    function testFuzz_calendar(Grid memory g, Calendar memory c, uint40 timestamp, uint24 period) external pure {
        if (g.slotDuration == 0) g.slotDuration = 900;
        if (g.slotsPerPeriod == 0) g.slotsPerPeriod = 96;
        Terms t = _pack(g, c);
        uint256 length = uint256(g.slotDuration) * g.slotsPerPeriod;
        Check.eq(t.periodLength(), length, "length");
        uint256 now_ = t.periodAt(timestamp);
        Check.yes(now_ * length <= timestamp && timestamp < t.periodEnd(now_), "period of a time");
        Check.eq(t.periodEnd(period), (uint256(period) + 1) * length, "end");
        uint256 slot = 1 + uint256(c.gateClosure) / g.slotDuration + period;
        Terms open = _pack(g, Calendar(c.horizon, c.ring, c.gateClosure, 0, 0, 0, 0, 0));
        Check.eq(open.gateOf(slot) + c.gateClosure, slot * g.slotDuration, "gate");
    }

    /// One gate for all slots of a period, and the reveal behind it.
    function testFuzz_sealedCalendar(Grid memory g, Calendar memory c, uint40 timestamp, uint24 period) external pure {
        if (g.slotDuration == 0) g.slotDuration = 900;
        if (g.slotsPerPeriod == 0) g.slotsPerPeriod = 96;
        if (c.revealWindow == 0) c.revealWindow = 8;
        Terms t = _pack(g, c);
        uint256 length = uint256(g.slotDuration) * g.slotsPerPeriod;
        uint256 delivered = 1 + uint256(c.gateClosure) / length + period;
        uint256 gate = t.gateOfPeriod(delivered);
        Check.eq(gate + c.gateClosure, delivered * length, "gate of the period");
        Check.eq(t.gateOf(delivered * g.slotsPerPeriod), gate, "gate of its first slot");
        Check.eq(t.gateOf((delivered + 1) * g.slotsPerPeriod - 1), gate, "gate of its last slot");
        Check.eq(t.revealEnd(delivered), gate + c.revealWindow, "end of the reveal");
        uint256 last = t.lastGateAt(timestamp);
        Check.yes(last * length <= uint256(timestamp) + c.gateClosure, "its gate has closed");
        Check.yes((last + 1) * length > uint256(timestamp) + c.gateClosure, "the next one has not");
    }

    function _pack(Grid memory g, Calendar memory c) private pure returns (Terms) {
        uint256 grid = packTerms(
            g.slotDuration,
            g.slotsPerPeriod,
            g.lotWh,
            g.floorPrice,
            g.tickSize,
            g.tickCount,
            g.wide
        );
        return
            packCalendar(
                grid,
                c.horizon,
                c.ring,
                c.gateClosure,
                c.readingDeadline,
                c.correctionWindow,
                c.claimWindow,
                c.settlementFee
            ).withRevealWindow(c.revealWindow);
    }
}
