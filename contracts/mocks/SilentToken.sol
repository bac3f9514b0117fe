// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title SilentToken
/// @notice A coin whose transfers return nothing (as USDT's), or the answer they are told to, true or not.
contract SilentToken {
    /// @notice How transfers answer.
    enum Manner {
        Nothing,
        True,
        False,
        Revert
    }

    Manner public manner;
    mapping(address holder => uint256) public balanceOf;
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    error Refused();

    /// @notice Sets how transfers answer.
    function setManner(Manner manner_) external {
        manner = manner_;
    }

    /// @notice Mints `amount` to `to`.
    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    /// @notice As in ERC-20, without the return value.
    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    /// @notice As in ERC-20, but for the return value.
    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
        _answer();
    }

    /// @notice As in ERC-20, but for the return value.
    function transferFrom(address from, address to, uint256 amount) external {
        if (manner != Manner.False) allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        _answer();
    }

    function _move(address from, address to, uint256 amount) private {
        if (manner == Manner.Revert) revert Refused();
        if (manner == Manner.False) return;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }

    function _answer() private view {
        if (manner == Manner.Nothing) return;
        uint256 word = manner == Manner.True ? 1 : 0;
        assembly ("memory-safe") {
            mstore(0, word)
            return(0, 32)
        }
    }
}
