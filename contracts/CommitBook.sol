// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICommitBook} from "./interfaces/ICommitBook.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISealedAuction} from "./interfaces/ISealedAuction.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {Chunks} from "./libraries/Chunks.sol";
import {Commits} from "./libraries/Commits.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {PackedStrips} from "./libraries/PackedStrips.sol";
import {Positions} from "./libraries/Positions.sol";
import {Receipts} from "./libraries/Receipts.sol";
import {Words} from "./libraries/Words.sol";
import {Commit} from "./types/Commit.sol";
import {Calendar, Round, roundAt, PLACES} from "./types/Round.sol";
import {Terms} from "./types/Terms.sol";

/// @title Commit book
/// @notice See `ICommitBook`, which is the manual.
contract CommitBook is ICommitBook, EIP712 {
    using Chunks for bytes;
    using Commits for Round;
    using PackedStrips for bytes;
    using PackedStrips for uint256;

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;
    ISealedAuction public immutable auction;

    uint256 private immutable _commits = Words.area("wattbook.commits");
    uint256 private immutable _known = Words.area("wattbook.commits.terms");

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_, ISealedAuction auction_) EIP712("Wattbook", "1") {
        registry = registry_;
        escrow = escrow_;
        auction = auction_;
    }

    // ---------------------------------------------------------------------------------------------------- commits

    /// @inheritdoc ICommitBook
    function commit(
        uint32 community,
        uint32 period,
        bytes32 root,
        uint256 chunks,
        uint256 strips
    ) external returns (uint256 place) {
        (Terms t, bool paused) = registry.trading(community);
        if (!t.isSealed() || registry.moduleAt(community, 0) != address(auction)) revert NotSealedHere(community);
        if (paused) revert CommitsPaused(community);
        bool named = registry.isNamedRelayer(community, msg.sender);
        place = _roundIn(community, period, t).add(msg.sender, named, root, chunks, strips);
        emit Committed(community, period, msg.sender, place, named, root, chunks, strips);
        escrow.lockBond(community, msg.sender, registry.bondOf(community));
    }

    /// @inheritdoc ICommitBook
    function noteReveal(
        uint32 community,
        uint32 period,
        uint256 place,
        bytes32 chunk,
        uint256 strips,
        bytes32[] calldata before,
        bytes32 rest
    ) external returns (uint256 index, bool resolved) {
        if (msg.sender != address(auction)) revert NotAuction(msg.sender);
        Round memory r = _roundIn(community, period, KnownTerms.keep(_known, registry, community));
        index = r.reveal(place, chunk, strips, before, rest);
        resolved = r.isResolved();
    }

    /// @inheritdoc ICommitBook
    function finish(uint32 community, uint32 period, uint256 place) external {
        (Commit c, bool released) = _round(community, period).finish(place);
        uint256 amount = registry.bondOf(community);
        if (released) {
            escrow.releaseBond(community, c.relayerOf(), amount);
            emit BondReleased(community, period, place);
        } else {
            escrow.forfeitBond(community, c.relayerOf(), amount);
            emit BondForfeited(community, period, place, c.stripsLeftOf());
        }
    }

    // ---------------------------------------------------------------------------------------------------- receipts

    /// @inheritdoc ICommitBook
    function challenge(
        uint32 community,
        uint32 period,
        uint256 place,
        address feeTo,
        bytes calldata strip,
        bytes32 r,
        bytes32 vs,
        ISettlement.Record[] calldata records
    ) external {
        Round memory round = _round(community, period);
        (bytes32 digest, uint32 member, bytes32 name) = _identify(community, period, feeTo, strip);
        round.challenge(place, name);
        address relayer = round.commitAt(place).relayerOf();
        if (!Receipts.isSigned(receiptDigest(community, period, name), r, vs, relayer)) revert BadReceipt(relayer);
        uint256 hash = escrow.journalWord(community, member, period).hashOf();
        (uint256 replayed, ) = Positions.replay(records);
        if (replayed != hash) revert RecordsMismatch(member, replayed, hash);
        for (uint256 i = 0; i < records.length; ++i) {
            // Another module may record any digest.
            if (records[i].digest == digest && uint8(records[i].head >> 208) == 0) revert StripRecorded(i);
        }
        emit Challenged(community, period, place, name);
    }

    /// @inheritdoc ICommitBook
    function answer(
        uint32 community,
        uint32 period,
        uint256 place,
        bytes32 strip,
        bytes calldata chunk,
        uint256 index,
        bytes32[] calldata before,
        bytes32 rest
    ) external {
        (, , bytes32 found) = _identify(community, period, chunk.feeToOf(), chunk.stripAt(index));
        if (found != strip) revert OtherStrip(strip, found);
        _round(community, period).answer(place, strip, keccak256(chunk), before, rest);
        emit Answered(community, period, place, strip);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICommitBook
    function turnOf(uint32 community, uint32 period) external view returns (uint256 place) {
        return _round(community, period).turnOf();
    }

    /// @inheritdoc ICommitBook
    function isResolved(uint32 community, uint32 period) external view returns (bool) {
        return _round(community, period).isResolved();
    }

    /// @inheritdoc ICommitBook
    function commitAt(
        uint32 community,
        uint32 period,
        uint256 place
    ) external view returns (Commit word, bytes32 root) {
        Round memory r = _round(community, period);
        if (place >= PLACES || !r.commitAt(place).isFor(period)) return (word, root);
        return (r.commitAt(place), r.rootAt(place));
    }

    /// @inheritdoc ICommitBook
    function receiptDigest(uint32 community, uint32 period, bytes32 strip) public view returns (bytes32) {
        return _hashTypedDataV4(Receipts.structHash(community, period, strip));
    }

    // ---------------------------------------------------------------------------------------------------- parts

    /// @return digest Of a packed strip.
    /// @return member Whose it is.
    /// @return name What receipts call it.
    function _identify(
        uint32 community,
        uint32 period,
        address feeTo,
        bytes calldata strip
    ) private view returns (bytes32 digest, uint32 member, bytes32 name) {
        if (strip.length < PackedStrips.HEADER || strip.length != PackedStrips.HEADER + 4 * strip.countAt(0)) {
            revert BadStrip(strip.length);
        }
        (uint256 terms, bytes calldata entries) = strip.read(0);
        digest = PackedStrips.digestOf(auction.domainSeparator(), community, period, feeTo, terms, entries);
        member = terms.memberOf();
        (bytes32 r, bytes32 vs) = strip.signatureAt(0);
        name = Receipts.nameOf(digest, r, vs);
    }

    function _round(uint32 community, uint32 period) private view returns (Round memory) {
        return _roundIn(community, period, KnownTerms.load(_known, registry, community));
    }

    function _roundIn(uint32 community, uint32 period, Terms t) private view returns (Round memory) {
        Calendar memory calendar = Calendar(t.periodLength(), t.horizon(), t.gateClosure(), t.revealWindow());
        return roundAt(_commits, community, period, block.timestamp, calendar);
    }
}
