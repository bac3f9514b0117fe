import { expect } from "chai";
import { CHECKED_LIMITS, communityTerms, ringLength, USED_RINGS } from "@wattbook/sdk";
import { byPeriod, firstOfMembers, limitsOf, measured } from "../../../services/src/relayer/post/plan.ts";
import { type BatchKind, jobOf } from "../../../services/src/relayer/store/batches.ts";
import type { StripRow } from "../../../services/src/relayer/store/strips.ts";
import { slotsInGroup } from "../../../services/src/relayer/strips/busy.ts";

const row = (community: number, period: number, member: number, starts = 0) =>
  ({ community, period, member, starts }) as StripRow;
const account = `0x${"11".repeat(20)}`;
const terms = communityTerms({ paymentToken: account, coordinator: account, dso: account, feeCollector: account });

describe("relayer: plans", () => {
  it("take the first strip of each member and period", () => {
    const rows = [row(0, 7, 4), row(0, 7, 4, 9), row(0, 7, 5), row(0, 8, 5), row(0, 8, 5, 3), row(1, 8, 5)];
    expect(firstOfMembers(rows)).to.deep.equal([rows[0], rows[2], rows[3], rows[5]]);
  });

  it("keep communities and periods apart", () => {
    const rows = [row(0, 7, 4), row(0, 8, 4), row(0, 7, 5), row(1, 7, 4)];
    expect(byPeriod(rows)).to.deep.equal([[rows[0], rows[2]], [rows[1]], [rows[3]]]);
  });

  it("allow for storage that is written for the first time until the rings have gone round", () => {
    const ring = Number(ringLength(terms));
    expect(limitsOf(terms, 100, null)).to.deep.equal(CHECKED_LIMITS);
    expect(limitsOf(terms, 100 + ring - 1, 100)).to.deep.equal(CHECKED_LIMITS);
    expect(limitsOf(terms, 100 + ring, 100)).to.deep.equal({ ...CHECKED_LIMITS, ...USED_RINGS });
    expect(limitsOf({ ...terms, wideTicks: true }, 100 + ring, 100).ticksPerWord).to.equal(8);
  });

  it("hold more once a call was measured, and never less: what is too large is halved", () => {
    expect(measured(CHECKED_LIMITS, 5n, 10n)).to.deep.equal({ ...CHECKED_LIMITS, gas: 2n * CHECKED_LIMITS.gas });
    expect(measured(CHECKED_LIMITS, 11n, 10n)).to.equal(CHECKED_LIMITS);
  });

  it("say which calls a bond hangs on: those go before others", () => {
    const isUrgent = (kind: BatchKind) =>
      jobOf({ kind, key: "k", community: 0, period: 1, target: account, data: "0x", gas: "1", expires: 1 }).urgent;
    const kinds = [
      "commit",
      "reveal",
      "answer",
      "finish",
      "clear",
      "post",
      "settle",
      "meter",
      "close",
      "correct",
    ] as const;
    expect(kinds.filter(isUrgent)).to.deep.equal(["commit", "reveal", "answer", "finish"]);
  });

  it("know how many slots are taken over together", () => {
    // As contracts/types/SlotGroup.sol says of 4, 8, 16 and 32 tick words.
    const of = (tickCount: bigint, wideTicks: boolean) => slotsInGroup({ tickCount, wideTicks });
    expect([of(32n, false), of(64n, false), of(64n, true), of(128n, true)]).to.deep.equal([44n, 24n, 13n, 6n]);
  });
});
