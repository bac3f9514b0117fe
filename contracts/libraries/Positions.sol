// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {Batch, Work} from "../types/Batch.sol";
import {recordHash} from "../types/Journal.sol";
import {Pot} from "../types/Pot.sol";
import {Mem} from "./Mem.sol";
import {ModuleCall} from "./ModuleCall.sol";
import {SlotLoops} from "./SlotLoops.sol";
import {Tariff} from "./Tariff.sol";

/// @title Positions
/// @notice From the records of a journal to a member's position: asks the modules and holds them to their bounds.
library Positions {
    using Mem for bytes;
    using Mem for uint256[];
    using Tariff for bytes;

    /// @dev Base units. Sixteen modules together stay within 96 bits.
    uint256 private constant MAX_FLOW = type(uint88).max;

    /// @notice One module's records of a member, and what becomes of them.
    /// @param amount What they reserved, base units without the settlement fee.
    /// @param fee The settlement fee, where one of them was the first of all.
    /// @param buyWh Wh they were for.
    /// @param sellWh Wh they were for.
    /// @param entries Entries in them.
    /// @param count Number of them.
    /// @param size Bytes of their payloads, each padded to whole words.
    /// @param pot The module's pot word afterwards.
    /// @param reason Why they are void, if they are.
    struct Taken {
        uint256 amount;
        uint256 fee;
        uint256 buyWh;
        uint256 sellWh;
        uint256 entries;
        uint256 count;
        uint256 size;
        uint256 pot;
        ISettlement.Void reason;
    }

    /// @return hash The journal after the records.
    function replay(ISettlement.Record[] calldata records) internal pure returns (uint256 hash) {
        unchecked {
            for (uint256 i = 0; i < records.length; ++i) {
                ISettlement.Record calldata record = records[i];
                hash = recordHash(hash, record.head, record.digest, keccak256(record.payload));
            }
        }
    }

    /// @notice Asks each module that the records name, in the order of their indices. Fills `b.position`, and once all of them
    /// have answered moves their pots.
    /// @dev The first answer becomes the position where it lies, others are added to it.
    /// @return ready False if a module waits for something and may still wait: then nothing has changed.
    function take(Batch memory b, Work memory w, ISettlement.Record[] calldata records) internal returns (bool ready) {
        if (records.length == 0) {
            ModuleCall.reset(b.answer, b.slots);
            return true;
        }
        Taken[] memory all = _taken(records, b.modules.length);
        w.settlementFee = b.terms.settlementFee();
        all[uint8(records[0].head >> 208)].fee = w.settlementFee; // the first record reserved it
        uint256[] memory answer = b.answer;
        uint256 asked = 0;
        for (uint256 module = 0; module < all.length; ++module) {
            Taken memory t = all[module];
            if (t.count == 0) continue;
            if (++asked == 2) answer = ModuleCall.room(b.slots);
            if (!_takeModule(b, w, records, uint8(module), t, answer)) return false;
            bool good = t.reason == ISettlement.Void.None;
            if (asked == 1) {
                if (!good) ModuleCall.reset(answer, b.slots);
            } else if (good) {
                SlotLoops.add(b.position.start(), ModuleCall.positionIn(answer).start(), SlotLoops.quadsOf(b.slots));
            }
        }
        for (uint256 module = 0; module < all.length; ++module) {
            Taken memory t = all[module];
            if (t.count == 0) continue;
            b.pots[module] = t.pot;
            if (t.reason == ISettlement.Void.None) continue;
            emit ISettlement.RecordsVoided(b.community, w.member, b.period, uint8(module), t.reason);
        }
        return true;
    }

    function _takeModule(
        Batch memory b,
        Work memory w,
        ISettlement.Record[] calldata records,
        uint8 module,
        Taken memory t,
        uint256[] memory answer
    ) private view returns (bool ready) {
        bytes memory call = b.calls[module];
        if (call.length == 0) {
            call = ModuleCall.begin(b.modules[module], module == 0, b.community, b.period, b.slots);
            (b.calls[module], b.kept) = (call, true);
        }
        ModuleCall.Answer memory a = ModuleCall.ask(
            b.modules[module],
            module == 0,
            ModuleCall.complete(call, w.member, records, module, t.count, t.size),
            t.entries,
            b.slots,
            answer
        );
        // Waiting must not void the order book, the first module: a seller that did not deliver would leave its slot uncleared and
        // escape. Anybody can clear it, however late. // [S4]
        bool waits = module == 0 || block.timestamp < b.ends + b.terms.correctionWindow();
        if (a.formed && !a.ready && waits) return false;
        _settlePot(b, w, Pot.wrap(b.pots[module]), t, a, ModuleCall.positionIn(answer).start());
        return true;
    }

    /// @dev Releases the module's reserve and moves its payments, or voids its records.
    function _settlePot(
        Batch memory b,
        Work memory w,
        Pot pot,
        Taken memory t,
        ModuleCall.Answer memory a,
        uint256 words
    ) private pure {
        int256 amount = pot.amountOf();
        uint256 release = t.amount + t.fee;
        uint256 outstanding = pot.outstandingOf() - release;
        t.reason = _judge(b, w, t, a, words, amount + int256(outstanding));
        if (t.reason == ISettlement.Void.None) {
            amount += int256(a.paid) - int256(a.received);
            w.paid += a.paid;
            w.received += a.received;
        } else {
            // The reserve comes back as far as the pot allows; what it does not allow stays in the pot. // [S2]
            uint256 backing = uint256(amount + int256(outstanding + release));
            uint256 lost = backing < release ? release - backing : 0;
            w.lost += lost;
            amount += int256(lost);
        }
        w.release += release;
        t.pot = Pot.unwrap(pot.withAmounts(amount, outstanding));
    }

    /// @return pos Where the prices of a class start in memory. Unpacks them when they are first needed.
    function pricesOf(Batch memory b, uint256 class) internal pure returns (uint256 pos) {
        if (b.prices[class].length == 0) (b.prices[class], b.kept) = (b.tariff.quadsOf(class, b.slots), true);
        return b.prices[class].words();
    }

    /// @dev The bounds of `IMarketModule`: a module can lose only what its own members reserved with it. // [S3]
    /// @param words Where the answer's position starts in memory.
    /// @param rest What the pot and the other members' reserves amount to, without this member's.
    function _judge(
        Batch memory b,
        Work memory w,
        Taken memory t,
        ModuleCall.Answer memory a,
        uint256 words,
        int256 rest
    ) private pure returns (ISettlement.Void) {
        if (!a.ok || (a.formed && !a.ready)) return ISettlement.Void.CallFailed;
        if (!a.formed || a.paid > MAX_FLOW || a.received > MAX_FLOW) return ISettlement.Void.BadAnswer;
        (uint256 bought, uint256 sold, uint256 replacement, bool sane) = SlotLoops.weigh(
            words,
            pricesOf(b, w.word.tariffClass()),
            SlotLoops.quadsOf(b.slots)
        );
        if (!sane || bought > t.buyWh || sold > t.sellWh) return ISettlement.Void.PositionAboveReserve;
        // Flows fit 88 bits, energy 32, prices 16.
        unchecked {
            uint256 charge = a.paid + bought * b.tariff.networkFee() + replacement;
            if (charge > t.amount + a.received) return ISettlement.Void.ChargeAboveReserve;
            if (rest + int256(a.paid) < int256(a.received)) return ISettlement.Void.PotOverdrawn;
            w.bought += bought;
        }
        return ISettlement.Void.None;
    }

    /// @return all By module index.
    function _taken(ISettlement.Record[] calldata records, uint256 modules) private pure returns (Taken[] memory all) {
        all = new Taken[](modules);
        // At most 255 records: no sum comes near a word.
        unchecked {
            for (uint256 i = 0; i < records.length; ++i) {
                ISettlement.Record calldata record = records[i];
                uint256 head = record.head;
                Taken memory t = all[uint8(head >> 208)];
                t.sellWh += uint48(head);
                t.buyWh += uint48(head >> 48);
                t.amount += uint96(head >> 96);
                t.entries += uint16(head >> 192);
                ++t.count;
                t.size += ModuleCall.paddedLength(record.payload.length);
            }
        }
    }
}
