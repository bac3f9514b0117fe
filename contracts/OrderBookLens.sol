// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "./interfaces/IOrderBook.sol";
import {IOrderBookLens} from "./interfaces/IOrderBookLens.sol";
import {BookPlaces} from "./libraries/BookPlaces.sol";
import {Mem} from "./libraries/Mem.sol";
import {PackedStrips} from "./libraries/PackedStrips.sol";
import {SlotBook} from "./libraries/SlotBook.sol";
import {SlotGroup, bitsOf} from "./types/SlotGroup.sol";
import {SlotResult, SlotResults, rationedOf, resultPlace} from "./types/SlotResult.sol";
import {Terms} from "./types/Terms.sol";

/// @title Order book lens
/// @notice See `IOrderBookLens`, which is the manual.
contract OrderBookLens is IOrderBookLens {
    using SlotBook for SlotBook.View;

    /// @inheritdoc IOrderBookLens
    function book(
        IOrderBook auction,
        uint32 community,
        uint256 slot
    ) external view returns (uint256[] memory bids, uint256[] memory asks) {
        Terms t = _termsOf(auction, community);
        SlotBook.View memory v = SlotBook.create(t.tickCount(), t.wideTicks());
        uint256 period = slot / t.slotsPerPeriod();
        uint256 offset = slot % t.slotsPerPeriod();
        (uint256 index, uint256 shift) = bitsOf(offset, 2 * v.words);
        SlotGroup group = SlotGroup.wrap(_load(auction, BookPlaces.bookAt(community, t, slot - offset + index)));
        uint256 live = group.isOf(period) ? group.live(shift, 2 * v.words) : 0;
        _fetch(auction, v, BookPlaces.bookAt(community, t, slot), live);
        return v.volumes();
    }

    /// @inheritdoc IOrderBookLens
    function result(
        IOrderBook auction,
        uint32 community,
        uint256 slot
    )
        external
        view
        returns (
            bool cleared,
            uint256 marginalTick,
            uint256 priceTick,
            uint256 price,
            uint256 lots,
            uint256 side,
            uint256 allotment,
            uint256 volume
        )
    {
        Terms t = _termsOf(auction, community);
        uint256 bits = t.wideTicks() ? 32 : 16;
        uint256 period = slot / t.slotsPerPeriod();
        (uint256 word, uint256 index) = resultPlace(slot % t.slotsPerPeriod(), bits);
        SlotResults results = SlotResults.wrap(_load(auction, BookPlaces.resultsAt(community, t, period) + word));
        SlotResult r = results.ofPeriod(period).resultAt(index, bits);
        if (!r.isCleared()) return (false, 0, 0, 0, 0, 0, 0, 0);
        uint256 pairs;
        (marginalTick, priceTick, pairs) = r.unpack(bits);
        (cleared, lots) = (true, r.lots(bits));
        if (lots != 0) price = t.floorPrice() + priceTick * t.tickSize();
        (side, allotment, volume) = rationedOf(pairs);
    }

    /// @inheritdoc IOrderBookLens
    function stripDigest(
        IOrderBook auction,
        uint32 community,
        uint32 period,
        IOrderBook.Strip calldata strip
    ) external view returns (bytes32) {
        uint256 terms = PackedStrips.termsOf(strip);
        bytes32 domain = auction.domainSeparator();
        return PackedStrips.digestOf(domain, community, period, strip.feeTo, terms, strip.entries);
    }

    /// @dev Reverts for an unknown community, as the registry does. The auction's own copy of the terms says the same.
    function _termsOf(IOrderBook auction, uint32 community) private view returns (Terms t) {
        (t, ) = auction.registry().trading(community);
    }

    /// @dev Copies the live tick words of a slot into memory, as the complements that the view expects there.
    /// @param pos Where the slot is in storage: its tick words follow that word.
    function _fetch(IOrderBook auction, SlotBook.View memory v, uint256 pos, uint256 live) private view {
        uint256 low = Mem.zeros(2 * v.words);
        uint256 top = low + 32 * (2 * v.words - 1);
        for (uint256 i = 0; i < 2 * v.words; ++i) {
            Mem.store(top - 32 * i, ~((live >> i) & 1 != 0 ? _load(auction, pos + 1 + i) : 0));
        }
        v.turnToMemory(top, top - 32 * v.words, pos, 0);
    }

    function _load(IOrderBook auction, uint256 pos) private view returns (uint256) {
        return uint256(auction.extsload(bytes32(pos)));
    }
}
