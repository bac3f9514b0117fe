// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Batch, Work} from "../types/Batch.sol";
import {Member} from "../types/Member.sol";
import {Gap, Meter, newMeter, BOUND} from "../types/Meter.sol";
import {SlotLoops} from "./SlotLoops.sol";
import {Tariff} from "./Tariff.sol";

/// @title Readings
/// @notice When a reading counts: signed, plausible, and in its place after the ones before it.
library Readings {
    using Tariff for bytes;

    bytes32 private constant READING_TYPE = keccak256(
        "Reading(uint32 community,uint32 member,uint32 period,bool closesGap,uint96 startImport,uint96 startExport,bytes values)"
    );

    /// @dev A register of 96 bits counts for longer than any meter lives.
    uint256 private constant MAX_REGISTER = type(uint96).max;

    /// @notice Copies a reading into memory, unpacks it and adds it up.
    /// @return imported Wh.
    /// @return exported Wh.
    /// @return rated Whether every value is within the member's rated energy.
    function unpack(
        Batch memory b,
        Work memory w,
        bytes calldata values
    ) internal pure returns (uint256 imported, uint256 exported, bool rated) {
        w.values = SlotLoops.copied(values);
        w.valuesHash = keccak256(w.values);
        return SlotLoops.sums(w.values, b.reading, ratedWh(b, w.word, 0), ratedWh(b, w.word, 1));
    }

    /// @notice What holds for every reading: rated power, signature. Leaves the end registers in `w.meter`.
    /// @param key The meter key, zero if none.
    function check(
        Batch memory b,
        Work memory w,
        ISettlement.Reading calldata reading,
        bytes32 domain,
        address key
    ) internal pure returns (ISettlement.Skip) {
        (uint256 imported, uint256 exported, bool plausible) = unpack(b, w, reading.values);
        // 144 values of 24 bits and a register of 96.
        unchecked {
            imported += reading.startImport;
            exported += reading.startExport;
        }
        if (!plausible || imported > MAX_REGISTER || exported > MAX_REGISTER) return ISettlement.Skip.OverRated;
        bytes32 digest = digestOf(b.community, w.member, b.period, reading, w.valuesHash, domain);
        (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(digest, reading.r, reading.vs);
        if (problem != ECDSA.RecoverError.NoError || signer != key) return ISettlement.Skip.BadSignature;
        w.meter = newMeter(_after(b.period), imported, exported, BOUND);
        return ISettlement.Skip.None;
    }

    /// @param domain EIP-712 domain separator.
    /// @return What the meter key signs.
    function digestOf(
        uint32 community,
        uint32 member,
        uint32 period,
        ISettlement.Reading calldata reading,
        bytes32 valuesHash,
        bytes32 domain
    ) internal pure returns (bytes32) {
        bytes32 fields = keccak256(
            abi.encode(
                READING_TYPE,
                community,
                member,
                period,
                reading.closesGap,
                reading.startImport,
                reading.startExport,
                valuesHash
            )
        );
        return MessageHashUtils.toTypedDataHash(domain, fields);
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
        if (reading.startImport < m.importOf() || reading.startExport < m.exportOf()) {
            return ISettlement.Skip.RegisterDown;
        }
        uint256 moreImport = reading.startImport - m.importOf();
        uint256 moreExport = reading.startExport - m.exportOf();
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
