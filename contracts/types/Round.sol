// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What of a sealed community's terms its rounds depend on.
/// @param periodLength Seconds per period.
/// @param horizon Periods after the current one that take commits.
/// @param gateClosure Seconds between the gate and the period's start; less than `horizon` periods, or nobody could commit.
/// @param revealWindow Seconds from the gate in which commits are revealed; a multiple of `PLACES`, at most `gateClosure`.
struct Calendar {
    uint256 periodLength;
    uint256 horizon;
    uint256 gateClosure;
    uint256 revealWindow;
}

/// @notice The commits of one period at one moment. Times are unix seconds.
/// @param pos First of the period's words: `PLACES` commits, then their roots.
/// @param time Now.
/// @param opens From here on, and before the gate, relayers commit.
/// @param gate From here on commits are revealed, turn by turn.
/// @param turn Seconds per turn.
/// @param challengeEnd Challenges start when the last turn is over and end here, at the period's end.
/// @param answerEnd Answers end here, a period later.
struct Round {
    uint256 pos;
    uint256 period;
    uint256 time;
    uint256 opens;
    uint256 gate;
    uint256 turn;
    uint256 challengeEnd;
    uint256 answerEnd;
}

using {turnEnd, revealEnd} for Round global;

/// @dev Commits of a period.
uint256 constant PLACES = 8;

/// @dev Places that relayers take whom the coordinator did not name; the others are kept for those it did.
uint256 constant OPEN_PLACES = 4;

/// @notice The round of `period` at `time`.
/// @dev Ring of horizon + 2 periods. The entry of period p is asked for again by period p + horizon + 2, which opens at the start of
/// period p + 2: exactly when the answers of p end. So by then every commit of p can be finished, and anyone can finish it.
/// Place: `community 32 | ring entry 12 | place 4`.
function roundAt(
    uint256 area,
    uint256 community,
    uint256 period,
    uint256 time,
    Calendar memory c
) pure returns (Round memory r) {
    uint256 start = period * c.periodLength;
    r.pos = area | (community << 16) | ((period % (c.horizon + 2)) << 4);
    (r.period, r.time) = (period, time);
    r.opens = period > c.horizon ? start - c.horizon * c.periodLength : 0;
    r.gate = start - c.gateClosure;
    r.turn = c.revealWindow / PLACES;
    r.challengeEnd = start + c.periodLength;
    r.answerEnd = r.challengeEnd + c.periodLength;
}

/// @return When the turn of a place ends: to the second, it is over.
function turnEnd(Round memory r, uint256 place) pure returns (uint256) {
    return r.gate + (place + 1) * r.turn;
}

/// @return When the last turn ends.
function revealEnd(Round memory r) pure returns (uint256) {
    return turnEnd(r, PLACES - 1);
}
