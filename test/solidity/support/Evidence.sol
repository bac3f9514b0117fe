// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "../../../contracts/interfaces/IMarketModule.sol";
import {IPaymentEscrow} from "../../../contracts/interfaces/IPaymentEscrow.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {readingHash, recordHash, settledHash} from "../../../contracts/types/Journal.sol";
import {PackedPlain} from "../plain/PackedPlain.sol";
import {Books} from "./Books.sol";
import {Vm, VM} from "./Vm.sol";

/// @title Evidence
/// @notice What an observer knows from logs alone, kept beside the contracts: records, readings and positions of every home, and the
/// energy they add up to. Whatever the contracts say about energy is held against it.
abstract contract Evidence is Books {
    /// @dev `values` is empty while the period is estimated.
    struct Day {
        bool known;
        bytes values;
        int128 gapLeg;
        uint256 journal; // after the records
        bytes position;
    }

    struct Energy {
        uint256 delivered;
        uint256 bought;
        uint256 sold;
        uint256 imported;
        uint256 exported;
        uint256 bookBought; // through the order book alone
        uint256 bookSold;
    }

    /// @dev What a module says of a home's period.
    struct Told {
        uint256 records; // it has of it
        uint256 paid;
        uint256 received;
        bytes position;
    }

    error OrderBookVoided(uint256 home, uint32 period);
    error OrderBookPotSwept(uint32 community, uint32 period);
    error EvidenceLost(uint256 home, uint32 period);
    error LedgerDiffers(uint32 community, uint256 slot);
    error BookUnbalanced(uint32 community, uint256 slot, uint256 bought, uint256 sold);
    error MintedTooMuch(uint32 community, uint32 period, uint256 minted, uint256 metered);
    error SupplyDiffers(uint256 id, uint256 supply, uint256 minted);

    mapping(uint256 home => mapping(uint32 period => ISettlement.Record[])) internal records;
    mapping(uint256 home => mapping(uint32 period => Day)) internal days_;
    mapping(uint32 community => mapping(uint256 slot => Energy)) internal energy;
    mapping(uint32 community => mapping(uint32 period => uint256 wh)) internal mintedMix;
    mapping(uint256 home => mapping(uint32 period => uint256 wh)) internal mintedOwn;

    mapping(uint256 home => mapping(uint32 period => uint256)) private _reservedFor;

    /// @dev Modules whose records the call at hand voided, one bit each, per home.
    mapping(uint256 home => uint256 bits) private _voided;

    /// @dev The data of the last event that settled a home or trued it up.
    mapping(uint256 home => bytes) internal settledAs;

    /// @dev Items that the call at hand skipped, and why it skipped the last one.
    uint256 internal skipped;
    ISettlement.Skip internal skipReason;

    /// @notice Items skipped so far, by reason.
    uint256[18] public skips;
    uint256 internal voids;

    /// @notice Voided records so far, by reason.
    uint256[6] public voidsBy;

    // ---------------------------------------------------------------------------------------------------- logs

    /// @dev Reads the logs of the calls since the last time.
    function _readLogs() internal {
        skipped = 0;
        for (uint256 home = 0; home < HOMES; ++home) _voided[home] = 0;
        Vm.Log[] memory logs = VM.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics.length != 4) continue;
            if (logs[i].emitter == address(escrow)) _readMoney(logs[i]);
            if (logs[i].emitter != address(settlement)) continue;
            uint32 community = uint32(uint256(logs[i].topics[1]));
            uint256 home = _homeOf(community, uint32(uint256(logs[i].topics[2])));
            _readLog(logs[i].topics[0], home, uint32(uint256(logs[i].topics[3])), logs[i].data);
        }
    }

    /// @dev What the escrow reserved, released and swept.
    function _readMoney(Vm.Log memory log) private {
        bytes32 topic = log.topics[0];
        uint32 community = uint32(uint256(log.topics[1]));
        (uint256 second, uint256 third) = (uint256(log.topics[2]), uint256(log.topics[3]));
        if (topic == IPaymentEscrow.PotSwept.selector) {
            if (second == 0) revert OrderBookPotSwept(community, uint32(third));
        } else if (topic == IPaymentEscrow.Recorded.selector) {
            (, bytes memory packed) = abi.decode(log.data, (address, bytes));
            for (uint256 pos = 0; pos < packed.length;)
                pos = _readRecord(community, uint32(second), third, packed, pos);
        } else if (topic == IPaymentEscrow.Settled.selector) {
            uint256 home = _homeOf(community, uint32(second));
            settledAs[home] = log.data;
            reserved[community] -= _reservedFor[home][uint32(third)];
            _reservedFor[home][uint32(third)] = 0;
        }
    }

    /// @return Where the next record starts.
    function _readRecord(
        uint32 community,
        uint32 period,
        uint256 module,
        bytes memory packed,
        uint256 pos
    ) private returns (uint256) {
        uint256 home = _homeOf(community, uint32(PackedPlain.read(packed, pos, 4)));
        uint256 head = PackedPlain.read(packed, pos + 11, 26) | (module << 208);
        bytes memory payload = new bytes(PackedPlain.read(packed, pos + 37, 2));
        for (uint256 i = 0; i < payload.length; ++i) payload[i] = packed[pos + 71 + i];
        uint256 amount = uint96(head >> 96) + (records[home][period].length == 0 ? SETTLEMENT_FEE : 0);
        reserved[community] += amount;
        _reservedFor[home][period] += amount;
        bytes32 digest = bytes32(PackedPlain.read(packed, pos + 39, 32));
        records[home][period].push(ISettlement.Record(head, digest, payload));
        return pos + 71 + payload.length;
    }

    function _readLog(bytes32 topic, uint256 home, uint32 period, bytes memory data) private {
        if (topic == ISettlement.RecordsVoided.selector) {
            (uint8 module, uint8 reason) = abi.decode(data, (uint8, uint8));
            ++voidsBy[reason];
            if (module == 0) revert OrderBookVoided(home, period);
            _voided[home] |= 1 << module;
            ++voids;
        } else if (topic == ISettlement.Metered.selector) {
            (days_[home][period].gapLeg, days_[home][period].values) = abi.decode(data, (int128, bytes));
        } else if (topic == ISettlement.ItemSkipped.selector) {
            ++skipped;
            skipReason = abi.decode(data, (ISettlement.Skip));
            ++skips[uint256(skipReason)];
        }
    }

    function _homeOf(uint32 community, uint32 member) internal pure returns (uint256) {
        return member - FIRST_HOME + (community == 0 ? 0 : HOMES_OF_FIRST);
    }

    // ---------------------------------------------------------------------------------------------------- positions

    /// @dev What the modules say about a home's period before settlement asks them.
    function _ask(uint256 home, uint32 period) internal view returns (Told[MODULES] memory told) {
        for (uint256 module = 0; module < MODULES; ++module) {
            Told memory t = told[module];
            t.position = new bytes(8 * SLOTS);
            bytes[] memory payloads = _payloads(home, period, module);
            t.records = payloads.length;
            if (payloads.length == 0) continue;
            (uint32 community, uint32 member) = (homes[home].community, homes[home].member);
            IMarketModule asked = IMarketModule(address(modules[module]));
            uint256[] memory context = asked.contextOf(community, period);
            (bool ok, bytes memory answer) = address(asked).staticcall{gas: 2_000_000}(
                abi.encodeCall(IMarketModule.positionOf, (community, member, period, context, payloads))
            );
            if (!ok || answer.length != 32 * (5 + (SLOTS + 3) / 4)) continue;
            (, t.paid, t.received, t.position) = abi.decode(answer, (bool, uint256, uint256, bytes));
        }
    }

    function _payloads(uint256 home, uint32 period, uint256 module) private view returns (bytes[] memory payloads) {
        ISettlement.Record[] storage all = records[home][period];
        uint256 count = 0;
        for (uint256 i = 0; i < all.length; ++i) if (uint8(all[i].head >> 208) == module) ++count;
        payloads = new bytes[](count);
        count = 0;
        for (uint256 i = 0; i < all.length; ++i) {
            if (uint8(all[i].head >> 208) == module) payloads[count++] = all[i].payload;
        }
    }

    /// @return Whether the last call settled the home without the module's records.
    function _isVoid(uint256 home, uint256 module) internal view returns (bool) {
        return (_voided[home] >> module) & 1 != 0;
    }

    /// @return position What modules whose records are not void say together.
    function _positionOf(uint256 home, Told[MODULES] memory told) internal view returns (bytes memory position) {
        for (uint256 k = 0; k < SLOTS; ++k) {
            uint256 bought = 0;
            uint256 sold = 0;
            for (uint256 module = 0; module < MODULES; ++module) {
                if (_isVoid(home, module)) continue;
                (uint256 more, uint256 less) = _trade(told[module].position, k);
                (bought, sold) = (bought + more, sold + less);
            }
            position = bytes.concat(position, bytes4(uint32(bought)), bytes4(uint32(sold)));
        }
    }

    /// @return amount Base units that the module's records of a home reserved, with the settlement fee where the first of all is its.
    function _reservedBy(uint256 home, uint32 period, uint256 module) internal view returns (uint256 amount) {
        ISettlement.Record[] storage all = records[home][period];
        for (uint256 i = 0; i < all.length; ++i) {
            if (uint8(all[i].head >> 208) == module)
                amount += uint96(all[i].head >> 96) + (i == 0 ? SETTLEMENT_FEE : 0);
        }
    }

    /// @dev Takes down a settled period, holds the journal against it, and adds up its energy.
    function _note(uint256 home, uint32 period, Told[MODULES] memory told) internal {
        Day storage day = days_[home][period];
        uint32 community = homes[home].community;
        (uint256[] memory words, ) = escrow.potWords(community, period, 1);
        if (words.length == 0) return; // the period has left the ring: there is no journal
        day.known = true;
        day.position = _positionOf(home, told);
        for (uint256 k = 0; k < SLOTS; ++k) {
            Energy storage e = energy[community][period * SLOTS + k];
            (uint256 bought, uint256 sold) = _trade(told[0].position, k);
            e.bookBought += bought;
            e.bookSold += sold;
        }
        ISettlement.Record[] storage all = records[home][period];
        day.journal = 0;
        for (uint256 i = 0; i < all.length; ++i) {
            day.journal = recordHash(day.journal, all[i].head, all[i].digest, keccak256(all[i].payload));
        }
        _addEnergy(home, period, true);
        _checkDay(home, period);
    }

    /// @dev Adds a day's energy, or takes it away.
    function _addEnergy(uint256 home, uint32 period, bool add) internal {
        Day storage day = days_[home][period];
        for (uint256 k = 0; k < SLOTS; ++k) {
            Energy storage e = energy[homes[home].community][period * SLOTS + k];
            (uint256 bought, uint256 sold) = _trade(day.position, k);
            (uint256 imported, uint256 exported) = _meteredAt(home, period, k, bought);
            uint256 delivered = sold < exported ? sold : exported;
            if (add) {
                e.bought += bought;
                e.sold += sold;
                e.imported += imported;
                e.exported += exported;
                e.delivered += delivered;
            } else {
                e.bought -= bought;
                e.sold -= sold;
                e.imported -= imported;
                e.exported -= exported;
                e.delivered -= delivered;
            }
        }
    }

    /// @return imported Wh in a slot as they were read; where nothing was, what stands in for it.
    /// @return exported Wh.
    function _meteredAt(
        uint256 home,
        uint32 period,
        uint256 slot,
        uint256 bought
    ) internal view returns (uint256 imported, uint256 exported) {
        bytes storage values = days_[home][period].values;
        uint256 load = _defaultLoad(home);
        if (values.length == 0) return (bought > load ? bought : load, 0);
        return (_value(values, 2 * slot), _value(values, 2 * slot + 1));
    }

    function _checkDay(uint256 home, uint32 period) internal view {
        Day storage day = days_[home][period];
        (uint32 community, uint32 member) = (homes[home].community, homes[home].member);
        uint256 hash = day.journal;
        if (day.values.length != 0) hash = readingHash(hash, keccak256(day.values), day.gapLeg);
        (uint256 stored, , , , ) = escrow.journal(community, member, period);
        if (stored != settledHash(hash, keccak256(day.position))) revert EvidenceLost(home, period);
    }

    /// @return bought Wh in a slot.
    /// @return sold Wh.
    function _trade(bytes memory position, uint256 slot) internal pure returns (uint256 bought, uint256 sold) {
        return (PackedPlain.read(position, 8 * slot, 4), PackedPlain.read(position, 8 * slot + 4, 4));
    }

    function _defaultLoad(uint256 home) private pure returns (uint256) {
        return home % 2 == 0 ? DEFAULT_LOAD : 0;
    }

    function _value(bytes memory values, uint256 index) internal pure returns (uint256 wh) {
        for (uint256 i = 0; i < 3; ++i) wh = (wh << 8) | uint8(values[3 * index + i]);
    }

    // ---------------------------------------------------------------------------------------------------- energy

    /// @notice Rules 2 and 10: the public ledger is what readings and positions add up to; once a period is all settled, the order
    /// book has bought what it has sold; no more tokens exist than energy was metered.
    function checkEnergy() public view {
        uint32 current = _current();
        for (uint32 community = 0; community < COMMUNITIES; ++community) {
            for (uint32 period = current - 5; period < current; ++period) _checkPeriod(community, period);
        }
    }

    function _checkPeriod(uint32 community, uint32 period) private view {
        uint256 delivered = 0;
        uint256 exported = 0;
        (uint256 opened, uint256 settled) = escrow.journals(community, period);
        for (uint256 k = 0; k < SLOTS; ++k) {
            uint256 slot = period * SLOTS + k;
            Energy storage e = energy[community][slot];
            delivered += e.delivered;
            exported += e.exported;
            if (opened == settled && e.bookBought != e.bookSold) {
                revert BookUnbalanced(community, slot, e.bookBought, e.bookSold);
            }
            _checkLedger(community, slot, e);
        }
        uint256 mix = mintedMix[community][period];
        if (mix > delivered) revert MintedTooMuch(community, period, mix, delivered);
        _checkSupply(energyToken.idOf(community, period, 0, 0), mix);
        uint256 all = mix;
        for (uint256 home = 0; home < HOMES; ++home) {
            if (homes[home].community != community) continue;
            all += mintedOwn[home][period];
            _checkSupply(energyToken.idOf(community, period, uint16(home), 1), mintedOwn[home][period]);
        }
        if (all > exported) revert MintedTooMuch(community, period, all, exported);
    }

    /// @return mix Tokens for what a home bought: in every slot its share of what was delivered, rounded down.
    /// @return own Tokens for what it exported and did not sell.
    function _tokensOf(uint256 home, uint32 period) internal view returns (uint256 mix, uint256 own) {
        Day storage day = days_[home][period];
        for (uint256 k = 0; k < SLOTS; ++k) {
            Energy storage e = energy[homes[home].community][period * SLOTS + k];
            (uint256 bought, uint256 sold) = _trade(day.position, k);
            if (bought != 0) mix += (bought * e.delivered) / (e.bought < e.sold ? e.sold : e.bought);
            uint256 exported = day.values.length == 0 ? 0 : _value(day.values, 2 * k + 1);
            if (exported > sold) own += exported - sold;
        }
    }

    function _checkSupply(uint256 id, uint256 minted) private view {
        uint256 supply = energyToken.totalSupply(id);
        if (supply != minted) revert SupplyDiffers(id, supply, minted);
    }

    function _checkLedger(uint32 community, uint256 slot, Energy storage e) private view {
        (uint256 delivered, uint256 bought, uint256 sold, uint256 imported, uint256 exported) = settlement.ledger(
            community,
            slot
        );
        bool same = delivered == e.delivered && bought == e.bought && sold == e.sold;
        if (!same || imported != e.imported || exported != e.exported) revert LedgerDiffers(community, slot);
    }
}
