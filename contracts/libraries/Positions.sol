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
    using Mem for uint256[];
    using Tariff for bytes;

    /// @dev Base units. Sixteen modules together stay within 96 bits.
    uint256 private constant MAX_FLOW = type(uint88).max;

    /// @notice What one module's records reserved: base units without the settlement fee, and Wh.
    struct Reserved {
        uint256 amount;
        uint256 buyWh;
        uint256 sellWh;
        uint256 entries;
    }

    /// @return hash The journal after the records.
    function replay(ISettlement.Record[] calldata records) internal pure returns (uint256 hash) {
        for (uint256 i = 0; i < records.length; ++i) {
            ISettlement.Record calldata record = records[i];
            hash = recordHash(hash, record.head, record.digest, keccak256(record.payload));
        }
    }

    /// @notice Asks each module that the records name, in the order of their indices. Fills `b.position`, and once all of them
    /// have answered moves their pots.
    /// @dev The first answer becomes the position where it lies, others are added to it.
    /// @return ready False if a module waits for something and may still wait: then nothing has changed.
    function take(Batch memory b, Work memory w, ISettlement.Record[] calldata records) internal returns (bool ready) {
        if (records.length == 0) {
            ModuleCall.reset(b.answer);
            return true;
        }
        uint256 named = 0;
        uint256[] memory answer = b.answer;
        for (uint256 i = 0; i < records.length; ++i) named |= 1 << uint8(records[i].head >> 208);
        uint256[] memory pots = new uint256[](b.pots.length);
        ISettlement.Void[] memory voids = new ISettlement.Void[](b.pots.length);
        for (uint256 module = 0; named >> module != 0; ++module) {
            if ((named >> module) & 1 == 0) continue;
            (ready, pots[module], voids[module]) = _takeModule(b, w, records, uint8(module), answer);
            if (!ready) return false;
            bool good = voids[module] == ISettlement.Void.None;
            if (named & ((1 << module) - 1) != 0) {
                if (good) SlotLoops.add(b.position.words(), ModuleCall.positionIn(answer).words(), b.slots);
            } else {
                if (!good) ModuleCall.reset(answer);
                if (named >> (module + 1) != 0) answer = ModuleCall.room(b.slots);
            }
        }
        for (uint256 module = 0; named >> module != 0; ++module) {
            if ((named >> module) & 1 == 0) continue;
            b.pots[module] = pots[module];
            if (voids[module] == ISettlement.Void.None) continue;
            emit ISettlement.RecordsVoided(b.community, w.member, b.period, uint8(module), voids[module]);
        }
        return true;
    }

    function _takeModule(
        Batch memory b,
        Work memory w,
        ISettlement.Record[] calldata records,
        uint8 module,
        uint256[] memory answer
    ) private view returns (bool ready, uint256 pot, ISettlement.Void reason) {
        Reserved memory taken = _reservedWith(records, module);
        ModuleCall.Answer memory a = ModuleCall.ask(
            module < b.modules.length ? b.modules[module] : address(0),
            ModuleCall.encode(b.community, w.member, b.period, records, module),
            taken.entries,
            answer
        );
        // Waiting must not void the order book, the first module: a seller that did not deliver would leave its slot uncleared and
        // escape. Anybody can clear it, however late. // [S4]
        bool waits = module == 0 || block.timestamp < b.ends + b.terms.correctionWindow();
        if (a.formed && !a.ready && waits) return (false, 0, ISettlement.Void.None);
        bool first = uint8(records[0].head >> 208) == module;
        uint256 fee = first ? b.terms.settlementFee() : 0;
        w.settlementFee += fee;
        uint256 words = ModuleCall.positionIn(answer).words();
        (pot, reason) = _settlePot(b, w, Pot.wrap(b.pots[module]), taken, fee, a, words);
        return (true, pot, reason);
    }

    /// @dev Releases the module's reserve and moves its payments, or voids its records.
    /// @return The pot afterwards.
    function _settlePot(
        Batch memory b,
        Work memory w,
        Pot pot,
        Reserved memory taken,
        uint256 fee,
        ModuleCall.Answer memory a,
        uint256 words
    ) private pure returns (uint256, ISettlement.Void reason) {
        int256 amount = pot.amountOf();
        uint256 release = taken.amount + fee;
        uint256 outstanding = pot.outstandingOf() - release;
        reason = _judge(b, w, taken, a, words, amount + int256(outstanding));
        if (reason == ISettlement.Void.None) {
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
        return (Pot.unwrap(pot.withAmounts(amount, outstanding)), reason);
    }

    /// @dev The bounds of `IMarketModule`: a module can lose only what its own members reserved with it. // [S3]
    /// @param words Where the answer's position words start in memory.
    /// @param rest What the pot and the other members' reserves amount to, without this member's.
    function _judge(
        Batch memory b,
        Work memory w,
        Reserved memory taken,
        ModuleCall.Answer memory a,
        uint256 words,
        int256 rest
    ) private pure returns (ISettlement.Void) {
        if (!a.ok || (a.formed && !a.ready)) return ISettlement.Void.CallFailed;
        if (!a.formed || a.paid > MAX_FLOW || a.received > MAX_FLOW) return ISettlement.Void.BadAnswer;
        (uint256 bought, uint256 sold, uint256 replacement, bool sane) = SlotLoops.weigh(
            words,
            b.tariff.entriesOf(w.word.tariffClass(), b.slots),
            b.slots
        );
        if (!sane || bought > taken.buyWh || sold > taken.sellWh) return ISettlement.Void.PositionAboveReserve;
        uint256 charge = a.paid + bought * b.tariff.networkFee() + replacement;
        if (charge > taken.amount + a.received) return ISettlement.Void.ChargeAboveReserve;
        if (rest + int256(a.paid) < int256(a.received)) return ISettlement.Void.PotOverdrawn;
        w.bought += bought;
        return ISettlement.Void.None;
    }

    function _reservedWith(
        ISettlement.Record[] calldata records,
        uint8 module
    ) private pure returns (Reserved memory r) {
        for (uint256 i = 0; i < records.length; ++i) {
            uint256 head = records[i].head;
            if (uint8(head >> 208) != module) continue;
            r.sellWh += uint48(head);
            r.buyWh += uint48(head >> 48);
            r.amount += uint96(head >> 96);
            r.entries += uint16(head >> 192);
        }
    }
}
