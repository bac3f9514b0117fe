// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {Batch, Work} from "../types/Batch.sol";
import {Member} from "../types/Member.sol";
import {Gap, Meter, newMeter, BOUND} from "../types/Meter.sol";
import {CompactSignature} from "./CompactSignature.sol";
import {Mem} from "./Mem.sol";
import {SlotLoops} from "./SlotLoops.sol";
import {Tariff} from "./Tariff.sol";

/// @title Readings
/// @notice When a reading counts: signed, plausible, and in its place after the ones before it.
library Readings {
    using Mem for bytes;
    using Tariff for bytes;

    bytes32 private constant READING_TYPE = keccak256(
        "Reading(uint32 community,uint32 member,uint32 period,bool closesGap,uint96 startImport,uint96 startExport,bytes values)"
    );

    /// @dev A register of 96 bits counts for longer than any meter lives.
    uint256 private constant MAX_REGISTER = type(uint96).max;

    /// @dev Bytes before a reading in memory, for the event.
    uint256 private constant BEFORE = 64;

    /// @return values Room for a reading: zeros behind it, and before it room for what goes before it in the event.
    function room(uint256 slots) internal pure returns (bytes memory values) {
        unchecked {
            uint256[] memory words = new uint256[]((BEFORE + 6 * slots + 63) / 32 + 2);
            assembly ("memory-safe") {
                values := add(words, add(32, BEFORE))
                mstore(values, mul(6, slots))
            }
        }
    }

    /// @notice Copies a reading into memory, unpacks it and adds it up.
    /// @param values Six bytes per slot; the caller has checked it.
    /// @return imported Wh.
    /// @return exported Wh.
    /// @return rated Whether every value is within the member's rated energy.
    function unpack(
        Batch memory b,
        Work memory w,
        bytes calldata values
    ) internal pure returns (uint256 imported, uint256 exported, bool rated) {
        bytes memory copy = b.values;
        Mem.copy(copy.start(), values);
        w.valuesHash = keccak256(copy);
        return SlotLoops.sums(copy, b.reading, ratedWh(b, w.word, 0), ratedWh(b, w.word, 1));
    }

    /// @notice Emits `Metered` for the reading at hand. Its values lie where the event needs them.
    function emitMetered(Batch memory b, Work memory w) internal {
        bytes32 topic = ISettlement.Metered.selector;
        (bytes memory values, uint32 community, uint32 member, uint32 period) = (
            b.values,
            b.community,
            w.member,
            b.period
        );
        int256 gapLeg = w.gapLeg;
        assembly ("memory-safe") {
            let pos := sub(values, BEFORE)
            mstore(pos, gapLeg)
            mstore(add(pos, 32), 64)
            log4(pos, add(96, and(add(mload(values), 31), not(31))), topic, community, member, period)
        }
    }

    /// @notice What holds for every reading: rated power, signature. Leaves the end registers in `w.meter`.
    /// @param values Those of the reading.
    /// @param key The meter key, zero if none.
    function check(
        Batch memory b,
        Work memory w,
        ISettlement.Reading calldata reading,
        bytes calldata values,
        address key
    ) internal view returns (ISettlement.Skip) {
        (uint256 imported, uint256 exported, bool plausible) = unpack(b, w, values);
        // 144 values of 24 bits and a register of 96.
        unchecked {
            imported += w.startImport;
            exported += w.startExport;
        }
        if (!plausible || imported > MAX_REGISTER || exported > MAX_REGISTER) return ISettlement.Skip.OverRated;
        bytes32 digest = digestOf(
            b.domain,
            b.community,
            w.member,
            b.period,
            reading.closesGap,
            w.startImport,
            w.startExport,
            w.valuesHash
        );
        if (!CompactSignature.isBy(key, digest, _signatureIn(reading))) return ISettlement.Skip.BadSignature;
        w.meter = newMeter(_after(b.period), imported, exported, BOUND);
        return ISettlement.Skip.None;
    }

    /// @return signature Where it lies in calldata: the last two fields.
    function _signatureIn(ISettlement.Reading calldata reading) private pure returns (uint256 signature) {
        assembly ("memory-safe") {
            signature := add(reading, 0x80)
        }
    }

    /// @param domain EIP-712 domain separator.
    /// @return digest What the meter key signs.
    function digestOf(
        bytes32 domain,
        uint256 community,
        uint256 member,
        uint256 period,
        bool closesGap,
        uint256 startImport,
        uint256 startExport,
        bytes32 valuesHash
    ) internal pure returns (bytes32 digest) {
        bytes32 typeHash = READING_TYPE;
        assembly ("memory-safe") {
            // Behind the end of memory, which stays free: `abi.encode` would cost three times as much.
            let to := mload(0x40)
            mstore(to, typeHash)
            mstore(add(to, 0x20), community)
            mstore(add(to, 0x40), member)
            mstore(add(to, 0x60), period)
            mstore(add(to, 0x80), closesGap)
            mstore(add(to, 0xa0), startImport)
            mstore(add(to, 0xc0), startExport)
            mstore(add(to, 0xe0), valuesHash)
            let fields := keccak256(to, 0x100)
            mstore(to, shl(240, 0x1901)) // EIP-712
            mstore(add(to, 2), domain)
            mstore(add(to, 34), fields)
            digest := keccak256(to, 66)
        }
    }

    /// @return Whether a reading starts where the last one ended, with no gap between them: then it is in its place.
    function follows(Batch memory b, Work memory w, Meter m) internal pure returns (bool) {
        return
            !m.hasGap() &&
            b.period == m.nextPeriodOf() &&
            w.startImport == m.importOf() &&
            w.startExport == m.exportOf();
    }

    /// @notice The reading's place after the ones before it, and what an unexplained difference costs (`w.gapLeg`).
    /// @param m The meter so far.
    /// @param g Its gap, if it has one.
    /// @param gone Whether the meter left before the first period that is neither read nor estimated.
    function continues(
        Batch memory b,
        Work memory w,
        ISettlement.Reading calldata reading,
        Meter m,
        Gap g,
        bool gone
    ) internal pure returns (ISettlement.Skip) {
        uint256 end = m.hasGap() ? g.endOf() : m.nextPeriodOf();
        if (b.period < m.nextPeriodOf()) return ISettlement.Skip.AlreadyMetered;
        if (b.period < end) return ISettlement.Skip.AlreadySettled;
        if (b.period > end && !gone) return ISettlement.Skip.EarlierMissing;
        if (w.startImport < m.importOf() || w.startExport < m.exportOf()) return ISettlement.Skip.RegisterDown;
        uint256 moreImport = w.startImport - m.importOf();
        uint256 moreExport = w.startExport - m.exportOf();
        bool jump = moreImport | moreExport != 0 && !m.isFresh();
        if (!m.hasGap() && !jump) return ISettlement.Skip.None;
        if (!reading.closesGap) return ISettlement.Skip.RegisterGap;
        // What the meter could have counted at its rated power since it was last read. Where no period is missing there should
        // be nothing; a slip of up to a period is billed as import, and unexplained export is not paid.
        uint256 missing = uint256(b.period) - m.nextPeriodOf();
        uint256 span = (missing == 0 ? 1 : missing) * b.slots;
        if (moreImport > span * ratedWh(b, w.word, 0) || moreExport > span * ratedWh(b, w.word, 1)) {
            return ISettlement.Skip.OverRated;
        }
        if (missing == 0) moreExport = 0;
        w.gapLeg = _gapLeg(b, w, m.hasGap(), g, moreImport, moreExport);
        return ISettlement.Skip.None;
    }

    /// @notice Wh per slot that a member's rated power allows, and a tenth, rounded down; a side without a cap allows none. // [R1]
    function ratedWh(Batch memory b, Member m, uint256 side) internal pure returns (uint256) {
        unchecked {
            return (m.maxLots(side) * b.terms.lotWh() * 11) / 10; // 16 bits, 16 bits
        }
    }

    function _after(uint256 period) private pure returns (uint256) {
        unchecked {
            return period + 1;
        }
    }

    /// @dev Unexplained import at the gap's dearest import price, unexplained export at its cheapest export price.
    function _gapLeg(
        Batch memory b,
        Work memory w,
        bool open,
        Gap g,
        uint256 moreImport,
        uint256 moreExport
    ) private pure returns (int128) {
        uint256 estimated = open ? g.estimatedOf() : 0;
        (uint256 dearest, uint256 cheapest) = open
            ? (g.dearestOf(), g.cheapestOf())
            : b.tariff.extremes(w.word.tariffClass(), b.slots);
        uint256 unexplained = moreImport > estimated ? moreImport - estimated : 0;
        // At most 2^32 periods of 144 slots of 25 bits at 16 bits: below 2^81.
        return int128(int256(unexplained * dearest) - int256(moreExport * cheapest));
    }
}
