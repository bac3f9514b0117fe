// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "./IMarketModule.sol";
import {ISettlement} from "./ISettlement.sol";

/// @title Metered module
/// @notice A market of communities that do not bid slot by slot: what their meters say is traded after the fact, within what each member
/// has signed once.
/// @dev A member signs a mandate for a run of periods, with a budget: what it may pay its peers in each. Before a period begins, anyone
/// lets it join, which reserves the budget. After the period, readings are counted into the totals of the slots, which freeze once
/// everybody who joined is counted or the reading deadline has come; then every part of them is settled.
///
/// Per slot a member takes what it imported beyond its export, or gives what it exported beyond its import. What does not change hands
/// inside stays between each member and its supplier. A member without a mandate, or without a reading by the deadline, is a plain
/// customer of its supplier; so is one for what lies beyond its budget.
///
/// It has to be the first module of an open community: settlement waits for the first module without end, so that nobody is
/// settled without its part.
interface IMeteredModule is IMarketModule {
    /// @notice Why somebody was left out.
    enum Skip {
        None,
        BadSignature, // neither signed nor sent by the trading key, nor sent by the owner
        OldSequence, // a mandate of this epoch with the same or a later sequence is known
        NoBudget, // no mandate that covers the period
        EpochMismatch, // of another epoch than the member's: it voided what it had signed
        ModuleOff, // the member does not use this module
        NotActive, // not enrolled, no meter, suspended, stopped or leaving
        InDebt, // above its credit line
        AlreadyJoined,
        NoFunds, // not even for the settlement fee
        AlreadyCounted,
        NotMetered, // its reading is not accepted, or is another one
        OffGrid // a limit that is no tick of the community
    }

    event Skipped(uint32 indexed community, uint32 indexed member, uint32 indexed period, Skip reason);

    /// @notice A chunk of readings is in the totals. `members` are in the order of their parts, four bytes each.
    event Counted(uint32 indexed community, uint32 indexed period, uint256 chunk, bytes members);

    /// @notice What a member would have traded beyond its budget, Wh: it stays at the retailer's price.
    event BudgetReached(uint32 indexed community, uint32 indexed member, uint32 indexed period, uint256 wh);

    error NotCoordinator(uint32 community, address caller);
    error NotFirstModule(uint32 community);
    error SealedCommunity(uint32 community);
    error SchemeTooEarly(uint32 fromPeriod, uint256 earliest);
    error SchemePending(uint32 community, uint256 fromPeriod);
    error DelayTooLong(uint24 delay, uint256 readingDeadline);
    error NobodyJoined(uint32 community, uint32 period);
    error NoScheme(uint32 community, uint32 period);
    error PeriodNotOpen(uint32 community, uint32 period);
    error TradingPaused(uint32 community);
    error RingBusy(uint32 community, uint32 period);
    error NotAscending(uint256 member);
    error ChunkTooLarge(uint256 members, uint256 most);

    /// @notice Settling so many members as a whole could take more than a transaction has.
    error ChunkTooDear(uint256 gas, uint256 most);

    error TotalsFrozen(uint32 community, uint32 period);
    error TotalsOpen(uint32 community, uint32 period);
    error SettlementDelayed(uint32 community, uint32 period, uint256 from);
    error ChunkMismatch(uint32 community, uint32 period, uint256 chunk);
    error NotEverybody(uint256 counted, uint256 joined);
    error BadLength(uint256 length, uint256 expected);

    /// @notice Lets members join a period that has not begun: reserves the budget of each, or what it has of it. Anyone may.
    /// @param members Ascending.
    /// @return joined Number of them that were not skipped.
    function join(uint32 community, uint32 period, uint256[] calldata members) external returns (uint256 joined);

    /// @notice Counts, prices and settles everybody who joined in one call, out of memory, before the reading deadline. It reverts where a
    /// reading is refused or somebody is missing: `meter` and `settle` do without.
    function meterAndSettle(uint32 community, uint32 period, ISettlement.MeteredItem[] calldata items) external;

    /// @return scheme The scheme in force for `period`, see `SharingScheme`.
    function schemeFor(uint32 community, uint32 period) external view returns (uint256 scheme);

    /// @return joined Members that joined the period.
    /// @return counted Those of them that are counted.
    /// @return chunks In so many calls.
    function roundOf(
        uint32 community,
        uint32 period
    ) external view returns (uint256 joined, uint256 counted, uint256 chunks);
}
