// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SharingBudget} from "../types/SharingBudget.sol";
import {IMarketModule} from "./IMarketModule.sol";
import {ISettlement} from "./ISettlement.sol";

/// @title Energy sharing
/// @notice The market of communities that do not bid: what their meters say is shared after the fact, at prices that a published rule makes
/// of supply and demand.
/// @dev A member signs a budget once: what it may pay its peers in each period. Before a period begins, anyone lets it join, which reserves
/// the budget. After the period, readings are counted into the totals of the slots, which freeze once everybody who joined is
/// counted or the reading deadline has come; then every part of them is settled.
///
/// Per slot a member takes what it imported beyond its export, or gives what it exported beyond its import. Of supply S and demand D the
/// smaller one changes hands, the longer side in proportion; the rest stays between each member and its supplier. A member without
/// a budget, or without a reading by the deadline, is a plain customer of its supplier; so is one for what lies beyond its budget: a Wh
/// that it takes counts at the lowest import price of all classes, and with bill sharing one that it gives at the highest export price,
/// which it may lose.
///
/// It has to be the first module of an open community: settlement waits for the first module without end, so that nobody is
/// settled without its part.
interface IEnergySharing is IMarketModule {
    /// @notice How shared energy is priced, see `SharingRules`.
    enum Rule {
        Unset,
        SupplyDemandRatio,
        MidMarketRate,
        BillSharing, // a seller can get nothing: as long as supply is at most demand
        FeedInOnly // nothing is shared: what every other rule is compared with
    }

    /// @notice What a member spends on its peers' energy.
    /// @param budget Base units per period.
    /// @param firstPeriod First period it counts for.
    /// @param lastPeriod Last period.
    /// @param epoch The member's epoch in the escrow; a later one voids it.
    /// @param sequence Above that of the member's budget before, which it replaces.
    /// @param r First word of the trading key's compact signature (EIP-2098); not looked at where the key or the owner sends it itself.
    /// @param vs Second word.
    struct Budget {
        uint32 member;
        uint48 budget;
        uint32 firstPeriod;
        uint32 lastPeriod;
        uint32 epoch;
        uint32 sequence;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice Why somebody was left out.
    enum Skip {
        None,
        BadSignature, // neither signed nor sent by the trading key, nor sent by the owner
        OldSequence, // a budget with the same or a later sequence is known
        NoBudget, // none that covers the period
        EpochMismatch, // the member voided what it had signed
        ModuleOff, // the member does not use this module
        NotActive, // not enrolled, no meter, suspended, stopped or leaving
        InDebt, // above its credit line
        AlreadyJoined,
        NoFunds, // not even for the settlement fee
        AlreadyCounted,
        NotMetered // its reading is not accepted, or is another one
    }

    event SchemeAnnounced(
        uint32 indexed community,
        uint32 indexed fromPeriod,
        Rule rule,
        uint16 compensation,
        uint24 settlementDelay
    );
    event BudgetKept(uint32 indexed community, uint32 indexed member, SharingBudget budget);
    event Skipped(uint32 indexed community, uint32 indexed member, uint32 indexed period, Skip reason);

    /// @notice A chunk of readings is in the totals. `members` are in the order of their parts, four bytes each.
    event Counted(uint32 indexed community, uint32 indexed period, uint256 chunk, bytes members);

    /// @notice What a member took, or with bill sharing gave, beyond its budget, Wh: it stays at the retailer's price.
    event BudgetReached(uint32 indexed community, uint32 indexed member, uint32 indexed period, uint256 wh);

    /// @notice The frozen totals, as `totals` returns them.
    event Shared(uint32 indexed community, uint32 indexed period, uint256[] totals);

