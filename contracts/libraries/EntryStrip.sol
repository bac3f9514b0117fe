// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Mem} from "./Mem.sol";

// Where the fields of `EntryStrip.Strip` are, as assembly needs them; `beyond` is the first.
uint256 constant NO_TICK = 0x20;
uint256 constant BUY_CAP = 0x40;
uint256 constant SELL_CAP = 0x60;
uint256 constant BUY_FLOOR = 0x80;
uint256 constant SELL_FLOOR = 0xa0;
uint256 constant SELL_LEAST = 0xc0;
uint256 constant TICK_AMOUNT = 0xe0;
uint256 constant LOT_AMOUNT = 0x100;
uint256 constant LIMIT = 0x120;
uint256 constant FEE = 0x140;
uint256 constant PRICES = 0x160;
uint256 constant LANE_LOG = 0x180;
uint256 constant LANE_SHIFT = 0x1a0;
uint256 constant LANE_MASK = 0x1c0;
uint256 constant TABLE = 0x1e0;
uint256 constant NEWEST = 0x200;
uint256 constant TICK_WORDS = 0x220;
uint256 constant QUADS = 0x260;
uint256 constant AREA = 0x280;
uint256 constant PERIOD = 0x2a0;
uint256 constant FRONTIER = 0x2c0;
uint256 constant OPEN_FROM = 0x2e0;
uint256 constant TOTAL = 0x300;
uint256 constant NEXT = 0x320;
uint256 constant TAKEN = 0x340;
uint256 constant SIDE = 0x360;
uint256 constant EAGER = 0x3a0;
uint256 constant CAPS = 0x3c0;
uint256 constant CAP_STEP = 0x3e0;
uint256 constant TICK_STEP = 0x400;
uint256 constant FLOORS = 0x420;
uint256 constant ODD = 0x440;
uint256 constant ROOMS = 0x460;
uint256 constant PAIRS = 0x480;
uint256 constant ONES = 0x4a0;

