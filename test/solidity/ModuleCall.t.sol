// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketModule} from "../../contracts/interfaces/IMarketModule.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {ModuleCall} from "../../contracts/libraries/ModuleCall.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {Check, Dice} from "./Check.sol";
import {ModuleCallPlain} from "./plain/ModuleCallPlain.sol";
import {Canary} from "./support/Canary.sol";
import {Responder} from "./support/Responder.sol";
import {bound} from "./support/Vm.sol";

/// @notice Answers every call with the gas it got: as the only word of a context, or as what is paid.
contract GasMeter {
    function contextOf(uint32, uint32) external view returns (uint256[] memory context) {
        uint256 got = gasleft();
        context = new uint256[](1);
        context[0] = got;
    }

    function positionOf(
        uint32,
        uint32,
        uint32,
        uint256[] calldata,
        bytes[] calldata
    ) external view returns (bool, uint256, uint256, bytes memory) {
        return (true, gasleft(), 0, new bytes(8));
    }
}

/// @notice The calls of a module are what the compiler would encode, its answers count where they are what it would have encoded, and a
/// module gets its gas or nobody goes on; memory around stays as it is.
contract ModuleCallTest {
    /// @dev Gas that a call and the dispatch of the module take before it looks at what it got.
    uint256 private constant DISPATCH = 1_500;

    /// @dev The largest payloads that go behind the beginning of a call: their length and the offset are two words.
    uint256 private constant FITTING = 2048 - 32 - 64;

    Responder private immutable _responder = new Responder();
    address private immutable _gasMeter = address(new GasMeter());

    struct Ask {
        uint32 community;
        uint32 period;
        uint256 slots;
        bool first;
        uint256[] context;
        uint8 module;
    }

    // ---------------------------------------------------------------------------------------------------- the context

    function testFuzz_contextAsTheCompilerAsksAndReads(uint256 seed) external {
        Dice memory d = Dice(seed);
        Ask memory a = _ask(d);
        bool fails = d.one(8);
        bytes memory answer = abi.encode(_words(d, d.one(8) ? 2 * a.slots + 3 : d.upTo(2 * a.slots + 2)));
        if (d.one(2)) answer = _spoil(d, answer, 2);
        _responder.expect(abi.encodeCall(IMarketModule.contextOf, (a.community, a.period)), answer, fails);
        a.context = ModuleCallPlain.contextIn(!fails, answer, a.slots);
        // With no records a call ends with the number of payloads, which `begin` leaves out.
        bytes memory expected = abi.encodeCall(
            IMarketModule.positionOf,
            (a.community, 7, a.period, a.context, new bytes[](0))
        );
        Check.eqBytes(this.begin(a), expected, "call");
    }

    function begin(Ask calldata a) external view returns (bytes memory) {
        (uint32 community, uint32 period) = _dirty(a.community, a.period);
        uint256 before = Canary.guard();
        Canary.soil(128 + 2 * a.slots);
        bytes memory call_ = ModuleCall.begin(address(_responder), a.first, community, period, a.slots);
        Check.yes(Canary.isSoiled(8), "free memory");
        uint256 behind = Canary.guard();
        bytes32 shared = _sharedOf(call_);
        (uint256 data, uint256 length) = ModuleCall.complete(call_, 7, new uint256[](0), 0, 0, 0);
        Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside it");
        Check.yes(_sharedOf(call_) == shared, "what calls have in common");
        return _copy(data, length);
    }

    // ---------------------------------------------------------------------------------------------------- the call

    /// @dev Several members one after the other, as in a batch: what the one before left behind the beginning does not show.
    function testFuzz_positionAsTheCompilerAsks(uint256 seed) external {
        Dice memory d = Dice(seed);
        Ask memory a = _ask(d);
        a.context = _words(d, d.upTo(2 * a.slots + 2));
        ISettlement.Record[][] memory records = new ISettlement.Record[][](1 + (d.roll() % 3));
        for (uint256 i = 0; i < records.length; ++i) records[i] = _records(d);
        _asked(a, records, d.roll());
    }

    function test_payloadsOfAnyLengthAroundWhatFits() external {
        Ask memory a = Ask(1, 2, 4, true, new uint256[](3), 1);
        for (uint256 length = FITTING - 70; length < FITTING + 70; ++length) {
            ISettlement.Record[][] memory records = new ISettlement.Record[][](2);
            records[0] = new ISettlement.Record[](1);
            records[0][0] = ISettlement.Record(1 << 208, 0, _bytes(length));
            // Behind it a short one: the padding is in what the long one left.
            records[1] = new ISettlement.Record[](1);
            records[1][0] = ISettlement.Record(1 << 208, 0, _bytes(length % 67));
            _asked(a, records, length);
        }
    }

    function test_aFullJournal() external {
        Ask memory a = Ask(1, 2, 144, false, new uint256[](290), 3);
        ISettlement.Record[][] memory records = new ISettlement.Record[][](1);
        records[0] = new ISettlement.Record[](255);
        for (uint256 i = 0; i < 255; ++i) records[0][i] = ISettlement.Record((3 + (i % 2)) << 208, 0, _bytes(i));
        _asked(a, records, 5);
    }

    function _asked(Ask memory a, ISettlement.Record[][] memory records, uint256 firstMember) private {
        bytes memory answer = abi.encode(a.context);
        _responder.expect(abi.encodeCall(IMarketModule.contextOf, (a.community, a.period)), answer, false);
        bytes[] memory found = this.callsOf(a, records, firstMember);
        for (uint256 i = 0; i < records.length; ++i) {
            uint32 member = uint32(firstMember + i);
            bytes[] memory payloads = ModuleCallPlain.payloadsOf(records[i], a.module);
            bytes memory expected = abi.encodeCall(
                IMarketModule.positionOf,
                (a.community, member, a.period, a.context, payloads)
            );
            Check.eqBytes(found[i], expected, "call");
        }
    }

    function callsOf(
        Ask calldata a,
        ISettlement.Record[][] calldata records,
        uint256 firstMember
    ) external view returns (bytes[] memory found) {
        found = new bytes[](records.length);
        Canary.soil(256 + 2 * a.slots);
        bytes memory call_ = ModuleCall.begin(address(_responder), a.first, a.community, a.period, a.slots);
        uint256 behind = Canary.guard();
        bytes32 shared = _sharedOf(call_);
        for (uint256 i = 0; i < records.length; ++i) {
            (, uint256[] memory list) = Positions.replay(records[i]);
            bytes32 listed = keccak256(abi.encode(list));
            (uint256 count, uint256 size) = _sizeOf(records[i], a.module);
            (uint32 member, ) = _dirty(uint32(firstMember + i), 0);
            Canary.soil(16 + (call_.length + size) / 32 + 2 * count);
            (uint256 data, uint256 length) = ModuleCall.complete(call_, member, list, a.module, count, size);
            Check.yes(Canary.isSoiled(8) && Canary.isIntact(behind), "memory behind");
            found[i] = _copy(data, length);
            Check.yes(_sharedOf(call_) == shared, "what calls have in common");
            Check.yes(keccak256(abi.encode(list)) == listed, "records");
        }
    }

    // ---------------------------------------------------------------------------------------------------- the records

    function testFuzz_replaysRecords(uint256 seed) external view {
        Dice memory d = Dice(seed);
        this.replayed(_records(d));
    }

    function replayed(ISettlement.Record[] calldata records) external pure {
        uint256 before = Canary.guard();
        Canary.soil(16 + 3 * records.length);
        (uint256 hash, uint256[] memory list) = Positions.replay(records);
        uint256 behind = Canary.guard();
        uint256 expected = 0;
        Check.eq(list.length, 3 * records.length, "words");
        for (uint256 i = 0; i < records.length; ++i) {
            ISettlement.Record memory r = records[i];
            expected = uint256(keccak256(abi.encode(expected, r.head, r.digest, keccak256(r.payload)))) >> 52;
            Check.eq(list[3 * i], r.head, "head");
            bytes memory payload = new bytes(list[3 * i + 2]);
            uint256 place = list[3 * i + 1];
            assembly ("memory-safe") {
                calldatacopy(add(payload, 32), place, mload(payload))
            }
            Check.eqBytes(payload, r.payload, "payload");
        }
        Check.eq(hash, expected, "hash");
        Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside it");
    }

    // ---------------------------------------------------------------------------------------------------- the answer

    function testFuzz_answersCountAsTheCompilerEncodesThem(uint256 seed) external {
        Dice memory d = Dice(seed);
        uint256 slots = d.one(20) ? 144 : 1 + (d.roll() % 12);
        bytes memory position = new bytes(8 * slots);
        for (uint256 i = 0; i < position.length; ++i) position[i] = bytes1(uint8(d.roll()));
        bytes memory answer = abi.encode(d.one(2), _flow(d), _flow(d), position);
        if (!d.one(4)) answer = _spoil(d, answer, 5);
        bool fails = d.one(8);
        bytes memory call_ = bytes.concat(bytes32(d.roll()));
        _responder.expect(call_, answer, fails);
        _answered(call_, slots, ModuleCallPlain.answerIn(!fails, answer, slots), d.upTo(2048));
    }

    /// @dev One bit of a good answer at a time.
    function test_anyWrongBitOfAnAnswersFormIsSeen() external {
        for (uint256 slots = 1; slots <= 4; ++slots) {
            for (uint256 bit = 0; bit < 256 * 6; bit += bit % 256 < 8 || bit % 256 > 245 ? 1 : 17) {
                bytes memory answer = abi.encode(true, 1, 2, new bytes(8 * slots));
                answer[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
                _responder.expect("", answer, false);
                _answered("", slots, ModuleCallPlain.answerIn(true, answer, slots), 0);
            }
        }
    }

    function test_anAnswerOfNothingMoreOrLess() external {
        for (uint256 length = 0; length < 300; ++length) {
            bytes memory answer = bytes.concat(abi.encode(true, 1, 2, new bytes(16)), new bytes(200));
            assembly ("memory-safe") {
                mstore(answer, length)
            }
            _responder.expect("", answer, false);
            ModuleCallPlain.Answer memory expected = ModuleCallPlain.answerIn(true, answer, 2);
            Check.yes((expected.outcome == ModuleCall.Outcome.Ready) == (length == 192), "only one is good");
            _answered("", 2, expected, 1);
        }
    }

    function _answered(
        bytes memory call_,
        uint256 slots,
        ModuleCallPlain.Answer memory expected,
        uint256 entries
    ) private view {
        (ModuleCall.Outcome outcome, uint256 paid, uint256 received, bytes memory position) = this.ask(
            call_,
            slots,
            entries
        );
        Check.eq(uint256(outcome), uint256(expected.outcome), "outcome");
        if (expected.position.length == 0) return;
        Check.eq(paid, expected.paid, "paid");
        Check.eq(received, expected.received, "received");
        Check.eqBytes(position, expected.position, "position");
    }

    /// @dev Asks twice into the same room, as for two members, and makes it say nothing in between. The position is empty where the
    /// answer does not count.
    function ask(
        bytes memory call_,
        uint256 slots,
        uint256 entries
    ) external view returns (ModuleCall.Outcome outcome, uint256 paid, uint256 received, bytes memory position) {
        uint256 before = Canary.guard();
        Canary.soil(16 + slots);
        uint256[] memory answer = ModuleCall.room(slots);
        uint256 behind = Canary.guard();
        _checkNothing(answer, slots);
        for (uint256 i = 0; i < 2; ++i) {
            Canary.soil(8);
            outcome = ModuleCall.ask(address(_responder), i == 0, _start(call_), call_.length, entries, slots, answer);
            Check.yes(Canary.isSoiled(8), "free memory");
            Check.yes(Canary.isIntact(before) && Canary.isIntact(behind), "memory beside it");
            Check.eq(_wordBehind(answer), 0, "quads come in pairs");
            (paid, received) = ModuleCall.flowsIn(answer);
            if (i == 1) break;
            ModuleCall.reset(answer, slots);
            _checkNothing(answer, slots);
        }
        if (outcome == ModuleCall.Outcome.Ready || outcome == ModuleCall.Outcome.Waiting) {
            position = ModuleCall.positionIn(answer);
        }
    }

    function _checkNothing(uint256[] memory answer, uint256 slots) private pure {
        Check.eq(answer.length, 5 + (slots + 3) / 4, "words");
        for (uint256 i = 0; i < answer.length; ++i) Check.eq(answer[i], i == 4 ? 8 * slots : 0, "nothing");
        Check.eq(_wordBehind(answer), 0, "quads come in pairs");
        Check.eqBytes(ModuleCall.positionIn(answer), new bytes(8 * slots), "no trade");
    }

    // ---------------------------------------------------------------------------------------------------- the gas

    function testFuzz_aModuleGetsTheGasForItsEntriesOrNobodyGoesOn(bool first, uint16 entries, uint256 gas) external {
        uint256 stipend = ModuleCallPlain.stipend(first, 1_000 * uint256(entries));
        bytes memory call_ = abi.encodeCall(this.spentOnPosition, (first, entries));
        _checkGas(call_, stipend, gas);
    }

    function testFuzz_aModuleGetsTheGasForItsContextOrNobodyGoesOn(bool first, uint8 slots, uint256 gas) external {
        uint256 stipend = ModuleCallPlain.stipend(first, 2_400 * uint256(slots));
        bytes memory call_ = abi.encodeCall(this.spentOnContext, (first, slots));
        _checkGas(call_, stipend, gas);
    }

    function _checkGas(bytes memory call_, uint256 stipend, uint256 gas) private {
        uint256 needed = ModuleCallPlain.needed(stipend);
        gas = bound(gas, needed - needed / 8, needed + needed / 8);
        (bool ok, bytes memory data) = address(this).call{gas: gas}(call_);
        if (ok) {
            uint256 got = abi.decode(data, (uint256));
            Check.atMost(got, stipend, "no more than it is due");
            Check.atMost(stipend, got + DISPATCH, "all that it is due");
            Check.atMost(needed, gas, "enough is left");
        } else {
            Check.eqBytes(data, abi.encodeWithSelector(ISettlement.TooLittleGas.selector, needed), "reason");
            Check.atMost(gas, needed + 3 * DISPATCH, "too little is left");
        }
    }

    function spentOnPosition(bool first, uint256 entries) external view returns (uint256 got) {
        uint256[] memory context;
        bytes memory call_ = abi.encodeCall(IMarketModule.positionOf, (1, 2, 3, context, new bytes[](0)));
        uint256[] memory answer = ModuleCall.room(1);
        ModuleCall.ask(_gasMeter, first, _start(call_), call_.length, entries, 1, answer);
        (got, ) = ModuleCall.flowsIn(answer);
    }

    function spentOnContext(bool first, uint256 slots) external view returns (uint256 got) {
        bytes memory call_ = ModuleCall.begin(_gasMeter, first, 1, 2, slots);
        assembly ("memory-safe") {
            got := mload(add(call_, mload(call_))) // the last word
        }
    }

    // ---------------------------------------------------------------------------------------------------- inputs

    function _ask(Dice memory d) private pure returns (Ask memory a) {
        (a.community, a.period) = (uint32(d.upTo(type(uint32).max)), uint32(d.upTo(type(uint32).max)));
        a.slots = d.one(20) ? 144 : d.roll() % 9;
        (a.first, a.module) = (d.one(2), uint8(d.roll() % 3));
    }

    /// @dev Records of three modules in any order, with anything in the rest of their heads.
    function _records(Dice memory d) private pure returns (ISettlement.Record[] memory records) {
        records = new ISettlement.Record[](d.upTo(9));
        for (uint256 i = 0; i < records.length; ++i) {
            uint256 head = (d.roll() & ~(uint256(0xff) << 208)) | ((d.roll() % 3) << 208);
            uint256 length =
                d.one(12)
                    ? d.upTo(2500)
                    : d.one(3)
                        ? 32 * d.upTo(4)
                        : d.upTo(100);
            records[i] = ISettlement.Record(head, bytes32(d.roll()), _bytes(length));
        }
    }

    /// @return data Bytes none of which is zero, written by the word: a test that fails is run again step by step, all of it in memory.
    function _bytes(uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 pos = 0; pos < length; pos += 32) {
            uint256 word = (type(uint256).max / 255) * (1 + ((pos / 32 + length) % 255));
            assembly ("memory-safe") {
                mstore(add(add(data, 32), pos), word) // as far as the last one that was allocated
            }
        }
    }

    function _words(Dice memory d, uint256 count) private pure returns (uint256[] memory words) {
        words = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) words[i] = d.roll();
    }

    function _flow(Dice memory d) private pure returns (uint256) {
        return d.one(3) ? d.upTo(type(uint256).max) : d.upTo(type(uint88).max);
    }

    /// @param words Of its head.
    function _spoil(Dice memory d, bytes memory answer, uint256 words) private pure returns (bytes memory) {
        uint256 how = d.roll() % 7;
        if (how == 0) return _cut(answer, d.upTo(answer.length));
        if (how == 1) return bytes.concat(answer, _bytes(d.upTo(d.one(4) ? 5_000 : 40)));
        if (how == 2) return "";
        if (how == 3) {
            answer[d.upTo(answer.length - 1)] ^= bytes1(uint8(1 << (d.roll() % 8)));
            return answer;
        }
        uint256 pos = 32 + 32 * (d.roll() % words);
        uint256 word;
        assembly ("memory-safe") {
            word := mload(add(answer, pos))
        }
        unchecked {
            if (how == 4) word = d.upTo(type(uint256).max);
            if (how == 5) word += d.one(2) ? 32 : 1;
            if (how == 6) word -= d.one(2) ? 32 : 1;
        }
        assembly ("memory-safe") {
            mstore(add(answer, pos), word)
        }
        return answer;
    }

    // ---------------------------------------------------------------------------------------------------- memory

    function _cut(bytes memory data, uint256 length) private pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(data, length)
        }
        return data;
    }

    function _start(bytes memory data) private pure returns (uint256 pos) {
        assembly ("memory-safe") {
            pos := add(data, 32)
        }
    }

    function _copy(uint256 pos, uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(data, 32), pos, length)
        }
    }

    function _wordBehind(uint256[] memory words) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(words, 32), shl(5, mload(words))))
        }
    }

    /// @return hash Of the beginning of a call without its member.
    function _sharedOf(bytes memory call_) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let pos := add(call_, 68)
            let member := mload(pos)
            mstore(pos, 0)
            hash := keccak256(call_, add(mload(call_), 32))
            mstore(pos, member)
        }
    }

    /// @dev With bits that their types do not have.
    function _dirty(uint32 a, uint32 b) private pure returns (uint32, uint32) {
        assembly ("memory-safe") {
            a := or(a, shl(32, not(0)))
            b := or(b, shl(32, not(0)))
        }
        return (a, b);
    }

    function _sizeOf(
        ISettlement.Record[] memory records,
        uint8 module
    ) private pure returns (uint256 count, uint256 size) {
        for (uint256 i = 0; i < records.length; ++i) {
            if (ModuleCallPlain.moduleOf(records[i]) != module) continue;
            ++count;
            size += 32 * ((records[i].payload.length + 31) / 32);
        }
    }
}
