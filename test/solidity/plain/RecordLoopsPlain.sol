// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RecordLoops} from "../../../contracts/libraries/RecordLoops.sol";
import {Words} from "../../../contracts/libraries/Words.sol";
import {Account, accountIn, withAccount} from "../../../contracts/types/Account.sol";
import {Journal, newJournal, recordHash, MAX_ENTRIES, MAX_RECORDS} from "../../../contracts/types/Journal.sol";
import {PackedBatchesPlain} from "./PackedBatchesPlain.sol";

/// @notice `RecordLoops` without assembly: record by record, every word read and written at once.
library RecordLoopsPlain {
    uint256 private constant HEADER = 71;

    /// @param w Its sums are those of the records taken; no accounts stay in hand.
    /// @param singles Whether it stops at a record of more than one entry and its prefix of 16 bits.
    function take(
        RecordLoops.Run memory w,
        bytes memory records,
        uint256 pos,
        bool singles
    ) internal returns (uint256) {
        while (pos + HEADER <= records.length) {
            PackedBatchesPlain.Record memory r = PackedBatchesPlain.recordAt(records, pos);
            uint256 end = pos + HEADER + r.size;
            if (singles && (r.head >> 192 != 1 || r.size != 6)) break;
            if (end > records.length || !_takeOne(w, r, _slice(records, pos + HEADER, r.size))) break;
            pos = end;
        }
        return pos;
    }

    function accountAt(RecordLoops.Run memory w, uint256 member) internal view returns (Account) {
        return accountIn(Words.load(w.accounts | (member >> 1)), member);
    }

    function journalAt(RecordLoops.Run memory w, uint256 member) internal view returns (Journal j) {
        j = Journal.wrap(Words.load(w.journals | (member << 8)));
        if (!j.isForPeriod(w.period)) j = Journal.wrap(0);
    }

    function _takeOne(
        RecordLoops.Run memory w,
        PackedBatchesPlain.Record memory r,
        bytes memory payload
    ) private returns (bool) {
        Journal j = journalAt(w, r.member);
        Account a = accountAt(w, r.member);
        uint256 entries = r.head >> 192;
        bool first = j.recordsOf() == 0;
        uint256 amount = uint96(r.head >> 96) + (first ? w.settlementFee : 0);
        if (payload.length > 64 + 16 * entries) return false;
        if (j.entriesOf() + entries > MAX_ENTRIES || j.recordsOf() == MAX_RECORDS) return false;
        if (r.frontier < j.frontierOf()) return false;
        if (!a.hasModule(0) || a.mayOweOrBeOwed() || !a.staysActive()) return false;
        if (amount + r.fee > a.freeOf()) return false;
        uint256 hash = recordHash(j.hashOf(), r.head, r.digest, keccak256(payload));
        j = newJournal(w.period, j.entriesOf() + entries, j.recordsOf() + 1, r.frontier, hash);
        Words.store(w.journals | (r.member << 8), Journal.unwrap(j));
        uint256 place = w.accounts | (r.member >> 1);
        Words.store(place, withAccount(Words.load(place), r.member, a.withFree(a.freeOf() - amount - r.fee)));
        w.sums += amount + (r.fee << 128) + (uint256(first ? 1 : 0) << 192);
        return true;
    }

    function _slice(bytes memory data, uint256 start, uint256 length) private pure returns (bytes memory slice) {
        slice = new bytes(length);
        for (uint256 i = 0; i < length; ++i) slice[i] = data[start + i];
    }
}
