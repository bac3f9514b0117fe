// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentEscrow} from "../interfaces/IPaymentEscrow.sol";
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
/// @param legs Room for one leg per item.
/// @param legCount Legs in use.
/// @param unordered Whether the members of the legs do not ascend.
/// @param ledger What the items add to the slots' ledger words.
/// @param counted What of it is in the slots' ledger words already.
/// @param answer Answer of the item's first module.
/// @param position Position words of the item at hand, a part of `answer`.
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
    IPaymentEscrow.Leg[] legs;
    uint256 legCount;
    bool unordered;
    uint256[] ledger;
    uint256[] counted;
    uint256[] answer;
    uint256[] position;
}

/// @notice One item on its way through settlement. Money in base units.
/// @param word The member, with its tariff class of the period.
/// @param meter The meter word after the reading.
/// @param values The reading, six bytes per slot.
/// @param valuesHash Its keccak256.
/// @param journal As stored, or zero for a fresh one.
/// @param hash The journal after the records.
/// @param gapLeg What closing a gap costs the member.
/// @param release Reserve to release, settlement fee included.
/// @param lost Part of it that a voided module keeps.
/// @param bought Wh over all slots and modules.
struct Work {
    uint32 member;
    Member word;
    Meter meter;
    bytes values;
    bytes32 valuesHash;
    Journal journal;
    uint256 hash;
    int128 gapLeg;
    uint256 release;
    uint256 lost;
    uint256 paid;
    uint256 received;
    uint256 bought;
    uint256 settlementFee;
}
