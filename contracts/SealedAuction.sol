// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OrderBook} from "./OrderBook.sol";
import {ICommitBook} from "./interfaces/ICommitBook.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISealedAuction} from "./interfaces/ISealedAuction.sol";
import {Book} from "./libraries/Book.sol";
import {BookPlaces} from "./libraries/BookPlaces.sol";
import {Chunks} from "./libraries/Chunks.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {StripLoops} from "./libraries/StripLoops.sol";
import {Terms} from "./types/Terms.sol";

/// @title Sealed auction
/// @notice See `ISealedAuction`, which is the manual.
contract SealedAuction is OrderBook, ISealedAuction {
    using Book for Book.Copy;
    using Chunks for bytes;

    ICommitBook public immutable commitBook;

    constructor(
        IProsumerRegistry registry_,
        IPaymentEscrow escrow_,
        ICommitBook commitBook_
    ) OrderBook(registry_, escrow_) {
        commitBook = commitBook_;
    }

    /// @inheritdoc ISealedAuction
    function reveal(
        uint32 community,
        uint32 period,
        uint256 place,
        bytes calldata chunk,
        bytes32[] calldata before,
        bytes32 rest,
        bool clears
    ) external returns (uint256 accepted) {
        (uint256 index, bool resolved) = commitBook.noteReveal(
            community,
            period,
            place,
            keccak256(chunk),
            chunk.count(),
            before,
            rest
        );
        StripLoops.Batch memory b = _open(community, period, chunk.feeToOf(), chunk.length)[0];
        accepted = _acceptAll(b, chunk[Chunks.HEAD:]);
        if (clears && resolved) _clearCopy(b, KnownTerms.keep(BookPlaces.TERMS, registry, community));
        else b.book.flush(b.loop.newest);
        emit ChunkRevealed(community, period, place, index, chunk.count());
    }

    /// @inheritdoc ISealedAuction
    function bondKeeper() external view returns (address) {
        return address(commitBook);
    }

    function _isSealed() internal pure override returns (bool) {
        return true;
    }

    function _isRevealing() internal pure override returns (bool) {
        return msg.sig == ISealedAuction.reveal.selector;
    }

    /// @dev One gate per period; the reveal after it has to be over.
    function _isDue(uint32 community, Terms t, uint256 slot) internal view override returns (bool) {
        uint256 period = slot / t.slotsPerPeriod();
        return block.timestamp >= t.revealEnd(period) || commitBook.isResolved(community, uint32(period));
    }
}
