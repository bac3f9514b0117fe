// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Pledge, MAX_PLEDGE} from "../../contracts/types/Pledge.sol";
import {Check, Dice} from "./Check.sol";

/// @notice The word of a member's pledge against the same in plain fields, through any sequence of changes.
contract PledgeTest {
    struct Plain {
        uint256 pledged;
        uint256 leaving;
        uint256 leavesAfter;
        uint256 fresh;
        uint256 gate;
        bool switched;
    }

    function testFuzz_pledgeKeepsWhatItsPlainTwinKeeps(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        Plain memory plain;
        Pledge word;
        uint256 period = 1 + d.upTo(type(uint24).max - 64);
        for (uint256 step = 0; step < 32; ++step) {
            if (d.one(3)) ++period;
            word = _change(word, plain, period, d);
            Check.eq(word.pledgedOf(), plain.pledged, "pledged");
            Check.eq(word.leavingOf(), plain.leaving, "leaving");
            Check.eq(word.leavesAfter(), plain.leavesAfter, "leaves after");
            Check.eq(word.freshSince(period), plain.gate == period ? plain.fresh : 0, "fresh");
            for (uint256 ahead = 0; ahead < 4; ++ahead) {
                Check.eq(word.availableFor(period + ahead), _available(plain, period + ahead), "available");
                bool switched = plain.switched && plain.gate == period + ahead;
                Check.yes(word.isSwitchedSince(period + ahead) == switched, "switched");
            }
        }
    }

    function testFuzz_anEarlierGateIsForgotten(uint256 seed, uint24 gate, uint24 later) external pure {
        Dice memory d = Dice(seed);
        Pledge word = Pledge.wrap(0).sinceGate(gate).withAdded(d.upTo(MAX_PLEDGE)).withSwitched();
        Check.yes(word.isSwitchedSince(gate), "switched");
        if (gate == later) return;
        Pledge since = word.sinceGate(later);
        Check.yes(!since.isSwitchedSince(gate) && !since.isSwitchedSince(later), "forgotten");
        Check.eq(since.availableFor(gate), word.pledgedOf(), "not fresh for the one before");
        Check.eq(since.availableFor(later), word.pledgedOf(), "nor for the later one");
    }

    function _change(Pledge word, Plain memory plain, uint256 period, Dice memory d) private pure returns (Pledge) {
        uint256 kind = d.roll() % 5;
        if (kind == 0) {
            uint256 amount = d.upTo(MAX_PLEDGE - plain.pledged);
            if (plain.gate != period) (plain.fresh, plain.switched) = (0, false);
            plain.gate = period;
            plain.pledged += amount;
            plain.fresh += amount;
            return word.sinceGate(period).withAdded(amount);
        }
        if (kind == 1) {
            uint256 later = period + (d.roll() % 3);
            uint256 amount = d.upTo(_available(plain, later));
            plain.pledged -= amount;
            if (plain.gate != later) plain.fresh -= amount < plain.fresh ? amount : plain.fresh;
            _clamp(plain);
            return word.withTaken(amount, later);
        }
        if (kind == 2) {
            plain.leaving += d.upTo(plain.pledged - plain.leaving);
            plain.leavesAfter = period + (d.roll() % 3);
            return word.withLeaving(plain.leaving, plain.leavesAfter);
        }
        if (kind == 3) {
            plain.pledged -= plain.leaving;
            plain.leaving = 0;
            _clamp(plain);
            return word.withReleased();
        }
        if (plain.gate != period) plain.fresh = 0;
        (plain.gate, plain.switched) = (period, true);
        return word.sinceGate(period).withSwitched();
    }

    function _clamp(Plain memory plain) private pure {
        if (plain.leaving > plain.pledged) plain.leaving = plain.pledged;
        if (plain.fresh > plain.pledged) plain.fresh = plain.pledged;
    }

    function _available(Plain memory plain, uint256 period) private pure returns (uint256) {
        uint256 rest = plain.pledged;
        if (plain.leavesAfter < period) rest -= plain.leaving;
        if (plain.gate != period) return rest;
        return rest < plain.fresh ? 0 : rest - plain.fresh;
    }
}
