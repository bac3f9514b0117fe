// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMeteredModule} from "../interfaces/IMeteredModule.sol";
import {IPaymentEscrow} from "../interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "../interfaces/IProsumerRegistry.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {KnownTerms} from "../libraries/KnownTerms.sol";
import {Words} from "../libraries/Words.sol";
import {SharingBudget} from "../types/SharingBudget.sol";
import {SharingRound, SharingScheme} from "../types/SharingRound.sol";
import {Terms} from "../types/Terms.sol";

/// @title Metered words
/// @notice The contracts that a metered module works with, and where its own words are.
abstract contract MeteredWords is IMeteredModule {
    /// @dev Members that a word of flags is about, beside the period it belongs to.
    uint256 private constant FLAGS = 224;

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;
    ISettlement public immutable settlement;

    uint256 private immutable _known = Words.area("wattbook.sharing.terms");
    uint256 private immutable _schemes = Words.area("wattbook.sharing.schemes");
    uint256 private immutable _budgets = Words.area("wattbook.sharing.budgets");
    uint256 private immutable _rounds = Words.area("wattbook.sharing.rounds");
    uint256 private immutable _flags = Words.area("wattbook.sharing.flags");
    uint256 private immutable _totals = Words.area("wattbook.sharing.totals");
    uint256 private immutable _chunks = Words.area("wattbook.sharing.chunks");

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_, ISettlement settlement_) {
        registry = registry_;
        escrow = escrow_;
        settlement = settlement_;
    }

    /// @inheritdoc IMeteredModule
    function schemeFor(uint32 community, uint32 period) external view returns (uint256 scheme) {
        return SharingScheme.unwrap(_schemeFor(community, period));
    }

    /// @inheritdoc IMeteredModule
    function roundOf(
        uint32 community,
        uint32 period
    ) external view returns (uint256 joined, uint256 counted, uint256 chunks) {
        SharingRound r = _round(community, period, _terms(community));
        return (r.joinedOf(), r.countedOf(), r.chunksOf());
    }

    function _terms(uint32 community) internal view returns (Terms) {
        return KnownTerms.load(_known, registry, community);
    }

    function _keepTerms(uint32 community) internal returns (Terms) {
        return KnownTerms.keep(_known, registry, community);
    }

    /// @dev `from 32 | scheme 48 | scheme before 48`.
    function _schemeAt(uint32 community) internal view returns (uint256) {
        return _schemes | community;
    }

    function _schemeFor(uint32 community, uint32 period) internal view returns (SharingScheme) {
        uint256 word = Words.load(_schemeAt(community));
        return SharingScheme.wrap((word >> (period >= uint32(word) ? 32 : 80)) & type(uint48).max);
    }

    function _budgetAt(uint32 community, uint32 member) private view returns (uint256) {
        return _budgets | (uint256(community) << 32) | member;
    }

    function _budget(uint32 community, uint32 member) internal view returns (SharingBudget) {
        return SharingBudget.wrap(Words.load(_budgetAt(community, member)));
    }

    function _storeBudget(uint32 community, uint32 member, SharingBudget b) internal {
        Words.store(_budgetAt(community, member), SharingBudget.unwrap(b));
    }

    /// @dev `community 32 | ring period 8`.
    function _roundAt(uint32 community, uint32 period, Terms t) private view returns (uint256) {
        return _rounds | (uint256(community) << 8) | (period % t.ring());
    }

    /// @return r 0 where nobody has joined the period.
    function _round(uint32 community, uint32 period, Terms t) internal view returns (SharingRound r) {
        r = SharingRound.wrap(Words.load(_roundAt(community, period, t)));
        if (!r.isFor(period)) r = SharingRound.wrap(0);
    }

    function _storeRound(uint32 community, uint32 period, Terms t, SharingRound r) internal {
        Words.store(_roundAt(community, period, t), SharingRound.unwrap(r));
    }

    /// @dev `community 32 | ring period 8 | chunk 16`: each counts a member, of which there are at most 65,536.
    function _chunkAt(uint32 community, uint32 period, Terms t, uint256 chunk) internal view returns (uint256) {
        return _chunks | (uint256(community) << 24) | ((period % t.ring()) << 16) | chunk;
    }

    /// @dev `community 32 | ring period 8 | word 8`.
    function _totalsAt(uint32 community, uint32 period, Terms t) internal view returns (uint256) {
        return _totals | (uint256(community) << 16) | ((period % t.ring()) << 8);
    }

    /// @dev `community 32 | ring period 8 | member 32 / 224`; a word is `period 32 | flags 224`.
    function _flagAt(uint32 community, uint32 period, uint256 member, Terms t) private view returns (uint256) {
        return _flags | (uint256(community) << 40) | ((period % t.ring()) << 32) | (member / FLAGS);
    }

    function _isCounted(uint32 community, uint32 period, uint256 member, Terms t) internal view returns (bool) {
        uint256 word = Words.load(_flagAt(community, period, member, t));
        return uint32(word) == period && (word >> (32 + (member % FLAGS))) & 1 != 0;
    }

    /// @return fresh Whether the member was not counted before.
    function _flag(uint32 community, uint32 period, uint256 member, Terms t) internal returns (bool fresh) {
        uint256 pos = _flagAt(community, period, member, t);
        uint256 word = Words.load(pos);
        if (uint32(word) != period) word = period;
        uint256 bit = 1 << (32 + (member % FLAGS));
        if (word & bit != 0) return false;
        Words.store(pos, word | bit);
        return true;
    }
}
