// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commits} from "../../contracts/libraries/Commits.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Commit} from "../../contracts/types/Commit.sol";
import {Calendar, OPEN_PLACES, PLACES, Round, roundAt} from "../../contracts/types/Round.sol";
import {Check, Dice} from "./Check.sol";
import {bound} from "./support/Vm.sol";

/// @notice Commits over many turns of the ring: never more than eight, never a new word, never anything in the way for good.
contract CommitsTest {
    uint256 private immutable _area = Words.area("commits");
    Calendar private _calendar = Calendar(1_000, 2, 200, 80);

    /// @dev Zero words that became something, while `play` counts.
    uint256 private _new;

    function testFuzz_noNewWordsAfterTheFirstTurnOfTheRing(uint256 seed) external {
        Dice memory d = Dice(seed);
        uint256 ring = _calendar.horizon + 2;
        for (uint256 period = 50; period < 50 + ring; ++period) _fill(d, period, PLACES);
        _new = 0;
        for (uint256 period = 50 + ring; period < 50 + 4 * ring; ++period) {
            _finishAll(period - ring, period * 1_000 - 2_000);
            _fill(d, period, d.upTo(PLACES));
        }
        Check.eq(_new, 0, "new words");
    }

    function testFuzz_neverMoreThanEightAndFourUnnamed(uint256 seed) external {
        Dice memory d = Dice(seed);
        uint256[2] memory taken;
        for (uint256 i = 0; i < 24; ++i) {
            bool named = d.one(2);
            bool free = taken[0] + taken[1] < PLACES && (named || taken[0] < OPEN_PLACES);
            bool accepted = this.tryAdd(60, 58_000, address(uint160(1 + i)), named);
            Check.yes(accepted == free, "a place if there is one");
            if (accepted) ++taken[named ? 1 : 0];
        }
        Check.atMost(taken[0], 4, "unnamed");
        Check.atMost(taken[0] + taken[1], 8, "all");
        Check.yes(this.tryAdd(60, 58_000, address(99), true) == (taken[0] + taken[1] < 8), "kept for named ones");
    }

    /// @notice Whatever became of the commits of a period, each can be finished when the next period of its ring entry opens.
    function testFuzz_nothingBlocksThePlaceWhenItsNextPeriodOpens(uint256 seed) external {
        Dice memory d = Dice(seed);
        uint256 count = d.upTo(PLACES);
        _fill(d, 70, count);
        Round memory r = _round(70, 0);
        for (uint256 place = 0; place < count; ++place) {
            r.time = r.gate;
            uint256 what = d.roll() % 3;
            if (what == 0) continue; // withheld
            _reveal(r, place);
            if (what == 1) continue; // kept
            r.time = r.revealEnd() + d.upTo(r.challengeEnd - r.revealEnd() - 1);
            for (uint256 i = d.upTo(3); i < 4; ++i) Commits.challenge(r, place, bytes32(i));
        }
        r.time = r.answerEnd;
        Check.eq(_round(74, 0).opens, r.answerEnd, "the next period opens");
        for (uint256 place = 0; place < count; ++place) Commits.finish(r, place);
        _fill(d, 74, PLACES);
    }

    /// @notice The turn as the rule says it: the first place that is neither revealed nor out of time.
    function testFuzz_turns(uint256 seed, uint256 time) external {
        Dice memory d = Dice(seed);
        uint256 count = d.upTo(PLACES);
        _fill(d, 80, count);
        Round memory r = _round(80, 0);
        r.time = d.one(2) ? bound(time, r.gate, r.revealEnd() + 5) : r.gate + r.turn * d.upTo(PLACES) - d.upTo(1);
        uint256 expected = PLACES;
        for (uint256 i = count; i > 0; --i) {
            bool revealed = d.one(2);
            if (revealed) _reveal(r, i - 1);
            else if (r.time < r.gate + i * (uint256(80) / 8)) expected = i - 1;
        }
        Check.eq(Commits.turnOf(r), expected, "turn");
        Check.yes(Commits.isResolved(r) == (r.time >= r.gate && expected == PLACES), "resolved");
    }

    function tryAdd(uint256 period, uint256 time, address relayer, bool named) external returns (bool) {
        try this.add(period, time, relayer, named) {
            return true;
        } catch {
            return false;
        }
    }

    function add(uint256 period, uint256 time, address relayer, bool named) external {
        Commits.add(_round(period, time), relayer, named, bytes32(uint256(1)), 1, 1);
    }

    // ---------------------------------------------------------------------------------------------------- steps

    /// @dev `count` commits of a chunk each, named from the fifth on; counts the words that were zero before.
    function _fill(Dice memory d, uint256 period, uint256 count) private {
        Round memory r = _round(period, 0);
        r.time = r.opens + d.upTo(r.gate - r.opens - 1);
        for (uint256 place = 0; place < count; ++place) {
            if (Words.load(r.pos + place) == 0) ++_new;
            if (Words.load(r.pos + PLACES + place) == 0) ++_new;
            bytes32 root = bytes32(d.roll() | 1);
            Check.eq(Commits.add(r, address(uint160(1 + place)), place >= OPEN_PLACES, root, 1, 1), place, "place");
            Check.yes(Commits.rootAt(r, place) == root, "root");
        }
    }

    function _finishAll(uint256 period, uint256 time) private {
        Round memory r = _round(period, time);
        for (uint256 place = 0; place < PLACES; ++place) {
            Commit c = Commits.commitAt(r, place);
            if (c.isFor(period) && !c.isFinished()) Commits.finish(r, place);
        }
    }

    /// @dev Writes what a reveal of the only chunk leaves: the chain is not what these tests are about.
    function _reveal(Round memory r, uint256 place) private {
        Words.store(r.pos + place, Commit.unwrap(Commits.commitAt(r, place).withReveal(1)));
    }

    function _round(uint256 period, uint256 time) private view returns (Round memory) {
        return roundAt(_area, 3, period, time, _calendar);
    }
}
