// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICoordinatorDesk} from "../../contracts/interfaces/ICoordinatorDesk.sol";
import {SetPoints} from "../../contracts/libraries/SetPoints.sol";
import {Mandate, newMandate} from "../../contracts/types/Mandate.sol";
import {Check, Dice} from "./Check.sol";

/// @notice A mandate's word keeps what is put into it, and what breaks its limits is told from what does not.
contract MandateTest {
    struct Fields {
        uint32 maxChargeW;
        uint32 maxDischargeW;
        uint16 minSocPermille;
        uint16 maxSocPermille;
        uint40 validFrom;
        uint40 validUntil;
        uint32 sequence;
    }

    function testFuzz_mandate(Fields memory f) external pure {
        Mandate m = _pack(f);
        Check.eq(m.mostPower(false), f.maxChargeW, "charge");
        Check.eq(m.mostPower(true), f.maxDischargeW, "discharge");
        Check.eq(m.minSoc(), f.minSocPermille, "least");
        Check.eq(m.maxSoc(), f.maxSocPermille, "most");
        Check.eq(m.validFrom(), f.validFrom, "from");
        Check.eq(m.validUntil(), f.validUntil, "until");
        Check.eq(m.sequenceOf(), f.sequence, "sequence");
        Check.yes(Mandate.unwrap(m) >> 208 == 0, "nothing above");
        Check.yes(!Mandate.wrap(0).exists(), "none");
    }

    /// @dev The same in one sentence: nothing is wrong exactly where every limit holds. Most fields lie at a limit or beside it.
    function testFuzz_breaches(Fields memory f, uint256 seed) external view {
        Dice memory d = Dice(seed);
        ICoordinatorDesk.SetPoint memory s;
        s.mandate = uint32(_near(d, f.sequence));
        s.validFrom = uint40(_near(d, f.validFrom));
        s.validUntil = uint40(_near(d, f.validUntil));
        s.discharging = d.one(2);
        s.powerW = uint32(_near(d, s.discharging ? f.maxDischargeW : f.maxChargeW));
        s.minSocPermille = uint16(_near(d, f.minSocPermille));
        s.maxSocPermille = uint16(_near(d, f.maxSocPermille));
        uint40 revokedAt = d.one(2) ? 0 : uint40(_near(d, s.validFrom));
        bool within = s.mandate == f.sequence;
        within = within && (revokedAt == 0 || s.validFrom < revokedAt);
        within = within && f.validFrom <= s.validFrom && s.validFrom < s.validUntil && s.validUntil <= f.validUntil;
        within = within && s.powerW <= (s.discharging ? f.maxDischargeW : f.maxChargeW);
        within = within && f.minSocPermille <= s.minSocPermille && s.maxSocPermille <= f.maxSocPermille;
        within = within && s.minSocPermille <= s.maxSocPermille;
        ICoordinatorDesk.Breach breach = this.breachOf(_pack(f), revokedAt, s);
        Check.yes(within == (breach == ICoordinatorDesk.Breach.None), "within");
    }

    /// @dev Where limits are met, whatever they are.
    function testFuzz_limitsThemselvesAreWithin(
        Fields memory f,
        ICoordinatorDesk.SetPoint calldata s,
        bool discharging
    ) external view {
        if (f.validUntil <= f.validFrom || f.minSocPermille > f.maxSocPermille) return;
        ICoordinatorDesk.SetPoint memory edge = s;
        (edge.mandate, edge.discharging) = (f.sequence, discharging);
        (edge.validFrom, edge.validUntil) = (f.validFrom, f.validUntil);
        edge.powerW = discharging ? f.maxDischargeW : f.maxChargeW;
        (edge.minSocPermille, edge.maxSocPermille) = (f.minSocPermille, f.maxSocPermille);
        ICoordinatorDesk.Breach breach = this.breachOf(_pack(f), 0, edge);
        Check.eq(uint256(breach), uint256(ICoordinatorDesk.Breach.None), "at the limits");
    }

    /// @return The value, or now and then one beside it.
    function _near(Dice memory d, uint256 value) private pure returns (uint256) {
        if (d.one(8)) return value + 1;
        return value != 0 && d.one(8) ? value - 1 : value;
    }

    function breachOf(
        Mandate m,
        uint256 revokedAt,
        ICoordinatorDesk.SetPoint calldata s
    ) external pure returns (ICoordinatorDesk.Breach) {
        return SetPoints.breachOf(m, revokedAt, s);
    }

    function _pack(Fields memory f) private pure returns (Mandate) {
        return
            newMandate(
                f.maxChargeW,
                f.maxDischargeW,
                f.minSocPermille,
                f.maxSocPermille,
                f.validFrom,
                f.validUntil,
                f.sequence
            );
    }
}
