// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "./IMarketModule.sol";
import {IProsumerRegistry} from "./IProsumerRegistry.sol";

/// @title Order book
/// @notice A uniform-price call auction per slot: what open and sealed communities have in common.
/// @dev Members sign strips; anyone posts them before the gate; after the gate anyone clears, in time that does not depend on
/// the number of orders. The clearing price is a pure function of the accepted orders.
///
/// Clearing: t* is the lowest tick with S(t) >= D(t+1), where S(t) = asks at ticks <= t and D(t+1) = bids at ticks > t. The volume
/// min(S(t*), D(t*)) is the largest tradable. If S(t*) = D(t*+1) the price is the midpoint of t* and the next live tick, rounded
/// down to a tick, and nothing is rationed; otherwise the price is t* and the long side at t* is filled pro rata by prefix:
/// `fill = floor((P + q) * A / V) - floor(P * A / V)`, which adds up to the allotment A exactly.
interface IOrderBook is IMarketModule {
    /// @notice A member's orders in one period, under one signature.
    /// @param member Member index.
    /// @param after_ The member's frontier: slots before it are covered by earlier strips. An accepted strip moves it behind the slot of its
    /// last entry, accepted or not; if the period has no such slot or the last accepted entry lies behind it, behind that of the latter.
    /// @param epoch The account's epoch.
    /// @param deadline Unix seconds; not accepted later.
    /// @param maxReserve Most that acceptance may take from the free balance, fees included, base units.
    /// @param feePerEntry Base units per accepted entry to `feeTo`, paid at acceptance.
    /// @param entries 4 bytes each: slot offset 8, side 1 (1 = sell), tick 7, lots 16; strictly ascending by (slot, side, tick).
    /// @param r First word of the trading key's compact signature (EIP-2098), unused in `place`.
    /// @param vs Second word.
    struct Strip {
        uint32 member;
        uint8 after_;
        uint32 epoch;
        uint40 deadline;
        uint96 maxReserve;
        uint32 feePerEntry;
        address feeTo;
        bytes entries;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice Why a strip was not accepted.
    enum StripReason {
        None,
        BadLength, // entries empty or not a multiple of four bytes
        NotActive, // not enrolled, no meter yet, leaving, suspended or stopped
        ModuleOff, // the member did not enable this module
        BadSignature,
        WrongEpoch,
        Expired,
        WrongFrontier, // `after_` is not the member's frontier
        Underfunded, // free balance below `maxReserve`
        InDebt, // above its credit line
        TooManyEntries, // more than the journal takes per period
        RingBusy, // a ring entry still belongs to an unsettled period, or a group of slots to one with an uncleared slot
        NothingAccepted // no entry is acceptable
    }

    /// @notice Why an entry was not accepted: its prefix is all ones, it reserves nothing and pays no fee. The first that applies.
    /// @dev An entry that is refused does not keep those behind it from being accepted, but for `OverReserve`: entries are taken in their
    /// order until one does not fit the rest of `maxReserve`, and nothing behind that one is looked at.
    enum EntryReason {
        None,
        NotAscending,
        OffGrid, // slot or tick outside the community's grid
        ZeroLots,
        BehindFrontier,
        GateClosed,
        OverCap,
        OverReserve, // more than what is left of `maxReserve`, or behind such an entry
        TickFull
    }

    event StripSkipped(
        uint32 indexed community,
        uint32 indexed member,
        uint32 indexed period,
        uint256 index,
        StripReason reason
    );

    /// @notice Entries of an accepted strip that were not accepted.
    /// @param reasons One byte per entry of the strip.
    event EntriesRefused(uint32 indexed community, uint32 indexed member, uint32 indexed period, bytes reasons);

    /// @notice A slot cleared.
    /// @param tick Price tick, 255 for no trade.
    /// @param price Base units per Wh.
    /// @param lots Volume.
    event SlotCleared(uint32 indexed community, uint256 indexed slot, uint256 tick, uint256 price, uint256 lots);

    error PeriodNotOpen(uint32 community, uint32 period);
    error TradingPaused(uint32 community);
    /// @notice An order book of open communities was called for a sealed one, or the other way round.
    error WrongMode(uint32 community);
    /// @notice The order book is not the community's first module.
    error UnknownModule(uint32 community);
    /// @dev `positionOf` was not given what `contextOf` returned.
    error NoContext();
    /// @notice The strip at a byte position is longer than what is there.
    error StripsCutOff(uint256 position);
    error StripRefused(StripReason reason);
    error EntryRefused(uint256 index, EntryReason reason);
    error NotTrader(uint32 community, uint32 member, address caller);

    /// @notice Places the caller's own strip. Trading key or owner. Any strip or entry failure reverts with the same reason.
    function place(uint32 community, uint32 period, Strip calldata strip) external;

    /// @notice Clears slots whose gate has passed. Slots that are not due, already clear or without orders are passed over.
    /// @param slots Slot indices, `unix time / slotDuration`.
    /// @return cleared Number of slots cleared by this call.
    function clear(uint32 community, uint256[] calldata slots) external returns (uint256 cleared);

    /// @return The EIP-712 domain separator of strips.
    function domainSeparator() external view returns (bytes32);

    /// @return A word of storage. `IOrderBookLens` makes books and results of such words.
    function extsload(bytes32 slot) external view returns (bytes32);

    /// @return The registry of the communities that trade here.
    function registry() external view returns (IProsumerRegistry);
}
