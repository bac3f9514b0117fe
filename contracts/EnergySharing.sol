// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEnergySharing} from "./interfaces/IEnergySharing.sol";
import {IMarketModule} from "./interfaces/IMarketModule.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {CompactSignature} from "./libraries/CompactSignature.sol";
import {Forward} from "./libraries/Forward.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {Lookups} from "./libraries/Lookups.sol";
import {Mem} from "./libraries/Mem.sol";
import {PackedRecords} from "./libraries/PackedRecords.sol";
import {Parts} from "./libraries/Parts.sol";
import {Positions} from "./libraries/Positions.sol";
import {ShareLoops} from "./libraries/ShareLoops.sol";
import {SharingRules} from "./libraries/SharingRules.sol";
import {SlotLoops} from "./libraries/SlotLoops.sol";
import {Tariff} from "./libraries/Tariff.sol";
import {Words} from "./libraries/Words.sol";
import {Account} from "./types/Account.sol";
import {Journal, readingHash} from "./types/Journal.sol";
import {Member} from "./types/Member.sol";
import {SharingBudget, newSharingBudget} from "./types/SharingBudget.sol";
import {SharingRound, SharingScheme, newSharingRound, newSharingScheme} from "./types/SharingRound.sol";
import {Terms} from "./types/Terms.sol";

