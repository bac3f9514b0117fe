// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// solhint-disable avoid-low-level-calls, no-complex-fallback

import {IMarketModule} from "../interfaces/IMarketModule.sol";
import {IPaymentEscrow} from "../interfaces/IPaymentEscrow.sol";
import {PackedRecords} from "../libraries/PackedRecords.sol";

/// @title Hostile market module
/// @notice For tests: appends what it is told and answers `contextOf` and `positionOf` with whatever hurts most.
contract HostileModule {
    enum Act {
        Answer, // the bytes set for the member, whatever they are
        Revert,
        RevertWithBomb, // a million bytes of reason
        BurnGas,
        Bomb, // a million bytes of answer
        Reenter, // calls `target` first; fails if that call gets through
        Hungry, // answers only if it got all the gas it is due
        Check // answers only if the context is the one that `expect` named
    }

    IPaymentEscrow public immutable escrow;

    mapping(uint32 member => Act) private _acts;
    mapping(uint32 member => bytes) private _answers;
    Act private _contextAct;
    bytes private _context;
    bytes32 private _expected;
    address private _target;
    bytes private _data;

    error Refused();
    error Reentered();

    constructor(IPaymentEscrow escrow_) {
        escrow = escrow_;
    }

    /// @dev `contextOf` and `positionOf` land here, with a free choice of return data.
    fallback(bytes calldata input) external returns (bytes memory) {
        (, uint32 member) = abi.decode(input[4:], (uint32, uint32));
        bool asContext = msg.sig == IMarketModule.contextOf.selector;
        Act act = asContext ? _contextAct : _acts[member];
        if (act == Act.Revert) revert Refused();
        if (act == Act.BurnGas) _burn();
        if (act == Act.Bomb) _bomb(false);
        if (act == Act.RevertWithBomb) _bomb(true);
        if (act == Act.Hungry && gasleft() < (asContext ? 30_000 : 240_000)) revert Refused();
        if (act == Act.Reenter) {
            (bool through, ) = _target.call{gas: 100_000}(_data);
            if (through) revert Reentered();
        }
        if (act == Act.Check) _check(input);
        if (!asContext) return _answers[member];
        return _context.length == 0 ? abi.encode(new uint256[](0)) : _context;
    }

    /// @notice How to answer for a member.
    function set(uint32 member, Act act, bytes calldata answer) external {
        _acts[member] = act;
        _answers[member] = answer;
    }

    /// @notice How to answer when asked for a context.
    function setContext(Act act, bytes calldata context) external {
        (_contextAct, _context) = (act, context);
    }

    /// @notice The context that `Act.Check` is to find.
    function expect(uint256[] calldata context) external {
        _expected = keccak256(abi.encode(context));
    }

    /// @notice What to call in `Act.Reenter`.
    function aim(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    /// @notice Appends records as they stand.
    function appendRaw(uint32 community, uint32 period, uint8 module, address feeTo, bytes calldata records) external {
        escrow.append(community, period, module, feeTo, records);
    }

    /// @notice Appends a record.
    /// @param head As it stands in the journal, with the module that this contract claims to be.
    function append(
        uint32 community,
        uint32 member,
        uint32 period,
        uint256 head,
        bytes calldata payload,
        uint8 frontier,
        uint256 fee,
        address feeTo
    ) external {
        bytes memory record = PackedRecords.single(member, frontier, uint48(fee), uint208(head), 0, payload);
        escrow.append(community, period, uint8(head >> 208), feeTo, record);
    }

    /// @notice Appends a record with a payload that nobody can fit into a call.
    function appendBulky(uint32 community, uint32 member, uint32 period, uint256 head, uint256 size) external {
        bytes memory payload = new bytes(size);
        for (uint256 pos = 32; pos <= size; pos += 32) {
            assembly ("memory-safe") {
                mstore(add(payload, pos), not(0))
            }
        }
        bytes memory record = PackedRecords.single(member, 0, 0, uint208(head), 0, payload);
        escrow.append(community, period, uint8(head >> 208), address(0), record);
    }

    function _check(bytes calldata input) private view {
        (, , , uint256[] memory context, ) = abi.decode(input[4:], (uint32, uint32, uint32, uint256[], bytes[]));
        if (keccak256(abi.encode(context)) != _expected) revert Refused();
    }

    function _burn() private view {
        uint256 sink = 0;
        while (gasleft() != 0) ++sink;
    }

    function _bomb(bool asReason) private pure {
        assembly ("memory-safe") {
            if asReason {
                revert(0, 1000000)
            }
            return(0, 1000000)
        }
    }
}
