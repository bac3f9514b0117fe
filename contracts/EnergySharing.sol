// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEnergySharing} from "./interfaces/IEnergySharing.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {Mem} from "./libraries/Mem.sol";
import {Parts} from "./libraries/Parts.sol";
import {ShareLoops} from "./libraries/ShareLoops.sol";
import {SharingRules} from "./libraries/SharingRules.sol";
import {SlotLoops} from "./libraries/SlotLoops.sol";
import {Tariff} from "./libraries/Tariff.sol";
import {Words} from "./libraries/Words.sol";
import {Mandates} from "./metered/Mandates.sol";
import {MeteredModule} from "./metered/MeteredModule.sol";
import {MeteredWords} from "./metered/MeteredWords.sol";
import {SharingBudget, newSharingBudget, BUDGET_BYTES} from "./types/SharingBudget.sol";
import {SharingScheme, newSharingScheme} from "./types/SharingRound.sol";
import {Terms} from "./types/Terms.sol";

/// @title Energy sharing
/// @notice See `IEnergySharing`, which is the manual.
contract EnergySharing is IEnergySharing, MeteredModule, EIP712 {
    using Mem for uint256[];
    using Tariff for bytes;

    bytes32 private constant BUDGET_TYPE = keccak256(
        "SharingBudget(uint32 community,uint32 member,uint48 budget,uint32 firstPeriod,uint32 lastPeriod,uint32 epoch,uint32 sequence)"
    );

    /// @notice What a run of members shares here.
    /// @param networkFee Base units per Wh.
    /// @param prices The lowest import price of all classes in each slot, base units per Wh: what a shared Wh costs at most.
    /// @param dearest The highest of them.
    /// @param floors The highest export price of all classes in each slot.
    /// @param totals What the call's members take and give, quads.
    /// @param live Lanes of slots in which energy is shared.
    /// @param from The first quad with such a slot, and `to` behind the last one.
    /// @param table What is shared in each slot, see `ShareLoops.tableOf`.
    struct Desk {
        uint256 networkFee;
        uint256[] prices;
        uint256 dearest;
        uint256[] floors;
        uint256[] totals;
        uint256[] live;
        uint256 from;
        uint256 to;
        uint256 table;
    }

    constructor(
        IProsumerRegistry registry_,
        IPaymentEscrow escrow_,
        ISettlement settlement_
    ) EIP712("Wattbook", "1") MeteredWords(registry_, escrow_, settlement_) Mandates(BUDGET_BYTES) {}

    // ---------------------------------------------------------------------------------------------------- mandates

    /// @inheritdoc IEnergySharing
    function announce(
        uint32 community,
        uint32 fromPeriod,
        Rule rule,
        uint16 compensation,
        uint24 settlementDelay
    ) external {
        if (rule == Rule.Unset) revert NoRule(community);
        _announce(community, fromPeriod, newSharingScheme(uint256(rule), compensation, settlementDelay));
        emit SchemeAnnounced(community, fromPeriod, rule, compensation, settlementDelay);
    }

    /// @inheritdoc IEnergySharing
    function keepBudgets(uint32 community, Budget[] calldata budgets) external returns (uint256 kept) {
        uint32 current = uint32(_keepTerms(community).periodAt(block.timestamp));
        for (uint256 i = 0; i < budgets.length; ++i) {
            Budget calldata b = budgets[i];
            SharingBudget word = newSharingBudget(b.budget, b.firstPeriod, b.lastPeriod, b.epoch, b.sequence);
            uint256 signature;
            assembly ("memory-safe") {
                signature := add(b, 0xc0)
            }
            if (!_keep(community, b.member, current, word, budgetDigest(community, b), signature)) continue;
            emit BudgetKept(community, b.member, word);
            ++kept;
        }
    }

    // ---------------------------------------------------------------------------------------------------- in two passes

    /// @inheritdoc IEnergySharing
    function meter(
        uint32 community,
        uint32 period,
        ISettlement.MeteredItem[] calldata items
    ) external returns (uint256 counted) {
        return _meter(_openCount(community, period, items.length), items);
    }

    /// @inheritdoc IEnergySharing
    function count(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items
    ) external returns (uint256 counted) {
        return _count(_openCount(community, period, items.length), items);
    }

    /// @inheritdoc IEnergySharing
    function settle(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items,
        uint256[] calldata start,
        uint256 chunk
    ) external {
        Run memory run = _openSettle(community, period, items.length, chunk);
        uint256[] memory words = _storedTotals(community, period, run.terms);
        emit Shared(community, period, words);
        _loadTable(run, words);
        _settle(run, items, chunk, _setStart(run, start));
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IEnergySharing
    function budgetOf(uint32 community, uint32 member) external view returns (SharingBudget budget) {
        return _budget(community, member);
    }

    /// @inheritdoc IEnergySharing
    function totals(uint32 community, uint32 period) external view returns (uint256[] memory words) {
        Terms t = _terms(community);
        if (_round(community, period, t).chunksOf() != 0) words = _storedTotals(community, period, t);
    }

    /// @inheritdoc IEnergySharing
    function budgetDigest(uint32 community, Budget calldata b) public view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        BUDGET_TYPE,
                        community,
                        b.member,
                        b.budget,
                        b.firstPeriod,
                        b.lastPeriod,
                        b.epoch,
                        b.sequence
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
        (uint256[] memory prices, uint256[] memory floors) = (Mem.wordsOf(slots), Mem.wordsOf(slots));
        uint256 dearest = 0;
        unchecked {
            (uint256 atPrice, uint256 atFloor) = (prices.words(), floors.words());
            for (uint256 k = 0; k < slots; (++k, atPrice += 32, atFloor += 32)) {
                (uint256 price, uint256 floor) = tariff.boundsAt(classes, slots, k);
                Mem.store(atPrice, price);
                Mem.store(atFloor, floor);
                if (price > dearest) dearest = price;
            }
        }
        (desk.prices, desk.floors, desk.dearest) = (prices, floors, dearest);
        desk.totals = SlotLoops.newReading(slots);
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

    /// @inheritdoc MeteredModule
    function _expect(Run memory, uint256) internal pure override {}

    /// @inheritdoc MeteredModule
    function _within(
        Run memory run,
        uint256 mandate,
        bool
    ) internal pure override returns (uint256[] memory quads, uint256 left) {
        Desk memory desk = _desk(run);
        uint256 reserve = uint96(mandate);
        quads = SlotLoops.newReading(run.slots);
        // Adding them while nobody counts harms nobody: then the totals are those of storage.
        uint256 most = ShareLoops.take(run.values, quads, desk.totals) * desk.dearest;
        bool losing = run.round.schemeOf().ruleOf() == uint256(Rule.BillSharing);
        if (most <= reserve && !losing) return (quads, 0);
        // Where a seller may get nothing, it loses what the retailer would have paid: that counts against its budget too.
        uint256[] memory floors = losing ? desk.floors : new uint256[](run.slots);
        left = ShareLoops.clip(quads, desk.prices, floors, reserve, desk.totals);
    }

    /// @inheritdoc MeteredModule
    function _addChunk(Run memory run) internal override returns (uint256 started) {
        uint256[] memory words;
        if (run.round.chunksOf() == 0) {
            words = new uint256[](ShareLoops.totalWords(run.slots));
        } else {
            words = _storedTotals(run.community, run.period, run.terms);
            started = uint256(Mem.hashAt(words.words(), 32 * words.length));
        }
        words = _plusChunk(run, words);
        uint256 pos = _totalsAt(run.community, run.period, run.terms);
        for (uint256 i = 0; i < words.length; ++i) Words.store(pos + i, words[i]);
    }

    /// @return words With the totals of the run, which has at most as many members as its quads can add up.
    function _plusChunk(Run memory run, uint256[] memory words) private pure returns (uint256[] memory) {
        uint256[] memory chunk = _desk(run).totals;
        uint256 slots = run.slots;
        for (uint256 i = 0; i < words.length; ++i) words[i] = ShareLoops.plusChunk(words.wordAt(i), chunk, i, slots);
        return words;
    }

    function _storedTotals(uint32 community, uint32 period, Terms t) private view returns (uint256[] memory words) {
        words = Mem.wordsOf(ShareLoops.totalWords(t.slotsPerPeriod()));
        uint256 pos = _totalsAt(community, period, t);
        for (uint256 i = 0; i < words.length; ++i) words[i] = Words.load(pos + i);
    }

    // ---------------------------------------------------------------------------------------------------- parts

    /// @inheritdoc MeteredModule
    function _price(Run memory run) internal override {
        uint256[] memory words = _plusChunk(run, new uint256[](ShareLoops.totalWords(run.slots)));
        emit Shared(run.community, run.period, words);
        _loadTable(run, words);
    }

    function _loadTable(Run memory run, uint256[] memory words) private pure {
        Desk memory desk = _desk(run);
        uint256 slots = run.slots;
        uint256[] memory live = ShareLoops.newLive(slots);
        uint256 table = ShareLoops.tableOf(slots);
        SharingScheme scheme = run.round.schemeOf();
        uint256 networkFee = desk.networkFee;
        unchecked {
            for (uint256 k = 0; k < slots; ++k) {
                (uint256 supply, uint256 demand) = ShareLoops.totalsAt(words.wordAt(k / 3), k);
                (uint256 price, uint256 floor) = (desk.prices.wordAt(k), desk.floors.wordAt(k));
                // Where the network fee leaves no room between the prices, nothing is shared.
                if (supply == 0 || demand == 0 || price < networkFee) continue;
                (uint256 shared, uint256 num, uint256 den) = SharingRules.priceOf(
                    Rule(scheme.ruleOf()),
                    supply,
                    demand,
                    price - networkFee,
                    floor,
                    scheme.compensationOf()
                );
                ShareLoops.setSlot(live, table, k, supply, demand, shared, num, den);
            }
        }
        (desk.live, desk.table) = (live, table);
        (desk.from, desk.to) = ShareLoops.bounds(live);
    }

    /// @return hash Of the totals before the chunk; 0 for the first one.
    function _setStart(Run memory run, uint256[] calldata start) private pure returns (uint256 hash) {
        if (start.length == 0) return 0;
        uint256[] memory words = start.copied();
        uint256 expected = ShareLoops.totalWords(run.slots);
        if (words.length != expected) revert BadLength(words.length, expected);
        (uint256 table, uint256 slots) = (_desk(run).table, run.slots);
        for (uint256 k = 0; k < slots; ++k) {
            (uint256 supply, uint256 demand) = ShareLoops.totalsAt(words.wordAt(k / 3), k);
            ShareLoops.setBefore(table, k, supply, demand);
        }
        return uint256(Mem.hashAt(words.words(), 32 * words.length));
    }

    /// @inheritdoc MeteredModule
    function _keepPart(Run memory run, uint256 member, uint256, uint256[] memory quads) internal override {
        Desk memory desk = _desk(run);
        (uint256 from, uint256 to) = (desk.from, desk.to);
        uint256 place = Parts.placeOf(run.community, run.period, member);
        (uint256 paid, uint256 received) = ShareLoops.share(desk.live, desk.table, quads, from, to, place);
        Parts.keepHead(place, paid, received, (1 << to) - (1 << from));
    }
}
