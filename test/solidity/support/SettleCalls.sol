// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {TradeCalls} from "./TradeCalls.sol";
import {VM, bound} from "./Vm.sol";

/// @title Settle calls
/// @notice Readings, estimates, corrections, claims, and time.
abstract contract SettleCalls is TradeCalls {
    uint256 private constant FRESH_STATE = 2;
    uint256 private constant GAP_STATE = 4;

    error CorrectionJudged(uint256 home, uint32 period, ISettlement.Skip why, ISettlement.Skip expected);
    error RegistersDiffer(uint256 home, uint32 period);
    error ClaimDiffers(uint256 home, uint32 period);

    struct MeterWord {
        uint32 next;
        uint256 imported;
        uint256 exported;
        uint256 state;
        uint32 gapEnd;
    }

    /// @dev Periods that are read and not settled, oldest first.
    mapping(uint256 home => uint32[]) private _metered;

    /// @notice The next reading of a home, settled in the same call; closes a gap if there is one.
    function meterAndSettle(uint256 home, uint256 seed) external {
        home = home % HOMES;
        MeterWord memory w = _meterOf(home);
        if (!_over(w.gapEnd)) return;
        _keep(home, w.gapEnd, seed);
        ISettlement.MeteredItem[] memory items = new ISettlement.MeteredItem[](1);
        items[0] = ISettlement.MeteredItem(
            homes[home].member,
            _reading(home, w.gapEnd, w, seed, true),
            records[home][w.gapEnd]
        );
        Told[MODULES] memory told = _ask(home, w.gapEnd);
        Till memory till = _till(homes[home].community, w.gapEnd);
        VM.recordLogs();
        VM.prank(SETTLER);
        uint256 accepted = settlement.meterAndSettle(homes[home].community, w.gapEnd, items);
        _readLogs();
        _countItems(accepted == 1, w.gapEnd);
        if (accepted == 0) return;
        _checkMeter(home, w.gapEnd, items[0].reading);
        _book(till, home, told);
        _compare(till);
        _note(home, w.gapEnd, told);
        _count(items[0].reading.closesGap ? Kind.CloseGap : Kind.MeterAndSettle);
    }

    /// @notice A reading alone; somebody settles it later.
    function meter(uint256 home, uint256 seed) external {
        home = home % HOMES;
        MeterWord memory w = _meterOf(home);
        if (!_over(w.gapEnd)) return;
        ISettlement.MeteredItem[] memory items = new ISettlement.MeteredItem[](1);
        items[0] = ISettlement.MeteredItem(
            homes[home].member,
            _reading(home, w.gapEnd, w, seed, true),
            new ISettlement.Record[](0)
        );
        VM.recordLogs();
        uint256 accepted = settlement.meter(homes[home].community, w.gapEnd, items);
        _readLogs();
        _countItems(accepted == 1, w.gapEnd);
        if (accepted == 0) return;
        _checkMeter(home, w.gapEnd, items[0].reading);
        _metered[home].push(w.gapEnd);
        _count(Kind.Meter);
    }

    /// @notice Settles the oldest period of a home that is read and not settled.
    function settle(uint256 home, uint256 seed) external {
        home = home % HOMES;
        if (_metered[home].length != 0) _settle(home, _metered[home][0], seed);
    }

    /// @notice Settles a home whose reading is late as estimated.
    function settleEstimated(uint256 home, uint256 seed) external {
        home = home % HOMES;
        uint32 period = _meterOf(home).gapEnd;
        if (block.timestamp < (uint256(period) + 1) * PERIOD + DEADLINE) return;
        _keep(home, period, seed);
        ISettlement.EstimateItem[] memory items = new ISettlement.EstimateItem[](1);
        items[0] = ISettlement.EstimateItem(homes[home].member, records[home][period]);
        Told[MODULES] memory told = _ask(home, period);
        Till memory till = _till(homes[home].community, period);
        VM.recordLogs();
        VM.prank(SETTLER);
        uint256 accepted = settlement.settleEstimated(homes[home].community, period, items);
        _readLogs();
        _countItems(accepted == 1, period);
        if (accepted == 0) return;
        _book(till, home, told);
        _compare(till);
        _note(home, period, told);
        _count(Kind.Estimate);
    }

    /// @notice The late reading of the first period of a gap; some start where they must not.
    function correct(uint256 home, uint256 seed) external {
        home = home % HOMES;
        MeterWord memory w = _meterOf(home);
        if (w.state & GAP_STATE == 0 || !days_[home][w.next].known) return;
        ISettlement.Skip expected = _shift(w, seed >> 128);
        if (block.timestamp >= (uint256(w.next) + 1) * PERIOD + CORRECTION) expected = ISettlement.Skip.CorrectionOver;
        ISettlement.CorrectItem[] memory items = new ISettlement.CorrectItem[](1);
        items[0] = ISettlement.CorrectItem(
            homes[home].member,
            _reading(home, w.next, w, seed, false),
            days_[home][w.next].journal,
            days_[home][w.next].position
        );
        Till memory till = _till(homes[home].community, w.next);
        VM.recordLogs();
        uint256 accepted = settlement.correct(homes[home].community, w.next, items);
        _readLogs();
        _countItems(accepted == 1, w.next);
        ISettlement.Skip why = accepted == 1 ? ISettlement.Skip.None : skipReason;
        if (why != expected) revert CorrectionJudged(home, w.next, why, expected);
        if (accepted == 0) return;
        _checkMeter(home, w.next, items[0].reading);
        _addEnergy(home, w.next, false);
        int256 gridLeg = -_gridLegOf(home, w.next, items[0].position);
        days_[home][w.next].values = items[0].reading.values;
        days_[home][w.next].gapLeg = 0;
        gridLeg += _gridLegOf(home, w.next, items[0].position);
        _bookTrueUp(till, home, gridLeg);
        _compare(till);
        _addEnergy(home, w.next, true);
        _checkDay(home, w.next);
        _count(Kind.Correct);
    }

    /// @notice The energy tokens of a home's period, where it is final and they were not claimed before.
    function claim(uint256 home, uint256 back) external {
        home = home % HOMES;
        uint32 period = _current() - 3 - uint32(back % 2);
        if (!_claimable(home, period)) return;
        uint32 c = homes[home].community;
        Day storage day = days_[home][period];
        uint256 mix = energyToken.idOf(c, period, 0, 0);
        uint256 own = energyToken.idOf(c, period, uint16(home), 1);
        uint256 mixBefore = energyToken.totalSupply(mix);
        uint256 ownBefore = energyToken.totalSupply(own);
        (uint256 bought, uint256 unsold) = _tokensOf(home, period);
        VM.prank(homes[home].owner);
        settlement.claim(
            c,
            period,
            ISettlement.ClaimItem(homes[home].member, day.journal, day.values, day.gapLeg, day.position),
            homes[home].owner
        );
        if (energyToken.totalSupply(mix) != mixBefore + bought) revert ClaimDiffers(home, period);
        if (energyToken.totalSupply(own) != ownBefore + unsold) revert ClaimDiffers(home, period);
        mintedMix[c][period] += bought;
        mintedOwn[home][period] += unsold;
        _count(Kind.Claim);
        if (bought != 0) _count(Kind.ClaimBought);
    }

    /// @notice Lets time pass: some minutes, or to the next period.
    function warp(uint256 by) external {
        VM.warp(by % 4 == 0 ? block.timestamp + bound(by, 1, PERIOD / 2) : (uint256(_current()) + 1) * PERIOD);
    }

    /// @notice A home trades, lets the correction window go by, and settles itself with whatever is not cleared by then.
    function waitOut(uint256 home, uint256 seed) external {
        if (seed % 4 != 0) return;
        TradeCalls(this).place(home, 0, seed >> 8);
        uint256 end = (uint256(_current()) + 1) * PERIOD + CORRECTION;
        VM.warp(end);
        for (uint256 i = 0; i < 3; ++i) this.meterAndSettle(home, seed - (seed % 8));
    }

    /// @notice A home's reading is late by a little: it is settled as estimated before, and corrected then.
    function comeLate(uint256 home, uint256 seed) external {
        uint256 due = (uint256(_meterOf(home % HOMES).gapEnd) + 1) * PERIOD + DEADLINE;
        if (due > block.timestamp + PERIOD) return;
        if (due > block.timestamp) VM.warp(due);
        this.settleEstimated(home, seed | 1);
        this.correct(home, seed);
    }

    /// @notice A community's day as it should be: everybody trades, reads or comes late, and claims what it may.
    function ordinaryDay(uint256 community, uint256 seed) external {
        uint32 c = uint32(community % COMMUNITIES);
        uint32 period = _current() + 1;
        for (uint256 home = 0; home < HOMES; ++home) {
            if (homes[home].community == c) TradeCalls(this).place(home, 1, uint256(keccak256(abi.encode(seed, home))));
        }
        VM.warp((uint256(period) + 1) * PERIOD + DEADLINE);
        _clearPeriod(c, period);
        if (seed % 2 == 0) _endDayTogether(c, period, seed);
        for (uint256 home = 0; home < HOMES; ++home) {
            if (homes[home].community == c) _endDay(home, period, uint256(keccak256(abi.encode(seed, home, "end"))));
        }
        VM.warp((uint256(period) + 1) * PERIOD + CORRECTION);
        for (uint256 home = 0; home < HOMES; ++home) if (homes[home].community == c) this.claim(home, 0);
    }

    /// @notice Brings a community up to date: clears, reads and settles what is due. Deep states need tidy ones before them.
    function tidy(uint256 community, uint256 seed) external {
        uint32 c = uint32(community % COMMUNITIES);
        for (uint256 home = 0; home < HOMES; ++home) {
            if (homes[home].community != c) continue;
            while (_metered[home].length != 0 && _settle(home, _metered[home][0], 1)) {}
            uint256 random = uint256(keccak256(abi.encode(seed, home)));
            if (random % 8 == 0) continue;
            if (random % 2 == 0) this.correct(home, random);
            for (uint256 i = 0; i < 3; ++i) this.meterAndSettle(home, (random >> i) | 1);
        }
    }

    // ---------------------------------------------------------------------------------------------------- parts

    /// @dev Reads and settles in one call all homes of a community that are not far behind.
    function _endDayTogether(uint32 community, uint32 period, uint256 seed) private {
        for (uint256 home = 0; home < HOMES; ++home) {
            if (homes[home].community == community) _catchUp(home, period, seed >> home);
        }
        uint256[] memory due = _dueAt(community, period);
        ISettlement.MeteredItem[] memory items = new ISettlement.MeteredItem[](due.length);
        Told[MODULES][] memory told = new Told[MODULES][](due.length);
        for (uint256 i = 0; i < due.length; ++i) {
            told[i] = _ask(due[i], period);
            items[i].member = homes[due[i]].member;
            items[i].reading = _reading(
                due[i],
                period,
                _meterOf(due[i]),
                uint256(keccak256(abi.encode(seed, i))),
                true
            );
            items[i].records = records[due[i]][period];
        }
        Till memory till = _till(community, period);
        VM.recordLogs();
        VM.prank(SETTLER);
        uint256 accepted = settlement.meterAndSettle(community, period, items);
        _readLogs();
        if (accepted + skipped != due.length) revert EvidenceLost(type(uint256).max, period);
        for (uint256 i = 0; i < due.length; ++i) {
            if (_meterOf(due[i]).gapEnd != period) _book(till, due[i], told[i]);
        }
        _compare(till);
        for (uint256 i = 0; i < due.length; ++i) {
            if (_meterOf(due[i]).gapEnd == period) continue;
            _checkMeter(due[i], period, items[i].reading);
            _note(due[i], period, told[i]);
        }
        if (accepted > 1) _count(Kind.MeterTogether);
    }

    /// @return due Homes whose next reading is that of `period`.
    function _dueAt(uint32 community, uint32 period) private view returns (uint256[] memory due) {
        due = new uint256[](HOMES);
        uint256 count = 0;
        for (uint256 home = 0; home < HOMES; ++home) {
            if (homes[home].community == community && _meterOf(home).gapEnd == period) due[count++] = home;
        }
        assembly ("memory-safe") {
            mstore(due, count)
        }
    }

    /// @dev Brings a home up to the end of `period`, where it is not far behind; its reading of that one may come late.
    function _endDay(uint256 home, uint32 period, uint256 random) private {
        _catchUp(home, period, random);
        if (random % 3 != 0) {
            this.meterAndSettle(home, random | 1);
        } else {
            this.settleEstimated(home, random | 1);
            for (uint256 i = 0; i < 2; ++i) this.correct(home, random << (8 * i));
        }
    }

    /// @dev Settles what a home has read, then reads and settles what came before `period`.
    function _catchUp(uint256 home, uint32 period, uint256 random) private {
        while (_metered[home].length != 0 && _settle(home, _metered[home][0], 1)) {}
        for (uint256 i = 0; i < 8 && _meterOf(home).gapEnd < period; ++i) this.meterAndSettle(home, (random >> i) | 1);
    }

    function _settle(uint256 home, uint32 period, uint256 seed) private returns (bool) {
        _keep(home, period, seed);
        ISettlement.SettleItem[] memory items = new ISettlement.SettleItem[](1);
        Day storage day = days_[home][period];
        items[0] = ISettlement.SettleItem(homes[home].member, day.values, day.gapLeg, records[home][period]);
        Told[MODULES] memory told = _ask(home, period);
        Till memory till = _till(homes[home].community, period);
        VM.recordLogs();
        VM.prank(SETTLER);
        uint256 accepted = settlement.settle(homes[home].community, period, items);
        _readLogs();
        _countItems(accepted == 1, period);
        if (accepted == 0) return false;
        _book(till, home, told);
        _compare(till);
        _note(home, period, told);
        for (uint256 i = 1; i < _metered[home].length; ++i) _metered[home][i - 1] = _metered[home][i];
        _metered[home].pop();
        _count(Kind.Settle);
        return true;
    }

    /// @dev A keeper clears before it settles, mostly.
    function _keep(uint256 home, uint32 period, uint256 seed) private {
        if (seed % 8 != 0) _clearPeriod(homes[home].community, period);
    }

    function _countItems(bool accepted, uint32 period) private {
        if (skipped != (accepted ? 0 : 1)) revert EvidenceLost(type(uint256).max, 0);
        if (!accepted) _count(Kind.Skip);
        calls[uint256(Kind.Void)] = voids;
        // The hostile modules are void by then: only the order book is still waited for.
        bool late = block.timestamp >= (uint256(period) + 1) * PERIOD + CORRECTION;
        if (!accepted && late && skipReason == ISettlement.Skip.NotReady) _count(Kind.WaitLate);
    }

    function _over(uint32 period) private view returns (bool) {
        return period != 0 && block.timestamp >= (uint256(period) + 1) * PERIOD;
    }

    function _meterOf(uint256 home) private view returns (MeterWord memory w) {
        (w.next, w.imported, w.exported, w.state, w.gapEnd) = settlement.meterState(
            homes[home].community,
            homes[home].member
        );
    }

    function _claimable(uint256 home, uint32 period) private view returns (bool) {
        (uint256 opened, uint256 settled) = escrow.journals(homes[home].community, period);
        uint256 end = (uint256(period) + 1) * PERIOD;
        if (opened == 0 || opened != settled) return false;
        if (block.timestamp < end + CORRECTION || block.timestamp >= end + CLAIM) return false;
        (, , , , uint256 state) = escrow.journal(homes[home].community, homes[home].member, period);
        return state == 2 || state == 3;
    }

    /// @dev Moves the registers that a late reading starts at, mostly by nothing.
    /// @return Why settlement leaves such a reading out.
    function _shift(MeterWord memory w, uint256 random) private pure returns (ISettlement.Skip) {
        uint256 by = 1 + ((random >> 8) % 3);
        bool above = random % 2 == 0;
        bool exported = (random >> 1) % 2 == 0;
        if ((random >> 2) % 4 != 0) return ISettlement.Skip.None;
        if (!above && (exported ? w.exported : w.imported) < by) return ISettlement.Skip.None;
        if (exported) w.exported = above ? w.exported + by : w.exported - by;
        else w.imported = above ? w.imported + by : w.imported - by;
        if (!above) return ISettlement.Skip.RegisterDown;
        // The first reading of a meter may start above the registers it was bound with.
        return w.state & FRESH_STATE != 0 ? ISettlement.Skip.None : ISettlement.Skip.RegisterGap;
    }

    /// @dev After a reading the registers stand at its start and what it counted.
    function _checkMeter(uint256 home, uint32 period, ISettlement.Reading memory r) private view {
        (uint256 imported, uint256 exported) = (r.startImport, r.startExport);
        for (uint256 k = 0; k < SLOTS; ++k) {
            imported += _value(r.values, 2 * k);
            exported += _value(r.values, 2 * k + 1);
        }
        MeterWord memory w = _meterOf(home);
        if (w.next != period + 1 || w.imported != imported || w.exported != exported) {
            revert RegistersDiffer(home, period);
        }
    }

    /// @dev A reading that continues the registers, or jumps within what the meter may have counted and says so.
    function _reading(
        uint256 home,
        uint32 period,
        MeterWord memory w,
        uint256 seed,
        bool mayJump
    ) private view returns (ISettlement.Reading memory r) {
        (r.startImport, r.startExport) = (uint96(w.imported), uint96(w.exported));
        bool gap = w.state & GAP_STATE != 0;
        if (mayJump && (gap || seed % 16 == 3)) {
            r.closesGap = true;
            uint256 missing = period - w.next;
            uint256 most = (missing == 0 ? 1 : missing) * SLOTS * RATED;
            r.startImport += uint96(bound(seed >> 8, 0, most));
            r.startExport += uint96(bound(seed >> 32, 0, most));
        }
        for (uint256 k = 0; k < SLOTS; ++k) {
            uint256 random = uint256(keccak256(abi.encode(seed, k, "reading")));
            uint24 imported = uint24(bound(random >> 8, 0, random % 16 == 0 ? RATED : RATED / 16));
            uint24 exported = uint24(random % 3 == 0 ? 0 : bound(random >> 32, 0, RATED));
            r.values = bytes.concat(r.values, abi.encodePacked(imported, exported));
        }
        bytes32 digest = settlement.readingDigest(homes[home].community, homes[home].member, period, r);
        (r.r, r.vs) = _signCompact(homes[home].key + 2, digest);
    }
}
