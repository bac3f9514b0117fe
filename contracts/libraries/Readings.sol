// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
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

    /// @dev A register of 96 bits counts for longer than any meter lives.
    uint256 private constant MAX_REGISTER = type(uint96).max;

    /// @notice What holds for every reading: length, rated power, signature. Leaves the end registers in `w.meter`.
    /// @param key The meter key, zero if none.
    function check(
        Batch memory b,
        Work memory w,
        ISettlement.Reading calldata reading,
        bytes32 digest,
        address key
    ) internal pure returns (ISettlement.Skip) {
        (uint256 imported, uint256 exported, bool plausible) = SlotLoops.sums(
            w.values,
            ratedWh(b, w.word, 0),
            ratedWh(b, w.word, 1)
        );
        imported += reading.startImport;
        exported += reading.startExport;
        if (!plausible || imported > MAX_REGISTER || exported > MAX_REGISTER) return ISettlement.Skip.OverRated;
        (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(digest, reading.r, reading.vs);
        if (problem != ECDSA.RecoverError.NoError || signer != key) return ISettlement.Skip.BadSignature;
        w.meter = newMeter(uint256(b.period) + 1, imported, exported, BOUND);
        return ISettlement.Skip.None;
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
        return (m.maxLots(side) * b.terms.lotWh() * 11) / 10;
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
