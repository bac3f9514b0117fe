// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IDoubleAuction} from "./interfaces/IDoubleAuction.sol";
import {IMarketModule} from "./interfaces/IMarketModule.sol";
import {IPaymentEscrow} from "./interfaces/IPaymentEscrow.sol";
import {IProsumerRegistry} from "./interfaces/IProsumerRegistry.sol";
import {Book} from "./libraries/Book.sol";
import {Clearing} from "./libraries/Clearing.sol";
import {EntryLoops} from "./libraries/EntryLoops.sol";
import {FillLoops} from "./libraries/FillLoops.sol";
import {KnownTerms} from "./libraries/KnownTerms.sol";
import {Mem} from "./libraries/Mem.sol";
import {Packed} from "./libraries/Packed.sol";
import {PackedRecords} from "./libraries/PackedRecords.sol";
import {PackedStrips} from "./libraries/PackedStrips.sol";
import {Tariff} from "./libraries/Tariff.sol";
import {Words} from "./libraries/Words.sol";
import {Account} from "./types/Account.sol";
import {Journal, MAX_ENTRIES, MAX_RECORDS} from "./types/Journal.sol";
import {Member} from "./types/Member.sol";
import {SlotHeader} from "./types/SlotHeader.sol";
import {SlotResult, packResult} from "./types/SlotResult.sol";
import {Terms} from "./types/Terms.sol";

