// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IMeteredAuction} from "./interfaces/IMeteredAuction.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {AuctionLanes} from "./libraries/AuctionLanes.sol";
import {Mem} from "./libraries/Mem.sol";
import {NetLoops} from "./libraries/NetLoops.sol";
import {Parts} from "./libraries/Parts.sol";
import {Tariff} from "./libraries/Tariff.sol";
import {TickTotals} from "./libraries/TickTotals.sol";
import {Words} from "./libraries/Words.sol";
import {Mandates} from "./metered/Mandates.sol";
import {MeteredModule} from "./metered/MeteredModule.sol";
import {MeteredWords} from "./metered/MeteredWords.sol";
import {SharingBudget, newSharingBudget, ORDER_BYTES} from "./types/SharingBudget.sol";
import {newSharingScheme} from "./types/SharingRound.sol";
import {Terms} from "./types/Terms.sol";

/// @title Metered auction
/// @notice See `IMeteredAuction`, which is the manual.
contract MeteredAuction is IMeteredAuction, MeteredModule, EIP712 {
    using AuctionLanes for AuctionLanes.Cleared;
    using Mem for uint256[];
    using Tariff for bytes;
    using TickTotals for TickTotals.Rows;
    using TickTotals for uint256[];

    /// @dev There is one way to clear: a scheme only has to say that it is announced.
    uint256 private constant ANNOUNCED = 1;

    /// @dev Words of the fullest totals, which a chunk is settled with twice: 128 ticks with 96 slots. With more a transaction might not do.
    uint256 private constant MOST_WORDS = 6_144;

    bytes32 private constant ORDER_TYPE = keccak256(
        "StandingOrder(uint32 community,uint32 member,uint48 budget,uint8 buyTick,uint8 sellTick,uint32 firstPeriod,uint32 lastPeriod,uint32 epoch,uint32 sequence)"
    );

    /// @notice What a run of members shares here.
    /// @param networkFee Base units per Wh.
    /// @param floors The highest export price of all classes in each slot, base units per Wh.
    /// @param highest The highest of them.
    /// @param start Totals before the run.
    /// @param rows Totals of the run.
    struct Desk {
        uint256 networkFee;
        uint256[] floors;
        uint256 highest;
        uint256[] start;
        TickTotals.Rows rows;
        AuctionLanes.Cleared cleared;
    }

    constructor(
        IProsumerRegistry registry_,
        IPaymentEscrow escrow_,
        ISettlement settlement_
    ) EIP712("Wattbook", "1") MeteredWords(registry_, escrow_, settlement_) Mandates(ORDER_BYTES) {}

    // ---------------------------------------------------------------------------------------------------- mandates

    /// @inheritdoc IMeteredAuction
    function announce(uint32 community, uint32 fromPeriod, uint24 settlementDelay) external {
        _announce(community, fromPeriod, newSharingScheme(ANNOUNCED, 0, settlementDelay));
        Terms t = _terms(community);
        uint256 words = 4 * t.tickCount() * NetLoops.octetsOf(t.slotsPerPeriod());
        if (words > MOST_WORDS) revert TotalsTooLarge(words, MOST_WORDS);
        emit AuctionAnnounced(community, fromPeriod, settlementDelay);
    }

    /// @inheritdoc IMeteredAuction
    function keepOrders(uint32 community, StandingOrder[] calldata orders) external returns (uint256 kept) {
        Terms t = _keepTerms(community);
        uint32 current = uint32(t.periodAt(block.timestamp));
        for (uint256 i = 0; i < orders.length; ++i) {
            StandingOrder calldata o = orders[i];
            if (!_isOnGrid(o.buyTick, t) || !_isOnGrid(o.sellTick, t)) {
                emit Skipped(community, o.member, current, Skip.OffGrid);
                continue;
            }
            SharingBudget word = newSharingBudget(o.budget, o.firstPeriod, o.lastPeriod, o.epoch, o.sequence);
            word = word.withTicks((uint256(o.buyTick) << 8) | o.sellTick);
            uint256 signature;
            assembly ("memory-safe") {
                signature := add(o, 0x100)
            }
            if (!_keep(community, o.member, current, word, orderDigest(community, o), signature)) continue;
            emit OrderKept(community, o.member, word);
            ++kept;
        }
    }

    function _isOnGrid(uint256 tick, Terms t) private pure returns (bool) {
        return tick < t.tickCount() || tick == TickTotals.NONE;
    }

    // ---------------------------------------------------------------------------------------------------- in two passes

    /// @inheritdoc IMeteredAuction
    function meter(
        uint32 community,
        uint32 period,
        ISettlement.MeteredItem[] calldata items,
        uint256[] calldata start
    ) external returns (uint256 counted) {
        Run memory run = _openCount(community, period, items.length);
        _setStart(run, start);
        return _meter(run, items);
    }

    /// @inheritdoc IMeteredAuction
    function count(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items,
        uint256[] calldata start
    ) external returns (uint256 counted) {
        Run memory run = _openCount(community, period, items.length);
        _setStart(run, start);
        return _count(run, items);
    }

    /// @inheritdoc IMeteredAuction
    function settle(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items,
        uint256[] calldata start,
        uint256[] calldata frozen,
        uint256 chunk
    ) external {
        Run memory run = _openSettle(community, period, items.length, chunk);
        _clear(run, _totals(run, frozen));
        // The hash of the chunk, which holds that of these, is checked before anything is settled.
        uint256[] memory before = start.copied();
        _desk(run).cleared.setBefore(before, run.slots);
        _settle(run, items, chunk, before.hashOf());
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IMeteredAuction
    function orderOf(uint32 community, uint32 member) external view returns (SharingBudget order) {
        return _budget(community, member);
    }

    /// @inheritdoc IMeteredAuction
    function totalsHash(uint32 community, uint32 period) external view returns (uint256 hash) {
        Terms t = _terms(community);
        if (_round(community, period, t).chunksOf() != 0) hash = Words.load(_totalsAt(community, period, t));
    }

    /// @inheritdoc IMeteredAuction
    function orderDigest(uint32 community, StandingOrder calldata o) public view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        ORDER_TYPE,
                        community,
                        o.member,
                        o.budget,
                        o.buyTick,
                        o.sellTick,
                        o.firstPeriod,
                        o.lastPeriod,
                        o.epoch,
                        o.sequence
                    )
                )
            );
    }

    // ---------------------------------------------------------------------------------------------------- counting

    /// @inheritdoc MeteredModule
    function _setDesk(Run memory run, bytes memory tariff, uint256 classes) internal pure override {
        Desk memory desk;
        uint256 slots = run.slots;
        desk.networkFee = tariff.networkFee();
        uint256[] memory floors = Mem.wordsOf(slots);
        uint256 highest = 0;
        unchecked {
            uint256 where = floors.words();
            for (uint256 k = 0; k < slots; (++k, where += 32)) {
                (, uint256 floor) = tariff.boundsAt(classes, slots, k);
                Mem.store(where, floor);
                if (floor > highest) highest = floor;
            }
        }
        (desk.floors, desk.highest) = (floors, highest);
        desk.rows = TickTotals.newRows(NetLoops.octetsOf(slots));
        uint256 pos;
        assembly ("memory-safe") {
            pos := desk
        }
        run.desk = pos;
    }

    function _desk(Run memory run) private pure returns (Desk memory desk) {
        uint256 pos = run.desk;
        assembly ("memory-safe") {
            desk := pos
        }
    }

    function _setStart(Run memory run, uint256[] calldata start) private view {
        _desk(run).start = _totals(run, start);
    }

    /// @return words The period's totals so far, which are what the caller says.
    function _totals(Run memory run, uint256[] calldata said) private view returns (uint256[] memory words) {
        words = said.copied();
        uint256 hash = 0;
        if (run.round.chunksOf() != 0) hash = Words.load(_totalsAt(run.community, run.period, run.terms));
        if (words.hashOf() != hash) revert TotalsMismatch(run.community, run.period, hash);
    }

    /// @inheritdoc MeteredModule
    function _expect(Run memory run, uint256 mandate) internal pure override {
        _desk(run).rows.open(_buyTick(mandate), _sellTick(mandate));
    }

    /// @inheritdoc MeteredModule
    function _within(
        Run memory run,
        uint256 mandate,
        bool counting
    ) internal pure override returns (uint256[] memory wh, uint256 left) {
        Desk memory desk = _desk(run);
        TickTotals.Rows memory rows = desk.rows;
        (uint256 buyTick, uint256 sellTick) = (_buyTick(mandate), _sellTick(mandate));
        (uint256 bids, uint256 asks) = (rows.spare, rows.spare);
        if (counting) (bids, asks) = (rows.bidsOf(buyTick), rows.asksOf(sellTick));
        wh = Mem.wordsOf(2 * rows.octets);
        (uint256 taken, uint256 given) = NetLoops.unpack(run.values, wh, bids, asks);
        if (buyTick == TickTotals.NONE) taken = NetLoops.dropTaken(wh);
        if (sellTick == TickTotals.NONE) given = NetLoops.dropGiven(wh);
        uint256 price = _priceAt(run.terms, buyTick) + desk.networkFee;
        uint256 limit = _priceAt(run.terms, sellTick);
        // Below the export price it may lose what the retailer would have paid: that counts against its budget too.
        uint256 loss = desk.highest > limit ? desk.highest - limit : 0;
        uint256 reserve = uint96(mandate);
        if (taken * price + given * loss <= reserve) return (wh, 0);
        uint256[] memory losses = new uint256[](run.slots);
        for (uint256 k = 0; loss != 0 && k < run.slots; ++k) {
            if (desk.floors[k] > limit) losses[k] = desk.floors[k] - limit;
        }
        NetLoops.remove(wh, bids, asks);
        left = NetLoops.clip(wh, price, losses, reserve);
        NetLoops.add(wh, bids, asks);
    }

    /// @return Base units per Wh.
    function _priceAt(Terms t, uint256 tick) private pure returns (uint256) {
        return t.floorPrice() + tick * t.tickSize();
    }

    function _buyTick(uint256 mandate) private pure returns (uint256) {
        return uint8(mandate >> 104);
    }

    function _sellTick(uint256 mandate) private pure returns (uint256) {
        return uint8(mandate >> 96);
    }

    /// @inheritdoc MeteredModule
    function _addChunk(Run memory run) internal override returns (uint256 started) {
        Desk memory desk = _desk(run);
        started = desk.start.hashOf();
        uint256[] memory words = desk.start.plus(desk.rows);
        Words.store(_totalsAt(run.community, run.period, run.terms), words.hashOf());
        emit Tallied(run.community, run.period, run.round.chunksOf(), words);
    }

    // ---------------------------------------------------------------------------------------------------- parts

    /// @inheritdoc MeteredModule
    function _price(Run memory run) internal override {
        Desk memory desk = _desk(run);
        _clear(run, desk.start.plus(desk.rows));
    }

    function _clear(Run memory run, uint256[] memory words) private {
        Desk memory desk = _desk(run);
        desk.cleared = AuctionLanes.clear(words, desk.rows.octets, run.terms);
        emit Cleared(run.community, run.period, desk.cleared.slots);
    }

    /// @inheritdoc MeteredModule
    function _keepPart(Run memory run, uint256 member, uint256 mandate, uint256[] memory wh) internal override {
        uint256 pos = Parts.placeOf(run.community, run.period, member);
        (uint256 paid, uint256 received, uint256 written) = _desk(run).cleared.fill(
            _buyTick(mandate),
            _sellTick(mandate),
            wh,
            pos
        );
        Parts.keepHead(pos, paid, received, written);
    }
}
