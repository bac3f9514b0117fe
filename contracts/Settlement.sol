// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {Mem} from "./libraries/Mem.sol";
import {ModuleCall} from "./libraries/ModuleCall.sol";
import {Packed} from "./libraries/Packed.sol";
import {Positions} from "./libraries/Positions.sol";
import {Readings} from "./libraries/Readings.sol";
import {SlotLoops} from "./libraries/SlotLoops.sol";
import {Tariff} from "./libraries/Tariff.sol";
import {Words} from "./libraries/Words.sol";
import {
    Journal,
    newJournal,
    readingHash,
    settledHash,
    OPEN,
    METERED_STATE,
    SETTLED,
    ESTIMATED,
    CLAIMED
} from "./types/Journal.sol";
import {Batch, Work} from "./types/Batch.sol";
import {Ledger, newLedger, ledgerAt} from "./types/Ledger.sol";
import {Member} from "./types/Member.sol";
import {Meter, Gap, newMeter, newGap, BOUND, FRESH, GAP} from "./types/Meter.sol";
import {Terms} from "./types/Terms.sol";

/// @title Settlement
/// @notice See `ISettlement`, which is the manual.
contract Settlement is ISettlement, EIP712 {
    using Mem for uint256[];
    using SlotLoops for uint256[];
    using Packed for bytes;
    using Tariff for bytes;

    bytes32 private constant READING_TYPE = keccak256(
        "Reading(uint32 community,uint32 member,uint32 period,bool closesGap,uint96 startImport,uint96 startExport,bytes values)"
    );

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;
    IEnergyToken public immutable energyToken;

    uint256 private immutable _meters = Words.area("wattbook.settlement.meters");
    uint256 private immutable _gaps = Words.area("wattbook.settlement.gaps");
    uint256 private immutable _ledgers = Words.area("wattbook.settlement.ledgers");
    uint256 private immutable _known = Words.area("wattbook.settlement.terms");

    modifier onlyRegistry() {
        if (msg.sender != address(registry)) revert NotRegistry(msg.sender);
        _;
    }

    constructor(
        IProsumerRegistry registry_,
        IPaymentEscrow escrow_,
        IEnergyToken energyToken_
    ) EIP712("Wattbook", "1") {
        registry = registry_;
        escrow = escrow_;
        energyToken = energyToken_;
        // The parts are deployed first, with this contract's future address: a slip would lock them for good.
        if (registry_.settlementContract() != address(this)) revert Misdeployed(address(registry_));
        if (escrow_.settlement() != address(this)) revert Misdeployed(address(escrow_));
        if (energyToken_.settlement() != address(this)) revert Misdeployed(address(energyToken_));
    }

    // ---------------------------------------------------------------------------------------------------- readings

    /// @inheritdoc ISettlement
    function meter(uint32 community, uint32 period, MeteredItem[] calldata items) external returns (uint256 accepted) {
        Batch memory b = _open(community, period, 0);
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 free = Mem.mark();
            Work memory w;
            MeteredItem calldata item = items[i];
            if (_named(b, item.member, _meterOnly(b, w, item.member, item.reading))) ++accepted;
            _release(b, free);
        }
        if (accepted == 0) return 0;
        _storeLedger(b, b.ledger, b.counted);
        if (b.opened != 0) escrow.openJournals(community, period, b.opened);
    }

    /// @inheritdoc ISettlement
    function meterAndSettle(
        uint32 community,
        uint32 period,
        MeteredItem[] calldata items
    ) external returns (uint256 accepted) {
        Batch memory b = _open(community, period, items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 free = Mem.mark();
            Work memory w;
            MeteredItem calldata item = items[i];
            if (_named(b, item.member, _meterAndSettle(b, w, item))) ++accepted;
            _release(b, free);
        }
        _close(b);
    }

    /// @inheritdoc ISettlement
    function settle(uint32 community, uint32 period, SettleItem[] calldata items) external returns (uint256 accepted) {
        Batch memory b = _open(community, period, items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 free = Mem.mark();
            Work memory w;
            SettleItem calldata item = items[i];
            if (_named(b, item.member, _settleMetered(b, w, item))) ++accepted;
            _release(b, free);
        }
        _close(b);
    }

    /// @inheritdoc ISettlement
    function settleEstimated(
        uint32 community,
        uint32 period,
        EstimateItem[] calldata items
    ) external returns (uint256 accepted) {
        Batch memory b = _open(community, period, items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 free = Mem.mark();
            Work memory w;
            EstimateItem calldata item = items[i];
            if (_named(b, item.member, _estimate(b, w, item.member, item.records))) ++accepted;
            _release(b, free);
        }
        _close(b);
    }

    /// @inheritdoc ISettlement
    function correct(
        uint32 community,
        uint32 period,
        CorrectItem[] calldata items
    ) external returns (uint256 accepted) {
        Batch memory b = _open(community, period, 0);
        for (uint256 i = 0; i < items.length; ++i) {
            Work memory w;
            CorrectItem calldata item = items[i];
            if (_named(b, item.member, _correct(b, w, item))) ++accepted;
        }
    }

    // ---------------------------------------------------------------------------------------------------- tokens

    /// @inheritdoc ISettlement
    function claim(uint32 community, uint32 period, ClaimItem calldata item, address to) external {
        if (msg.sender != registry.ownerOf(community, item.member)) revert NotOwner(community, item.member, msg.sender);
        Terms t = KnownTerms.load(_known, registry, community);
        uint256 end = t.periodEnd(period);
        (uint256 opened, uint256 settled) = escrow.journals(community, period);
        if (block.timestamp < end + t.correctionWindow() || opened == 0 || opened != settled) {
            revert NotFinal(community, period);
        }
        if (block.timestamp >= end + t.claimWindow()) revert ClaimWindowOver(community, period);
        Journal j = escrow.journalWord(community, item.member, period);
        bool metered = item.values.length != 0;
        if (j.stateOf() != (metered ? SETTLED : ESTIMATED)) {
            revert NotClaimable(community, item.member, period);
        }
        uint256 hash = metered ? readingHash(item.journal, keccak256(item.values), item.gapLeg) : item.journal;
        if (settledHash(hash, _hashOf(item.position)) != j.hashOf()) {
            revert EvidenceMismatch(community, item.member, period);
        }
        escrow.storeJournal(community, item.member, period, j.withState(CLAIMED));
        (uint256 bought, uint256 unsold) = _claimable(community, period, t, item);
        emit Claimed(community, item.member, period, to, bought, unsold);
        _mint(community, period, registry.memberFor(community, item.member, period), bought, unsold, to);
    }

    // ---------------------------------------------------------------------------------------------------- meters

    /// @inheritdoc ISettlement
    function bindMeter(
        uint32 community,
        uint32 member,
        uint32 fromPeriod,
        uint96 startImport,
        uint96 startExport
    ) external onlyRegistry {
        Meter m = newMeter(fromPeriod, startImport, startExport, BOUND | FRESH);
        Words.store(_meters | _index(community, member), Meter.unwrap(m));
    }

    /// @inheritdoc ISettlement
    function releaseMeter(
        uint32 community,
        uint32 member,
        uint32 lastPeriod
    ) external onlyRegistry returns (bool released) {
        uint256 pos = _meters | _index(community, member);
        Meter m = Meter.wrap(Words.load(pos));
        if (m.hasGap() || m.nextPeriodOf() <= lastPeriod) return false;
        Words.store(pos, Meter.unwrap(m.withState(BOUND, false)));
        return true;
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ISettlement
    function meterState(
        uint32 community,
        uint32 member
    )
        external
        view
        returns (uint32 nextPeriod, uint256 importRegister, uint256 exportRegister, uint256 state, uint32 gapEnd)
    {
        Meter m = Meter.wrap(Words.load(_meters | _index(community, member)));
        gapEnd = uint32(_gapEnd(community, member, m));
        return (uint32(m.nextPeriodOf()), m.importOf(), m.exportOf(), m.stateBits(), gapEnd);
    }

    /// @inheritdoc ISettlement
    function gap(
        uint32 community,
        uint32 member
    ) external view returns (uint256 estimated, uint256 dearest, uint256 cheapest) {
        if (!Meter.wrap(Words.load(_meters | _index(community, member))).hasGap()) return (0, 0, 0);
        Gap g = _gap(community, member);
        return (g.estimatedOf(), g.dearestOf(), g.cheapestOf());
    }

    /// @inheritdoc ISettlement
    function ledger(
        uint32 community,
        uint256 slot
    ) external view returns (uint256 delivered, uint256 bought, uint256 sold, uint256 imported, uint256 exported) {
        (uint256 pos, uint256 wrap) = _ledgerAt(community, slot, KnownTerms.load(_known, registry, community));
        Ledger entry = ledgerAt(Words.load(pos), wrap);
        return (entry.deliveredOf(), entry.boughtOf(), entry.soldOf(), entry.importedOf(), entry.exportedOf());
    }

    /// @inheritdoc ISettlement
    function readingDigest(
        uint32 community,
        uint32 member,
        uint32 period,
        Reading calldata reading
    ) external view returns (bytes32) {
        return _readingDigest(community, member, period, reading, keccak256(reading.values));
    }

    // ---------------------------------------------------------------------------------------------------- one item

    function _meterOnly(
        Batch memory b,
        Work memory w,
        uint32 member,
        Reading calldata reading
    ) private returns (Skip skip) {
        skip = _loadMember(b, w, member, reading);
        if (skip != Skip.None) return skip;
        // Without a ring entry there is no journal to keep the reading in; `meterAndSettle` needs none.
        if (b.pots.length == 0) return Skip.RingBusy;
        if (Journal.unwrap(w.journal) == 0) ++b.opened;
        _storeMeter(b, w);
        // Its imports and exports count from now on: modules that need totals have them before anybody is settled.
        _legMetered(b, w, b.ledger);
        uint256 hash = readingHash(w.journal.hashOf(), w.valuesHash, w.gapLeg);
        escrow.storeJournal(b.community, member, b.period, _closed(b, w, METERED_STATE, hash));
        emit Metered(b.community, member, b.period, w.gapLeg, reading.values);
    }

    function _meterAndSettle(Batch memory b, Work memory w, MeteredItem calldata item) private returns (Skip skip) {
        Reading calldata reading = item.reading;
        skip = _loadMember(b, w, item.member, reading);
        if (skip != Skip.None) return skip;
        Record[] calldata records = item.records;
        w.hash = Positions.replay(records);
        if (w.hash != w.journal.hashOf()) return Skip.JournalMismatch;
        if (!Positions.take(b, w, records)) return Skip.NotReady;
        _storeMeter(b, w);
        emit Metered(b.community, item.member, b.period, w.gapLeg, reading.values);
        _finish(b, w, SETTLED, readingHash(w.hash, w.valuesHash, w.gapLeg), _legMetered(b, w, b.ledger));
    }

    function _settleMetered(Batch memory b, Work memory w, SettleItem calldata item) private returns (Skip skip) {
        w.member = item.member;
        _loadJournal(b, w);
        if (_isBooked(b, item.member)) return Skip.AlreadySettled;
        if (w.journal.stateOf() != METERED_STATE) {
            return w.journal.stateOf() == OPEN ? Skip.NotMetered : Skip.AlreadySettled;
        }
        if (item.values.length != 6 * b.slots) return Skip.BadLength;
        w.word = registry.memberFor(b.community, item.member, b.period);
        w.gapLeg = item.gapLeg;
        w.hash = Positions.replay(item.records);
        w.values = SlotLoops.copied(item.values);
        uint256 hash = readingHash(w.hash, keccak256(w.values), item.gapLeg);
        if (hash != w.journal.hashOf()) return Skip.JournalMismatch;
        if (!Positions.take(b, w, item.records)) return Skip.NotReady;
        _finish(b, w, SETTLED, hash, _legMetered(b, w, b.ledger));
        ModuleCall.reset(b.answer);
        _legMetered(b, w, b.counted); // what `meter` has counted
    }

    function _estimate(
        Batch memory b,
        Work memory w,
        uint32 member,
        Record[] calldata records
    ) private returns (Skip skip) {
        if (block.timestamp < b.ends + b.terms.readingDeadline()) return Skip.DeadlineAhead;
        w.member = member;
        Meter m = _meter(b.community, member);
        if (!m.isBound()) return Skip.NoMeter;
        uint256 end = _gapEnd(b.community, member, m);
        if (b.period < end) return b.period < m.nextPeriodOf() ? Skip.AlreadyMetered : Skip.AlreadySettled;
        if (b.period > end) return Skip.EarlierMissing;
        w.word = registry.memberFor(b.community, member, b.period);
        if (!w.word.isMetered()) return Skip.NoMeter; // nothing is estimated behind the last period of a leaving meter
        if (!b.free) return Skip.RingBusy;
        _loadJournal(b, w);
        w.hash = Positions.replay(records);
        if (w.hash != w.journal.hashOf()) return Skip.JournalMismatch;
        if (!Positions.take(b, w, records)) return Skip.NotReady;
        (int256 gridLeg, uint256 estimated) = _legEstimated(b, w);
        _widenGap(b, w, m, estimated);
        emit Estimated(b.community, member, b.period);
        _finish(b, w, ESTIMATED, w.hash, gridLeg);
    }

    function _correct(Batch memory b, Work memory w, CorrectItem calldata item) private returns (Skip) {
        Meter m = _meter(b.community, item.member);
        if (!m.isBound()) return Skip.NoMeter;
        if (b.period < m.nextPeriodOf()) return Skip.AlreadyMetered;
        if (b.period >= _gapEnd(b.community, item.member, m)) return Skip.NotEstimated;
        if (b.period > m.nextPeriodOf()) return Skip.EarlierMissing;
        if (block.timestamp >= b.ends + b.terms.correctionWindow()) return Skip.CorrectionOver;
        Skip skip = _checkReading(b, w, item.member, item.reading, m);
        if (skip != Skip.None) return skip;
        uint256 startImport = item.reading.startImport;
        uint256 startExport = item.reading.startExport;
        if (startImport < m.importOf() || startExport < m.exportOf()) return Skip.RegisterDown;
        if (!m.isFresh() && (startImport != m.importOf() || startExport != m.exportOf())) return Skip.RegisterGap;
        _loadJournal(b, w);
        if (
            item.position.length != b.slots || settledHash(item.journal, _hashOf(item.position)) != w.journal.hashOf()
        ) {
            return Skip.JournalMismatch;
        }
        _replaceEstimate(b, w, item);
        return Skip.None;
    }

    /// @dev The true-up: grid leg of the reading minus grid leg of the estimate, for the same position.
    function _replaceEstimate(Batch memory b, Work memory w, CorrectItem calldata item) private {
        for (uint256 k = 0; k < b.slots; ++k) b.position[k] = item.position[k];
        (int256 before, uint256 estimated) = _legEstimated(b, w);
        uint256[] memory taken = b.ledger;
        b.ledger = SlotLoops.room(b.slots);
        int256 gridLeg = _legMetered(b, w, b.ledger) - before;
        _storeLedger(b, b.ledger, taken);
        b.ledger = SlotLoops.room(b.slots);

        uint256 hash = readingHash(item.journal, w.valuesHash, 0);
        Journal corrected = _closed(b, w, SETTLED, settledHash(hash, _hashOf(item.position)));
        escrow.storeJournal(b.community, item.member, b.period, corrected);
        _narrowGap(b, w, estimated);
        emit Corrected(b.community, item.member, b.period, gridLeg, item.reading.values);
        escrow.correct(b.community, b.period, item.member, _supplierOf(b, w.word), gridLeg);
    }

    /// @dev Books the leg in memory and closes the journal.
    function _finish(Batch memory b, Work memory w, uint256 state, uint256 hash, int256 gridLeg) private pure {
        if (b.pots.length != 0) {
            if (Journal.unwrap(w.journal) == 0) ++b.opened;
            ++b.settled;
        }
        // Reserves are within the 96 bits of a pot, what sixteen modules let flow within 92; energy times price is far below.
        if (b.legCount != 0 && b.legs[b.legCount - 1].member >= w.member) b.unordered = true;
        IPaymentEscrow.Leg memory leg = b.legs[b.legCount++];
        if (b.pots.length != 0) leg.journal = _closed(b, w, state, settledHash(hash, b.position.hashOf()));
        leg.member = w.member;
        leg.supplier = _supplierOf(b, w.word);
        leg.reserved = uint96(w.release);
        leg.lost = uint96(w.lost);
        leg.paid = uint96(w.paid);
        leg.received = uint96(w.received);
        leg.networkFee = uint96(w.bought * b.tariff.networkFee());
        leg.settlementFee = uint96(w.settlementFee);
        leg.gridLeg = int128(gridLeg + w.gapLeg);
    }

    // ---------------------------------------------------------------------------------------------------- readings, checked

    /// @dev A reading that continues the registers, or closes the gap before it.
    function _loadMember(
        Batch memory b,
        Work memory w,
        uint32 member,
        Reading calldata reading
    ) private view returns (Skip skip) {
        Meter m = _meter(b.community, member);
        skip = _checkReading(b, w, member, reading, m);
        if (skip != Skip.None) return skip;
        Gap g = m.hasGap() ? _gap(b.community, member) : Gap.wrap(0);
        // Behind the last period of a leaving meter nobody misses a reading: any later one closes its gap.
        bool gone = !w.word.isMetered() && !registry.memberFor(b.community, member, uint32(g.endOf())).isMetered();
        skip = Readings.continues(b, w, reading, m, g, gone);
        if (skip != Skip.None) return skip;
        if (!b.free) return Skip.RingBusy;
        _loadJournal(b, w);
    }

    /// @dev What holds for every reading: meter, time, length, rated power, signature.
    function _checkReading(
        Batch memory b,
        Work memory w,
        uint32 member,
        Reading calldata reading,
        Meter m
    ) private view returns (Skip) {
        if (!m.isBound() || (m.isFresh() && b.period < m.nextPeriodOf())) return Skip.NoMeter;
        if (block.timestamp < b.ends) return Skip.PeriodNotOver;
        bytes calldata values = reading.values;
        if (values.length != 6 * b.slots) return Skip.BadLength;
        w.member = member;
        w.values = SlotLoops.copied(values);
        w.valuesHash = keccak256(w.values);
        address key;
        (w.word, key) = registry.meterFor(b.community, member, b.period);
        return Readings.check(b, w, reading, _readingDigest(b.community, member, b.period, reading, w.valuesHash), key);
    }

    // ---------------------------------------------------------------------------------------------------- gaps

    /// @dev Adds an estimated period to the member's gap.
    function _widenGap(Batch memory b, Work memory w, Meter m, uint256 estimated) private {
        (uint256 dearest, uint256 cheapest) = b.tariff.extremes(w.word.tariffClass(), b.slots);
        if (m.hasGap()) {
            Gap g = _gap(b.community, w.member);
            estimated += g.estimatedOf();
            if (g.dearestOf() > dearest) dearest = g.dearestOf();
            if (g.cheapestOf() < cheapest) cheapest = g.cheapestOf();
        }
        _storeGap(b.community, w.member, newGap(estimated, dearest, cheapest, uint256(b.period) + 1));
        Words.store(_meters | _index(b.community, w.member), Meter.unwrap(m.withState(GAP, true)));
    }

    /// @dev Takes the first period out of the gap: its reading came. The prices of the rest are those of the periods left, which
    /// all lie within a correction window, so the loop is bounded by the ring.
    function _narrowGap(Batch memory b, Work memory w, uint256 estimated) private {
        Gap g = _gap(b.community, w.member);
        uint256 next = uint256(b.period) + 1;
        bool open = next < g.endOf();
        if (open) {
            uint256 dearest = 0;
            uint256 cheapest = type(uint16).max;
            for (uint256 p = next; p < g.endOf(); ++p) {
                bytes memory tariff = Tariff.load(registry.tariffAt(b.community, uint32(p)));
                Member word = registry.memberFor(b.community, w.member, uint32(p));
                (uint256 high, uint256 low) = tariff.extremes(word.tariffClass(), b.slots);
                if (high > dearest) dearest = high;
                if (low < cheapest) cheapest = low;
            }
            _storeGap(b.community, w.member, newGap(g.estimatedOf() - estimated, dearest, cheapest, g.endOf()));
        }
        Meter read = w.meter.withState(GAP, open);
        Words.store(_meters | _index(b.community, w.member), Meter.unwrap(read));
    }

    // ---------------------------------------------------------------------------------------------------- grid legs

    /// @return Sum over slots of the imbalance n - b + s at import or export price. Adds the slots to the words of `ledger_`.
    function _legMetered(Batch memory b, Work memory w, uint256[] memory ledger_) private pure returns (int256) {
        uint256 prices = b.tariff.entriesOf(w.word.tariffClass(), b.slots);
        return SlotLoops.gridLeg(w.values, b.position.words(), prices, ledger_.words());
    }

    /// @dev As `_legMetered` for a missing reading: export 0, import max(bought, default load) per slot.
    function _legEstimated(Batch memory b, Work memory w) private pure returns (int256 gridLeg, uint256 estimated) {
        uint256 class = w.word.tariffClass();
        uint256 defaultLoad = b.classes[class] & 0xffffff;
        for (uint256 k = 0; k < b.slots; ++k) {
            uint256 bought = b.position[k] >> 128;
            uint256 sold = b.position[k] & type(uint128).max;
            uint256 imported = bought > defaultLoad ? bought : defaultLoad;
            estimated += imported;
            b.ledger[k] += Ledger.unwrap(newLedger(bought, sold, imported, 0));
            // At least what was bought is imported, so the imbalance is never negative.
            (uint256 importPrice, ) = b.tariff.pricesAt(class, b.slots, k);
            gridLeg += int256((imported + sold - bought) * importPrice);
        }
    }

    // ---------------------------------------------------------------------------------------------------- claims

    /// @return bought Wh of tokens for what was bought and delivered.
    /// @return unsold Wh exported but not sold.
    function _claimable(
        uint32 community,
        uint32 period,
        Terms t,
        ClaimItem calldata item
    ) private view returns (uint256 bought, uint256 unsold) {
        uint256 slots = t.slotsPerPeriod();
        (uint256 pos, uint256 wrap) = _ledgerAt(community, uint256(period) * slots, t);
        for (uint256 k = 0; k < slots; ++k) {
            uint256 wh = item.position[k];
            if (wh >> 128 != 0) {
                Ledger entry = ledgerAt(Words.load(pos + k), wrap);
                uint256 most = entry.boughtOf() > entry.soldOf() ? entry.boughtOf() : entry.soldOf();
                bought += ((wh >> 128) * entry.deliveredOf()) / most; // [E1]
            }
            if (item.values.length != 0) {
                uint256 exported = item.values.u48(6 * k) & 0xffffff;
                uint256 sold = wh & type(uint128).max;
                if (exported > sold) unsold += exported - sold;
            }
        }
    }

    function _mint(uint32 community, uint32 period, Member m, uint256 bought, uint256 unsold, address to) private {
        uint256[] memory ids = new uint256[](2);
        uint256[] memory amounts = new uint256[](2);
        ids[0] = energyToken.idOf(community, period, 0, 0); // the community's mix
        ids[1] = energyToken.idOf(community, period, uint16(m.zone()), uint8(m.kind()));
        (amounts[0], amounts[1]) = (bought, unsold);
        energyToken.mint(to, ids, amounts);
    }

    // ---------------------------------------------------------------------------------------------------- batches

    function _open(uint32 community, uint32 period, uint256 legs) private returns (Batch memory b) {
        b.community = community;
        b.period = period;
        b.terms = KnownTerms.keep(_known, registry, community);
        b.slots = b.terms.slotsPerPeriod();
        b.ends = b.terms.periodEnd(period);
        b.tariff = Tariff.load(registry.tariffAt(community, period));
        b.classes = registry.classes(community);
        b.legs = new IPaymentEscrow.Leg[](legs);
        b.ledger = SlotLoops.room(b.slots);
        b.counted = SlotLoops.room(b.slots);
        b.answer = ModuleCall.room(b.slots);
        b.position = ModuleCall.positionIn(b.answer);
        b.modules = registry.moduleList(community);
        b.calls = new bytes[](b.modules.length);
        (b.pots, b.free) = escrow.potWords(community, period, b.modules.length);
    }

    function _close(Batch memory b) private {
        if (b.legCount == 0) return;
        if (b.pots.length != 0) _storeLedger(b, b.ledger, b.counted);
        IPaymentEscrow.Leg[] memory legs = b.legs;
        uint256 count = b.legCount;
        assembly ("memory-safe") {
            mstore(legs, count) // skipped items leave room at the end
        }
        escrow.settle(b.community, b.period, legs, b.pots, b.opened, b.settled, msg.sender);
    }

    /// @return ok Whether the item went through; if not, its reason is named.
    function _named(Batch memory b, uint32 member, Skip skip) private returns (bool ok) {
        if (skip == Skip.None) return true;
        emit ItemSkipped(b.community, member, b.period, skip);
    }

    /// @return Whether an earlier item of the batch settled the member: its journal is stored with the last.
    function _isBooked(Batch memory b, uint32 member) private pure returns (bool) {
        if (b.legCount == 0 || (!b.unordered && b.legs[b.legCount - 1].member < member)) return false;
        for (uint256 i = 0; i < b.legCount; ++i) {
            if (b.legs[i].member == member) return true;
        }
        return false;
    }

    /// @dev Frees the memory of an item, unless it left something there for later ones.
    function _release(Batch memory b, uint256 free) private pure {
        if (!b.kept) Mem.release(free);
        b.kept = false;
    }

    function _storeLedger(Batch memory b, uint256[] memory added, uint256[] memory taken) private {
        (uint256 pos, uint256 wrap) = _ledgerAt(b.community, uint256(b.period) * b.slots, b.terms);
        for (uint256 k = 0; k < b.slots; ++k) {
            if (added[k] == taken[k]) continue;
            Ledger entry = ledgerAt(Words.load(pos + k), wrap);
            Words.store(pos + k, entry.plus(Ledger.wrap(added[k])).minus(Ledger.wrap(taken[k])).tagged(wrap));
        }
    }

    // ---------------------------------------------------------------------------------------------------- words

    /// @dev A fresh journal reads as zero.
    function _loadJournal(Batch memory b, Work memory w) private view {
        if (b.pots.length == 0) return;
        w.journal = escrow.journalWord(b.community, w.member, b.period);
    }

    /// @return The member's journal once it is in `state`.
    function _closed(Batch memory b, Work memory w, uint256 state, uint256 hash) private pure returns (Journal) {
        Journal j = w.journal;
        if (Journal.unwrap(j) == 0) j = newJournal(b.period, 0, 0, 0, 0);
        return j.withState(state).withHash(hash);
    }

    function _storeMeter(Batch memory b, Work memory w) private {
        Words.store(_meters | _index(b.community, w.member), Meter.unwrap(w.meter));
    }

    function _meter(uint32 community, uint32 member) private view returns (Meter) {
        return Meter.wrap(Words.load(_meters | _index(community, member)));
    }

    function _gap(uint32 community, uint32 member) private view returns (Gap) {
        return Gap.wrap(Words.load(_gaps | _index(community, member)));
    }

    function _storeGap(uint32 community, uint32 member, Gap g) private {
        Words.store(_gaps | _index(community, member), Gap.unwrap(g));
    }

    /// @return The first period that is neither read nor estimated.
    function _gapEnd(uint32 community, uint32 member, Meter m) private view returns (uint256) {
        return m.hasGap() ? _gap(community, member).endOf() : m.nextPeriodOf();
    }

    function _supplierOf(Batch memory b, Member m) private pure returns (uint32) {
        return uint32(b.classes[m.tariffClass()] >> 24);
    }

    function _readingDigest(
        uint32 community,
        uint32 member,
        uint32 period,
        Reading calldata reading,
        bytes32 valuesHash
    ) private view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        READING_TYPE,
                        community,
                        member,
                        period,
                        reading.closesGap,
                        reading.startImport,
                        reading.startExport,
                        valuesHash
                    )
                )
            );
    }

    function _hashOf(uint256[] calldata position) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(position));
    }

    /// @dev `community 32 | ring slot 16`.
    /// @return pos Word of the slot.
    /// @return wrap Turn of the ring, which tags the word.
    function _ledgerAt(uint32 community, uint256 slot, Terms t) private view returns (uint256 pos, uint256 wrap) {
        uint256 ringSlots = t.ring() * t.slotsPerPeriod();
        return (_ledgers | (uint256(community) << 16) | (slot % ringSlots), slot / ringSlots);
    }

    function _index(uint32 community, uint32 member) private pure returns (uint256) {
        return (uint256(community) << 32) | member;
    }
}
