// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// solhint-disable avoid-low-level-calls

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ERC1155Supply} from "@openzeppelin/contracts/token/ERC1155/extensions/ERC1155Supply.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

/// @title Hostile receiver of energy tokens
/// @notice For tests: a wallet that owns a member and misbehaves when tokens arrive.
contract HostileReceiver {
    enum Act {
        Accept,
        Revert,
        Garbage, // a selector that nobody asked for
        Silence, // no answer at all
        BurnGas,
        Reenter // calls `target` and accepts
    }

    Act private _act;
    address private _target;
    bytes private _data;

    bool public reentered;
    bytes public reason; // of the last failed re-entry
    uint256 public calls;

    // What a view says while tokens arrive.
    uint256 public supplySeen;
    uint256 public balanceSeen;

    error Refused();

    /// @notice What to do when tokens arrive.
    function set(Act act, address target, bytes calldata data) external {
        _act = act;
        _target = target;
        _data = data;
    }

    /// @notice Acts as the wallet.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        (bool ok, bytes memory answer) = target.call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }

    function onERC1155BatchReceived(
        address,
        address,
        uint256[] calldata ids,
        uint256[] calldata,
        bytes calldata
    ) external returns (bytes4) {
        ++calls;
        supplySeen = ERC1155Supply(msg.sender).totalSupply(ids[0]);
        balanceSeen = IERC1155(msg.sender).balanceOf(address(this), ids[0]);
        if (_act == Act.Revert) revert Refused();
        if (_act == Act.Garbage) return bytes4(0xdeadbeef);
        if (_act == Act.Silence) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        if (_act == Act.BurnGas) {
            uint256 sink = 0;
            while (gasleft() != 0) ++sink;
        }
        if (_act == Act.Reenter) {
            (reentered, reason) = _target.call(_data);
        }
        return IERC1155Receiver.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }
}