/// @title Entry strip
/// @notice What accepting a strip's entries works on: the community's grid and prices, the member's limits, the book in memory, and how
/// far it has come.
/// @dev An entry is `slot offset 8 | side 1 | tick 7 | lots 16`, its key the upper 16 bits. Sums stay far below 256 bits: at most 2,048
/// entries of 16-bit lots, 10-bit Wh per lot and 17-bit prices. Assembly addresses the words of the struct by their position: keep the
/// order.
///
/// Of eight entries, a word has lanes of 32 bits, the first entry in the highest: a lane holds less than 2^31, and its top bit, where that is
/// set before a subtraction, stays if the lane's difference is not negative.
library EntryStrip {
    /// @notice Everything that accepting a strip reads or changes.
    /// @dev An amount word is a record's head as `PackedRecords` writes it, but for the entries: base units from bit 144 on, Wh bought in the
    /// 48 bits below, Wh sold in the 48 below these. So one multiplication and one addition count money and energy.
    /// @param beyond Above every entry of the period's slots, as entries lie in memory: in the upper bits of a word.
    /// @param noTick Bits that are set for a tick off the grid, likewise.
    /// @param buyCap Largest lots per slot; the seller's follows.
    /// @param buyFloor Amount word of a lot bought at tick 0, network fee included.
    /// @param sellFloor Amount word that a lot sold at tick 0 takes off the import price.
    /// @param sellLeast Amount word of the least that a lot sold reserves.
    /// @param tickAmount Amount word of a lot's price step.
    /// @param lotAmount Amount word of a lot at one base unit per Wh.
    /// @param limit Above every amount word within the strip's `maxReserve`.
    /// @param fee Amount word per accepted entry.
    /// @param prices Tariff entries of the member's class, in memory; import in the upper two of four bytes.
    /// @param laneLog log2 of the bytes of a tick volume and of a prefix: 1, or 2 where ticks are wide.
    /// @param laneShift Bits of a word above a volume in its lowest ones.
    /// @param laneMask Largest tick volume.
    /// @param table Where the table of the book in memory starts, see `Book`.
    /// @param newest Top of the cell of the book that was made last, 0 for none.
    /// @param tickWords Tick words of one side.
    /// @param reasons Where the reasons go, in memory: one byte per entry, unless the strip was taken whole.
    /// @param quads `LOW_QUADS`, for which there is no room in the code each time.
    /// @param area The book in storage.
    /// @param period Whose slots these are.
    /// @param frontier The member's frontier; earlier offsets are covered.
    /// @param openFrom Offset of the first slot whose gate is open.
    /// @param total Amount word so far: fees and reserves.
    /// @param next One above the largest key seen.
    /// @param taken Key of the entry that was accepted last.
    /// @param side Lots accepted in its slot and side.
    /// @param refused Entries.
    /// @param eager Whether all live words of a slot are read at its first visit, as a large batch will want them.
    /// @param caps In eight lanes, tops set, what a buyer may have per slot; and `capStep` what a seller may have more.
    /// @param tickStep Price step of a tick, base units per Wh.
    /// @param floors In eight lanes: the price of tick 0 and the least that a seller reserves, base units per Wh.
    /// @param odd In eight lanes: bits of an entry that a sweep leaves to `EntryCare`. 0 as long as what sweeps need is not made.
    /// @param rooms In eight lanes: largest tick volume.
    /// @param pairs `LOW_PAIRS`, likewise.
    /// @param ones In eight lanes: 1.
    struct Strip {
        uint256 beyond;
        uint256 noTick;
        uint256 buyCap;
        uint256 sellCap;
        uint256 buyFloor;
        uint256 sellFloor;
        uint256 sellLeast;
        uint256 tickAmount;
        uint256 lotAmount;
        uint256 limit;
        uint256 fee;
        uint256 prices;
        uint256 laneLog;
        uint256 laneShift;
        uint256 laneMask;
        uint256 table;
        uint256 newest;
        uint256 tickWords;
        uint256 reasons;
        uint256 quads;
        uint256 area;
        uint256 period;
        uint256 frontier;
        uint256 openFrom;
        uint256 total;
        uint256 next;
        uint256 taken;
        uint256 side;
        uint256 refused;
        uint256 eager;
        uint256 caps;
        uint256 capStep;
        uint256 tickStep;
        uint256 floors;
        uint256 odd;
        uint256 rooms;
        uint256 pairs;
        uint256 ones;
    }

    // What one base unit, and one Wh bought or sold, are in an amount word.
    uint256 internal constant MONEY = 1 << 144;
    uint256 internal constant BOUGHT = 1 << 96;
    uint256 internal constant SOLD = 1 << 48;

    /// @notice Sets what a lot costs.
    /// @param lotWh Wh per lot.
    /// @param floorPrice Price of tick 0, base units per Wh.
    /// @param tickSize Price step, base units per Wh.
    /// @param networkFee Base units per Wh.
    function setPrices(
        Strip memory s,
        uint256 lotWh,
        uint256 floorPrice,
        uint256 tickSize,
        uint256 networkFee
    ) internal pure {
        unchecked {
            // Prices are below 2^17, a lot is at most 1,000 Wh.
            s.lotAmount = lotWh * MONEY;
            s.tickAmount = tickSize * s.lotAmount;
            s.buyFloor = (floorPrice + networkFee) * s.lotAmount + lotWh * BOUGHT;
            s.sellFloor = floorPrice * s.lotAmount - lotWh * SOLD;
            s.sellLeast = s.tickAmount + lotWh * SOLD;
        }
    }

    /// @notice Sets the grid: slots of the period, ticks, and whether tick volumes take 32 bits instead of 16.
    function setGrid(Strip memory s, uint256 slots, uint256 ticks, uint256 laneLog) internal pure {
        unchecked {
            s.beyond = slots << 248;
            s.noTick = (128 - ticks) << 240; // the number of ticks is a power of two
            s.laneLog = laneLog;
            s.laneShift = 256 - (8 << laneLog);
            s.laneMask = (1 << (8 << laneLog)) - 1;
            s.odd = 0;
        }
    }

    /// @notice Sets what the signer and the member's registration allow; amounts in base units, caps in lots.
    function setLimits(
        Strip memory s,
        uint256 buyCap,
        uint256 sellCap,
        uint256 maxReserve,
        uint256 feePerEntry
    ) internal pure {
        unchecked {
            (s.buyCap, s.sellCap) = (buyCap, sellCap);
            s.limit = (maxReserve + 1) * MONEY; // 96 bits
            s.fee = feePerEntry * MONEY; // 32 bits
        }
    }

    /// @notice Makes the state ready for a strip.
    /// @param initial Base units already taken of `maxReserve`.
    function reset(Strip memory s, uint256 frontier, uint256 initial) internal pure {
        s.frontier = frontier;
        unchecked {
            s.total = initial * MONEY; // 32 bits
        }
    }

    /// @notice Notes that all before `pos` were passed, the last of them accepted.
    function passed(Strip memory s, uint256 pos) internal pure {
        unchecked {
            s.taken = uint16(Mem.load(pos - 4) >> 240);
            s.next = s.taken + 1;
        }
    }

    /// @return Base units of `maxReserve` that were taken.
    function usedOf(uint256 total) internal pure returns (uint256) {
        return total / MONEY;
    }

    /// @param fees Base units of a total that are not reserve.
    /// @return head Of the record that a strip of so many entries becomes, see `PackedRecords`.
    function headOf(uint256 total, uint256 fees, uint256 entries) internal pure returns (uint256 head) {
        unchecked {
            return ((total - fees * MONEY) / SOLD) | (entries << 192);
        }
    }
}
