// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {VM} from "./Vm.sol";

error NotDeployed(string name);

/// @dev Deploys the code as the build left it, rather than have every test that wants it compile it once more.
function deployed(string memory name, bytes memory arguments) returns (address target) {
    bytes memory code = bytes.concat(VM.getCode(name), arguments);
    assembly ("memory-safe") {
        target := create(0, add(code, 32), mload(code))
    }
    if (target == address(0)) revert NotDeployed(name);
}
