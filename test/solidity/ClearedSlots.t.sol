// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BookPlaces} from "../../contracts/libraries/BookPlaces.sol";
import {SlotResult, packResult} from "../../contracts/types/SlotResult.sol";
import {Terms, packCalendar, packTerms} from "../../contracts/types/Terms.sol";
import {Check, Dice} from "./Check.sol";
import {EntryLoopsPlain} from "./plain/EntryLoopsPlain.sol";
import {ClearingPlain} from "./plain/ClearingPlain.sol";
import {ClearLab} from "./support/ClearLab.sol";
import {entryOf} from "./EntryLab.sol";

/// @notice Results over many turns of the rings: whatever order slots are cleared in, in however many calls, late, twice or out of memory,
/// each has the result of its own volumes, and no other slot has another one for it.
contract ClearedSlotsTest {
    /// @dev A slot as orders came in.
    struct Slot {
        bool live;
        bool cleared;
        uint256[128][2] volumes;
    }

    /// @dev What a word of results should hold: those of one period.
    struct Word {
        uint256 period;
        uint256[3] results;
    }

    uint256 private constant FIRST = 20_000; // period

    ClearLab private _lab;
    Terms private _terms;
    uint256 private _slots;
    uint256 private _ticks;
    bool private _wide;
    uint256 private _bookRing;
    uint256 private _ring;
    uint256 private _fit; // slots in a group
    uint256 private _perWord; // results in a word

    mapping(uint256 slot => Slot) private _book;
    mapping(uint256 ringEntry => mapping(uint256 word => Word)) private _results;
    mapping(uint256 ringEntry => mapping(uint256 group => uint256 period)) private _owners;

    function testFuzz_eachSlotHasTheResultOfItsOwnVolumes(uint256 seed) external {
        Dice memory d = Dice(seed);
        _lab = _open(d);
        uint256 period = FIRST;
        for (uint256 step = 3 + (d.roll() % 5); step > 0; --step) {
            // Often so far that the ring of results comes round, at times to the very same entry of both rings.
            if (d.one(3))
                period +=
                    d.one(2)
                        ? _ring
                        : d.one(4)
                            ? _ring * _bookRing
                            : 1 + d.upTo(_ring);
            for (uint256 chunks = d.roll() % 3; chunks > 0; --chunks) {
                uint256 any = period + d.upTo(_bookRing - 1);
                _accept(d, uint32(any), false);
            }
            uint256 notDue = (period + 1) * _slots - d.upTo(_slots);
            _lab.setNotDue(notDue);
            for (uint256 calls = d.roll() % 4; calls > 0; --calls) _clear(d, period, notDue);
        }
        for (uint256 entry = 0; entry < _ring; ++entry) _checkResults(entry);
        for (uint256 p = period; p + _ring > period; --p) _checkContext(uint32(p));
    }

    /// @dev The last chunk of a period clears what it has in memory, what it has read and what it has not touched.
    function testFuzz_theCopyLeavesTheResultsThatItsFlushWouldClearTo(uint256 seed) external {
        Dice memory d = Dice(seed);
        _lab = _open(d);
        uint32 period = uint32(FIRST);
        // An older period in the same entries, cleared in part: its groups may be busy.
        if (d.one(2)) {
            _accept(d, uint32(period - _bookRing * _ring), false);
            _lab.setNotDue((FIRST - 1) * _slots);
            _clear(d, period - _bookRing * _ring, (FIRST - 1) * _slots);
        }
        for (uint256 chunks = d.roll() % 3; chunks > 0; --chunks) _accept(d, period, false);
        if (!_accept(d, period, true)) return;
        for (uint256 k = 0; k < _slots; ++k) if (_book[period * _slots + k].live) _note(period * _slots + k);
        _checkResults(period % _ring);
        _checkContext(period);
        // Nothing of it can be cleared a second time, or is in the way of the next period in these entries.
        _lab.setNotDue(type(uint256).max);
        uint256[] memory slots = new uint256[](_slots);
        for (uint256 k = 0; k < _slots; ++k) slots[k] = period * _slots + k;
        Check.eq(_lab.clear(_lab.COMMUNITY(), slots), 0, "cleared again");
        _checkResults(period % _ring);
        bool busy = false;
        for (uint256 k = 0; k < _slots; ++k) if (_isBusy(period + _bookRing, k)) busy = true;
        Check.yes(_lab.accept(uint32(period + _bookRing), _allSlots(), false) == busy, "busy");
    }

    // ---------------------------------------------------------------------------------------------------- calls

    /// @dev Entries of a random strip, into the book and the model.
    /// @return Whether they were accepted.
    function _accept(Dice memory d, uint32 period, bool clears) private returns (bool) {
        bytes memory entries;
        uint256 gaps = 1 + d.upTo(_slots * 8);
        EntryLoopsPlain.Order[] memory orders = new EntryLoopsPlain.Order[](40);
        uint256 count = 0;
        bool busy = false;
        for (uint256 k = d.upTo(_slots - 1); k < _slots && count < 36; k += d.one(3) ? 1 + d.upTo(4) : 1) {
            for (uint256 side = 0; side < 2; ++side) {
                if (d.one(3)) continue;
                uint256 tick = (d.roll() % _ticks) / (d.one(2) ? 1 : 4);
                for (uint256 n = 1 + (d.roll() % 2); n > 0 && tick < _ticks; --n) {
                    orders[count] = EntryLoopsPlain.Order(k, side, tick, 1 + d.upTo(d.one(9) ? 999 : 4));
                    entries = bytes.concat(entries, bytes4(uint32(entryOf(orders[count++]))));
                    tick += 1 + d.upTo(gaps);
                }
                if (_isBusy(period, k)) busy = true;
            }
        }
        if (count == 0) return false;
        bool was = _lab.accept(period, entries, clears && !busy);
        if (was) {
            Check.yes(busy, "free");
            return false;
        }
        for (uint256 i = 0; i < count; ++i) _add(period, orders[i]);
        return true;
    }

    /// @dev Clears slots of any periods, some of them twice, some that nobody ever traded in.
    function _clear(Dice memory d, uint256 period, uint256 notDue) private {
        uint256[] memory slots = new uint256[](1 + d.upTo(_slots + 3));
        uint256 expected = 0;
        for (uint256 i = 0; i < slots.length; ++i) {
            uint256 which = period;
            if (d.one(3)) which -= d.upTo(_ring);
            if (d.one(5)) which -= _ring;
            slots[i] = d.one(20) ? d.roll() : which * _slots + d.upTo(_slots - 1);
            if (i > 0 && d.one(3)) slots[i] = slots[i - 1] + 1;
            if (slots[i] >= notDue || !_book[slots[i]].live || _book[slots[i]].cleared) continue;
            _note(slots[i]);
            ++expected;
        }
        Check.eq(_lab.clear(_lab.COMMUNITY(), slots), expected, "cleared");
    }

    // ---------------------------------------------------------------------------------------------------- the model

    function _add(uint256 period, EntryLoopsPlain.Order memory o) private {
        Slot storage s = _book[period * _slots + o.slot];
        s.live = true;
        s.volumes[o.side][o.tick] += o.lots;
        _owners[period % _bookRing][o.slot / _fit] = period;
    }

    /// @dev Whether another period has the slot's group, and a slot there is not cleared.
    function _isBusy(uint256 period, uint256 offset) private view returns (bool) {
        uint256 owner = _owners[period % _bookRing][offset / _fit];
        if (owner == 0 || owner == period) return false;
        uint256 first = (offset / _fit) * _fit;
        for (uint256 k = first; k < first + _fit && k < _slots; ++k) {
            Slot storage s = _book[owner * _slots + k];
            if (s.live && !s.cleared) return true;
        }
        return false;
    }

    /// @dev Notes the result of a slot; a word that a later period has already keeps that one's.
    function _note(uint256 slot) private {
        Slot storage s = _book[slot];
        s.cleared = true;
        (uint256 period, uint256 offset) = (slot / _slots, slot % _slots);
        Word storage w = _results[period % _ring][offset / _perWord];
        if (w.period > period) return;
        if (w.period < period) delete _results[period % _ring][offset / _perWord];
        w.period = period;
        uint256[] memory bids = new uint256[](_ticks);
        uint256[] memory asks = new uint256[](_ticks);
        for (uint256 tick = 0; tick < _ticks; ++tick) {
            (bids[tick], asks[tick]) = (s.volumes[0][tick], s.volumes[1][tick]);
        }
        SlotResult r = packResult(ClearingPlain.clear(bids, asks), _wide ? 32 : 16);
        w.results[offset % _perWord] = SlotResult.unwrap(r);
    }

    /// @dev Of one entry of the ring, word by word, up to the one behind the last.
    function _checkResults(uint256 entry) private view {
        uint256 size = _wide ? 112 : 64;
        for (uint256 i = 0; i <= _slots / _perWord; ++i) {
            Word storage w = _results[entry][i];
            uint256 word = w.period;
            for (uint256 k = 0; k < _perWord; ++k) word |= w.results[k] << (32 + k * size);
            uint256 pos = BookPlaces.resultsAt(_lab.COMMUNITY(), _terms, entry) + i;
            Check.eq(uint256(_lab.extsload(bytes32(pos))), word, "results");
        }
    }

    /// @dev Whoever has an entry in a slot waits unless there is a result of this very period.
    function _checkContext(uint32 period) private view {
        uint256[] memory context = _lab.contextOf(_lab.COMMUNITY(), period);
        for (uint256 k = 0; k < _slots; ++k) {
            Word storage w = _results[period % _ring][k / _perWord];
            bool cleared = w.period == period && w.results[k % _perWord] != 0;
            bool waits = (context[1 + k / 8] >> (255 - 32 * (k % 8))) & 1 != 0;
            Check.yes(waits != cleared, "waits");
        }
    }

    // ---------------------------------------------------------------------------------------------------- communities

    /// @dev Of a slot or two, or of so many that they take several groups.
    function _open(Dice memory d) private returns (ClearLab) {
        _wide = d.one(2);
        _ticks = 32 << (d.roll() % 3);
        _slots = d.one(4) ? 12 + (d.roll() % 14) : 1 + (d.roll() % 8);
        uint256 horizon = d.roll() % 3;
        (_bookRing, _ring) = (horizon + 1, (horizon + 2 + (d.roll() % 3)) | 1);
        (_fit, _perWord) = (224 / ((2 * _ticks) / (_wide ? 8 : 16) + 1), _wide ? 2 : 3);
        uint256 low = packTerms(300, _slots, 10, 100, 2, _ticks, _wide);
        _terms = packCalendar(low, horizon, _ring, 0, 1, 2, 3, 0);
        return new ClearLab(_terms);
    }

    /// @return entries A bid in every slot.
    function _allSlots() private view returns (bytes memory entries) {
        for (uint256 k = 0; k < _slots; ++k) {
            entries = bytes.concat(entries, bytes4(uint32(entryOf(EntryLoopsPlain.Order(k, 0, 0, 1)))));
        }
    }
}
