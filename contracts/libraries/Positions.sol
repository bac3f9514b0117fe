// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IProsumerRegistry} from "../interfaces/IProsumerRegistry.sol";
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
    using SlotLoops for uint256[];
    using Tariff for bytes;

    /// @dev Base units. Sixteen modules together stay within 96 bits.
    uint256 private constant MAX_FLOW = type(uint88).max;

    /// @notice What one module's records reserved: base units without the settlement fee, and Wh.
    struct Reserved {
        uint256 amount;
        uint256 buyWh;
        uint256 sellWh;
        uint256 entries;
        bytes[] payloads;
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
    /// @return ready False if a module waits for something and may still wait: then nothing has changed.
    function take(
        Batch memory b,
        Work memory w,
        ISettlement.Record[] calldata records,
        IProsumerRegistry registry
    ) internal returns (bool ready) {
        b.position.wipe();
        if (records.length == 0) return true;
        uint256 named = 0;
        for (uint256 i = 0; i < records.length; ++i) named |= 1 << uint8(records[i].head >> 208);
        uint256[] memory pots = new uint256[](b.pots.length);
        ISettlement.Void[] memory voids = new ISettlement.Void[](b.pots.length);
        for (uint256 module = 0; named >> module != 0; ++module) {
            if ((named >> module) & 1 == 0) continue;
            (ready, pots[module], voids[module]) = _takeModule(b, w, records, uint8(module), registry);
            if (!ready) return false;
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
        IProsumerRegistry registry
    ) private view returns (bool ready, uint256 pot, ISettlement.Void reason) {
        Reserved memory taken = _reservedWith(records, module);
        ModuleCall.Answer memory a = ModuleCall.ask(
            registry.moduleAt(b.community, module),
            ModuleCall.encode(b.community, w.member, b.period, taken.payloads),
            taken.entries,
            b.answer
        );
        // Waiting must not void the order book, the first module: a seller that did not deliver would leave its slot uncleared and
        // escape. Anybody can clear it, however late. // [S4]
        bool waits = module == 0 || block.timestamp < b.ends + b.terms.correctionWindow();
        if (a.formed && !a.ready && waits) return (false, 0, ISettlement.Void.None);
        bool first = uint8(records[0].head >> 208) == module;
        uint256 fee = first ? b.terms.settlementFee() : 0;
        w.settlementFee += fee;
        (pot, reason) = _settlePot(b, w, Pot.wrap(b.pots[module]), taken, fee, a);
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
        ModuleCall.Answer memory a
    ) private pure returns (uint256, ISettlement.Void reason) {
        int256 amount = pot.amountOf();
        uint256 release = taken.amount + fee;
        uint256 outstanding = pot.outstandingOf() - release;
        reason = _judge(b, w, taken, a, amount + int256(outstanding));
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
    /// @param rest What the pot and the other members' reserves amount to, without this member's.
    function _judge(
        Batch memory b,
        Work memory w,
        Reserved memory taken,
        ModuleCall.Answer memory a,
        int256 rest
    ) private pure returns (ISettlement.Void) {
        if (!a.ok || (a.formed && !a.ready)) return ISettlement.Void.CallFailed;
        if (!a.formed || a.paid > MAX_FLOW || a.received > MAX_FLOW) return ISettlement.Void.BadAnswer;
        uint256 position = b.position.words();
        uint256 answer = ModuleCall.positionWords(b.answer);
        (uint256 bought, uint256 sold, uint256 replacement, bool sane) = SlotLoops.absorb(
            answer,
            position,
            b.tariff.entriesOf(w.word.tariffClass(), b.slots),
            b.slots
        );
        ISettlement.Void reason = ISettlement.Void.None;
        uint256 charge = sane ? a.paid + bought * b.tariff.networkFee() + replacement : 0;
        if (!sane || bought > taken.buyWh || sold > taken.sellWh) reason = ISettlement.Void.PositionAboveReserve;
        else if (charge > taken.amount + a.received) reason = ISettlement.Void.ChargeAboveReserve;
        else if (rest + int256(a.paid) < int256(a.received)) reason = ISettlement.Void.PotOverdrawn;
        if (reason == ISettlement.Void.None) w.bought += bought;
        else SlotLoops.withdraw(answer, position, b.slots);
        return reason;
    }

    function _reservedWith(
        ISettlement.Record[] calldata records,
        uint8 module
    ) private pure returns (Reserved memory r) {
        uint256 count = 0;
        for (uint256 i = 0; i < records.length; ++i) {
            if (uint8(records[i].head >> 208) == module) ++count;
        }
        r.payloads = new bytes[](count);
        count = 0;
        for (uint256 i = 0; i < records.length; ++i) {
            uint256 head = records[i].head;
            if (uint8(head >> 208) != module) continue;
            r.payloads[count++] = records[i].payload;
            r.sellWh += uint48(head);
            r.buyWh += uint48(head >> 48);
            r.amount += uint96(head >> 96);
            r.entries += uint16(head >> 192);
        }
    }
}
