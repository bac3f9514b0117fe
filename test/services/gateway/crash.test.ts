import { expect } from "chai";
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { STEPS } from "../../../services/src/gateway/probe.ts";
import type { Step } from "../../../services/src/gateway/probe.ts";
import { relayerServer } from "./relayer-support.ts";
import { temporaryFolder } from "./support.ts";

const SOURCE = fileURLToPath(new URL("crash.child.ts", import.meta.url));
/** Below node_modules, so that it finds the package that cannot be bundled. */
const CHILD = fileURLToPath(new URL("../../../node_modules/.cache/wattbook/crash.child.cjs", import.meta.url));

/** Runs the gateway; resolves with the signal that ended it, null for a good end. */
async function run(queue: string, url: string, crash?: { readonly step: Step; readonly turn: number }) {
  const where = { CRASH_QUEUE: queue, CRASH_RELAYER: url };
  const env = { ...process.env, ...where, ...(crash ? { CRASH_AT: crash.step, CRASH_TURN: String(crash.turn) } : {}) };
  const child = spawn(process.execPath, [CHILD], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (code !== 0 && signal === null) throw new Error(errors);
  return signal;
}

describe("a gateway that is killed", function () {
  this.timeout(300_000);

  // One file starts in a tenth of the time that compiling it in every child would take.
  before(async function () {
    await build({
      ...{ entryPoints: [SOURCE], outfile: CHILD, bundle: true, platform: "node", format: "cjs" },
      external: ["better-sqlite3"],
    });
  });

  for (const step of STEPS) {
    // The second time a step of signing or handing over comes is the strip's.
    for (const turn of step === "received" || step === "stored" ? [1, 4] : [1, 2]) {
      it(`once "${step}" came ${turn} times hands over one reading and one strip after a restart`, async function () {
        const folder = temporaryFolder();
        const queue = join(folder.path, "queue.sqlite");
        const relayer = await relayerServer();
        expect(await run(queue, relayer.url, { step, turn })).to.equal("SIGKILL");
        const atDeath = new Set([...relayer.kept.values()].map(({ body }) => body));
        expect(await run(queue, relayer.url)).to.equal(null);
        const requests = relayer.requests.length;
        expect(await run(queue, relayer.url)).to.equal(null);
        await relayer.close();
        folder.remove();
        const paths = [...relayer.kept.values()].map(({ path }) => path).sort();
        expect(paths).to.deep.equal(["/v1/communities/7/readings", "/v1/communities/7/strips"]);
        // Whatever comes twice has the same bytes, and nothing comes once it was acknowledged.
        for (const body of atDeath) expect([...relayer.kept.values()].map((each) => each.body)).to.include(body);
        expect(new Set(relayer.requests.map(({ body }) => body)).size).to.equal(2);
        expect(relayer.requests).to.have.length(requests);
      });
    }
  }
});
