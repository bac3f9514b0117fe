// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Vm
/// @notice The cheatcodes of the test runner that our Solidity tests use.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    /// @notice Sets the time of the block.
    function warp(uint256 timestamp) external;

    /// @notice Sends the next call from `sender`.
    function prank(address sender) external;

    /// @notice Sends every call from `sender` until `stopPrank`.
    function startPrank(address sender) external;

    function stopPrank() external;

    /// @return The address of a private key.
    function addr(uint256 privateKey) external pure returns (address);

    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    function load(address target, bytes32 slot) external view returns (bytes32);

    function store(address target, bytes32 slot, bytes32 value) external;

    /// @notice Sets an ether balance.
    function deal(address account, uint256 balance) external;

    function getNonce(address account) external view returns (uint64);

    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);

    /// @return The creation code of a contract of this project, by its name.
    function getCode(string calldata name) external view returns (bytes memory);

    /// @notice Notes the storage words that are read and written from here on.
    function record() external;

    /// @return reads Words of `target` since `record`.
    /// @return writes Likewise.
    function accesses(address target) external returns (bytes32[] memory reads, bytes32[] memory writes);

    function recordLogs() external;

    /// @return The logs since `recordLogs` or since the last time they were asked for.
    function getRecordedLogs() external returns (Log[] memory);

    /// @notice Drops the inputs of a fuzz test that do not meet a condition.
    function assume(bool condition) external pure;

    function expectRevert() external;

    function expectRevert(bytes4 selector) external;

    function expectRevert(bytes calldata reason) external;
}

Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @notice A value of `low` to `high`, both included, that a fuzzed number stands for.
function bound(uint256 value, uint256 low, uint256 high) pure returns (uint256) {
    uint256 span = high - low;
    return span == type(uint256).max ? value : low + (value % (span + 1));
}
