// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Commit} from "../types/Commit.sol";
import {ISettlement} from "./ISettlement.sol";

/// @title Commit book
/// @notice How sealed orders come on chain: relayers commit to chunks of strips before the period's gate, reveal them behind it, and
/// answer for the strips that they gave receipts for.
/// @dev Times of period p, with `start` its start, `L` its length, `gate = start - gateClosure`, `W` the reveal window:
/// ```
/// start - horizon * L .. gate                      commits, at most 8; four places are kept for relayers the coordinator named
/// gate .. gate + (i + 1) * W / 8                   commit i is revealed, as soon as every earlier one is or is out of time
/// gate + W .. start + L                            challenges of revealed commits
/// .. start + 2 * L                                 answers
/// ```
/// Each interval includes its start and excludes its end. A missed turn forfeits the bond of its own commit and nothing else; chunks
/// that it revealed before stand. That is the price of withholding orders: the bond, once per commit, however many orders.
///
/// Challenges end with the period because readings begin there: until then a member's journal holds records alone, so that records
/// that fold into it are all there are. They start when the last turn is over, at the latest at the period's start: a member has a
/// whole period to look. Each challenge stands alone, for one strip, and none can stop another or run out its time: a relayer that
/// challenges itself only has more to answer. All answers of a period end at the same time; the bond is released when nothing is
/// left to answer, and forfeited when anything is left then.
///
/// A forfeited bond goes to the community's fee collector, never to whoever challenged: otherwise a relayer that expects to lose its bond
/// would challenge itself first and have it back.
///
/// Receipts, challenges and answers call a strip by its *name*, `keccak256(digest, r, vs)` of its EIP-712 digest and the signature that it
/// came with: a relayer that commits to a strip with another signature does not keep its promise.
///
/// A chunk is `feeTo 20 bytes | strips`; see `Chunks`. The root of a commit is `H(c1, H(c2, ... H(cn, 0)))` over the chunks' keccak256,
/// with `H(a, b) = keccak256(a, b)`. Whoever shows a chunk shows the hashes before it and the root of the chain behind it.
interface ICommitBook {
    /// @notice A relayer committed.
    /// @param place From 0, in the order of commitment.
    /// @param named Whether the coordinator had named the relayer.
    /// @param root Root over the hashes of its chunks.
    /// @param chunks How many.
    /// @param strips How many strips all of them hold.
    event Committed(
        uint32 indexed community,
        uint32 indexed period,
        address indexed relayer,
        uint256 place,
        bool named,
        bytes32 root,
        uint256 chunks,
        uint256 strips
    );

    /// @notice A commit is asked for a strip.
    /// @param strip Name of the strip.
    event Challenged(uint32 indexed community, uint32 indexed period, uint256 indexed place, bytes32 strip);

    /// @notice The commit held the strip: what acceptance said of it stands.
    event Answered(uint32 indexed community, uint32 indexed period, uint256 indexed place, bytes32 strip);

    /// @notice A relayer kept its promise and has its bond back.
    event BondReleased(uint32 indexed community, uint32 indexed period, uint256 indexed place);

    /// @notice A relayer's bond went to the community.
    /// @param withheld Strips that were never revealed; 0 if a challenge was never answered.
    event BondForfeited(uint32 indexed community, uint32 indexed period, uint256 indexed place, uint256 withheld);

    /// @notice The period is not open for orders yet, or its gate has passed. Unix seconds.
    error CommitsClosed(uint256 period, uint256 opens, uint256 gate);
    /// @notice A commit has 1 to 255 chunks and 1 to 65,535 strips.
    error BadCommitSize(uint256 chunks, uint256 strips);
    /// @notice The relayer has a commit in the period, at `place`.
    error CommittedAlready(uint256 period, uint256 place);
    /// @notice All eight places of the period are taken, or all four that are not kept for named relayers.
    error NoPlaceLeft(uint256 period);
    /// @notice The place still belongs to a commit of an older period. Anyone can finish it, from now on at the latest.
    error PlaceBusy(uint256 period, uint256 place);
    error NoCommit(uint256 period, uint256 place);
    /// @notice Nothing is revealed before the gate; unix seconds.
    error BeforeGate(uint256 period, uint256 gate);
    /// @notice It is the turn of another place; 8: of none, all are revealed or out of time.
    error NotItsTurn(uint256 period, uint256 place, uint256 turn);
    /// @notice Chunks are revealed in their order.
    error NotTheNextChunk(uint256 index, uint256 expected);
    /// @notice More strips than the commit has left, or not all of them in its last chunk.
    error WrongStripCount(uint256 strips, uint256 left);
    /// @notice The chunk of this hash does not stand there in the commit.
    error NotCommitted(uint256 period, uint256 place, bytes32 chunk);
    /// @notice Challenges are made between these times; unix seconds.
    error NotChallengeable(uint256 period, uint256 from, uint256 until);
    /// @notice The commit missed its turn: it forfeits its bond without a challenge.
    error NotRevealed(uint256 period, uint256 place);
    /// @notice A strip is asked for once.
    error ChallengedAlready(bytes32 strip);
    error NotChallenged(bytes32 strip);
    /// @notice Answers ended; unix seconds.
    error AnswerTooLate(uint256 period, uint256 answerEnd);
    /// @notice The commit cannot be finished before this time, as it stands; unix seconds.
    error NotDue(uint256 period, uint256 place, uint256 due);
    /// @notice The commit's bond is released or forfeited.
    error Finished(uint256 period, uint256 place);

