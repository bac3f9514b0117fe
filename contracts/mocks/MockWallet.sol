// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title MockWallet
/// @notice An EIP-1271 wallet of one key that can also misbehave when asked about a signature, and that executes anything.
contract MockWallet {
    /// @notice How the wallet answers.
    enum Manner {
        Honest,
        Wrong,
        Revert,
        BurnGas,
        Short,
        Reenter
    }

    address public immutable key;
    Manner public manner;
    address private _target;
    bytes private _data;

    error Refused();

    constructor(address key_) {
        key = key_;
    }

    /// @notice Sets how the wallet answers; the last two count for `Reenter`.
    function setManner(Manner manner_, address target, bytes calldata data) external {
        (manner, _target, _data) = (manner_, target, data);
    }

    /// @notice Calls anything as the wallet and passes on what comes back.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        return Address.functionCall(target, data);
    }

    /// @notice As in EIP-1271, but not a view: it may try to change something.
    function isValidSignature(bytes32 hash, bytes calldata signature) external returns (bytes4) {
        if (manner == Manner.Revert) revert Refused();
        if (manner == Manner.BurnGas) while (true) {}
        if (manner == Manner.Wrong) return bytes4(0xffffffff);
        if (manner == Manner.Short) {
            assembly ("memory-safe") {
                mstore(0, shl(224, 0x1626ba7e))
                return(0, 4)
            }
        }
        if (manner == Manner.Reenter && !_reenter()) revert Refused();
        return ECDSA.recoverCalldata(hash, signature) == key ? IERC1271.isValidSignature.selector : bytes4(0);
    }

    /// @dev Tries to change something from within the check. The check is a static call, so this must fail.
    function _reenter() private returns (bool ok) {
        // solhint-disable-next-line avoid-low-level-calls
        (ok, ) = _target.call(_data);
    }
}