/// @title Energy sharing
/// @notice See `IEnergySharing`, which is the manual.
contract EnergySharing is IEnergySharing, EIP712 {
    using Mem for bytes;
    using Mem for uint256[];
    using Tariff for bytes;

    /// @dev Largest number of members times slots that a call counts: what fits a transaction when it is settled.
    uint256 private constant MOST_COUNTED = 128 * 144;

    /// @dev Members that a word of flags is about, beside the period it belongs to.
    uint256 private constant FLAGS = 224;

    uint32 private constant COORDINATOR = 0;

    /// @dev Bytes of a record's payload, the budget, and of the whole record.
    uint256 private constant PAYLOAD = 6;
    uint256 private constant RECORD = PackedRecords.HEADER + PAYLOAD;

    bytes32 private constant BUDGET_TYPE = keccak256(
        "SharingBudget(uint32 community,uint32 member,uint48 budget,uint32 firstPeriod,uint32 lastPeriod,uint32 epoch,uint32 sequence)"
    );

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

    /// @notice What the members of one call share, in memory.
    /// @param networkFee Base units per Wh.
    /// @param prices The lowest import price of all classes in each slot, base units per Wh: what a shared Wh costs at most.
    /// @param dearest The highest of them.
    /// @param floors The highest export price of all classes in each slot.
    /// @param values A reading as it is signed, with zeros behind it.
    /// @param totals What the call's members take and give, quads.
    /// @param live Lanes of slots in which energy is shared.
    /// @param from The first quad with such a slot, and `to` behind the last one.
    /// @param table What is shared in each slot, see `ShareLoops.tableOf`.
    /// @param chunk Hash over its members.
    /// @param members Four bytes each, in the order of their parts.
    struct Run {
        uint32 community;
        uint32 period;
        Terms terms;
        uint256 slots;
        SharingRound round;
        uint256 networkFee;
        uint256[] prices;
        uint256 dearest;
        uint256[] floors;
        bytes values;
        uint256[] totals;
        uint256[] live;
        uint256 from;
        uint256 to;
        uint256 table;
        uint256 chunk;
        bytes members;
        uint256 counted;
    }

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_, ISettlement settlement_) EIP712("Wattbook", "1") {
        registry = registry_;
        escrow = escrow_;
        settlement = settlement_;
    }

    // ---------------------------------------------------------------------------------------------------- schemes

    /// @inheritdoc IEnergySharing
    function announce(
        uint32 community,
        uint32 fromPeriod,
        Rule rule,
        uint16 compensation,
        uint24 settlementDelay
    ) external {
        if (msg.sender != registry.ownerOf(community, COORDINATOR)) revert NotCoordinator(community, msg.sender);
        if (registry.moduleAt(community, 0) != address(this)) revert NotFirstModule(community);
        Terms t = KnownTerms.keep(_known, registry, community);
        if (t.isSealed()) revert SealedCommunity(community);
        if (rule == Rule.Unset) revert NoRule(community);
        if (settlementDelay > t.readingDeadline()) revert DelayTooLong(settlementDelay, t.readingDeadline());
        uint256 word = Words.load(_schemes | community);
        uint256 current = t.periodAt(block.timestamp);
        if (uint32(word) > current) revert SchemePending(community, uint32(word));
        // Nobody has joined a period before the first scheme.
        uint256 earliest = current + 1 + (word == 0 ? 0 : t.horizon());
        if (fromPeriod < earliest) revert SchemeTooEarly(fromPeriod, earliest);
        SharingScheme s = newSharingScheme(uint256(rule), compensation, settlementDelay);
        uint256 before = (word >> 32) & type(uint48).max;
        Words.store(_schemes | community, fromPeriod | (SharingScheme.unwrap(s) << 32) | (before << 80));
        emit SchemeAnnounced(community, fromPeriod, rule, compensation, settlementDelay);
    }

    // ---------------------------------------------------------------------------------------------------- budgets

    /// @inheritdoc IEnergySharing
    function keepBudgets(uint32 community, Budget[] calldata budgets) external returns (uint256 kept) {
        Terms t = KnownTerms.keep(_known, registry, community);
        uint32 current = uint32(t.periodAt(block.timestamp));
        for (uint256 i = 0; i < budgets.length; ++i) {
            Budget calldata b = budgets[i];
            uint256 pos = _budgetAt(community, b.member);
            Skip skip = Skip.None;
            if (b.sequence <= SharingBudget.wrap(Words.load(pos)).sequenceOf()) skip = Skip.OldSequence;
            else if (!_isSigned(community, b, current)) skip = Skip.BadSignature;
            if (skip != Skip.None) {
                emit Skipped(community, b.member, current, skip);
                continue;
            }
            SharingBudget word = newSharingBudget(b.budget, b.firstPeriod, b.lastPeriod, b.epoch, b.sequence);
            Words.store(pos, SharingBudget.unwrap(word));
            emit BudgetKept(community, b.member, word);
            ++kept;
        }
    }

    /// @inheritdoc IEnergySharing
    function join(uint32 community, uint32 period, uint256[] calldata members) external returns (uint256 joined) {
        (Terms t, bool paused, ) = registry.tradingFor(community, period);
        if (paused) revert TradingPaused(community);
        uint256 current = t.periodAt(block.timestamp);
        if (period <= current || period > current + t.horizon()) revert PeriodNotOpen(community, period);
        SharingRound round = _joining(community, period, t);
        bytes memory records;
        (records, joined) = _records(community, period, t, members);
        if (joined == 0) return 0;
        escrow.append(community, period, 0, address(0), records);
        Words.store(_roundAt(community, period, t), SharingRound.unwrap(round.withJoined(joined)));
    }

    // ---------------------------------------------------------------------------------------------------- readings

    /// @inheritdoc IEnergySharing
    function meter(
        uint32 community,
        uint32 period,
        ISettlement.MeteredItem[] calldata items
    ) external returns (uint256 counted) {
        Run memory run = _openCount(community, period, items.length);
        Forward.handOn(address(settlement), ISettlement.meter.selector);
        uint256[] memory journals = Mem.wordsOf(items.length);
        for (uint256 i = 0; i < items.length; ++i) journals[i] = items[i].member;
        journals = _journalsOf(run, journals);
        for (uint256 i = 0; i < items.length; ++i) {
            ISettlement.MeteredItem calldata item = items[i];
            _count(run, item.member, Journal.wrap(journals[i]), item.reading.values, 0, item.records);
        }
        return _closeCount(run);
    }

    /// @inheritdoc IEnergySharing
    function count(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items
    ) external returns (uint256 counted) {
        Run memory run = _openCount(community, period, items.length);
        uint256[] memory journals = Mem.wordsOf(items.length);
        for (uint256 i = 0; i < items.length; ++i) journals[i] = items[i].member;
        journals = _journalsOf(run, journals);
        for (uint256 i = 0; i < items.length; ++i) {
            ISettlement.SettleItem calldata item = items[i];
            _count(run, item.member, Journal.wrap(journals[i]), item.values, item.gapLeg, item.records);
        }
        return _closeCount(run);
    }

    // ---------------------------------------------------------------------------------------------------- settlement

    /// @inheritdoc IEnergySharing
    function settle(
        uint32 community,
        uint32 period,
        ISettlement.SettleItem[] calldata items,
        uint256[] calldata start,
        uint256 chunk
    ) external {
        Run memory run = _open(community, period, items.length);
        if (!_isFrozen(run.round, run.terms, period)) revert TotalsOpen(community, period);
        _checkDelay(run);
        if (chunk >= run.round.chunksOf()) revert ChunkMismatch(community, period, chunk);
        uint256[] memory words = _storedTotals(run);
        _loadTable(run, words);
        uint256 started = _setStart(run, start);
        for (uint256 i = 0; i < items.length; ++i) {
            ISettlement.SettleItem calldata item = items[i];
            (bool joined, uint256 reserve) = _reserveIn(item.records);
            if (!joined) continue;
            uint256 free = Mem.mark();
            (uint256[] memory quads, ) = _quadsOf(run, item.member, item.values, reserve);
            _keepPart(run, item.member, quads);
            Mem.release(free);
        }
        if (Mem.hashWords(run.chunk, started) != Words.load(_chunkAt(run, chunk))) {
            revert ChunkMismatch(community, period, chunk);
        }
        emit Shared(community, period, words);
        Forward.handOn(address(settlement), ISettlement.settle.selector);
    }

    /// @inheritdoc IEnergySharing
    function meterAndSettle(uint32 community, uint32 period, ISettlement.MeteredItem[] calldata items) external {
        Run memory run = _open(community, period, items.length);
        _checkDelay(run);
        uint256[] memory all = new uint256[](items.length); // where the quads of each are; 0 for a plain customer
        for (uint256 i = 0; i < items.length; ++i) {
            ISettlement.MeteredItem calldata item = items[i];
            (bool joined, uint256 reserve) = _reserveIn(item.records);
            if (!joined) continue;
            (uint256[] memory quads, uint256 left) = _quadsOf(run, item.member, item.reading.values, reserve);
            if (left != 0) emit BudgetReached(community, item.member, period, left);
            run.members.storeU32(4 * run.counted++, item.member);
            all[i] = quads.words();
        }
        if (run.round.countedOf() != 0 || run.counted != run.round.joinedOf()) {
            revert NotEverybody(run.round.countedOf() + run.counted, run.round.joinedOf());
        }
        uint256[] memory words = _plusChunk(run, new uint256[](ShareLoops.totalWords(run.slots)));
        _loadTable(run, words);
        for (uint256 i = 0; i < items.length; ++i) {
            if (all[i] != 0) _keepPart(run, items[i].member, Mem.arrayAt(all[i]));
        }
        SharingRound round = run.round.withCounted(run.counted, 0);
        Words.store(_roundAt(community, period, run.terms), SharingRound.unwrap(round));
        emit Counted(community, period, 0, run.members.cut(4 * run.counted));
        emit Shared(community, period, words);
        uint256 accepted = Forward.handOn(address(settlement), ISettlement.meterAndSettle.selector);
        if (accepted != items.length) revert NotEverybody(accepted, items.length);
    }

    /// @inheritdoc IMarketModule
    function contextOf(uint32, uint32) external pure returns (uint256[] memory context) {}

    /// @inheritdoc IMarketModule
    function positionOf(
        uint32 community,
        uint32 member,
        uint32 period,
        uint256[] calldata,
        bytes[] calldata
    ) external view returns (bool ready, uint256 paid, uint256 received, bytes memory position) {
        Terms t = KnownTerms.load(_known, registry, community);
        (ready, paid, received, position) = Parts.find(community, period, member, t.slotsPerPeriod());
        if (ready) return (ready, paid, received, position);
        SharingRound round = SharingRound.wrap(Words.load(_roundAt(community, period, t)));
        // Whoever is not in the frozen totals has no part; everybody else is settled through `settle`.
        ready = _isFrozen(round, t, period) && !_isCounted(community, period, member, t);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IEnergySharing
    function schemeFor(uint32 community, uint32 period) external view returns (uint256 scheme) {
        return SharingScheme.unwrap(_schemeFor(community, period));
    }

    /// @inheritdoc IEnergySharing
    function budgetOf(uint32 community, uint32 member) external view returns (SharingBudget budget) {
        return SharingBudget.wrap(Words.load(_budgetAt(community, member)));
    }

    /// @inheritdoc IEnergySharing
    function roundOf(
        uint32 community,
        uint32 period
    ) external view returns (uint256 joined, uint256 counted, uint256 chunks) {
        SharingRound r = _round(community, period, KnownTerms.load(_known, registry, community));
        return (r.joinedOf(), r.countedOf(), r.chunksOf());
    }

    /// @inheritdoc IEnergySharing
    function totals(uint32 community, uint32 period) external view returns (uint256[] memory words) {
        Run memory run;
        run.community = community;
        run.period = period;
        run.terms = KnownTerms.load(_known, registry, community);
        run.slots = run.terms.slotsPerPeriod();
        if (_round(community, period, run.terms).chunksOf() != 0) words = _storedTotals(run);
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

    // ---------------------------------------------------------------------------------------------------- joining

    function _isSigned(uint32 community, Budget calldata b, uint32 current) private view returns (bool) {
        address key = registry.memberFor(community, b.member, current).tradingKey();
        if (key == address(0)) return false;
        if (msg.sender == key || msg.sender == registry.ownerOf(community, b.member)) return true;
        uint256 signature;
        assembly ("memory-safe") {
            signature := add(b, 0xc0)
        }
        return CompactSignature.isBy(key, budgetDigest(community, b), signature);
    }

    /// @return round Of the period, with its scheme; fresh where nobody has joined yet.
    function _joining(uint32 community, uint32 period, Terms t) private view returns (SharingRound round) {
        round = _round(community, period, t);
        if (SharingRound.unwrap(round) != 0) return round;
        SharingScheme s = _schemeFor(community, period);
        if (!s.isAnnounced()) revert NoScheme(community, period);
        return newSharingRound(period, s);
    }

    /// @return records Of the members who can join.
    /// @return joined Number of them.
    function _records(
        uint32 community,
        uint32 period,
        Terms t,
        uint256[] calldata members
    ) private returns (bytes memory records, uint256 joined) {
        (uint256[] memory standings, bool free, address first) = escrow.standings(community, period, members);
        if (first != address(this)) revert NotFirstModule(community);
        if (!free) revert RingBusy(community, period);
        uint256[] memory traders = registry.tradersOf(community, period, members);
        records = Mem.bytesOf(RECORD * members.length + 32);
        uint256 last = COORDINATOR;
        for (uint256 i = 0; i < members.length; ++i) {
            uint256 member = members[i];
            if (member <= last) revert NotAscending(member);
            last = member;
            SharingBudget b = SharingBudget.wrap(Words.load(_budgetAt(community, uint32(member))));
            Account a = Account.wrap(uint128(standings[i]));
            Skip skip = _whyNot(b, a, Journal.wrap(standings[i] >> 128), Member.wrap(traders[i]), t, period);
            if (skip != Skip.None) {
                emit Skipped(community, uint32(member), period, skip);
                continue;
            }
            _writeRecord(records.start() + RECORD * joined++, member, b, a.freeOf(), Member.wrap(traders[i]), t);
        }
        return (records.cut(RECORD * joined), joined);
    }

    /// @param a Its account, and `j` its journal, as far as `IPaymentEscrow.standings` tells.
    function _whyNot(
        SharingBudget b,
        Account a,
        Journal j,
        Member m,
        Terms t,
        uint256 period
    ) private pure returns (Skip) {
        if (!b.covers(period) || b.sequenceOf() == 0) return Skip.NoBudget;
        if (!b.isOfEpoch(a.epochOf())) return Skip.EpochMismatch;
        if (!a.hasModule(0)) return Skip.ModuleOff;
        if (!m.isActive()) return Skip.NotActive;
        if (a.isInDebt()) return Skip.InDebt;
        if (j.frontierOf() != 0) return Skip.AlreadyJoined;
        if (a.freeOf() < t.settlementFee()) return Skip.NoFunds;
        return Skip.None;
    }

    /// @param to Where the record goes in memory.
    function _writeRecord(uint256 to, uint256 member, SharingBudget b, uint256 free, Member m, Terms t) private pure {
        unchecked {
            // Its readings stay within a tenth above the caps, see `Readings.ratedWh`.
            uint256 rated = (t.lotWh() * t.slotsPerPeriod() * 11) / 10 + 1;
            uint256 reserve = free - t.settlementFee();
            if (reserve > b.budgetOf()) reserve = b.budgetOf();
            uint256 head = (m.sellCap() * rated) | ((m.buyCap() * rated) << 48) | (reserve << 96) | (1 << 192);
            PackedRecords.write(to, member, 1, 0, head, PAYLOAD, bytes32(SharingBudget.unwrap(b)));
            Mem.store(to + PackedRecords.HEADER, b.budgetOf() << 208);
        }
    }

    // ---------------------------------------------------------------------------------------------------- counting

    function _openCount(uint32 community, uint32 period, uint256 items) private returns (Run memory run) {
        run = _open(community, period, items);
        if (_isPast(run.terms, period, run.terms.readingDeadline())) revert TotalsFrozen(community, period);
    }

    function _open(uint32 community, uint32 period, uint256 items) private returns (Run memory run) {
        (run.community, run.period) = (community, period);
        run.terms = KnownTerms.keep(_known, registry, community);
        run.slots = run.terms.slotsPerPeriod();
        uint256 most = MOST_COUNTED / run.slots;
        if (items > most) revert ChunkTooLarge(items, most);
        run.round = _round(community, period, run.terms);
        if (SharingRound.unwrap(run.round) == 0) revert NobodyJoined(community, period);
        run.chunk = (uint256(community) << 32) | period;
        run.values = Mem.bytesOf(6 * run.slots + 64).cut(6 * run.slots);
        Mem.wipe(run.values.start(), 6 * run.slots + 64);
        run.totals = SlotLoops.newReading(run.slots);
        run.members = Mem.bytesOf(4 * items + 32).cut(4 * items);
        _loadPrices(run);
    }

    function _loadPrices(Run memory run) private view {
        (address blob, uint256[] memory classes, ) = registry.settling(run.community, run.period);
        bytes memory tariff = Tariff.load(blob);
        run.networkFee = tariff.networkFee();
        run.prices = new uint256[](run.slots);
        run.floors = new uint256[](run.slots);
        for (uint256 k = 0; k < run.slots; ++k) {
            (uint256 price, uint256 floor) = (type(uint16).max, 0);
            for (uint256 class = 0; class < classes.length; ++class) {
                (uint256 importPrice, uint256 exportPrice) = tariff.pricesAt(class, run.slots, k);
                if (importPrice < price) price = importPrice;
                if (exportPrice > floor) floor = exportPrice;
            }
            (run.prices[k], run.floors[k]) = (price, floor);
            if (price > run.dearest) run.dearest = price;
        }
    }

    function _count(
        Run memory run,
        uint32 member,
        Journal j,
        bytes calldata values,
        int128 gapLeg,
        ISettlement.Record[] calldata records
    ) private {
        (bool joined, uint256 reserve) = _reserveIn(records);
        if (!joined) return;
        uint256 free = Mem.mark();
        (uint256 hash, ) = Positions.replay(records);
        Skip skip = Skip.None;
        if (readingHash(hash, Mem.hashOf(values), gapLeg) != j.hashOf()) skip = Skip.NotMetered;
        else if (!_flag(run, member)) skip = Skip.AlreadyCounted;
        if (skip != Skip.None) {
            emit Skipped(run.community, member, run.period, skip);
        } else {
            (, uint256 left) = _quadsOf(run, member, values, reserve);
            if (left != 0) emit BudgetReached(run.community, member, run.period, left);
            run.members.storeU32(4 * run.counted++, member);
        }
        Mem.release(free);
    }

    /// @return counted Members of the chunk, which is stored unless it is empty.
    function _closeCount(Run memory run) private returns (uint256 counted) {
        counted = run.counted;
        if (counted == 0) return 0;
        uint256 chunk = run.round.chunksOf();
        uint256[] memory words;
        uint256 started = 0;
        if (chunk == 0) {
            words = new uint256[](ShareLoops.totalWords(run.slots));
        } else {
            words = _storedTotals(run);
            started = uint256(Mem.hashAt(words.words(), 32 * words.length));
        }
        words = _plusChunk(run, words);
        uint256 pos = _totalsAt(run);
        for (uint256 i = 0; i < words.length; ++i) Words.store(pos + i, words[i]);
        Words.store(_chunkAt(run, chunk), Mem.hashWords(run.chunk, started));
        SharingRound round = run.round.withCounted(counted, 1);
        Words.store(_roundAt(run.community, run.period, run.terms), SharingRound.unwrap(round));
        emit Counted(run.community, run.period, chunk, run.members.cut(4 * counted));
    }

    /// @return words With the totals of the run, which has at most as many members as its quads can add up.
    function _plusChunk(Run memory run, uint256[] memory words) private pure returns (uint256[] memory) {
        for (uint256 i = 0; i < words.length; ++i) {
            words[i] = ShareLoops.plusChunk(words[i], run.totals, i, run.slots);
        }
        return words;
    }

    /// @return joined Whether one of the records is a budget.
    /// @return reserve What it reserved.
    function _reserveIn(ISettlement.Record[] calldata records) private pure returns (bool joined, uint256 reserve) {
        for (uint256 i = 0; i < records.length; ++i) {
            uint256 head = records[i].head;
            if (uint8(head >> 208) == 0) return (true, uint96(head >> 96));
        }
    }

    /// @dev Folds the member into the chunk's hash, and adds its quads to the totals.
    /// @return quads What it takes and gives, within its budget.
    /// @return left Wh that it takes beyond.
    function _quadsOf(
        Run memory run,
        uint256 member,
        bytes calldata values,
        uint256 reserve
    ) private pure returns (uint256[] memory quads, uint256 left) {
        bytes memory copy = run.values;
        if (values.length != copy.length) revert BadLength(values.length, copy.length);
        Mem.copy(copy.start(), values);
        run.chunk = Mem.hashWords(run.chunk, member | (reserve << 32), uint256(keccak256(copy)));
        quads = SlotLoops.newReading(run.slots);
        uint256 most = ShareLoops.take(copy, quads, run.totals) * run.dearest;
        bool losing = run.round.schemeOf().ruleOf() == uint256(Rule.BillSharing);
        if (most <= reserve && !losing) return (quads, 0);
        // Where a seller may get nothing, it loses what the retailer would have paid: that counts against its budget too.
        uint256[] memory floors = losing ? run.floors : new uint256[](run.slots);
        left = ShareLoops.clip(quads, run.prices, floors, reserve, run.totals);
    }

    // ---------------------------------------------------------------------------------------------------- parts

    function _loadTable(Run memory run, uint256[] memory words) private pure {
        run.live = ShareLoops.newLive(run.slots);
        run.table = ShareLoops.tableOf(run.slots);
        SharingScheme s = run.round.schemeOf();
        for (uint256 k = 0; k < run.slots; ++k) {
            (uint256 supply, uint256 demand) = ShareLoops.totalsAt(words[k / 3], k);
            (uint256 price, uint256 floor) = (run.prices[k], run.floors[k]);
            // Where the network fee leaves no room between the prices, nothing is shared.
            (uint256 shared, uint256 num, uint256 den) = (0, 0, 1);
            if (price >= run.networkFee) {
                price -= run.networkFee;
                (shared, num, den) = SharingRules.priceOf(
                    Rule(s.ruleOf()),
                    supply,
                    demand,
                    price,
                    floor,
                    s.compensationOf()
                );
            }
            ShareLoops.setSlot(run.live, run.table, k, supply, demand, shared, num, den);
        }
        (run.from, run.to) = ShareLoops.bounds(run.live);
    }

    /// @return hash Of the totals before the chunk; 0 for the first one.
    function _setStart(Run memory run, uint256[] calldata start) private pure returns (uint256 hash) {
        if (start.length == 0) return 0;
        uint256[] memory words = start.copied();
        uint256 expected = ShareLoops.totalWords(run.slots);
        if (words.length != expected) revert BadLength(words.length, expected);
        for (uint256 k = 0; k < run.slots; ++k) {
            (uint256 supply, uint256 demand) = ShareLoops.totalsAt(words[k / 3], k);
            ShareLoops.setBefore(run.table, k, supply, demand);
        }
        return uint256(Mem.hashAt(words.words(), 32 * words.length));
    }

    function _keepPart(Run memory run, uint256 member, uint256[] memory quads) private {
        (uint256 from, uint256 to) = (run.from, run.to);
        (uint256 paid, uint256 received) = ShareLoops.share(run.live, run.table, quads, from, to);
        Parts.keep(run.community, run.period, member, paid, received, quads, from, to);
    }

    function _checkDelay(Run memory run) private view {
        uint256 from = run.terms.periodEnd(run.period) + run.round.schemeOf().delayOf();
        if (block.timestamp < from) revert SettlementDelayed(run.community, run.period, from);
    }

    /// @return Whether no reading can enter the totals any more.
    function _isFrozen(SharingRound r, Terms t, uint32 period) private view returns (bool) {
        return r.isComplete() || _isPast(t, period, t.readingDeadline());
    }

    function _isPast(Terms t, uint32 period, uint256 delay) private view returns (bool) {
        return block.timestamp >= t.periodEnd(period) + delay;
    }

    // ---------------------------------------------------------------------------------------------------- words

    function _journalsOf(Run memory run, uint256[] memory members) private view returns (uint256[] memory) {
        bytes4 selector = IPaymentEscrow.journalWords.selector;
        return Lookups.ask(address(escrow), selector, run.community, run.period, members, members.length);
    }

    function _schemeFor(uint32 community, uint32 period) private view returns (SharingScheme) {
        uint256 word = Words.load(_schemes | community);
        return SharingScheme.wrap((word >> (period >= uint32(word) ? 32 : 80)) & type(uint48).max);
    }

    function _budgetAt(uint32 community, uint32 member) private view returns (uint256) {
        return _budgets | (uint256(community) << 32) | member;
    }

    function _round(uint32 community, uint32 period, Terms t) private view returns (SharingRound r) {
        r = SharingRound.wrap(Words.load(_roundAt(community, period, t)));
        if (!r.isFor(period)) r = SharingRound.wrap(0);
    }

    /// @dev `community 32 | ring period 8`.
    function _roundAt(uint32 community, uint32 period, Terms t) private view returns (uint256) {
        return _rounds | (uint256(community) << 8) | (period % t.ring());
    }

    /// @dev `community 32 | ring period 8 | chunk 16`: each counts a member, of which there are at most 65,536.
    function _chunkAt(Run memory run, uint256 chunk) private view returns (uint256) {
        return _chunks | (uint256(run.community) << 24) | ((run.period % run.terms.ring()) << 16) | chunk;
    }

    /// @dev `community 32 | ring period 8 | word 8`.
    function _totalsAt(Run memory run) private view returns (uint256) {
        return _totals | (uint256(run.community) << 16) | ((run.period % run.terms.ring()) << 8);
    }

    function _storedTotals(Run memory run) private view returns (uint256[] memory words) {
        words = Mem.wordsOf(ShareLoops.totalWords(run.slots));
        uint256 pos = _totalsAt(run);
        for (uint256 i = 0; i < words.length; ++i) words[i] = Words.load(pos + i);
    }

    /// @dev `community 32 | ring period 8 | member 32 / 224`; a word is `period 32 | flags 224`.
    function _flagAt(uint32 community, uint32 period, uint256 member, Terms t) private view returns (uint256) {
        return _flags | (uint256(community) << 40) | ((period % t.ring()) << 32) | (member / FLAGS);
    }

    function _isCounted(uint32 community, uint32 period, uint256 member, Terms t) private view returns (bool) {
        uint256 word = Words.load(_flagAt(community, period, member, t));
        return uint32(word) == period && (word >> (32 + (member % FLAGS))) & 1 != 0;
    }

    /// @return fresh Whether the member was not counted before.
    function _flag(Run memory run, uint256 member) private returns (bool fresh) {
        uint256 pos = _flagAt(run.community, run.period, member, run.terms);
        uint256 word = Words.load(pos);
        if (uint32(word) != run.period) word = run.period;
        uint256 bit = 1 << (32 + (member % FLAGS));
        if (word & bit != 0) return false;
        Words.store(pos, word | bit);
        return true;
    }
}