    /// @notice The community is open, or its first module is not the sealed auction of this book.
    error NotSealedHere(uint32 community);
    error NotAuction(address caller);
    /// @notice The coordinator paused the community for this period.
    error CommitsPaused(uint32 community);
    /// @notice The receipt is not signed by the relayer of the commit.
    error BadReceipt(address relayer);
    /// @notice The strip is not one packed strip from its first to its last byte.
    error BadStrip(uint256 length);
    /// @notice The records do not fold into the member's journal.
    error RecordsMismatch(uint32 member, uint256 hash, uint256 expected);
    /// @notice The strip stands in the journal: the relayer kept its promise.
    error StripRecorded(uint256 index);
    /// @notice The strip at that index of the chunk is another one.
    error OtherStrip(bytes32 strip, bytes32 found);

    /// @notice Commits the caller to chunks of strips of a period and takes its bond from its free balance. One commit per relayer and period.
    /// Anyone before the gate, while there is a place.
    /// @param root Root over the hashes of the chunks.
    /// @param chunks How many, 1 to 255.
    /// @param strips Strips in all of them, 1 to 65,535; revealed chunks have to add up to it.
    /// @return place From 0; commits are revealed in this order.
    function commit(
        uint32 community,
        uint32 period,
        bytes32 root,
        uint256 chunks,
        uint256 strips
    ) external returns (uint256 place);

    /// @notice Notes that the next chunk of a commit is revealed. The sealed auction only, which takes its strips.
    /// @param chunk Hash of the chunk's bytes.
    /// @param strips Strips in it.
    /// @param before Hashes of the commit's chunks before it.
    /// @param rest Root of the chain behind it, zero behind the last.
    /// @return index Of the chunk in its commit.
    /// @return resolved As `isResolved` afterwards.
    function noteReveal(
        uint32 community,
        uint32 period,
        uint256 place,
        bytes32 chunk,
        uint256 strips,
        bytes32[] calldata before,
        bytes32 rest
    ) external returns (uint256 index, bool resolved);

    /// @notice Asks a revealed commit for a strip that its relayer gave a receipt for and that the member's journal does not hold. Anyone
    /// who has receipt, strip and records.
    /// @dev The strip comes in full: its name alone would not say whose journal to look at.
    /// @param feeTo The strip's receiver of fees.
    /// @param strip The strip, packed as in a chunk, with the signature that it was handed over with.
    /// @param r First word of the relayer's compact signature of `Receipt(uint32 community,uint32 period,bytes32 strip)`.
    /// @param vs Second word.
    /// @param records All records of the member's journal of the period, in their order.
    function challenge(
        uint32 community,
        uint32 period,
        uint256 place,
        address feeTo,
        bytes calldata strip,
        bytes32 r,
        bytes32 vs,
        ISettlement.Record[] calldata records
    ) external;

    /// @notice Answers a challenge by showing the committed chunk that holds the strip. It was revealed, so acceptance saw the strip: its
    /// reason to skip it is the excuse. Anyone who has the chunk.
    /// @param strip Name of the strip that was asked for.
    /// @param chunk The chunk's bytes.
    /// @param index Of the strip in the chunk.
    /// @param before Hashes of the commit's chunks before it.
    /// @param rest Root of the chain behind it, zero behind the last.
    function answer(
        uint32 community,
        uint32 period,
        uint256 place,
        bytes32 strip,
        bytes calldata chunk,
        uint256 index,
        bytes32[] calldata before,
        bytes32 rest
    ) external;

    /// @notice Finishes a commit: forfeits the bond of one that missed its turn, from the turn's end on; releases the bond of a revealed one
    /// without open challenges, from the period's end on; forfeits it a period later if a challenge is still open. Anyone.
    function finish(uint32 community, uint32 period, uint256 place) external;

    /// @return word The commit at a place of a period, see `Commit`; zero if there is none.
    /// @return root Root over the hashes of its chunks.
    function commitAt(uint32 community, uint32 period, uint256 place) external view returns (Commit word, bytes32 root);

    /// @return place Whose turn to reveal it is, or will be at the gate; 8 for nobody's.
    function turnOf(uint32 community, uint32 period) external view returns (uint256 place);

    /// @return Whether the gate has passed and nothing can be revealed any more, so that the period may clear.
    function isResolved(uint32 community, uint32 period) external view returns (bool);

    /// @return The EIP-712 digest that a relayer signs as its receipt.
    /// @param strip Name of the member's strip.
    function receiptDigest(uint32 community, uint32 period, bytes32 strip) external view returns (bytes32);
}
