import fc from "fast-check";
import { connect } from "../helpers/market.ts";
import { runs } from "../reference/samples.ts";
import { openMarket, Replay } from "./replay.ts";
import { anyScenario } from "./scenario.ts";

const connection = await connect();

describe("The chain accepts and clears what the reference model does", function () {
  it("over hours of strips good and bad: reasons, prefixes, heads, digests, journals, money, books, prices", async function () {
    this.timeout(300_000);
    const day = await openMarket(connection);
    const snapshot = await connection.networkHelpers.takeSnapshot();
    await fc.assert(
      fc.asyncProperty(anyScenario, async (steps) => {
        await snapshot.restore();
        const replay = await Replay.start(connection, day);
        await replay.run(steps);
      }),
      { ...runs(20) },
    );
  });
});
