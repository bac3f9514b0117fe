// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {Mem} from "../libraries/Mem.sol";
import {Journal} from "./Journal.sol";
import {Member} from "./Member.sol";
import {Meter} from "./Meter.sol";
import {Terms} from "./Terms.sol";

/// @notice What the items of one settlement call share, in memory. Energy in Wh, prices in base units per Wh.
/// @param ends End of the period, unix seconds.
/// @param tariff Tariff bytes of the period.
/// @param classes One word per tariff class: `defaultLoadWh 24 | supplier member 32`.
/// @param modules Modules of the community.
/// @param calls The beginning of the call of each module, once it was needed; see `ModuleCall`.
/// @param kept Whether the item at hand left something in memory for later ones.
/// @param pots Pot words after the items so far, one per module; empty for a period that has left the ring.
/// @param free Whether the ring entry can take this period.
/// @param opened Journals that readings opened.
/// @param settled Journals that became settled.
/// @param domain EIP-712 domain separator.
/// @param readers Two words per item that brings a reading: member and meter key, see `IProsumerRegistry.readingsOf`.
/// @param journals The journal of each of them.
/// @param taken What each module's records of the item at hand come to.
/// @param legs The legs so far, with room for one per item; see `Legs`.
/// @param legCount Legs in use.
/// @param unordered Whether the members of the legs do not ascend.
/// @param prices Prices by tariff class, once they were needed; see `Tariff.quadsOf`.
/// @param tally What the items add to the slots' ledger words, see `SlotLoops`.
/// @param tallied Items in it.
/// @param answer Answer of the item's first module.
/// @param position Position of the item at hand, eight bytes per slot, a part of `answer`.
/// @param values The reading of the item at hand as it is signed, six bytes per slot, with room for an event before it; see `Readings`.
/// @param reading Quads of the reading of the item at hand, see `SlotLoops`.
struct Batch {
    uint32 community;
    uint32 period;
    Terms terms;
    uint256 slots;
    uint256 ends;
    bytes tariff;
    uint256[] classes;
    address[] modules;
    bytes[] calls;
    bool kept;
    uint256[] pots;
    bool free;
    uint256 opened;
    uint256 settled;
    bytes32 domain;
    uint256[] readers;
    uint256[] journals;
    Taken[] taken;
    bytes legs;
    uint256 legCount;
    bool unordered;
    uint256[][] prices;
    uint256[] tally;
    uint256 tallied;
    uint256[] answer;
    bytes position;
    bytes values;
    uint256[] reading;
}

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

/// @notice One item on its way through settlement. Money in base units.
/// @param word The member, with its tariff class of the period.
/// @param meter The meter word after the reading.
/// @param startImport Register at the start of the reading.
/// @param startExport Register.
/// @param valuesHash keccak256 of the reading.
/// @param journal As stored, or zero for a fresh one.
/// @param gapLeg What closing a gap costs the member.
/// @param release Reserve to release, settlement fee included.
/// @param lost Part of it that a voided module keeps.
/// @param bought Wh over all slots and modules.
struct Work {
    uint32 member;
    Member word;
    Meter meter;
    uint256 startImport;
    uint256 startExport;
    bytes32 valuesHash;
    Journal journal;
    int128 gapLeg;
    uint256 release;
    uint256 lost;
    uint256 paid;
    uint256 received;
    uint256 bought;
    uint256 settlementFee;
}

uint256 constant WORK_BYTES = 14 * 32;
uint256 constant TAKEN_BYTES = 9 * 32;

/// @notice Makes room for the next item: all zero.
function clear(Work memory w) pure {
    uint256 pos;
    assembly ("memory-safe") {
        pos := w
    }
    Mem.wipe(pos, WORK_BYTES);
}

/// @return all One for each module, side by side in memory.
function newTaken(uint256 modules) pure returns (Taken[] memory all) {
    uint256[] memory places = Mem.wordsOf(modules);
    for (uint256 i = 0; i < modules; ++i) {
        Taken memory t;
        assembly ("memory-safe") {
            mstore(add(add(places, 32), shl(5, i)), t)
        }
    }
    assembly ("memory-safe") {
        all := places
    }
}

/// @notice Sets all of them to zero.
function clear(Taken[] memory all) pure {
    if (all.length == 0) return;
    uint256 pos;
    Taken memory first = all[0];
    assembly ("memory-safe") {
        pos := first
    }
    Mem.wipe(pos, TAKEN_BYTES * all.length);
}
