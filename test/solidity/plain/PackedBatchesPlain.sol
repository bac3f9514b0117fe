// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOrderBook} from "../../../contracts/interfaces/IOrderBook.sol";
import {PackedPlain} from "./PackedPlain.sol";

/// @notice `PackedStrips` and `PackedRecords` without assembly: byte by byte, and as the compiler encodes.
library PackedBatchesPlain {
    using PackedPlain for bytes;

    /// @dev `head` without its module; `size` is the payload's, which may not be there.
    struct Record {
        uint256 member;
        uint256 frontier;
        uint256 fee;
        uint256 head;
        uint256 size;
        bytes32 digest;
    }

    bytes32 private constant STRIP_TYPE = keccak256(
        "Strip(uint32 community,uint32 member,uint32 period,uint8 after,uint32 epoch,uint40 deadline,uint96 maxReserve,uint32 feePerEntry,address feeTo,bytes entries)"
    );

    /// @return s All but its `feeTo`; entries that are not there are zeros.
    function stripAt(bytes memory data, uint256 pos) internal pure returns (IOrderBook.Strip memory s) {
        s.member = uint32(data.read(pos, 4));
        s.after_ = uint8(data.read(pos + 4, 1));
        s.epoch = uint32(data.read(pos + 5, 4));
        s.deadline = uint40(data.read(pos + 9, 5));
        s.maxReserve = uint96(data.read(pos + 14, 12));
        s.feePerEntry = uint32(data.read(pos + 26, 4));
        s.r = bytes32(data.read(pos + 30, 32));
        s.vs = bytes32(data.read(pos + 62, 32));
        s.entries = new bytes(4 * data.read(pos + 94, 2));
        for (uint256 i = 0; i < s.entries.length && pos + 96 + i < data.length; ++i) s.entries[i] = data[pos + 96 + i];
    }

    /// @dev A run of strips from `pos` on, see `PackedStrips.walk`. It is torn where a header is cut off.
    struct Run {
        uint256 end;
        uint256[] members;
        uint256 entries;
        bool cut;
        bool torn;
    }

    function walk(bytes memory data, uint256 pos, uint256 enough) internal pure returns (Run memory r) {
        uint256[] memory members = new uint256[](data.length / 96 + 1);
        uint256 count = 0;
        r.end = pos;
        while (r.end < data.length && r.end - pos < enough) {
            r.torn = data.length - r.end < 96;
            if (r.torn) break;
            uint256 member = data.read(r.end, 4);
            if (count > 0 && member <= members[count - 1]) break;
            uint256 entries = data.read(r.end + 94, 2);
            r.cut = data.length - r.end < 96 + 4 * entries;
            if (r.cut) break;
            members[count++] = member;
            r.entries += entries;
            r.end += 96 + 4 * entries;
        }
        r.members = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) r.members[i] = members[i];
    }

    function pack(IOrderBook.Strip memory s) internal pure returns (bytes memory) {
        return
            bytes.concat(
                abi.encodePacked(s.member, s.after_, s.epoch, s.deadline, s.maxReserve, s.feePerEntry),
                abi.encodePacked(s.r, s.vs, uint16(s.entries.length / 4), s.entries)
            );
    }

    function digestOf(
        bytes32 domain,
        uint32 community,
        uint32 period,
        IOrderBook.Strip memory s
    ) internal pure returns (bytes32) {
        bytes memory start = abi.encode(STRIP_TYPE, community, s.member, period, s.after_, s.epoch, s.deadline);
        bytes memory rest = abi.encode(s.maxReserve, s.feePerEntry, s.feeTo, keccak256(s.entries));
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(bytes.concat(start, rest))));
    }

    function recordAt(bytes memory data, uint256 pos) internal pure returns (Record memory r) {
        r.member = data.read(pos, 4);
        r.frontier = data.read(pos + 4, 1);
        r.fee = data.read(pos + 5, 6);
        r.head = data.read(pos + 11, 26);
        r.size = data.read(pos + 37, 2);
        r.digest = bytes32(data.read(pos + 39, 32));
    }
}
