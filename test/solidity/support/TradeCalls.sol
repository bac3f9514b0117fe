// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../../../contracts/interfaces/IOrderBook.sol";
import {Member} from "../../../contracts/types/Member.sol";
import {ChaosModule} from "./ChaosModule.sol";
import {SealedCalls} from "./SealedCalls.sol";
import {VM, bound} from "./Vm.sol";

/// @title Trade calls
/// @notice Orders of the homes, well formed or not, records of the hostile modules, and clearing.
abstract contract TradeCalls is SealedCalls {
    /// @dev Periods that may have orders, uncleared.
    mapping(uint32 community => uint32[]) private _traded;

    /// @notice A home's own strip: everything about it is right, so nothing may refuse it.
    function place(uint256 home, uint256 ahead, uint256 seed) external {
        home = home % HOMES;
        (uint32 c, uint32 m) = (homes[home].community, homes[home].member);
        uint32 period = _current() + uint32(ahead % (HORIZON + 1));
        if (!_mayTrade(home, period)) return;
        (IOrderBook.Strip memory s, ) = _strip(home, period, seed);
        (uint256 free, , , bool inDebt) = escrow.standing(c, m);
        if (s.entries.length == 0 || inDebt || s.maxReserve > free) return;
        _clearBefore(c, period);
        VM.recordLogs();
        VM.prank(seed % 2 == 0 ? homes[home].trader : homes[home].owner);
        auction.place(c, period, s);
        _readLogs();
        _count(Kind.Place);
    }

    /// @notice A relayer's batch of signed strips; some of them are bad, and only they are skipped.
    function post(uint256 community, uint256 ahead, uint256 seed) external {
        uint32 c = uint32(community % COMMUNITIES);
        uint32 period = _current() + uint32(ahead % (HORIZON + 1));
        (, bool paused) = registry.trading(c);
        if (paused) return;
        bytes memory strips;
        for (uint256 i = 0; i <= seed % 4; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 home = c == 0 ? random % HOMES_OF_FIRST : HOMES_OF_FIRST + (random % (HOMES - HOMES_OF_FIRST));
            (IOrderBook.Strip memory s, uint256 key) = _strip(home, period, random);
            (s, key) = _spoil(s, key, random >> 128);
            (s.r, s.vs) = _signCompact(key, lens.stripDigest(auction, c, period, s));
            strips = bytes.concat(strips, _packed(s));
        }
        _clearBefore(c, period);
        VM.recordLogs();
        VM.prank(RELAYER);
        if (auction.post(c, period, RELAYER, strips) != 0) _count(Kind.Post);
        _readLogs();
    }

    /// @notice A record of a hostile module, and what it will say about it.
    function append(uint256 home, uint256 ahead, uint256 seed) external {
        seed = uint256(keccak256(abi.encode(seed)));
        ChaosModule.Script memory s = _script(seed >> 16);
        _append(home % HOMES, ahead, seed, 1 + (seed % (MODULES - 1)), s);
    }

    /// @notice Hostile modules go for the whole community, some of them hand in hand: payments that only together are too large.
    function conspire(uint256 community, uint256 ahead, uint256 seed) external {
        for (uint256 home = 0; home < HOMES; ++home) {
            if (homes[home].community != community % COMMUNITIES) continue;
            uint256 random = uint256(keccak256(abi.encode(seed, home)));
            ChaosModule.Script memory s = _script(random >> 16);
            if (random % 4 == 0) {
                (s.mood, s.paid, s.received) = (ChaosModule.Mood.Answer, 2 ** 95, 2 ** 95);
                _append(home, ahead, random, 1, s);
                s.received -= bound(random >> 32, 0, 10_000);
                _append(home, ahead, random, 2, s);
            } else {
                _append(home, ahead, random, 1 + (seed % (MODULES - 1)), s);
            }
        }
    }

    /// @notice Clears a period of the last ones, or any slots of it, from the last on.
    function clear(uint256 community, uint256 back) external {
        uint32 c = uint32(community % COMMUNITIES);
        uint256 end = (_current() - (back % 3) + 1) * SLOTS;
        uint256 which = (back >> 8) % (2 << SLOTS);
        uint256[] memory slots = new uint256[](SLOTS);
        for (uint256 k = 0; k < SLOTS; ++k) if (which >> SLOTS != 0 || (which >> k) & 1 != 0) slots[k] = end - 1 - k;
        if (auction.clear(c, slots) != 0) _count(Kind.Clear);
    }

    function _clearPeriod(uint32 community, uint32 period) internal returns (uint256) {
        uint256[] memory slots = new uint256[](SLOTS);
        for (uint256 k = 0; k < SLOTS; ++k) slots[k] = period * SLOTS + k;
        return auction.clear(community, slots);
    }

    // ---------------------------------------------------------------------------------------------------- parts

    function _mayTrade(uint256 home, uint32 period) private view returns (bool) {
        (uint32 c, uint32 m) = (homes[home].community, homes[home].member);
        (, bool paused) = registry.trading(c);
        (, , uint16 enabled, ) = escrow.standing(c, m);
        Member word = registry.memberFor(c, m, period);
        return !paused && enabled & 1 != 0 && word.isActive() && escrow.periodFree(c, period);
    }

    /// @dev Whoever keeps the market clears what the ring is about to reuse.
    function _clearBefore(uint32 community, uint32 period) private {
        uint32[] storage traded = _traded[community];
        uint256 kept = 0;
        for (uint256 i = 0; i < traded.length; ++i) {
            if (traded[i] + HORIZON < period) _clearPeriod(community, traded[i]);
            else traded[kept++] = traded[i];
        }
        while (traded.length > kept) traded.pop();
        traded.push(period);
    }

    /// @return s A strip with at most two entries per side and slot, all of them good; empty if no slot is open.
    /// @return key That signs it.
    function _strip(
        uint256 home,
        uint32 period,
        uint256 seed
    ) private view returns (IOrderBook.Strip memory s, uint256 key) {
        (uint32 c, uint32 m) = (homes[home].community, homes[home].member);
        (, , uint256 inJournal, uint256 frontier, ) = escrow.journal(c, m, period);
        uint256 firstOpen = block.timestamp / SLOT + 1;
        uint256 first = uint256(period) * SLOTS;
        uint256 from = firstOpen > first + frontier ? firstOpen - first : frontier;
        s.member = m;
        s.after_ = uint8(frontier);
        (, s.epoch, ) = escrow.account(c, m);
        s.deadline = type(uint40).max;
        s.feePerEntry = uint32(seed % 7);
        s.feeTo = RELAYER;
        uint256 worst = inJournal == 0 ? SETTLEMENT_FEE : 0;
        for (uint256 offset = from; offset < SLOTS; ++offset) {
            uint256 random = uint256(keccak256(abi.encode(seed, offset)));
            for (uint256 side = 0; side < 2; ++side) {
                uint256 tick = 0;
                for (uint256 n = random % 3; n > 0 && tick < TICKS; --n) {
                    tick += (random >> 16) % (TICKS - tick);
                    uint256 lots = 1 + ((random >> 32) % (CAP / 2));
                    s.entries = bytes.concat(
                        s.entries,
                        bytes4(uint32((offset << 24) | (side << 23) | (tick << 16) | lots))
                    );
                    worst += s.feePerEntry + lots * LOT * _worst(side, FLOOR + tick * TICK);
                    ++tick;
                    random >>= 48;
                }
                random = uint256(keccak256(abi.encode(random)));
            }
        }
        s.maxReserve = uint96(worst);
        key = homes[home].key + 1;
    }

    /// @return Base units per Wh that an entry reserves.
    function _worst(uint256 side, uint256 limit) private pure returns (uint256) {
        if (side == 0) return limit + NETWORK_FEE;
        return IMPORT_PRICE > limit + TICK ? IMPORT_PRICE - limit : TICK;
    }

    function _packed(IOrderBook.Strip memory s) private pure returns (bytes memory) {
        return
            bytes.concat(
                abi.encodePacked(s.member, s.after_, s.epoch, s.deadline, s.maxReserve, s.feePerEntry),
                abi.encodePacked(s.r, s.vs, uint16(s.entries.length / 4), s.entries)
            );
    }

    function _spoil(
        IOrderBook.Strip memory s,
        uint256 key,
        uint256 random
    ) private view returns (IOrderBook.Strip memory, uint256) {
        uint256 how = random % 16;
        if (how == 0) s.after_ = uint8(random >> 8);
        if (how == 1) s.epoch += 1;
        if (how == 2) s.deadline = uint40(block.timestamp - 1);
        if (how == 3) key += 1;
        if (how == 4) s.maxReserve /= 2;
        if (how == 5) s.maxReserve = type(uint96).max;
        if (how == 6) s.entries = bytes.concat(s.entries, bytes4(uint32(random >> 16)));
        if (how == 7) s.entries = abi.encodePacked(random);
        return (s, key);
    }

    function _append(uint256 home, uint256 ahead, uint256 seed, uint256 module, ChaosModule.Script memory s) private {
        (uint32 c, uint32 m) = (homes[home].community, homes[home].member);
        uint32 period = _current() + uint32(ahead % (HORIZON + 1));
        (uint256 free, , uint16 enabled, bool inDebt) = escrow.standing(c, m);
        if (inDebt || (enabled >> module) & 1 == 0 || !escrow.periodFree(c, period) || free < 2 * SETTLEMENT_FEE)
            return;
        uint256 reserve = bound(seed >> 128, 0, (free - 2 * SETTLEMENT_FEE) / (1 + ((seed >> 4) % 6)));
        // Payments are of the size of the reserve, a little above it at times.
        if (s.paid != 0 && s.paid < type(uint88).max) s.paid = bound(s.paid, 0, reserve + reserve / 8 + 1);
        uint256 wh = bound(seed >> 64, 0, 2_000);
        uint256 head = wh | (wh << 48) | (reserve << 96) | (uint256(1) << 192) | (module << 208);
        modules[module].setScript(c, m, period, s);
        (, , uint256 count, , ) = escrow.journal(c, m, period);
        uint256 release = reserve + (count == 0 ? SETTLEMENT_FEE : 0);
        VM.recordLogs();
        modules[module].append(escrow, c, m, period, head, release, seed % SETTLEMENT_FEE, RELAYER);
        _readLogs();
        _count(Kind.Append);
    }

    function _script(uint256 random) private pure returns (ChaosModule.Script memory s) {
        uint256 how = random % 14;
        random >>= 8;
        if (how < 3) s.paid = random % type(uint88).max;
        if (how == 3 || how == 4) (s.mood, s.received) = (ChaosModule.Mood.Greedy, random % 2);
        if (how == 5) (s.mood, s.received) = (ChaosModule.Mood.Greedy, 0);
        if (how == 6) (s.paid, s.received) = (random % 2 ** 90, (random >> 90) % 2 ** 90);
        if (how == 7) (s.bought, s.paid) = (random % 100, random >> 128);
        if (how == 8) (s.sold, s.received) = (random % 100, (random >> 128) % 5_000);
        if (how == 9) (s.bought, s.sold) = (random % 4_000, (random >> 128) % 4_000);
        if (how == 10) s.mood = ChaosModule.Mood.Revert;
        if (how == 11) s.mood = ChaosModule.Mood.NotReady;
        if (how == 12) s.mood = ChaosModule.Mood.Short;
        if (how == 13) s.mood = random % 4 == 0 ? ChaosModule.Mood.OutOfGas : ChaosModule.Mood.Answer;
    }
}
