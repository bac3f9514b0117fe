// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {
    Member,
    newMember,
    ENROLLED,
    METERED,
    SUSPENDED,
    STOPPED,
    LEAVING,
    CLASS_CHANGED,
    SERVICE
} from "../../contracts/types/Member.sol";
import {Check} from "./Check.sol";

/// @notice A member's word keeps what is put into it, and a change of one field changes no other.
contract MemberTest {
    struct Fields {
        address key;
        uint16 buyCap;
        uint16 sellCap;
        uint8 class;
        uint16 zone;
        uint8 kind;
        uint8 status;
        uint24 changesFrom;
    }

    function testFuzz_member(Fields memory f, Fields memory g, bool on) external pure {
        Member m = newMember(f.key, f.buyCap, f.sellCap, f.class, f.zone, f.kind, f.status);
        uint24 from = f.changesFrom;
        f.changesFrom = 0;
        _check(m, f);
        (m, f.changesFrom) = (m.withChangesFrom(from), from);
        _check(m, f);
        (m, f.key) = (m.withTradingKey(g.key), g.key);
        _check(m, f);
        (m, f.buyCap, f.sellCap) = (m.withCaps(g.buyCap, g.sellCap), g.buyCap, g.sellCap);
        _check(m, f);
        (m, f.class) = (m.withClass(g.class), g.class);
        _check(m, f);
        (m, f.status) = (m.withStatus(g.status, on), on ? f.status | g.status : f.status & ~g.status);
        _check(m, f);
    }

    function testFuzz_membersTradeWhenEnrolledAndMeteredAndNobodyHoldsThemBack(uint8 status) external pure {
        Member m = Member.wrap(0).withStatus(status, true);
        uint256 held = SUSPENDED | STOPPED | LEAVING;
        bool active = status & ENROLLED != 0 && status & METERED != 0 && status & held == 0;
        Check.yes(m.isActive() == active, "active");
        Check.yes(m.isEnrolled() == (status & ENROLLED != 0), "enrolled");
    }

    function test_statusBitsAreDistinct() external pure {
        uint256 sum = ENROLLED + METERED + SUSPENDED + STOPPED + LEAVING + CLASS_CHANGED + SERVICE;
        Check.eq(sum, 127, "seven bits");
    }

    function _check(Member m, Fields memory f) private pure {
        Check.yes(m.tradingKey() == f.key, "trading key");
        Check.eq(m.buyCap(), f.buyCap, "buy cap");
        Check.eq(m.sellCap(), f.sellCap, "sell cap");
        Check.eq(m.maxLots(0), f.buyCap, "most lots bought");
        Check.eq(m.maxLots(1), f.sellCap, "most lots sold");
        Check.eq(m.tariffClass(), f.class, "class");
        Check.eq(m.zone(), f.zone, "zone");
        Check.eq(m.kind(), f.kind, "kind");
        Check.eq(m.status(), f.status, "status");
        Check.eq(m.changesFrom(), f.changesFrom, "changes from");
    }
}
