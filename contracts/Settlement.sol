// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEnergyToken} from "./interfaces/IEnergyToken.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {Legs} from "./libraries/Legs.sol";
import {Lookups} from "./libraries/Lookups.sol";
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
import {Batch, Work, clear, newTaken} from "./types/Batch.sol";
import {Ledger, newLedger, ledgerAt} from "./types/Ledger.sol";
import {Member} from "./types/Member.sol";
import {Meter, Gap, newMeter, newGap, BOUND, FRESH, GAP} from "./types/Meter.sol";
import {Terms} from "./types/Terms.sol";
import {tokenId} from "./types/TokenId.sol";

/// @title Settlement
/// @notice See `ISettlement`, which is the manual.
contract Settlement is ISettlement, EIP712 {
    using Legs for bytes;
    using Legs for uint256;
    using Mem for bytes;
    using Mem for address[];
    using Mem for uint256[];
    using Packed for bytes;
    using Tariff for bytes;

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
        accepted = _meterItems(b, items, false);
        if (accepted == 0) return 0;
        if (b.opened != 0) escrow.openJournals(community, period, b.opened);
    }

    /// @inheritdoc ISettlement
    function meterAndSettle(
        uint32 community,
        uint32 period,
        MeteredItem[] calldata items
    ) external returns (uint256 accepted) {
        Batch memory b = _open(community, period, items.length);
        accepted = _meterItems(b, items, true);
        _close(b);
    }

    /// @inheritdoc ISettlement
    function settle(uint32 community, uint32 period, SettleItem[] calldata items) external returns (uint256 accepted) {
        Batch memory b = _open(community, period, items.length);
        uint256 place;
        assembly ("memory-safe") {
            place := items.offset
        }
        _lookUp(b, place, items.length);
        Work memory w;
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 free = Mem.mark();
            clear(w);
            SettleItem calldata item = items[i];
            w.word = Member.wrap(b.readers.wordAt(2 * i));
            if (b.pots.length != 0) w.journal = Journal.wrap(b.journals.wordAt(i));
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
        Work memory w;
        for (uint256 i = 0; i < items.length; ++i) {
            uint256 free = Mem.mark();
            clear(w);
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
        Work memory w;
        for (uint256 i = 0; i < items.length; ++i) {
            clear(w);
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
        if (settledHash(hash, keccak256(item.position)) != j.hashOf()) {
            revert EvidenceMismatch(community, item.member, period);
        }
        escrow.storeJournal(community, item.member, period, j.withState(CLAIMED));
        (uint256 bought, uint256 unsold) = _claimable(community, period, t, item);
        emit Claimed(community, item.member, period, to, bought, unsold);
        _mint(community, period, _memberFor(community, item.member, period), bought, unsold, to);
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
        return
            Readings.digestOf(
                _domainSeparatorV4(),
                community,
                member,
                period,
                reading.closesGap,
                reading.startImport,
                reading.startExport,
                keccak256(reading.values)
            );
    }

    // ---------------------------------------------------------------------------------------------------- one item

    function _meterItems(
        Batch memory b,
        MeteredItem[] calldata items,
        bool settles
    ) private returns (uint256 accepted) {
        uint256 place;
        assembly ("memory-safe") {
            place := items.offset
        }
        _lookUp(b, place, items.length);
        Work memory w;
        for (uint256 i = 0; i < items.length;) {
            uint256 free = Mem.mark();
            clear(w);
            MeteredItem calldata item = items[i];
            w.member = item.member;
            w.word = Member.wrap(b.readers.wordAt(2 * i));
            if (b.pots.length != 0) w.journal = Journal.wrap(b.journals.wordAt(i));
            Skip skip = _loadMember(b, w, item.reading, address(uint160(b.readers.wordAt(2 * i + 1))));
            if (skip == Skip.None) skip = settles ? _meterAndSettle(b, w, item.records) : _meterOnly(b, w);
            bool went = _named(b, w.member, skip);
            _release(b, free);
            unchecked {
                if (went) ++accepted;
                ++i;
            }
        }
    }

    /// @dev Asks for what the items need of registry and escrow, all at once.
    /// @param items Where the array of items is in calldata. The first field of each is its member, as it stands there; to take the item
    /// reverts where it is no index.
    function _lookUp(Batch memory b, uint256 items, uint256 count) private view {
        uint256[] memory members = Mem.wordsOf(count);
        uint256 pos = members.words();
        assembly ("memory-safe") {
            for {
                let item := items
            } lt(item, add(items, shl(5, count))) {
                item := add(item, 32)
            } {
                mstore(pos, calldataload(add(items, calldataload(item))))
                pos := add(pos, 32)
            }
        }
        bytes4 selector = IProsumerRegistry.readingsOf.selector;
        b.readers = Lookups.ask(address(registry), selector, b.community, b.period, members, 2 * count);
        if (b.pots.length == 0) return;
        selector = IPaymentEscrow.journalWords.selector;
        b.journals = Lookups.ask(address(escrow), selector, b.community, b.period, members, count);
    }

    function _meterOnly(Batch memory b, Work memory w) private returns (Skip) {
        // Without a ring entry there is no journal to keep the reading in; `meterAndSettle` needs none.
        if (b.pots.length == 0) return Skip.RingBusy;
        if (Journal.unwrap(w.journal) == 0) {
            // Opened so late and left unsettled, it would keep the entry from orders of a later period, behind whose gate nobody can wait. // [S5]
            if (block.timestamp >= b.ends + b.terms.claimWindow()) return Skip.RingBusy;
            ++b.opened;
        }
        _storeReading(b, w);
        uint256 hash = readingHash(w.journal.hashOf(), w.valuesHash, w.gapLeg);
        escrow.storeJournal(b.community, w.member, b.period, _closed(b, w, METERED_STATE, hash));
        return Skip.None;
    }

    function _meterAndSettle(Batch memory b, Work memory w, Record[] calldata records) private returns (Skip) {
        (uint256 hash, uint256[] memory list) = Positions.replay(records);
        if (hash != w.journal.hashOf()) return Skip.JournalMismatch;
        if (!Positions.take(b, w, list)) return Skip.NotReady;
        _storeReading(b, w);
        _finish(b, w, SETTLED, readingHash(hash, w.valuesHash, w.gapLeg), _legMetered(b, w, b.tally));
        return Skip.None;
    }

    function _settleMetered(Batch memory b, Work memory w, SettleItem calldata item) private returns (Skip skip) {
        w.member = item.member;
        if (_isBooked(b, item.member)) return Skip.AlreadySettled;
        if (w.journal.stateOf() != METERED_STATE) {
            return w.journal.stateOf() == OPEN ? Skip.NotMetered : Skip.AlreadySettled;
        }
        bytes calldata values = item.values;
        if (values.length != 6 * b.slots) return Skip.BadLength;
        w.gapLeg = item.gapLeg;
        (uint256 hash, uint256[] memory list) = Positions.replay(item.records);
        Readings.unpack(b, w, values); // in bounds: it was accepted
        hash = readingHash(hash, w.valuesHash, w.gapLeg);
        if (hash != w.journal.hashOf()) return Skip.JournalMismatch;
        if (!Positions.take(b, w, list)) return Skip.NotReady;
        _finish(b, w, SETTLED, hash, _legMetered(b, w, b.tally));
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
        w.word = _memberFor(b.community, member, b.period);
        if (!w.word.isMetered()) return Skip.NoMeter; // nothing is estimated behind the last period of a leaving meter
        if (!b.free) return Skip.RingBusy;
        _loadJournal(b, w);
        (uint256 hash, uint256[] memory list) = Positions.replay(records);
        if (hash != w.journal.hashOf()) return Skip.JournalMismatch;
        b.reading.wipe(); // nothing was measured
        if (!Positions.take(b, w, list)) return Skip.NotReady;
        (int256 gridLeg, uint256 estimated) = _legEstimated(b, w, b.tally);
        _widenGap(b, w, m, estimated);
        emit Estimated(b.community, member, b.period);
        _finish(b, w, ESTIMATED, hash, gridLeg);
    }

    function _correct(Batch memory b, Work memory w, CorrectItem calldata item) private returns (Skip) {
        Meter m = _meter(b.community, item.member);
        if (!m.isBound()) return Skip.NoMeter;
        if (b.period < m.nextPeriodOf()) return Skip.AlreadyMetered;
        if (b.period >= _gapEnd(b.community, item.member, m)) return Skip.NotEstimated;
        if (b.period > m.nextPeriodOf()) return Skip.EarlierMissing;
        if (block.timestamp >= b.ends + b.terms.correctionWindow()) return Skip.CorrectionOver;
        w.member = item.member;
        address key;
        (w.word, key) = registry.readingOf(b.community, item.member, b.period);
        Skip skip = _checkReading(b, w, item.reading, key, m);
        if (skip != Skip.None) return skip;
        if (w.startImport < m.importOf() || w.startExport < m.exportOf()) return Skip.RegisterDown;
        if (!m.isFresh() && (w.startImport != m.importOf() || w.startExport != m.exportOf())) return Skip.RegisterGap;
        _loadJournal(b, w);
        if (
            item.position.length != b.position.length ||
            settledHash(item.journal, keccak256(item.position)) != w.journal.hashOf()
        ) {
            return Skip.JournalMismatch;
        }
        _replaceEstimate(b, w, item);
        return Skip.None;
    }

    /// @dev The true-up: grid leg of the reading minus grid leg of the estimate, for the same position.
    function _replaceEstimate(Batch memory b, Work memory w, CorrectItem calldata item) private {
        Mem.copy(b.position.start(), item.position);
        uint256[] memory added = SlotLoops.newTally(b.slots);
        uint256[] memory taken = SlotLoops.newTally(b.slots);
        int256 gridLeg = _legMetered(b, w, added);
        (int256 before, uint256 estimated) = _legEstimated(b, w, taken);
        gridLeg -= before;
        _storeLedger(b, added, taken);

        uint256 hash = readingHash(item.journal, w.valuesHash, 0);
        Journal corrected = _closed(b, w, SETTLED, settledHash(hash, keccak256(item.position)));
        escrow.storeJournal(b.community, item.member, b.period, corrected);
        _narrowGap(b, w, estimated);
        emit Corrected(b.community, item.member, b.period, gridLeg, item.reading.values);
        escrow.correct(b.community, b.period, item.member, _supplierOf(b, w.word), gridLeg);
    }

    /// @dev Books the leg in memory and closes the journal.
    function _finish(Batch memory b, Work memory w, uint256 state, uint256 hash, int256 gridLeg) private pure {
        if (b.pots.length != 0) {
            unchecked {
                if (Journal.unwrap(w.journal) == 0) ++b.opened;
                ++b.settled;
            }
        }
        if (b.legCount != 0 && b.legs.memberAt(b.legCount - 1) >= w.member) b.unordered = true;
        uint256 leg = b.legs.placeOf(b.legCount++);
        leg.put(Legs.MEMBER, w.member);
        leg.put(Legs.SUPPLIER, _supplierOf(b, w.word));
        leg.put(Legs.RESERVED, w.release);
        leg.put(Legs.LOST, w.lost);
        leg.put(Legs.PAID, w.paid);
        leg.put(Legs.RECEIVED, w.received);
        leg.put(Legs.SETTLEMENT_FEE, w.settlementFee);
        // Energy times price, far below what a word holds.
        unchecked {
            leg.put(Legs.NETWORK_FEE, w.bought * b.tariff.networkFee());
            leg.put(Legs.GRID_LEG, uint256(gridLeg + w.gapLeg));
        }
        Journal closed;
        if (b.pots.length != 0) closed = _closed(b, w, state, settledHash(hash, keccak256(b.position)));
        leg.put(Legs.JOURNAL, Journal.unwrap(closed));
    }

    // ---------------------------------------------------------------------------------------------------- readings, checked

    /// @dev A reading that continues the registers, or closes the gap before it.
    function _loadMember(
        Batch memory b,
        Work memory w,
        Reading calldata reading,
        address key
    ) private view returns (Skip skip) {
        Meter m = _meter(b.community, w.member);
        skip = _checkReading(b, w, reading, key, m);
        if (skip != Skip.None) return skip;
        if (!Readings.follows(b, w, m)) {
            Gap g = m.hasGap() ? _gap(b.community, w.member) : Gap.wrap(0);
            // Behind the last period of a leaving meter nobody misses a reading: any later one closes its gap.
            bool gone = !w.word.isMetered() && !_memberFor(b.community, w.member, uint32(g.endOf())).isMetered();
            skip = Readings.continues(b, w, reading, m, g, gone);
            if (skip != Skip.None) return skip;
        }
        if (!b.free) return Skip.RingBusy;
    }

    /// @dev What holds for every reading: meter, time, length, rated power, signature.
    /// @param key The meter key, zero if none.
    function _checkReading(
        Batch memory b,
        Work memory w,
        Reading calldata reading,
        address key,
        Meter m
    ) private view returns (Skip) {
        if (!m.isBound() || (m.isFresh() && b.period < m.nextPeriodOf())) return Skip.NoMeter;
        if (block.timestamp < b.ends) return Skip.PeriodNotOver;
        bytes calldata values = reading.values;
        if (values.length != 6 * b.slots) return Skip.BadLength;
        (w.startImport, w.startExport) = (reading.startImport, reading.startExport);
        return Readings.check(b, w, reading, values, key);
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
                Member word = _memberFor(b.community, w.member, uint32(p));
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

    /// @return Sum over slots of the imbalance n - b + s at import or export price. Reading and position are added to `tally`.
    function _legMetered(Batch memory b, Work memory w, uint256[] memory tally) private pure returns (int256) {
        return SlotLoops.gridLeg(b.reading, b.position.start(), Positions.pricesOf(b, w.word.tariffClass()), tally);
    }

    /// @dev As `_legMetered` for a missing reading: export 0, import max(bought, default load) per slot.
    function _legEstimated(
        Batch memory b,
        Work memory w,
        uint256[] memory tally
    ) private pure returns (int256 gridLeg, uint256 estimated) {
        uint256 defaultLoad = b.classes[w.word.tariffClass()] & 0xffffff;
        estimated = SlotLoops.estimate(b.position.start(), b.reading, b.slots, defaultLoad);
        gridLeg = _legMetered(b, w, tally);
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
            uint256 wh = item.position.u32(8 * k);
            if (wh != 0) {
                Ledger entry = ledgerAt(Words.load(pos + k), wrap);
                uint256 most = entry.boughtOf() > entry.soldOf() ? entry.boughtOf() : entry.soldOf();
                bought += (wh * entry.deliveredOf()) / most; // [E1]
            }
            if (item.values.length != 0) {
                uint256 exported = item.values.u48(6 * k) & 0xffffff;
                uint256 sold = item.position.u32(8 * k + 4);
                if (exported > sold) unsold += exported - sold;
            }
        }
    }

    function _mint(uint32 community, uint32 period, Member m, uint256 bought, uint256 unsold, address to) private {
        uint256[] memory ids = new uint256[](2);
        uint256[] memory amounts = new uint256[](2);
        ids[0] = tokenId(community, period, 0, 0); // the community's mix
        ids[1] = tokenId(community, period, m.zone(), m.kind());
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
        address tariff;
        (tariff, b.classes, b.modules) = registry.settling(community, period);
        b.tariff = Tariff.load(tariff);
        b.prices = new uint256[][](b.classes.length);
        b.tally = SlotLoops.newTally(b.slots);
        b.values = Readings.room(b.slots);
        b.reading = SlotLoops.newReading(b.slots);
        b.answer = ModuleCall.room(b.slots);
        b.position = ModuleCall.positionIn(b.answer);
        b.calls = new bytes[](b.modules.length);
        b.taken = newTaken(b.modules.length);
        b.domain = _domainSeparatorV4();
        (b.pots, b.free) = escrow.potWords(community, period, b.modules.length);
        b.legs = Legs.room(legs, b.pots.length);
    }

    function _close(Batch memory b) private {
        if (b.legCount == 0) return;
        if (b.pots.length != 0) _storeLedger(b, b.tally, new uint256[](0));
        b.legs.send(b.legCount, escrow, b.community, b.period, b.pots, b.opened, b.settled, _settler(b));
    }

    /// @return settler Who gets the settlement fees: the caller, or whoever called the first module, which hands the call on.
    function _settler(Batch memory b) private view returns (address settler) {
        settler = msg.sender;
        if (settler != b.modules.wordAt(0)) return settler;
        assembly ("memory-safe") {
            settler := calldataload(sub(calldatasize(), 32))
        }
    }

    /// @return ok Whether the item went through; if not, its reason is named.
    function _named(Batch memory b, uint32 member, Skip skip) private returns (bool ok) {
        if (skip == Skip.None) return true;
        emit ItemSkipped(b.community, member, b.period, skip);
    }

    /// @return Whether an earlier item of the batch settled the member: its journal is stored with the last.
    function _isBooked(Batch memory b, uint32 member) private pure returns (bool) {
        if (b.legCount == 0 || (!b.unordered && b.legs.memberAt(b.legCount - 1) < member)) return false;
        for (uint256 i = 0; i < b.legCount; ++i) {
            if (b.legs.memberAt(i) == member) return true;
        }
        return false;
    }

    /// @dev Frees the memory of an item, unless it left something there for later ones, and makes room for the next in the tallies.
    function _release(Batch memory b, uint256 free) private {
        if (!b.kept) Mem.release(free);
        b.kept = false;
        unchecked {
            if ((++b.tallied + 1) * b.modules.length <= SlotLoops.MOST_TALLIED) return;
        }
        if (b.pots.length != 0) _storeLedger(b, b.tally, new uint256[](0));
        b.tallied = 0;
        b.tally.wipe();
    }

    /// @param taken A tally, or empty.
    function _storeLedger(Batch memory b, uint256[] memory added, uint256[] memory taken) private {
        (uint256 pos, uint256 wrap) = _ledgerAt(b.community, uint256(b.period) * b.slots, b.terms);
        uint256 k = 0;
        unchecked {
            for (uint256 end = pos + b.slots; pos < end; (++pos, ++k)) {
                Ledger more = _tallied(added, k);
                Ledger less = Ledger.wrap(0);
                if (taken.length != 0) less = _tallied(taken, k);
                if (Ledger.unwrap(more) == Ledger.unwrap(less)) continue;
                Ledger entry = ledgerAt(Words.load(pos), wrap);
                Words.store(pos, entry.plus(more).minus(less).tagged(wrap));
            }
        }
    }

    function _tallied(uint256[] memory tally, uint256 slot) private pure returns (Ledger) {
        (uint256 imported, uint256 exported, uint256 bought, uint256 sold, uint256 delivered) = SlotLoops.talliedAt(
            tally,
            slot
        );
        return newLedger(bought, sold, imported, exported, delivered);
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

    function _storeReading(Batch memory b, Work memory w) private {
        Words.store(_meters | _index(b.community, w.member), Meter.unwrap(w.meter));
        Readings.emitMetered(b, w);
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

    function _memberFor(uint32 community, uint32 member, uint32 period) private view returns (Member) {
        return registry.memberFor(community, member, period);
    }

    function _supplierOf(Batch memory b, Member m) private pure returns (uint32) {
        return uint32(b.classes[m.tariffClass()] >> 24);
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
