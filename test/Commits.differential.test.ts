import { expect } from "chai";
import { Interface } from "ethers";
import fc from "fast-check";
import { deployLab } from "./helpers/commit-lab.ts";
import { anyStep, Script, type Call } from "./helpers/commit-script.ts";
import { at } from "./helpers/lists.ts";
import { connect } from "./helpers/market.ts";

const connection = await connect();
const lab = await deployLab(connection);
const codec = Interface.from(lab.interface.fragments);

/** What the lab returned, or the error with its arguments. */
function outcomeOf({ name }: Call, success: boolean, data: string): unknown[] {
  if (success) return [...codec.decodeFunctionResult(name, data)] as unknown[];
  const error = codec.parseError(data);
  return error === null ? ["unknown error", data] : [error.name, ...(error.args as unknown as unknown[])];
}

describe("Commits against the reference model", function () {
  it("comes to the same through any sequence of steps and times, errors included", async function () {
    this.timeout(300_000);
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 150, maxLength: 300 }), async (steps) => {
        const script = new Script(lab);
        for (const one of steps) script.play(one);
        const results = await lab.play.staticCall(script.calls.map(({ data }) => data));
        for (const [index, call] of script.calls.entries()) {
          const { success, data } = at([...results], index);
          expect(outcomeOf(call, success, data), `step ${Math.floor(index / 2)}, ${call.name}`).to.deep.equal(
            call.outcome,
          );
          const what = success ? [call.name, ...call.outcome].join(" ") : String(call.outcome[0]);
          seen.set(what, (seen.get(what) ?? 0) + 1);
        }
      }),
      { numRuns: 40 },
    );
    const errors = [
      "AnswerTooLate",
      "BadCommitSize",
      "BeforeGate",
      "ChallengedAlready",
      "CommitsClosed",
      "CommittedAlready",
    ];
    errors.push("Finished", "NoCommit", "NoPlaceLeft", "NotChallengeable", "NotChallenged", "NotCommitted", "NotDue");
    errors.push("NotItsTurn", "NotRevealed", "NotTheNextChunk", "PlaceBusy", "WrongStripCount");
    const successes = ["add 7", "reveal 0", "reveal 2", "challenge", "answer", "finish true", "finish false"];
    for (const what of [...errors, ...successes]) expect(seen.get(what) ?? 0, what).to.be.greaterThan(0);
  });
});
