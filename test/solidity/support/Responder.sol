// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DataBlob} from "../../../contracts/libraries/DataBlob.sol";

/// @notice Answers one call, and no other, with whatever it is told. The answer is kept as code: a call with little gas can read it.
contract Responder {
    error OtherCall(bytes found);

    bytes32 private _expected;
    address private _answer;
    bool private _fails;

    function expect(bytes calldata call_, bytes calldata answer, bool fails) external {
        (_expected, _answer, _fails) = (keccak256(call_), address(new DataBlob(answer)), fails);
    }

    fallback() external {
        if (keccak256(msg.data) != _expected) revert OtherCall(msg.data);
        (address answer, bool fails) = (_answer, _fails);
        assembly ("memory-safe") {
            // Behind the zero byte that keeps the answer from running.
            let size := sub(extcodesize(answer), 1)
            let pos := mload(0x40)
            extcodecopy(answer, pos, 1, size)
            if fails {
                revert(pos, size)
            }
            return(pos, size)
        }
    }
}