    error NotCoordinator(uint32 community, address caller);
    error NotFirstModule(uint32 community);
    error SealedCommunity(uint32 community);
    error SchemeTooEarly(uint32 fromPeriod, uint256 earliest);
    error SchemePending(uint32 community, uint256 fromPeriod);
    error DelayTooLong(uint24 delay, uint256 readingDeadline);
    error NoRule(uint32 community);
    error NobodyJoined(uint32 community, uint32 period);
    error NoScheme(uint32 community, uint32 period);
    error PeriodNotOpen(uint32 community, uint32 period);
    error TradingPaused(uint32 community);
    error RingBusy(uint32 community, uint32 period);
    error NotAscending(uint256 member);
    error ChunkTooLarge(uint256 members, uint256 most);
    error TotalsFrozen(uint32 community, uint32 period);
    error TotalsOpen(uint32 community, uint32 period);
    error SettlementDelayed(uint32 community, uint32 period, uint256 from);
    error ChunkMismatch(uint32 community, uint32 period, uint256 chunk);
    error NotEverybody(uint256 counted, uint256 joined);
    error BadLength(uint256 length, uint256 expected);

    /// @notice Announces how a community shares from a period on that is not open for joining yet. Coordinator only.
    /// @param compensation Base units per Wh that sellers get on top of the export price, with `SupplyDemandRatio` alone; 0 for the
    /// plain ratio. What of it exceeds the gap between import and export price in a slot does not count there.
    /// @param settlementDelay Seconds after the period's end, at most the reading deadline.
    function announce(
        uint32 community,
        uint32 fromPeriod,
        Rule rule,
        uint16 compensation,
        uint24 settlementDelay
    ) external;

    /// @notice Keeps budgets that members signed. Anyone may.
    /// @return kept Number of them that were not skipped.
    function keepBudgets(uint32 community, Budget[] calldata budgets) external returns (uint256 kept);

    /// @notice Lets members join a period that has not begun: reserves the budget of each, or what it has of it. Anyone may.
    /// @param members Ascending.
    /// @return joined Number of them that were not skipped.
    function join(uint32 community, uint32 period, uint256[] calldata members) external returns (uint256 joined);

    /// @notice Hands readings to settlement and counts those that are in. A reading that closes a gap is counted by `count`.
    /// @param items As for `ISettlement.meter`, each with the records of its member's journal.
    /// @return counted Number of members counted.
    function meter(
        uint32 community,
        uint32 period,
        ISettlement.MeteredItem[] calldata items
    ) external returns (uint256 counted);

    /// @notice Counts readings that settlement has accepted.
    /// @return counted Number of members counted.
    function count(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items
    ) external returns (uint256 counted);

    /// @notice Settles a chunk once the totals are frozen and the settlement delay is over.
    /// @param items The members that `Counted` names, in that order, those settled already too; others without records may be
    /// among them.
    /// @param start The totals before the chunk, as `totals` would have returned them; empty for the first chunk.
    /// @param chunk Index.
    function settle(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items,
        uint256[] calldata start,
        uint256 chunk
    ) external;

    /// @notice Counts, prices and settles everybody who joined in one call, out of memory. It reverts where a reading is refused or
    /// somebody is missing: `meter` and `settle` do without.
    function meterAndSettle(uint32 community, uint32 period, ISettlement.MeteredItem[] calldata items) external;

    /// @return scheme The scheme in force for `period`, see `SharingScheme`.
    function schemeFor(uint32 community, uint32 period) external view returns (uint256 scheme);

    /// @return budget See `SharingBudget`.
    function budgetOf(uint32 community, uint32 member) external view returns (SharingBudget budget);

    /// @return joined Members that joined the period.
    /// @return counted Those of them that are counted.
    /// @return chunks In so many calls.
    function roundOf(
        uint32 community,
        uint32 period
    ) external view returns (uint256 joined, uint256 counted, uint256 chunks);

    /// @return words Supply and demand so far in words of three slots, see `ShareLoops.totalWords`; empty where nothing is stored.
    function totals(uint32 community, uint32 period) external view returns (uint256[] memory words);

    /// @return The EIP-712 digest that the trading key signs.
    function budgetDigest(uint32 community, Budget calldata b) external view returns (bytes32);
}