/// @title Double auction
/// @notice See `IDoubleAuction`, which is the manual.
contract DoubleAuction is IDoubleAuction, EIP712 {
    using Book for Book.Copy;
    using EntryLoops for EntryLoops.Strip;
    using Mem for bytes;
    using Mem for uint256;
    using Mem for uint256[];
    using Packed for bytes;
    using PackedStrips for bytes;
    using Tariff for bytes;

    /// @dev What every strip of a call shares.
    struct Batch {
        uint32 community;
        uint32 period;
        uint256 settlementFee; // base units
        uint256 slots;
        uint256 lotWh;
        bytes32 domain;
        bytes tariff;
        Book.Copy book;
        EntryLoops.Strip loop;
        uint256 next; // where the next record goes, in memory
    }

    /// @dev What the registry, the escrow and settlement know of the members of some strips, a word each.
    struct Standing {
        uint256[] members;
        uint256[] words; // see `Member`
        uint256[] accounts; // see `Account`
        uint256[] journals; // see `Journal`
        bool ringFree; // whether the period's ring entry can take records
        bytes records; // room for what becomes of the strips
    }

    bytes32 private constant STRIP_TYPE = keccak256(
        "Strip(uint32 community,uint32 member,uint32 period,uint8 after,uint32 epoch,uint40 deadline,uint96 maxReserve,uint32 feePerEntry,address feeTo,bytes entries)"
    );

    /// @dev A run of strips ends once its records take so many bytes: their memory is used again by the next run.
    uint256 private constant RUN_BYTES = 32_768;

    /// @dev Words of a context before the fill words.
    uint256 private constant CONTEXT_HEAD = 2;

    /// @dev Words of an answer before the positions: ready, paid, received, offset, length.
    uint256 private constant ANSWER_HEAD = 5;

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;

    uint256 private immutable _books = Words.area("wattbook.auction.books");
    uint256 private immutable _results = Words.area("wattbook.auction.results");
    uint256 private immutable _known = Words.area("wattbook.auction.terms");

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_) EIP712("Wattbook", "1") {
        registry = registry_;
        escrow = escrow_;
    }

    // ---------------------------------------------------------------------------------------------------- orders

    /// @inheritdoc IDoubleAuction
    function post(
        uint32 community,
        uint32 period,
        address feeTo,
        bytes calldata strips
    ) external returns (uint256 accepted) {
        Batch memory b = _open(community, period);
        accepted = _acceptAll(b, feeTo, strips);
        b.book.flush();
    }

    /// @inheritdoc IDoubleAuction
    function place(uint32 community, uint32 period, Strip calldata s) external {
        Batch memory b = _open(community, period);
        Standing memory st;
        st.members = new uint256[](1);
        st.members[0] = s.member;
        _load(b, st, PackedRecords.HEADER + 2 * s.entries.length);
        Member m = Member.wrap(st.words[0]);
        if (msg.sender != m.tradingKey() && msg.sender != registry.ownerOf(community, s.member)) {
            revert NotTrader(community, s.member, msg.sender);
        }
        (StripReason reason, bytes memory reasons) = _accept(b, st, 0, _orderOf(s), s.entries, true);
        // An entry's own reason tells more than "nothing accepted".
        for (uint256 i = 0; i < reasons.length; ++i) {
            if (reasons[i] != 0) revert EntryRefused(i, EntryReason(uint8(reasons[i])));
        }
        if (reason != StripReason.None) revert StripRefused(reason);
        _record(b, st, s.feeTo);
        b.book.flush();
    }

    /// @inheritdoc IDoubleAuction
    function clear(uint32 community, uint256[] calldata slots) external returns (uint256 cleared) {
        Terms t = KnownTerms.keep(_known, registry, community);
        uint256[] memory bids = new uint256[](t.tickCount());
        uint256[] memory asks = new uint256[](t.tickCount());
        for (uint256 i = 0; i < slots.length; ++i) {
            uint256 slot = slots[i];
            uint256 pos = _bookAt(community, t, slot);
            SlotHeader h = SlotHeader.wrap(Words.load(pos));
            // An entry's word has volume from before its gate, so the gate of a slot found here lies after 1970.
            if (h.slotOf() != slot || h.isCleared() || h.live() == 0 || block.timestamp < t.gateOf(slot)) continue;
            Book.read(pos, h, t.wideTicks(), bids, asks);
            Clearing.Result memory r = Clearing.clear(bids, asks);
            uint256 to = _resultAt(community, t, slot);
            // A slot cleared after its period has left the ring must not overwrite a newer result.
            if (uint32(Words.load(to)) < slot) Words.store(to, SlotResult.unwrap(packResult(slot, r)));
            Words.store(pos, SlotHeader.unwrap(h.withCleared()));
            uint256 price = r.lots == 0 ? 0 : t.floorPrice() + r.priceTick * t.tickSize();
            emit SlotCleared(community, slot, r.priceTick, price, r.lots);
            ++cleared;
        }
    }

    // ---------------------------------------------------------------------------------------------------- module

    /// @inheritdoc IMarketModule
    /// @dev Wh per lot and bytes per prefix, then a fill word per slot.
    function contextOf(uint32 community, uint32 period) external view returns (uint256[] memory context) {
        Terms t = KnownTerms.load(_known, registry, community);
        uint256 slots = t.slotsPerPeriod();
        uint256 first = uint256(period) * slots;
        uint256 pos = _resultAt(community, t, first);
        uint256 floor = t.floorPrice();
        uint256 step = t.tickSize();
        context = new uint256[](CONTEXT_HEAD + slots);
        (context[0], context[1]) = (t.lotWh(), t.wideTicks() ? 4 : 2);
        uint256 to = context.words() + CONTEXT_HEAD * 32;
        unchecked {
            for (uint256 k = 0; k < slots; ++k) {
                SlotResult r = SlotResult.wrap(Words.load(pos + k));
                bool cleared = r.isOf(first + k);
                Mem.store(to + 32 * k, cleared ? FillLoops.wordOf(r, floor + r.priceTick() * step) : FillLoops.WAITING);
            }
        }
    }

    /// @inheritdoc IMarketModule
    function positionOf(
        uint32,
        uint32,
        uint32,
        uint256[] calldata context,
        bytes[] calldata payloads
    ) external pure returns (bool ready, uint256 paid, uint256 received, uint256[] memory position) {
        if (context.length < CONTEXT_HEAD) revert NoContext();
        // The answer as it leaves: ready, paid, received, offset, length, positions. Encoding it would cost more than filling it.
        uint256[] memory known = Mem.copied(context);
        uint256[] memory answer = new uint256[](ANSWER_HEAD + known.length - CONTEXT_HEAD);
        (answer[3], answer[4]) = (4 * 32, known.length - CONTEXT_HEAD);
        ready = true;
        for (uint256 i = 0; i < payloads.length; ++i) {
            (uint256 pays, uint256 gets, bool cleared) = FillLoops.fills(
                known.words() + CONTEXT_HEAD * 32,
                answer.words() + ANSWER_HEAD * 32,
                known[0],
                known[1],
                payloads[i]
            );
            (paid, received, ready) = (paid + pays, received + gets, ready && cleared);
        }
        position = answer;
        (answer[0], answer[1], answer[2]) = (ready ? 1 : 0, paid, received);
        assembly ("memory-safe") {
            return(add(answer, 32), mul(32, mload(answer)))
        }
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IDoubleAuction
    function stripDigest(uint32 community, uint32 period, Strip calldata strip) external view returns (bytes32) {
        return _digest(_domainSeparatorV4(), community, period, _orderOf(strip), strip.entries);
    }

    /// @inheritdoc IDoubleAuction
    function book(uint32 community, uint256 slot) external view returns (uint256[] memory bids, uint256[] memory asks) {
        Terms t = KnownTerms.load(_known, registry, community);
        bids = new uint256[](t.tickCount());
        asks = new uint256[](t.tickCount());
        uint256 pos = _bookAt(community, t, slot);
        SlotHeader h = SlotHeader.wrap(Words.load(pos));
        if (h.slotOf() == slot) Book.read(pos, h, t.wideTicks(), bids, asks);
    }

    /// @inheritdoc IDoubleAuction
    function result(
        uint32 community,
        uint256 slot
    )
        external
        view
        returns (
            bool cleared,
            uint256 marginalTick,
            uint256 priceTick,
            uint256 price,
            uint256 lots,
            uint256 bidAllotment,
            uint256 bidVolume,
            uint256 askAllotment,
            uint256 askVolume
        )
    {
        Terms t = KnownTerms.load(_known, registry, community);
        SlotResult word = SlotResult.wrap(Words.load(_resultAt(community, t, slot)));
        if (slot == 0 || !word.isOf(slot)) return (false, 0, 0, 0, 0, 0, 0, 0, 0);
        Clearing.Result memory r = word.unpack();
        price = r.lots == 0 ? 0 : t.floorPrice() + r.priceTick * t.tickSize();
        return (
            true,
            r.marginalTick,
            r.priceTick,
            price,
            r.lots,
            r.bidAllotment,
            r.bidVolume,
            r.askAllotment,
            r.askVolume
        );
    }

    // ---------------------------------------------------------------------------------------------------- acceptance

    function _open(uint32 community, uint32 period) private view returns (Batch memory b) {
        (Terms t, bool paused, address tariff, address firstModule) = registry.market(community, period);
        if (paused) revert TradingPaused(community);
        uint256 current = t.periodAt(block.timestamp);
        if (period < current || period > current + t.horizon()) revert PeriodNotOpen(community, period);
        // The journal carries the frontier of the first module alone; without it strips could be replayed.
        if (firstModule != address(this)) revert UnknownModule(community);
        b.community = community;
        b.period = period;
        b.settlementFee = t.settlementFee();
        (b.slots, b.lotWh) = (t.slotsPerPeriod(), t.lotWh());
        b.domain = _domainSeparatorV4();
        b.tariff = Tariff.load(tariff);
        uint256 first = uint256(period) * t.slotsPerPeriod();
        b.book = Book.open(_bookAt(community, t, first), t.slotsPerPeriod(), t.tickCount(), t.wideTicks());
        EntryLoops.Strip memory e = b.loop;
        e.setGrid(t.slotsPerPeriod(), t.tickCount(), b.book.laneLog);
        e.setPrices(t.lotWh(), t.floorPrice(), t.tickSize(), b.tariff.networkFee());
        // A slot is open while block.timestamp < slot * d - gateClosure.
        uint256 firstOpen = (block.timestamp + t.gateClosure()) / t.slotDuration() + 1;
        e.openFrom = firstOpen > first ? firstOpen - first : 0;
        (e.cells, e.stride, e.tickWords) = (b.book.top, b.book.stride, b.book.wordsPerSide);
        (e.area, e.firstSlot) = (b.book.area, first);
    }

    /// @dev Takes packed strips in runs. Within a run members ascend, so that nobody's standing changes before it is used; a member that
    /// comes again starts the next run.
    function _acceptAll(Batch memory b, address feeTo, bytes calldata strips) private returns (uint256 accepted) {
        PackedStrips.Order memory order;
        order.feeTo = feeTo;
        uint256 free = Mem.mark();
        uint256 index = 0;
        for (uint256 pos = 0; pos < strips.length; ) {
            Standing memory st;
            _load(b, st, _takeRun(st, strips, pos, 2 + (1 << b.loop.laneLog)));
            for (uint256 i = 0; i < st.members.length; ++i) {
                bytes calldata entries = strips.read(pos, order);
                pos += PackedStrips.HEADER + entries.length;
                uint256 mark = Mem.mark();
                (StripReason reason, bytes memory reasons) = _accept(b, st, i, order, entries, false);
                if (reason == StripReason.None) {
                    ++accepted;
                    if (reasons.length != 0) emit EntriesRefused(b.community, order.member, b.period, reasons);
                } else {
                    emit StripSkipped(b.community, order.member, b.period, index, reason);
                }
                ++index;
                Mem.release(mark);
            }
            _record(b, st, feeTo);
            Mem.release(free);
        }
    }

    /// @dev Finds the members of the next run.
    /// @param perEntry Bytes of a record for each entry.
    /// @return size Bytes that the records of the run take at most.
    function _takeRun(
        Standing memory st,
        bytes calldata strips,
        uint256 pos,
        uint256 perEntry
    ) private pure returns (uint256 size) {
        uint256[] memory members = new uint256[]((strips.length - pos) / PackedStrips.HEADER + 1);
        uint256 count = 0;
        uint256 last = 0;
        while (pos < strips.length && size < RUN_BYTES) {
            if (pos + PackedStrips.HEADER > strips.length) revert StripsCutOff(pos);
            uint256 member = strips.memberAt(pos);
            if (count != 0 && member <= last) break;
            uint256 entries = strips.countAt(pos);
            uint256 end = pos + PackedStrips.HEADER + 4 * entries;
            if (end > strips.length) revert StripsCutOff(pos);
            last = member;
            members[count++] = member;
            size += PackedRecords.HEADER + (2 + perEntry) * entries;
            pos = end;
        }
        st.members = members.cut(count);
    }

    /// @dev Asks everybody about the members of a run, and makes room for its records.
    function _load(Batch memory b, Standing memory st, uint256 size) private view {
        st.words = registry.traders(b.community, b.period, st.members);
        (st.accounts, st.journals, st.ringFree) = escrow.standings(b.community, b.period, st.members);
        st.records = Mem.bytesOf(size + 32);
        b.next = st.records.start();
    }

    /// @dev Hands the records of a run to settlement.
    function _record(Batch memory b, Standing memory st, address feeTo) private {
        uint256 length = b.next - st.records.start();
        if (length != 0) escrow.append(b.community, b.period, 0, feeTo, st.records.cut(length));
    }

    /// @dev The one path of every strip: signed and posted by anyone, or its owner's own transaction.
    /// @param index The strip's member in `st`.
    /// @return reason Why it was not accepted.
    /// @return reasons One byte per entry if any was refused, else empty.
    function _accept(
        Batch memory b,
        Standing memory st,
        uint256 index,
        PackedStrips.Order memory order,
        bytes calldata entries,
        bool own
    ) private view returns (StripReason reason, bytes memory reasons) {
        Journal j = Journal.wrap(st.journals[index]);
        Member m = Member.wrap(st.words[index]);
        bytes32 digest = _digest(b.domain, b.community, b.period, order, entries);
        reason = _check(m, Account.wrap(st.accounts[index]), j, st.ringFree, order, entries, digest, own);
        if (reason != StripReason.None) return (reason, reasons);
        EntryLoops.Strip memory e = b.loop;
        e.setLimits(m.buyCap(), m.sellCap(), order.maxReserve, order.feePerEntry);
        e.prices = b.tariff.entriesOf(m.tariffClass(), b.slots);
        uint256 initialFee = j.recordsOf() == 0 ? b.settlementFee : 0;
        e.reset(j.frontierOf(), initialFee);
        uint256 count = entries.length / 4;
        uint256 size = count * (4 + (1 << e.laneLog));
        uint256 payload = b.next + PackedRecords.HEADER;
        payload.copy(entries);
        bytes memory copy = Mem.bytesOf(entries.length + 32);
        copy.start().copy(entries);
        Mem.store(copy.start() + entries.length, 0); // no entry behind the last
        reasons = new bytes(count);
        (e.out, e.reasons) = (payload + entries.length, reasons.start());
        if (e.accept(copy.start(), count)) {
            _undo(b, entries, reasons, e.seen);
            return (StripReason.RingBusy, Mem.none());
        }
        if (e.refused == 0) reasons = Mem.none();
        if (e.refused == count) return (StripReason.NothingAccepted, reasons);
        (uint256 bought, uint256 sold) = e.lotsOf();
        uint256 fee = (count - e.refused) * order.feePerEntry;
        // Wh sold and bought, reserve, entries.
        uint256 head = (sold * b.lotWh) |
            ((bought * b.lotWh) << 48) |
            ((e.usedOf() - initialFee - fee) << 96) |
            (count << 192);
        PackedRecords.write(b.next, order.member, e.slotEnd(), fee, head, size, digest);
        b.next = payload + size;
    }

    /// @dev What holds for a strip as a whole.
    function _check(
        Member m,
        Account a,
        Journal j,
        bool ringFree,
        PackedStrips.Order memory order,
        bytes calldata entries,
        bytes32 digest,
        bool own
    ) private view returns (StripReason) {
        if (entries.length == 0 || entries.length % 4 != 0) return StripReason.BadLength;
        if (!m.isActive()) return StripReason.NotActive;
        if (!a.hasModule(0)) return StripReason.ModuleOff;
        if (!own && !_isSigned(digest, order, m)) return StripReason.BadSignature;
        if (order.epoch != a.epochOf()) return StripReason.WrongEpoch;
        if (block.timestamp > order.deadline) return StripReason.Expired;
        if (a.isInDebt()) return StripReason.InDebt;
        if (a.freeOf() < order.maxReserve) return StripReason.Underfunded;
        if (!ringFree) return StripReason.RingBusy;
        if (order.after_ != j.frontierOf()) return StripReason.WrongFrontier;
        if (j.entriesOf() + entries.length / 4 > MAX_ENTRIES || j.recordsOf() == MAX_RECORDS) {
            return StripReason.TooManyEntries;
        }
        return StripReason.None;
    }

    /// @dev Takes the first `count` entries back out of the book.
    function _undo(Batch memory b, bytes calldata entries, bytes memory reasons, uint256 count) private pure {
        for (uint256 i = 0; i < count; ++i) {
            if (reasons[i] != 0) continue;
            uint256 entry = entries.u32(4 * i);
            b.book.remove(entry >> 24, (entry >> 16) & 0xff, entry & 0xffff);
        }
    }

    // ---------------------------------------------------------------------------------------------------- signatures

    function _isSigned(bytes32 digest, PackedStrips.Order memory order, Member m) private pure returns (bool) {
        (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(digest, order.r, order.vs);
        return problem == ECDSA.RecoverError.NoError && signer == m.tradingKey();
    }

    function _digest(
        bytes32 domain,
        uint32 community,
        uint32 period,
        PackedStrips.Order memory order,
        bytes calldata entries
    ) private pure returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                STRIP_TYPE,
                community,
                order.member,
                period,
                order.after_,
                order.epoch,
                order.deadline,
                order.maxReserve,
                order.feePerEntry,
                order.feeTo,
                Mem.hashOf(entries)
            )
        );
        return MessageHashUtils.toTypedDataHash(domain, structHash);
    }

    /// @dev A strip but for its entries.
    function _orderOf(Strip calldata s) private pure returns (PackedStrips.Order memory) {
        return
            PackedStrips.Order({
                member: s.member,
                after_: s.after_,
                epoch: s.epoch,
                deadline: s.deadline,
                maxReserve: s.maxReserve,
                feePerEntry: s.feePerEntry,
                feeTo: s.feeTo,
                r: s.r,
                vs: s.vs
            });
    }

    // ---------------------------------------------------------------------------------------------------- places in storage

    /// @dev `community 32 | ring slot 12 | word 6`; the ring holds horizon + 1 periods.
    function _bookAt(uint32 community, Terms t, uint256 slot) private view returns (uint256) {
        return _books | (uint256(community) << 24) | ((slot % ((t.horizon() + 1) * t.slotsPerPeriod())) << 6);
    }

    /// @dev `community 32 | ring slot 15`; the ring holds R periods.
    function _resultAt(uint32 community, Terms t, uint256 slot) private view returns (uint256) {
        return _results | (uint256(community) << 16) | (slot % (t.ring() * t.slotsPerPeriod()));
    }
}
