// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SharingBudget} from "../types/SharingBudget.sol";
import {IMeteredModule} from "./IMeteredModule.sol";
import {ISettlement} from "./ISettlement.sol";

/// @title Energy sharing
/// @notice The market of communities that do not bid: what their meters say is shared after the fact, at prices that a published rule makes
/// of supply and demand.
/// @dev See `IMeteredModule`. A member signs a budget. Of supply S and demand D of a slot the smaller one changes hands, the longer side in
/// proportion. Of the budget a Wh that a member takes counts at the lowest import price of all classes, and with bill sharing one that
/// it gives at the highest export price, which it may lose.
interface IEnergySharing is IMeteredModule {
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
    /// @param epoch The member's epoch in the escrow; a later one voids it, and its sequence.
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

    event SchemeAnnounced(
        uint32 indexed community,
        uint32 indexed fromPeriod,
        Rule rule,
        uint16 compensation,
        uint24 settlementDelay
    );
    event BudgetKept(uint32 indexed community, uint32 indexed member, SharingBudget budget);

    /// @notice The frozen totals, as `totals` returns them.
    event Shared(uint32 indexed community, uint32 indexed period, uint256[] totals);

    error NoRule(uint32 community);

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

    /// @return budget See `SharingBudget`.
    function budgetOf(uint32 community, uint32 member) external view returns (SharingBudget budget);

    /// @return words Supply and demand so far in words of three slots, see `ShareLoops.totalWords`; empty where nothing is stored.
    function totals(uint32 community, uint32 period) external view returns (uint256[] memory words);

    /// @return The EIP-712 digest that the trading key signs.
    function budgetDigest(uint32 community, Budget calldata b) external view returns (bytes32);
}
