// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Packed} from "../../contracts/libraries/Packed.sol";
import {Tariff} from "../../contracts/libraries/Tariff.sol";
import {DataBlob} from "../../contracts/libraries/DataBlob.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {
    Account,
    AmountOverflow,
    Debt,
    ACCOUNT_OPEN,
    ACCOUNT_DEBT,
    ACCOUNT_FUND,
    ACCOUNT_ABOVE_LINE,
    accountIn,
    withAccount
} from "../../contracts/types/Account.sol";
import {Journal, newJournal} from "../../contracts/types/Journal.sol";
import {Ledger, newLedger, ledgerAt} from "../../contracts/types/Ledger.sol";
import {Meter, Gap, newMeter, newGap} from "../../contracts/types/Meter.sol";
import {Pot, newPot} from "../../contracts/types/Pot.sol";
import {SlotGroup, bitsOf, slotsInGroup} from "../../contracts/types/SlotGroup.sol";
import {SlotResult, SlotResults, resultPlace, resultsPerWord} from "../../contracts/types/SlotResult.sol";
import {Check, Dice} from "./Check.sol";
import {PackedPlain} from "./plain/PackedPlain.sol";
import {VM} from "./support/Vm.sol";

/// @notice Every packed word keeps what is put into it, and a change of one field changes no other.
contract WordsTest {
    using Packed for bytes;
    using Tariff for bytes;

    // ---------------------------------------------------------------------------------------------------- order book

    /// @dev Results of slots in any order, of two periods, some of them twice: the first of a slot stands, the later period wins.
    function testFuzz_slotResults(uint32 earlier, uint32 later, uint256 seed) external pure {
        if (earlier == later) return;
        if (earlier > later) (earlier, later) = (later, earlier);
        Dice memory d = Dice(seed);
        uint256 bits = d.one(2) ? 16 : 32;
        uint256 count = resultsPerWord(bits);
        SlotResults word;
        uint256[] memory kept = new uint256[](count);
        bool wins = false;
        for (uint256 i = 0; i < 6; ++i) {
            uint256 index = d.upTo(count - 1);
            uint256 result = 1 + d.upTo((1 << (3 * bits + 16)) - 2);
            bool late = i > 2 && d.one(2);
            if (late && !wins) (wins, kept) = (true, new uint256[](count));
            word = word.withResult(late ? later : earlier, index, SlotResult.wrap(result), bits);
            if (late == wins && kept[index] == 0) kept[index] = result;
        }
        uint256 period = wins ? later : earlier;
        SlotResults own = word.ofPeriod(period);
        for (uint256 index = 0; index < count; ++index) {
            Check.eq(SlotResult.unwrap(own.resultAt(index, bits)), kept[index], "result");
            Check.yes(own.resultAt(index, bits).isCleared() == (kept[index] != 0), "cleared");
        }
        Check.eq(SlotResults.unwrap(word.ofPeriod(period ^ (1 << d.upTo(255)))), 0, "no other period's");
    }

    function testFuzz_resultPlace(uint256 seed) external pure {
        Dice memory d = Dice(seed);
        uint256 bits = d.one(2) ? 16 : 32;
        uint256 offset = d.upTo(142);
        (uint256 word, uint256 index) = resultPlace(offset, bits);
        (uint256 next, uint256 nextIndex) = resultPlace(offset + 1, bits);
        Check.eq(word * resultsPerWord(bits) + index, offset, "in a row");
        Check.yes(index < resultsPerWord(bits) && word < 128, "within");
        Check.yes(next == word ? nextIndex == index + 1 : next == word + 1 && nextIndex == 0, "neighbours");
    }

    function testFuzz_slotGroup(uint32 period, uint256 bits, uint256 seed) external pure {
        Dice memory d = Dice(seed);
        uint256 words = 4 << (d.roll() % 4);
        uint256 slots = slotsInGroup(words);
        SlotGroup g = SlotGroup.wrap((bits << 32) | period);
        Check.yes(g.isOf(period), "its own period");
        Check.yes(!g.isOf(uint256(period) ^ (1 << d.upTo(255))), "no other");
        // Cleared or not, each slot's bits are as in a list of them.
        uint256 chosen = d.upTo(slots - 1);
        uint256 group = d.upTo(9);
        (uint256 index, uint256 place) = bitsOf(group * slots + chosen, words);
        Check.eq(index, group, "group");
        SlotGroup h = g.withCleared(place, words);
        for (uint256 slot = 0; slot < slots; ++slot) {
            (, uint256 shift) = bitsOf(slot, words);
            uint256 all = bits & ((1 << (words + 1)) - 1);
            Check.eq(g.live(shift, words), all & ((1 << words) - 1), "live");
            Check.yes(g.isCleared(shift, words) == (all >> words != 0), "cleared");
            Check.eq(h.live(shift, words), g.live(shift, words), "live bits of a cleared one");
            Check.yes(h.isCleared(shift, words) == (slot == chosen || g.isCleared(shift, words)), "cleared then");
            bits >>= words + 1;
        }
        Check.yes(h.isOf(period), "period of a cleared one");
    }

    function test_asManySlotsAreInAGroupAsFit() external pure {
        for (uint256 words = 4; words <= 32; words *= 2) {
            uint256 slots = slotsInGroup(words);
            (, uint256 last) = bitsOf(slots - 1, words);
            Check.atMost(last + words + 1, 256, "the last slot fits");
            Check.yes(last + 2 * (words + 1) > 256, "another would not");
            (uint256 index, uint256 first) = bitsOf(slots, words);
            Check.eq(index, 1, "the next group");
            Check.eq(first, 32, "its first slot");
        }
    }

    // ---------------------------------------------------------------------------------------------------- settlement

    function testFuzz_journal(uint32[4] memory f, uint256[2] memory h) external pure {
        uint256 entries = f[1] % 2049;
        Journal j = newJournal(f[0], entries, uint8(f[2]), uint8(f[3]), h[0] >> 52);
        _checkJournal(j, f[0] & 0xfffff, entries, uint8(f[2]), uint8(f[3]), 0, h[0] >> 52);
        Check.yes(Journal.unwrap(j) == 0 || j.isForPeriod(f[0]), "its own period");
        Check.yes(!j.isForPeriod(uint256(f[0]) + 1), "not the next one");
        j = j.withState(h[1] & 15);
        _checkJournal(j, f[0] & 0xfffff, entries, uint8(f[2]), uint8(f[3]), h[1] & 15, h[0] >> 52);
        j = j.withHash(h[1] >> 52);
        _checkJournal(j, f[0] & 0xfffff, entries, uint8(f[2]), uint8(f[3]), h[1] & 15, h[1] >> 52);
    }

    function testFuzz_ledger(uint40[5] memory a, uint40[5] memory b, uint40 wrap) external pure {
        // A sum fits the narrowest field.
        for (uint256 i = 0; i < 5; ++i) (a[i], b[i]) = (a[i] >> 1, b[i] >> 1);
        Ledger one = newLedger(a[0], a[1], a[2], a[3], a[4]);
        Ledger two = newLedger(b[0], b[1], b[2], b[3], b[4]);
        _checkLedger(one, a);
        Ledger sum = one.plus(two);
        for (uint256 i = 0; i < 5; ++i) Check.eq(_ledgerField(sum, i), uint256(a[i]) + b[i], "sum");
        Check.eq(Ledger.unwrap(sum.minus(two)), Ledger.unwrap(one), "difference");
        uint256 word = sum.tagged(wrap);
        Check.eq(Ledger.unwrap(ledgerAt(word, wrap)), Ledger.unwrap(sum), "the same turn of the ring");
        Check.eq(Ledger.unwrap(ledgerAt(word, uint256(wrap) + 1)), 0, "another turn");
    }

    function testFuzz_meter(uint32 next, uint96[2] memory registers, uint32 state, uint8 bits) external pure {
        Meter m = newMeter(next, registers[0], registers[1], state);
        for (uint256 i = 0; i < 3; ++i) {
            Check.eq(m.nextPeriodOf(), next, "next period");
            Check.eq(m.importOf(), registers[0], "import");
            Check.eq(m.exportOf(), registers[1], "export");
            uint256 expected =
                i == 0
                    ? state
                    : i == 1
                        ? uint256(state) | bits
                        : state & ~uint256(bits);
            Check.eq(m.stateBits(), expected, "state");
            Check.yes(m.isBound() == (expected & 1 != 0) && m.isFresh() == (expected & 2 != 0), "bound, fresh");
            Check.yes(m.hasGap() == (expected & 4 != 0), "gap");
            m = m.withState(bits, i == 0);
        }
    }

    function testFuzz_gap(uint96 estimated, uint16 dearest, uint16 cheapest, uint32 end) external pure {
        Gap g = newGap(estimated, dearest, cheapest, end);
        Check.eq(g.estimatedOf(), estimated, "estimated");
        Check.eq(g.dearestOf(), dearest, "dearest");
        Check.eq(g.cheapestOf(), cheapest, "cheapest");
        Check.eq(g.endOf(), end, "end");
    }

    // ---------------------------------------------------------------------------------------------------- money

    function testFuzz_pot(uint24 period, int96 amount, uint96 outstanding, uint256 counts) external pure {
        (uint256 opened, uint256 settled) = (counts & 0xfffff, (counts >> 20) & 0xfffff);
        _checkPot(newPot(period), period, 0, 0, 0, 0);
        Pot p = newPot(period).withAmounts(amount, outstanding);
        _checkPot(p, period, amount, outstanding, 0, 0);
        p = p.withCounts(opened, settled);
        _checkPot(p, period, amount, outstanding, opened, settled);
        _checkPot(p.withAmounts(-int256(amount) / 2, 7), period, -int256(amount) / 2, 7, opened, settled);
        _checkPot(p.withCounts(settled, opened), period, amount, outstanding, settled, opened);
    }

    function testFuzz_account(uint64 money, uint32 epoch, uint16 modules, uint256 seed) external pure {
        Account a;
        Dice memory d = Dice(seed);
        // In any order of changes.
        for (uint256 i = 0; i < 8; ++i) {
            if (i >= 4 || d.one(2)) a = a.withFree(money);
            if (i >= 4 || d.one(2)) a = a.withEpoch(epoch);
            if (i >= 4 || d.one(2)) a = a.withModules(modules);
            if (i < 4) a = a.withFree(d.upTo(type(uint64).max)).withEpoch(uint32(d.roll()));
        }
        bool[4] memory flags = [d.one(2), d.one(2), d.one(2), d.one(2)];
        a = a.withFlag(ACCOUNT_OPEN, flags[0]).withFlag(ACCOUNT_DEBT, flags[1]).withFlag(ACCOUNT_FUND, flags[2]);
        a = a.withFlag(ACCOUNT_ABOVE_LINE, flags[3]);
        Check.eq(a.freeOf(), money, "free");
        Check.eq(a.epochOf(), epoch, "epoch");
        Check.eq(a.modulesOf(), modules, "modules");
        Check.yes(a.isOpen() == flags[0] && a.mayOweOrBeOwed() == flags[1] && a.owesMembers() == flags[2], "flags");
        Check.yes(a.isInDebt() == flags[3], "above its line");
        Check.yes(Account.unwrap(a) >> 128 == 0, "half a word");
        for (uint256 i = 0; i < 16; ++i) Check.yes(a.hasModule(i) == ((modules >> i) & 1 != 0), "module");
    }

    function testFuzz_moneyBeyondItsFieldNeverFlowsIntoTheNextOne(uint256 word, uint256 seed) external {
        uint256 tooMuch = (uint256(1) << (64 + (seed % 192))) | seed;
        VM.expectRevert(abi.encodeWithSelector(AmountOverflow.selector, tooMuch));
        this.withFree(Account.wrap(word), tooMuch);
    }

    /// @dev A call of its own, so that it can revert.
    function withFree(Account a, uint256 free) external pure returns (Account) {
        return a.withFree(free);
    }

    function testFuzz_twoAccountsShareAWordAndLeaveEachOtherAlone(
        uint256 word,
        uint128 new_,
        uint32 member
    ) external pure {
        uint256 changed = withAccount(word, member, Account.wrap(new_));
        Check.eq(Account.unwrap(accountIn(changed, member)), new_, "its own half");
        uint256 other = Account.unwrap(accountIn(word, member ^ 1));
        Check.eq(Account.unwrap(accountIn(changed, member ^ 1)), other, "the other half");
        Check.eq(Account.unwrap(accountIn(word, member)), member % 2 == 0 ? uint128(word) : word >> 128, "which half");
    }

    function testFuzz_debt(int96 due, int96 later, uint64 line, uint64 laterLine) external pure {
        Debt d = Debt.wrap(0).withCreditLine(line).withDue(due);
        Check.eqSigned(d.dueOf(), due, "due");
        Check.eq(d.creditLineOf(), line, "line");
        Check.eqSigned(d.withCreditLine(laterLine).dueOf(), due, "due beside a new line");
        Check.eqSigned(d.withDue(later).dueOf(), later, "new due");
        Check.eq(d.withDue(later).creditLineOf(), line, "line beside a new due");
        Check.eq(Debt.unwrap(d.withDue(0).withCreditLine(0)), 0, "nothing left");
    }

    // ---------------------------------------------------------------------------------------------------- bytes

    function testFuzz_packedReadsAsItsPlainTwin(bytes calldata data, uint256 pos) external pure {
        if (data.length < 6) return;
        pos %= data.length - 5;
        Check.eq(data.u16(pos), PackedPlain.read(data, pos, 2), "two bytes");
        Check.eq(data.u32(pos), PackedPlain.read(data, pos, 4), "four bytes");
        Check.eq(data.u48(pos), PackedPlain.read(data, pos, 6), "six bytes");
        bytes memory copy = data;
        Check.eq(copy.u16m(pos), PackedPlain.read(data, pos, 2), "two bytes of memory");
        Check.eq(copy.u32m(pos), PackedPlain.read(data, pos, 4), "four bytes of memory");
    }

    function testFuzz_packedReadsTheLastBytesToo(bytes calldata data) external pure {
        if (data.length < 6) return;
        Check.eq(data.u16(data.length - 2), PackedPlain.read(data, data.length - 2, 2), "two bytes");
        Check.eq(data.u32(data.length - 4), PackedPlain.read(data, data.length - 4, 4), "four bytes");
        Check.eq(data.u48(data.length - 6), PackedPlain.read(data, data.length - 6, 6), "six bytes");
    }

    function testFuzz_tariffComesBackFromItsBlob(bytes calldata data) external {
        bytes memory tariff = Tariff.load(address(new DataBlob(data)));
        bytes memory behind = hex"ffffffffffffffff"; // must not be part of it
        Check.eqBytes(tariff, data, "tariff");
        Check.eq(behind.length, 8, "memory behind");
    }

    function testFuzz_tariffPrices(uint16 fee, uint16[24] memory prices) external pure {
        // Two classes of six slots.
        bytes memory tariff = abi.encodePacked(fee);
        for (uint256 i = 0; i < 24; ++i) tariff = abi.encodePacked(tariff, prices[i]);
        Check.eq(tariff.length, Tariff.lengthOf(2, 6), "length");
        Check.eq(tariff.networkFee(), fee, "fee");
        for (uint256 i = 0; i < 12; ++i) {
            (uint256 importPrice, uint256 exportPrice) = tariff.pricesAt(i / 6, 6, i % 6);
            Check.eq(importPrice, prices[2 * i], "import");
            Check.eq(exportPrice, prices[2 * i + 1], "export");
        }
    }

    function testFuzz_areasKeepTheLowHalfForIndices(string memory name, uint128 index, uint256 word) external {
        uint256 area = Words.area(name);
        Check.eq(area & type(uint128).max, 0, "low half");
        Words.store(area | index, word);
        Check.eq(Words.load(area | index), word, "word");
    }

    // ---------------------------------------------------------------------------------------------------- parts

    function _checkJournal(
        Journal j,
        uint256 tag,
        uint256 entries,
        uint256 records,
        uint256 frontier,
        uint256 state,
        uint256 hash
    ) private pure {
        Check.eq(j.tagOf(), tag, "tag");
        Check.eq(j.entriesOf(), entries, "entries");
        Check.eq(j.recordsOf(), records, "records");
        Check.eq(j.frontierOf(), frontier, "frontier");
        Check.eq(j.stateOf(), state, "state");
        Check.eq(j.hashOf(), hash, "hash");
    }

    function _checkPot(
        Pot p,
        uint256 period,
        int256 amount,
        uint256 outstanding,
        uint256 opened,
        uint256 settled
    ) private pure {
        Check.yes(p.isPeriod(period) && p.periodOf() == period, "period");
        Check.eqSigned(p.amountOf(), amount, "amount");
        Check.eq(p.outstandingOf(), outstanding, "outstanding");
        Check.eq(p.openedOf(), opened, "opened");
        Check.eq(p.settledOf(), settled, "settled");
        Check.yes(p.allSettled() == (opened == settled), "all settled");
    }

    function _checkLedger(Ledger l, uint40[5] memory fields) private pure {
        for (uint256 i = 0; i < 5; ++i) Check.eq(_ledgerField(l, i), fields[i], "field");
    }

    function _ledgerField(Ledger l, uint256 i) private pure returns (uint256) {
        return
            i == 0
                ? l.boughtOf()
                : i == 1
                    ? l.soldOf()
                    : i == 2
                        ? l.importedOf()
                        : i == 3
                            ? l.exportedOf()
                            : l.deliveredOf();
    }
}
