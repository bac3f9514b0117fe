// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SharingBudget} from "../types/SharingBudget.sol";
import {IMeteredModule} from "./IMeteredModule.sol";
import {ISettlement} from "./ISettlement.sol";

/// @title Metered auction
/// @notice The call auction of the order book for communities whose members keep a standing order: price limits that they signed once, with
/// quantities that their meters say. So nobody forecasts, and nobody is out of balance.
/// @dev See `IMeteredModule`. The mandate is a standing order: a budget, the highest tick at which a member buys and the lowest at which it
/// sells. Each slot clears by the rule of the order book, in Wh: the largest volume at one price, and at the marginal tick the long side
/// shares in proportion. A buyer pays the price and the network fee. What does not clear stays between member and supplier.
///
/// Of the budget a Wh that a member takes counts at its buy limit and the network fee. One that it gives counts at what the highest export
/// price of all classes has above its sell limit: most often nothing.
///
/// Of the totals of a period, which are volumes by tick and slot, only a hash is stored. Whoever counts the next chunk or settles one
/// brings them as `Tallied` had them.
interface IMeteredAuction is IMeteredModule {
    /// @notice What a member buys and sells at, and spends on its peers' energy.
    /// @param budget Base units per period.
    /// @param buyTick Highest tick at which it buys; 255 where it does not.
    /// @param sellTick Lowest tick at which it sells; 255 where it does not.
    /// @param firstPeriod First period it counts for.
    /// @param lastPeriod Last period.
    /// @param epoch The member's epoch in the escrow; a later one voids it, and its sequence.
    /// @param sequence Above that of the member's order before, which it replaces.
    /// @param r First word of the trading key's compact signature (EIP-2098); not looked at where the key or the owner sends it itself.
    /// @param vs Second word.
    struct StandingOrder {
        uint32 member;
        uint48 budget;
        uint8 buyTick;
        uint8 sellTick;
        uint32 firstPeriod;
        uint32 lastPeriod;
        uint32 epoch;
        uint32 sequence;
        bytes32 r;
        bytes32 vs;
    }

    event AuctionAnnounced(uint32 indexed community, uint32 indexed fromPeriod, uint24 settlementDelay);
    event OrderKept(uint32 indexed community, uint32 indexed member, SharingBudget order);

    /// @notice The totals behind a chunk, see `TickTotals`: what the next one is counted with, and behind the last one all are settled with.
    event Tallied(uint32 indexed community, uint32 indexed period, uint256 chunk, uint256[] totals);

    /// @notice What each slot came to: `| marginal tick 8 | price 16 | Wh 40 |`, low bit first, four slots a word, the first one highest; 0
    /// where nothing changed hands. The price is base units per Wh.
    event Cleared(uint32 indexed community, uint32 indexed period, uint256[] slots);

    /// @notice So many ticks and slots could come to totals that no transaction settles a chunk with.
    error TotalsTooLarge(uint256 words, uint256 most);

    /// @notice The totals are others by now: those of the latest `Tallied` count.
    error TotalsMismatch(uint32 community, uint32 period, uint256 hash);

    /// @notice Announces that a community trades its meters' quantities from a period on that is not open for joining yet. Coordinator
    /// only.
    /// @param settlementDelay Seconds after the period's end, at most the reading deadline.
    function announce(uint32 community, uint32 fromPeriod, uint24 settlementDelay) external;

    /// @notice Keeps orders that members signed. Anyone may.
    /// @return kept Number of them that were not skipped.
    function keepOrders(uint32 community, StandingOrder[] calldata orders) external returns (uint256 kept);

    /// @notice Hands readings to settlement and counts those that are in. A reading that closes a gap is counted by `count`.
    /// @param items As for `ISettlement.meter`, each with the records of its member's journal.
    /// @param start Totals of the latest `Tallied`; empty for the first chunk.
    /// @return counted Number of members counted.
    function meter(
        uint32 community,
        uint32 period,
        ISettlement.MeteredItem[] calldata items,
        uint256[] calldata start
    ) external returns (uint256 counted);

    /// @notice Counts readings that settlement has accepted.
    /// @param start As for `meter`.
    /// @return counted Number of members counted.
    function count(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items,
        uint256[] calldata start
    ) external returns (uint256 counted);

    /// @notice Settles a chunk once the totals are frozen and the settlement delay is over.
    /// @param items The members that `Counted` names, in that order, those settled already too; others without records may be
    /// among them.
    /// @param start The totals before the chunk; empty for the first one.
    /// @param frozen The totals behind the last one.
    /// @param chunk Index.
    function settle(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items,
        uint256[] calldata start,
        uint256[] calldata frozen,
        uint256 chunk
    ) external;

    /// @return order See `SharingBudget`.
    function orderOf(uint32 community, uint32 member) external view returns (SharingBudget order);

    /// @return hash keccak256 of the totals so far; 0 where nobody is counted.
    function totalsHash(uint32 community, uint32 period) external view returns (uint256 hash);

    /// @return The EIP-712 digest that the trading key signs.
    function orderDigest(uint32 community, StandingOrder calldata o) external view returns (bytes32);
}
