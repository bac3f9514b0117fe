// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {Batch, Taken, Work, clear} from "../types/Batch.sol";
import {recordHash} from "../types/Journal.sol";
import {Pot} from "../types/Pot.sol";
import {Mem} from "./Mem.sol";
import {ModuleCall} from "./ModuleCall.sol";
import {SlotLoops} from "./SlotLoops.sol";
import {Tariff} from "./Tariff.sol";

/// @title Positions
/// @notice From the records of a journal to a member's position: asks the modules and holds them to their bounds.
library Positions {
    using Mem for address[];
    using Mem for bytes;
    using Mem for bytes[];
    using Mem for uint256[];
    using Mem for uint256[][];
    using Tariff for bytes;

    /// @dev Base units. Sixteen modules together stay within 96 bits.
    uint256 private constant MAX_FLOW = type(uint88).max;

    uint256 internal constant RECORD_WORDS = 3;

    /// @return hash The journal after the records.
    /// @return list Three words per record, for those who need them again: its head, and where its payload lies in calldata and how long
    /// it is.
    function replay(ISettlement.Record[] calldata records) internal pure returns (uint256 hash, uint256[] memory list) {
        unchecked {
            list = Mem.wordsOf(RECORD_WORDS * records.length);
            uint256 pos = list.words();
            for (uint256 i = 0; i < records.length; ++i) {
                ISettlement.Record calldata record = records[i];
                bytes calldata payload = record.payload;
                uint256 head = record.head;
                hash = recordHash(hash, head, record.digest, Mem.hashOf(payload));
                Mem.store(pos, head);
                Mem.store(pos + 32, Mem.placeOf(payload));
                Mem.store(pos + 64, payload.length);
                pos += 32 * RECORD_WORDS;
            }
        }
    }

    /// @notice Asks each module that the records name, in the order of their indices. Fills `b.position`, and once all of them
    /// have answered moves their pots.
    /// @dev The first answer becomes the position where it lies, others are added to it.
    /// @param list The records, see `replay`.
    /// @return ready False if a module waits for something and may still wait: then nothing has changed.
    function take(Batch memory b, Work memory w, uint256[] memory list) internal returns (bool ready) {
        if (list.length == 0) {
            ModuleCall.reset(b.answer, b.slots);
            return true;
        }
        Taken[] memory all = b.taken;
        _sum(list, all);
        w.settlementFee = b.terms.settlementFee();
        all[uint8(list.wordAt(0) >> 208)].fee = w.settlementFee; // the first record reserved it
        uint256[] memory answer = b.answer;
        unchecked {
            uint256 asked = 0;
            for (uint256 module = 0; module < all.length; ++module) {
                Taken memory t = all[module];
                if (t.count == 0) continue;
                if (++asked == 2) answer = ModuleCall.room(b.slots);
                if (!_takeModule(b, w, list, uint8(module), t, answer)) return false;
                bool good = t.reason == ISettlement.Void.None;
                if (asked == 1) {
                    if (!good) ModuleCall.reset(answer, b.slots);
                } else if (good) {
                    SlotLoops.add(
                        b.position.start(),
                        ModuleCall.positionIn(answer).start(),
                        SlotLoops.quadsOf(b.slots)
                    );
                }
            }
            for (uint256 module = 0; module < all.length; ++module) {
                Taken memory t = all[module];
                if (t.count == 0) continue;
                Mem.store(b.pots.words() + 32 * module, t.pot); // it was read from there
                if (t.reason == ISettlement.Void.None) continue;
                emit ISettlement.RecordsVoided(b.community, w.member, b.period, uint8(module), t.reason);
            }
        }
        return true;
    }

    function _takeModule(
        Batch memory b,
        Work memory w,
        uint256[] memory list,
        uint8 module,
        Taken memory t,
        uint256[] memory answer
    ) private view returns (bool ready) {
        address target = b.modules.wordAt(module);
        bytes memory call = b.calls.wordAt(module);
        if (call.length == 0) {
            call = ModuleCall.begin(target, module == 0, b.community, b.period, b.slots);
            (b.calls[module], b.kept) = (call, true);
        }
        (uint256 data, uint256 size) = ModuleCall.complete(call, w.member, list, module, t.count, t.size);
        ModuleCall.Outcome outcome = ModuleCall.ask(target, module == 0, data, size, t.entries, b.slots, answer);
        if (outcome == ModuleCall.Outcome.Waiting) {
            // Waiting must not void the order book, the first module: a seller that did not deliver would leave its slot uncleared and
            // escape. Anybody can clear it, however late. // [S4]
            if (module == 0 || block.timestamp < b.ends + b.terms.correctionWindow()) return false;
            outcome = ModuleCall.Outcome.Failed;
        }
        _settlePot(b, w, module, t, outcome, answer);
        return true;
    }

    /// @dev Releases the module's reserve and moves its payments, or voids its records.
    function _settlePot(
        Batch memory b,
        Work memory w,
        uint8 module,
        Taken memory t,
        ModuleCall.Outcome outcome,
        uint256[] memory answer
    ) private pure {
        Pot pot = Pot.wrap(b.pots.wordAt(module));
        int256 amount = pot.amountOf();
        uint256 release = t.amount + t.fee;
        uint256 outstanding = pot.outstandingOf() - release;
        // From here on nothing is wider than 97 bits: fields of a pot, and flows that were judged to be within 88.
        unchecked {
            t.reason = _judge(b, w, module, t, outcome, answer, amount + int256(outstanding));
            w.release += release;
            if (t.reason == ISettlement.Void.None) {
                (uint256 paid, uint256 received) = ModuleCall.flowsIn(answer);
                amount += int256(paid) - int256(received);
                w.paid += paid;
                w.received += received;
            } else {
                // The reserve comes back as far as the pot allows; what it does not allow stays in the pot. // [S2]
                uint256 backing = uint256(amount + int256(outstanding + release));
                uint256 lost = backing < release ? release - backing : 0;
                w.lost += lost;
                amount += int256(lost);
            }
        }
        t.pot = Pot.unwrap(pot.withAmounts(amount, outstanding));
    }

    /// @param class Of a member, which the registry has checked.
    /// @return pos Where the prices of a class start in memory. Unpacks them when they are first needed.
    function pricesOf(Batch memory b, uint256 class) internal pure returns (uint256 pos) {
        uint256[] memory prices = b.prices.wordAt(class);
        if (prices.length == 0) {
            prices = b.tariff.quadsOf(class, b.slots);
            (b.prices[class], b.kept) = (prices, true);
        }
        return prices.words();
    }

    /// @dev The bounds of `IMarketModule`: a module can lose only what its own members reserved with it. // [S3]
    /// @param rest What the pot and the other members' reserves amount to, without this member's.
    function _judge(
        Batch memory b,
        Work memory w,
        uint8 module,
        Taken memory t,
        ModuleCall.Outcome outcome,
        uint256[] memory answer,
        int256 rest
    ) private pure returns (ISettlement.Void) {
        if (outcome == ModuleCall.Outcome.Failed) return ISettlement.Void.CallFailed;
        (uint256 paid, uint256 received) = ModuleCall.flowsIn(answer);
        if (outcome == ModuleCall.Outcome.Malformed || paid > MAX_FLOW || received > MAX_FLOW) {
            return ISettlement.Void.BadAnswer;
        }
        (uint256 bought, uint256 sold, uint256 replacement, bool sane) = SlotLoops.weigh(
            ModuleCall.positionIn(answer).start(),
            pricesOf(b, w.word.tariffClass()),
            SlotLoops.quadsOf(b.slots)
        );
        if (!sane || bought > t.buyWh || sold > t.sellWh) return ISettlement.Void.PositionAboveReserve;
        // Flows fit 88 bits, energy 32, prices 16.
        unchecked {
            uint256 charge = paid + bought * b.tariff.networkFee() + replacement;
            if (charge > t.amount + received) {
                // The first module, asked before any other, may sell what the meter has measured without a reserve for its replacement.
                if (module != 0) return ISettlement.Void.ChargeAboveReserve;
                charge -= replacement - _costOfSold(b, w, answer);
                if (charge > t.amount + received) return ISettlement.Void.ChargeAboveReserve;
            }
            if (rest + int256(paid) < int256(received)) return ISettlement.Void.PotOverdrawn;
            w.bought += bought;
        }
        return ISettlement.Void.None;
    }

    /// @dev Where no reading came, what is in its place has no export: nothing or the estimate of a member before.
    function _costOfSold(Batch memory b, Work memory w, uint256[] memory answer) private pure returns (uint256) {
        uint256 prices = pricesOf(b, w.word.tariffClass());
        return SlotLoops.costOfSold(b.reading, ModuleCall.positionIn(answer).start(), prices);
    }

    /// @notice Adds up the records by module.
    function _sum(uint256[] memory list, Taken[] memory all) private pure {
        clear(all);
        // At most 255 records: no sum comes near a word.
        unchecked {
            uint256 pos = list.words();
            for (uint256 end = pos + 32 * list.length; pos < end; pos += 32 * RECORD_WORDS) {
                uint256 head = Mem.load(pos);
                Taken memory t = all[uint8(head >> 208)];
                t.sellWh += uint48(head);
                t.buyWh += uint48(head >> 48);
                t.amount += uint96(head >> 96);
                t.entries += uint16(head >> 192);
                ++t.count;
                t.size += ModuleCall.paddedLength(Mem.load(pos + 64));
            }
        }
    }
}
