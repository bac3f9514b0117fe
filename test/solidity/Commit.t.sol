// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit, newCommit, FORFEITED, PENDING, RELEASED} from "../../contracts/types/Commit.sol";
import {Calendar, PLACES, Round, roundAt} from "../../contracts/types/Round.sol";
import {Check} from "./Check.sol";
import {bound} from "./support/Vm.sol";

/// @notice A commit's word keeps what is put into it, a change of one field changes no other, and its round has the right times.
contract CommitTest {
    struct Fields {
        address relayer;
        uint32 period;
        uint8 chunks;
        uint8 revealed;
        uint16 strips;
        uint16 challenges;
        bool named;
        uint256 fate;
    }

    function testFuzz_commit(Fields memory f, uint8 reveals, uint16 taken, uint16 answers) external pure {
        (f.revealed, f.challenges, f.fate) = (0, 0, PENDING);
        Commit c = newCommit(f.relayer, f.period, f.chunks, f.strips, f.named);
        _check(c, f);
        reveals = uint8(bound(reveals, 0, f.chunks > 40 ? 40 : f.chunks));
        for (uint256 i = 0; i < reveals; ++i) {
            taken = uint16(bound(taken, 0, f.strips));
            c = c.withReveal(taken);
            (f.revealed, f.strips) = (f.revealed + 1, f.strips - taken);
            _check(c, f);
        }
        for (uint256 i = 0; i < 5; ++i) {
            c = c.withChallenge();
            ++f.challenges;
            _check(c, f);
        }
        for (uint256 i = answers % 6; i > 0; --i) {
            c = c.withAnswer();
            --f.challenges;
            _check(c, f);
        }
        for (f.fate = RELEASED; f.fate <= FORFEITED; ++f.fate) _check(c.withFate(f.fate), f);
    }

    function testFuzz_theWordBelongsToItsPeriod(address relayer, uint32 period, uint32 other) external pure {
        Commit c = newCommit(relayer, period, 1, 1, true);
        Check.yes(c.isFor(period) == (relayer != address(0)), "its own period");
        Check.yes(!c.isFor(other) || other == period, "no other");
        Check.yes(!c.isFor(uint256(period) + (1 << 32)), "no other of the same low bits");
        Check.yes(!Commit.wrap(0).isFor(0), "an untouched word is nobody's");
    }

    function testFuzz_theRingComesRoundWhenAnswersEnd(
        uint256[4] memory seeds,
        uint32 period,
        uint32 community
    ) external pure {
        Calendar memory c = _calendar(seeds);
        period = uint32(bound(period, c.horizon, type(uint32).max - 300));
        if (period == 0) period = 1;
        Round memory r = roundAt(1 << 128, community, period, 0, c);
        Round memory next = roundAt(1 << 128, community, period + c.horizon + 2, 0, c);
        Check.eq(next.pos, r.pos, "same words");
        Check.eq(next.opens, r.answerEnd, "opens when answers end");
        for (uint256 i = 1; i < c.horizon + 2; ++i) {
            uint256 pos = roundAt(1 << 128, community, period + i, 0, c).pos;
            Check.yes(pos >= r.pos + 2 * PLACES || pos + 2 * PLACES <= r.pos, "words of its own");
            Check.eq(pos >> 16, r.pos >> 16, "within the community");
        }
        Check.eq(r.pos >> 16, (uint256(1) << 112) + community, "the community's words");
    }

    function testFuzz_turnsFillTheWindow(uint256[4] memory seeds, uint32 period) external pure {
        Calendar memory c = _calendar(seeds);
        period = uint32(bound(period, 1, type(uint32).max));
        Round memory r = roundAt(0, 0, period, 0, c);
        Check.eq(r.gate + c.gateClosure, period * c.periodLength, "gate");
        Check.eq(r.opens, period > c.horizon ? (period - c.horizon) * c.periodLength : 0, "opens");
        uint256 start = r.gate;
        for (uint256 place = 0; place < PLACES; ++place) {
            Check.eq(r.turnEnd(place) - start, c.revealWindow / 8, "an eighth each");
            start = r.turnEnd(place);
        }
        Check.eq(r.revealEnd(), r.gate + c.revealWindow, "all of the window");
        Check.atMost(r.revealEnd(), period * c.periodLength, "before the period");
        Check.eq(r.challengeEnd, (period + uint256(1)) * c.periodLength, "challenges end with the period");
        Check.eq(r.answerEnd, (period + uint256(2)) * c.periodLength, "answers a period later");
    }

    function _calendar(uint256[4] memory seeds) private pure returns (Calendar memory c) {
        c.periodLength = bound(seeds[0], 300, 86_400);
        c.horizon = bound(seeds[1], 0, 255);
        c.gateClosure = bound(seeds[2], 8, c.periodLength);
        c.revealWindow = bound(seeds[3], 1, c.gateClosure / 8) * 8;
    }

    function _check(Commit c, Fields memory f) private pure {
        Check.yes(c.relayerOf() == f.relayer, "relayer");
        Check.eq(c.periodOf(), f.period, "period");
        Check.eq(c.chunksOf(), f.chunks, "chunks");
        Check.eq(c.revealedOf(), f.revealed, "revealed");
        Check.eq(c.stripsLeftOf(), f.strips, "strips left");
        Check.eq(c.challengesOf(), f.challenges, "challenges");
        Check.yes(c.isNamed() == f.named, "named");
        Check.eq(c.fateOf(), f.fate, "fate");
        Check.yes(c.isRevealed() == (f.revealed == f.chunks), "all revealed");
        Check.yes(c.isFinished() == (f.fate != PENDING), "finished");
    }
}
