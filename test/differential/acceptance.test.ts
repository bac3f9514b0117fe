import { expect } from "chai";
import fc from "fast-check";
import { ENTRY_REASONS, STRIP_REASONS } from "../helpers/auction.ts";
import { connect } from "../helpers/market.ts";
import { runs } from "../reference/samples.ts";
import { Replay, type Seen } from "./acceptance.replay.ts";
import { anyScenario } from "./acceptance.scenario.ts";
import { tour } from "./acceptance.tour.ts";
import { openWorld } from "./acceptance.world.ts";

/** An own transaction needs no signature, its only entry is in order, and one that is refused names its own reason. */
const NEVER_ALONE = new Set<string>(["BadSignature", "NothingAccepted", "NotAscending"]);

const connection = await connect();

describe("The chain accepts and clears what the reference model does", function () {
  it("over hours of strips good and bad: reasons, prefixes, heads, digests, journals, money, books, prices", async function () {
    this.timeout(300_000);
    const world = await openWorld(connection);
    const snapshot = await connection.networkHelpers.takeSnapshot();
    const seen: Seen = { strips: new Map(), entries: new Map(), alone: new Map() };
    await fc.assert(
      fc.asyncProperty(anyScenario, async (steps) => {
        await snapshot.restore();
        const replay = await Replay.start(connection, world, seen);
        await replay.run(steps);
      }),
      { ...runs(20), examples: [[[...tour]]] },
    );
    for (const reason of STRIP_REASONS) expect(seen.strips.get(reason) ?? 0, reason).to.be.greaterThan(0);
    for (const reason of ENTRY_REASONS) expect(seen.entries.get(reason) ?? 0, reason).to.be.greaterThan(0);
    for (const reason of [...STRIP_REASONS, ...ENTRY_REASONS]) {
      if (NEVER_ALONE.has(reason)) expect(seen.alone.has(reason), reason).to.equal(false);
      else expect(seen.alone.get(reason) ?? 0, `${reason}, of an own order for one slot`).to.be.greaterThan(0);
    }
  });
});
