// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICoordinatorDesk} from "../interfaces/ICoordinatorDesk.sol";
import {Mandate, newMandate, FULL} from "../types/Mandate.sol";

/// @title Set-points
/// @notice Which mandates make sense, and which set-points stay within theirs. The battery controller of the SDK says the same.
library SetPoints {
    /// @return mandate The limits in one word.
    function pack(ICoordinatorDesk.BatteryMandate calldata m) internal pure returns (Mandate mandate) {
        if (m.dispatcher == address(0)) revert ICoordinatorDesk.OutOfBounds("dispatcher", 0);
        if (m.maxSocPermille > FULL) revert ICoordinatorDesk.OutOfBounds("maxSocPermille", m.maxSocPermille);
        if (m.minSocPermille > m.maxSocPermille) {
            revert ICoordinatorDesk.OutOfBounds("minSocPermille", m.minSocPermille);
        }
        if (m.validUntil <= m.validFrom) revert ICoordinatorDesk.OutOfBounds("validUntil", m.validUntil);
        return
            newMandate(
                m.maxChargeW,
                m.maxDischargeW,
                m.minSocPermille,
                m.maxSocPermille,
                m.validFrom,
                m.validUntil,
                m.sequence
            );
    }

    /// @param revokedAt Unix seconds at which the member revoked the mandate, 0 unless it did.
    /// @return What takes a set-point of this mandate out of it.
    function breachOf(
        Mandate m,
        uint256 revokedAt,
        ICoordinatorDesk.SetPoint calldata s
    ) internal pure returns (ICoordinatorDesk.Breach) {
        if (s.mandate != m.sequenceOf()) return ICoordinatorDesk.Breach.OtherMandate;
        if (revokedAt != 0 && s.validFrom >= revokedAt) return ICoordinatorDesk.Breach.Revoked;
        if (s.validFrom < m.validFrom() || s.validUntil > m.validUntil() || s.validUntil <= s.validFrom) {
            return ICoordinatorDesk.Breach.OutsideTime;
        }
        if (s.powerW > m.mostPower(s.discharging)) return ICoordinatorDesk.Breach.OverPower;
        if (s.minSocPermille < m.minSoc() || s.maxSocPermille > m.maxSoc() || s.minSocPermille > s.maxSocPermille) {
            return ICoordinatorDesk.Breach.OutsideSoc;
        }
        return ICoordinatorDesk.Breach.None;
    }
}
