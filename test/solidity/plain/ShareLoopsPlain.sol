// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice `ShareLoops` without assembly and packed words: one array per quantity, one element per slot.
library ShareLoopsPlain {
    /// @dev Wh per slot.
    struct Net {
        uint256[] taken;
        uint256[] given;
    }

    /// @dev A slot and what members before have taken and given of it, Wh; base units for `den` Wh.
    struct Slot {
        uint256 demand;
        uint256 supply;
        uint256 shared;
        uint256 num;
        uint256 den;
        uint256 taken;
        uint256 given;
    }

    function net(uint256[] memory imported, uint256[] memory exported) internal pure returns (Net memory n) {
        (n.taken, n.given) = (new uint256[](imported.length), new uint256[](imported.length));
        for (uint256 k = 0; k < imported.length; ++k) {
            if (imported[k] > exported[k]) n.taken[k] = imported[k] - exported[k];
            else n.given[k] = exported[k] - imported[k];
        }
    }

    function clip(
        Net memory n,
        uint256[] memory prices,
        uint256[] memory floors,
        uint256 budget
    ) internal pure returns (uint256 left) {
        for (uint256 k = 0; k < prices.length; ++k) {
            while (n.taken[k] * prices[k] > budget) (n.taken[k], left) = (n.taken[k] - 1, left + 1);
            while (n.given[k] * floors[k] > budget) (n.given[k], left) = (n.given[k] - 1, left + 1);
            budget -= n.taken[k] * prices[k] + n.given[k] * floors[k]; // one of both is 0
        }
    }

    function share(
        Slot[] memory slots,
        Net memory n
    ) internal pure returns (Net memory part, uint256 paid, uint256 received) {
        (part.taken, part.given) = (new uint256[](slots.length), new uint256[](slots.length));
        uint256 money;
        for (uint256 k = 0; k < slots.length; ++k) {
            Slot memory s = slots[k];
            (part.taken[k], money) = _part(s, s.taken, n.taken[k], s.demand);
            paid += money;
            s.taken += n.taken[k];
            (part.given[k], money) = _part(s, s.given, n.given[k], s.supply);
            received += money;
            s.given += n.given[k];
        }
    }

    function _part(
        Slot memory s,
        uint256 before,
        uint256 wh,
        uint256 total
    ) private pure returns (uint256 part, uint256 money) {
        if (wh == 0) return (0, 0);
        uint256 from = (before * s.shared) / total;
        uint256 to = ((before + wh) * s.shared) / total;
        return (to - from, (to * s.num) / s.den - (from * s.num) / s.den);
    }
}
