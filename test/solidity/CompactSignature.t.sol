// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {CompactSignature} from "../../contracts/libraries/CompactSignature.sol";
import {Check} from "./Check.sol";
import {Canary} from "./support/Canary.sol";
import {VM, bound} from "./support/Vm.sol";

/// @notice Compact signatures count exactly where OpenZeppelin recovers their signer, whatever is in memory.
contract CompactSignatureTest {
    /// @dev Order of the group.
    uint256 private constant GROUP = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant PARITY = 1 << 255;

    /// @dev What is done to a good signature, or instead of making one.
    uint256 private constant WAYS = 10;

    function testFuzz_signaturesCountWhereTheirSignerIsRecovered(
        uint256 key,
        bytes32 digest,
        uint256 way,
        uint256 noise
    ) external view {
        key = bound(key, 1, GROUP - 1);
        (bytes32 r, uint256 vs) = _sign(key, digest);
        address signer = VM.addr(key);
        way %= WAYS;
        if (way == 1) vs ^= PARITY;
        if (way == 2) (vs, r) = (noise, r);
        if (way == 3) r = bytes32(noise);
        if (way == 4) digest = bytes32(noise);
        if (way == 5) signer = address(uint160(noise));
        if (way == 6) r = 0;
        if (way == 7) vs = vs & PARITY;
        // The other s of the same signature, as far as a compact one can carry it, and the first one that is too large.
        if (way == 8) vs = ((GROUP - (vs & ~PARITY)) & ~PARITY) | ((vs & PARITY) ^ PARITY);
        if (way == 9) vs = GROUP / 2 + 1;
        _compare(signer, digest, r, bytes32(vs), way == 0);
    }

    function testFuzz_anyWordsAreJudgedAlike(address signer, bytes32 digest, bytes32 r, bytes32 vs) external view {
        _compare(signer, digest, r, vs, false);
    }

    /// @dev Where nothing is recovered OpenZeppelin says zero, which is nobody's address.
    function testFuzz_nobodySigns(bytes32 digest, bytes32 vs) external view {
        _compare(address(0), digest, 0, vs, false);
        _compare(address(0), digest, bytes32(GROUP), vs, false);
    }

    function test_theLargestSmallSCountsAndTheNextDoesNot() external view {
        // Some address signed these; the s alone decides.
        bytes32 digest = keccak256("digest");
        for (uint256 r = 1; r < 20; ++r) {
            (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(digest, bytes32(r), bytes32(GROUP / 2));
            if (problem != ECDSA.RecoverError.NoError) continue;
            _compare(signer, digest, bytes32(r), bytes32(GROUP / 2), true);
            address above = ecrecover(digest, 27, bytes32(r), bytes32(GROUP / 2 + 1));
            Check.yes(above != address(0), "recovered");
            _compare(above, digest, bytes32(r), bytes32(GROUP / 2 + 1), false);
        }
    }

    // ---------------------------------------------------------------------------------------------------- parts

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes32 r, uint256 vs) {
        uint8 v;
        bytes32 s;
        (v, r, s) = VM.sign(key, digest);
        vs = uint256(s);
        if (vs > GROUP / 2) (vs, v) = (GROUP - vs, v ^ 7); // 27 <-> 28
        if (v == 28) vs |= PARITY;
    }

    function _compare(address signer, bytes32 digest, bytes32 r, bytes32 vs, bool good) private view {
        (address recovered, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(digest, r, vs);
        bool plain = problem == ECDSA.RecoverError.NoError && recovered == signer;
        bytes memory signature = bytes.concat(r, vs);
        bool found = this.judge(signer, digest, signature);
        Check.yes(found == plain, "as recovered");
        if (good) Check.yes(found, "good");
    }

    /// @dev In the scratch space stands the signer already, which a failing recovery must not leave there.
    function judge(address signer, bytes32 digest, bytes calldata signature) external view returns (bool ok) {
        Canary.soil(32);
        uint256 dirty = uint256(uint160(signer)) | (uint256(digest) << 160);
        uint256 place;
        assembly ("memory-safe") {
            mstore(0, signer)
            mstore(0x20, signer)
            signer := dirty
            place := signature.offset
        }
        ok = CompactSignature.isBy(signer, digest, place);
    }
}
