// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICommitBook} from "../interfaces/ICommitBook.sol";
import {Commit, newCommit, FORFEITED, MAX_CHUNKS, MAX_STRIPS, RELEASED} from "../types/Commit.sol";
import {OPEN_PLACES, PLACES, Round} from "../types/Round.sol";
import {Chain} from "./Chain.sol";
import {Words} from "./Words.sol";

/// @title Commits
/// @notice The commits of a period: made before the gate, revealed turn by turn behind it, challenged and finished.
/// @dev A commit is two words, rewritten whenever the ring comes round to its place. Only challenges write new words, outside rule 11:
/// nobody makes one unless a relayer broke its promise, or is said to have.
library Commits {
    /// @dev Words of challenges: what a strip's digest has come to.
    uint256 private constant CHALLENGED = 1;
    uint256 private constant ANSWERED = 2;

    // ---------------------------------------------------------------------------------------------------- before the gate

    /// @notice Takes the next place of the round.
    /// @param named Whether the coordinator named the relayer.
    /// @return place From 0; commits are revealed in this order.
    function add(
        Round memory r,
        address relayer,
        bool named,
        bytes32 root,
        uint256 chunks,
        uint256 strips
    ) internal returns (uint256 place) {
        if (r.time < r.opens || r.time >= r.gate) revert ICommitBook.CommitsClosed(r.period, r.opens, r.gate);
        if (chunks == 0 || chunks > MAX_CHUNKS || strips == 0 || strips > MAX_STRIPS) {
            revert ICommitBook.BadCommitSize(chunks, strips);
        }
        place = _freePlace(r, relayer, named);
        _store(r, place, newCommit(relayer, r.period, chunks, strips, named));
        Words.store(r.pos + PLACES + place, uint256(root));
    }

    function _freePlace(Round memory r, address relayer, bool named) private view returns (uint256 place) {
        uint256 unnamed = 0;
        Commit c = commitAt(r, 0);
        while (c.isFor(r.period)) {
            if (c.relayerOf() == relayer) revert ICommitBook.CommittedAlready(r.period, place);
            if (!c.isNamed()) ++unnamed;
            if (++place == PLACES) revert ICommitBook.NoPlaceLeft(r.period);
            c = commitAt(r, place);
        }
        if (!named && unnamed == OPEN_PLACES) revert ICommitBook.NoPlaceLeft(r.period);
        // The promise of an older period stands until its bond has found its owner.
        if (Commit.unwrap(c) != 0 && !c.isFinished()) revert ICommitBook.PlaceBusy(c.periodOf(), place);
    }

    // ---------------------------------------------------------------------------------------------------- from the gate on

    /// @notice Reveals the next chunk of the commit whose turn it is.
    /// @param chunk Hash of the chunk's bytes.
    /// @param strips Strips in it.
    /// @param before Hashes of the chunks that the commit revealed already.
    /// @param rest Root of the chain behind it.
    /// @return index Of the chunk in the commit.
    function reveal(
        Round memory r,
        uint256 place,
        bytes32 chunk,
        uint256 strips,
        bytes32[] calldata before,
        bytes32 rest
    ) internal returns (uint256 index) {
        Commit c = _commit(r, place);
        if (r.time < r.gate) revert ICommitBook.BeforeGate(r.period, r.gate);
        uint256 turn = turnOf(r);
        if (turn != place) revert ICommitBook.NotItsTurn(r.period, place, turn);
        index = c.revealedOf();
        if (before.length != index) revert ICommitBook.NotTheNextChunk(before.length, index);
        _check(r, place, c, chunk, before, rest);
        uint256 left = c.stripsLeftOf();
        bool last = index + 1 == c.chunksOf();
        if (last ? strips != left : strips > left) revert ICommitBook.WrongStripCount(strips, left);
        _store(r, place, c.withReveal(strips));
    }

    /// @return place Whose turn it is: the first that is neither revealed nor out of time. `PLACES` if there is none. Before the gate,
    /// whose turn it will be.
    function turnOf(Round memory r) internal view returns (uint256 place) {
        if (r.time >= r.revealEnd()) return PLACES;
        if (r.time > r.gate) place = (r.time - r.gate) / r.turn;
        for (; place < PLACES; ++place) {
            Commit c = commitAt(r, place);
            if (!c.isFor(r.period)) return PLACES;
            if (!c.isRevealed()) return place;
        }
    }

    /// @return Whether nothing can be revealed any more, so that the period may clear.
    function isResolved(Round memory r) internal view returns (bool) {
        return r.time >= r.gate && turnOf(r) == PLACES;
    }

    // ---------------------------------------------------------------------------------------------------- challenges

    /// @notice Asks a revealed commit for a strip that its relayer gave a receipt for. The caller has checked the receipt, and that the
    /// member's journal does not hold the strip.
    /// @param digest Of the strip.
    function challenge(Round memory r, uint256 place, bytes32 digest) internal {
        Commit c = _unfinished(r, place);
        if (r.time < r.revealEnd() || r.time >= r.challengeEnd) {
            revert ICommitBook.NotChallengeable(r.period, r.revealEnd(), r.challengeEnd);
        }
        // It forfeits its bond anyway.
        if (!c.isRevealed()) revert ICommitBook.NotRevealed(r.period, place);
        uint256 pos = _challengeAt(r, place, digest);
        if (Words.load(pos) != 0) revert ICommitBook.ChallengedAlready(digest);
        Words.store(pos, CHALLENGED);
        _store(r, place, c.withChallenge());
    }

    /// @notice Answers a challenge with the committed chunk. The caller has checked that the chunk holds the strip.
    /// @param chunk Hash of the chunk's bytes.
    /// @param before Hashes of the chunks before it.
    /// @param rest Root of the chain behind it.
    function answer(
        Round memory r,
        uint256 place,
        bytes32 digest,
        bytes32 chunk,
        bytes32[] calldata before,
        bytes32 rest
    ) internal {
        Commit c = _unfinished(r, place);
        if (r.time >= r.answerEnd) revert ICommitBook.AnswerTooLate(r.period, r.answerEnd);
        uint256 pos = _challengeAt(r, place, digest);
        if (Words.load(pos) != CHALLENGED) revert ICommitBook.NotChallenged(digest);
        _check(r, place, c, chunk, before, rest);
        Words.store(pos, ANSWERED);
        _store(r, place, c.withAnswer());
    }

    /// @return Whether the strip was asked for and not shown yet.
    function isOpen(Round memory r, uint256 place, bytes32 digest) internal view returns (bool) {
        return Words.load(_challengeAt(r, place, digest)) == CHALLENGED;
    }

    // ---------------------------------------------------------------------------------------------------- the bond

    /// @notice Finishes a commit: the caller moves its bond.
    /// @return c The commit, finished.
    /// @return released Whether the bond goes back to the relayer; otherwise it is the community's.
    function finish(Round memory r, uint256 place) internal returns (Commit c, bool released) {
        c = _unfinished(r, place);
        (uint256 due, uint256 fate) = dueOf(r, place, c);
        if (r.time < due) revert ICommitBook.NotDue(r.period, place, due);
        c = c.withFate(fate);
        released = fate == RELEASED;
        _store(r, place, c);
    }

    /// @return due When the commit can be finished as it stands; unix seconds.
    /// @return fate What it comes to then.
    function dueOf(Round memory r, uint256 place, Commit c) internal pure returns (uint256 due, uint256 fate) {
        if (!c.isRevealed()) return (r.turnEnd(place), FORFEITED);
        if (c.challengesOf() == 0) return (r.challengeEnd, RELEASED);
        return (r.answerEnd, FORFEITED);
    }

    // ---------------------------------------------------------------------------------------------------- words

    /// @return The word at a place, of whatever period.
    function commitAt(Round memory r, uint256 place) internal view returns (Commit) {
        return Commit.wrap(Words.load(r.pos + place));
    }

    /// @return Root of the commit at a place.
    function rootAt(Round memory r, uint256 place) internal view returns (bytes32) {
        return bytes32(Words.load(r.pos + PLACES + place));
    }

    function _commit(Round memory r, uint256 place) private view returns (Commit c) {
        // Beyond lie roots, which relayers choose freely, and commits of other periods and communities.
        if (place < PLACES) c = commitAt(r, place);
        if (!c.isFor(r.period)) revert ICommitBook.NoCommit(r.period, place);
    }

    function _unfinished(Round memory r, uint256 place) private view returns (Commit c) {
        c = _commit(r, place);
        if (c.isFinished()) revert ICommitBook.Finished(r.period, place);
    }

    function _store(Round memory r, uint256 place, Commit c) private {
        Words.store(r.pos + place, Commit.unwrap(c));
    }

    /// @dev The chunk stands in the commit's chain, and the chain ends behind the commit's last chunk.
    function _check(
        Round memory r,
        uint256 place,
        Commit c,
        bytes32 chunk,
        bytes32[] calldata before,
        bytes32 rest
    ) private view {
        uint256 behind = before.length + 1;
        bool fits = behind < c.chunksOf() || (behind == c.chunksOf() && rest == 0);
        if (!fits || Chain.rootOf(before, chunk, rest) != rootAt(r, place)) {
            revert ICommitBook.NotCommitted(r.period, place, chunk);
        }
    }

    function _challengeAt(Round memory r, uint256 place, bytes32 digest) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(r.pos, r.period, place, digest)));
    }
}
