// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "../interfaces/IMarketModule.sol";
import {IProsumerRegistry} from "../interfaces/IProsumerRegistry.sol";
import {IPaymentEscrow} from "../interfaces/IPaymentEscrow.sol";
import {Packed} from "../libraries/Packed.sol";
import {Tariff} from "../libraries/Tariff.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";

/// @title Toy bilateral trades
/// @notice A second market module for tests: two members agree on energy and price in one slot. It knows nothing of the order
/// book and plugs in through `IPaymentEscrow.append` alone.
contract ToyBilateral is IMarketModule {
    using Packed for bytes;
    using Tariff for bytes;

    /// @param offset Slot of the period.
    /// @param wh Energy.
    /// @param price Base units per Wh.
    struct Trade {
        uint32 community;
        uint32 period;
        uint32 seller;
        uint32 buyer;
        uint8 offset;
        uint48 wh;
        uint48 price;
    }

    IProsumerRegistry public immutable registry;
    IPaymentEscrow public immutable escrow;

    Trade[] private _trades;
    mapping(uint32 period => bool) private _held;

    error NotOwner(uint32 member, address caller);
    error NotInstalled(uint32 community);

    constructor(IProsumerRegistry registry_, IPaymentEscrow escrow_) {
        registry = registry_;
        escrow = escrow_;
    }

    /// @notice The seller's owner offers a trade.
    /// @return id To accept it.
    function offer(Trade calldata t) external returns (uint256 id) {
        _checkOwner(t.community, t.seller);
        id = _trades.length;
        _trades.push(t);
    }

    /// @notice The buyer's owner accepts; both journals get a record.
    function accept(uint256 id) external {
        Trade memory t = _trades[id];
        _checkOwner(t.community, t.buyer);
        bytes memory tariff = Tariff.load(registry.tariffAt(t.community, t.period));
        uint256 buyReserve = uint256(t.wh) * (uint256(t.price) + tariff.networkFee());
        _append(t, t.buyer, id, (uint256(t.wh) << 48) | (buyReserve << 96));
        _append(t, t.seller, id, uint256(t.wh) | ((uint256(t.wh) * _replacement(t, tariff)) << 96));
    }

    /// @notice Makes every position of a period wait, as a mechanism that needs totals would.
    function hold(uint32 period, bool on) external {
        _held[period] = on;
    }

    /// @inheritdoc IMarketModule
    function contextOf(uint32, uint32) external pure returns (uint256[] memory context) {}

    /// @inheritdoc IMarketModule
    function positionOf(
        uint32 community,
        uint32 member,
        uint32 period,
        uint256[] calldata,
        bytes[] calldata payloads
    ) external view returns (bool ready, uint256 paid, uint256 received, bytes memory position) {
        position = new bytes(8 * registry.terms(community).slotsPerPeriod());
        if (_held[period]) return (false, 0, 0, position);
        for (uint256 i = 0; i < payloads.length; ++i) {
            Trade memory t = _trades[abi.decode(payloads[i], (uint256))];
            uint256 money = uint256(t.wh) * t.price;
            if (member == t.buyer) {
                paid += money;
                _add(position, 8 * uint256(t.offset), t.wh);
            } else {
                received += money;
                _add(position, 8 * uint256(t.offset) + 4, t.wh);
            }
        }
        return (true, paid, received, position);
    }

    /// @dev Adds to the four bytes at `pos`.
    function _add(bytes memory position, uint256 pos, uint256 wh) private pure {
        uint256 sum = position.u32m(pos) + wh;
        for (uint256 i = 4; i > 0; sum >>= 8) position[pos + --i] = bytes1(uint8(sum));
    }

    /// @dev What a Wh that the seller fails to deliver costs beyond the price.
    function _replacement(Trade memory t, bytes memory tariff) private view returns (uint256) {
        uint256 slots = registry.terms(t.community).slotsPerPeriod();
        uint256 class = registry.memberFor(t.community, t.seller, t.period).tariffClass();
        (uint256 importPrice, ) = tariff.pricesAt(class, slots, t.offset);
        return importPrice > t.price ? importPrice - t.price : 0;
    }

    function _append(Trade memory t, uint32 member, uint256 id, uint256 reserved) private {
        (uint8 module, bool known) = registry.moduleIndex(t.community, address(this));
        if (!known) revert NotInstalled(t.community);
        // A trade is a word of storage that nobody may have touched: worth four entries.
        uint256 head = reserved | (4 << 192);
        bytes memory record = PackedRecords.single(member, 0, 0, uint208(head), bytes32(id), abi.encode(id));
        escrow.append(t.community, t.period, module, address(0), record);
    }

    function _checkOwner(uint32 community, uint32 member) private view {
        if (msg.sender != registry.ownerOf(community, member)) revert NotOwner(member, msg.sender);
    }
}
