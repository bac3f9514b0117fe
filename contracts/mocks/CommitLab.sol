// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Chain} from "../libraries/Chain.sol";
import {Chunks} from "../libraries/Chunks.sol";
import {Commits} from "../libraries/Commits.sol";
import {Receipts} from "../libraries/Receipts.sol";
import {Words} from "../libraries/Words.sol";
import {Commit} from "../types/Commit.sol";
import {Calendar, Round, roundAt} from "../types/Round.sol";

/// @title CommitLab
/// @notice The commit book without a market around it: tests name community, period and time themselves.
contract CommitLab is EIP712 {
    /// @notice Which commits, and when.
    struct When {
        uint32 community;
        uint32 period;
        uint256 time;
    }

    /// @notice A chunk and where it stands: its hash, the hashes before it and the root behind it.
    struct Shown {
        bytes32 chunk;
        bytes32[] before;
        bytes32 rest;
    }

    struct Result {
        bool success;
        bytes data;
    }

    uint256 private immutable _area = Words.area("wattbook.lab.commits");
    Calendar private _calendar;

    constructor(Calendar memory calendar) EIP712("Wattbook", "1") {
        _calendar = calendar;
    }

    /// @notice Plays encoded calls one after another in one transaction and says what each returned.
    function play(bytes[] calldata calls) external returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (results[i].success, results[i].data) = address(this).call(calls[i]); // solhint-disable-line avoid-low-level-calls
        }
    }

    function add(
        When calldata w,
        address relayer,
        bool named,
        bytes32 root,
        uint256 chunks,
        uint256 strips
    ) external returns (uint256 place) {
        return Commits.add(_round(w), relayer, named, root, chunks, strips);
    }

    function reveal(When calldata w, uint256 place, uint256 strips, Shown calldata s) external returns (uint256 index) {
        return Commits.reveal(_round(w), place, s.chunk, strips, s.before, s.rest);
    }

    function challenge(When calldata w, uint256 place, bytes32 digest) external {
        Commits.challenge(_round(w), place, digest);
    }

    function answer(When calldata w, uint256 place, bytes32 digest, Shown calldata s) external {
        Commits.answer(_round(w), place, digest, s.chunk, s.before, s.rest);
    }

    function finish(When calldata w, uint256 place) external returns (bool released) {
        (, released) = Commits.finish(_round(w), place);
    }

    /// @return turn Whose turn it is.
    /// @return resolved Whether the period may clear.
    function state(When calldata w) external view returns (uint256 turn, bool resolved) {
        Round memory r = _round(w);
        return (Commits.turnOf(r), Commits.isResolved(r));
    }

    /// @return The word at a place and its root.
    function wordAt(When calldata w, uint256 place) external view returns (Commit, bytes32) {
        Round memory r = _round(w);
        return (Commits.commitAt(r, place), Commits.rootAt(r, place));
    }

    /// @return Whether the strip was asked for and not shown yet.
    function isOpen(When calldata w, uint256 place, bytes32 digest) external view returns (bool) {
        return Commits.isOpen(_round(w), place, digest);
    }

    function receiptDigest(uint32 community, uint32 period, bytes32 strip) external view returns (bytes32) {
        return _hashTypedDataV4(Receipts.structHash(community, period, strip));
    }

    function isReceipt(bytes32 digest, bytes32 r, bytes32 vs, address relayer) external pure returns (bool) {
        return Receipts.isSigned(digest, r, vs, relayer);
    }

    /// @return root Of the chain in which the chunk stands.
    function rootOf(Shown calldata s) external pure returns (bytes32) {
        return Chain.rootOf(s.before, s.chunk, s.rest);
    }

    /// @return feeTo Who gets the fees.
    /// @return strips How many strips the chunk holds.
    function readChunk(bytes calldata chunk) external pure returns (address feeTo, uint256 strips) {
        return (Chunks.feeToOf(chunk), Chunks.count(chunk));
    }

    function stripAt(bytes calldata chunk, uint256 index) external pure returns (bytes memory) {
        return Chunks.stripAt(chunk, index);
    }

    function _round(When calldata w) private view returns (Round memory) {
        return roundAt(_area, w.community, w.period, w.time, _calendar);
    }
}
