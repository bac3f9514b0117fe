/** `npm run bench:relayer`: signatures per second, strips per second, and a community's day posted inside its gate window. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { writeTable } from "./lib/page.ts";
import { measureDay } from "./relayer/day.ts";
import { signatureRates } from "./relayer/signatures.ts";

const USAGE = [
  "Usage: npm run bench:relayer -- [--homes 1000] [--entries 96] [--json] [--write]",
  "  --homes    members with a strip each",
  "  --entries  orders per strip, at most 96",
  "  --json     one object on stdout",
  "  --write    puts the figures into bench/README.md, too",
].join("\n");

/** What is promised. */
const BUDGETS = { perSecond: 500, window: 60 };

async function main(homes: number, entries: number, json: boolean, write: boolean): Promise<void> {
  const threads = 1; // beside the one that answers: two cores
  const tell = (text: string) => process.stderr.write(`${text}\n`);
  tell("checking signatures");
  const signatures = await signatureRates(threads);
  const day = await measureDay(homes, entries, threads, tell);
  const inTime = Math.max(day.window, day.posting) <= BUDGETS.window;
  const met = day.onTwoCores >= BUDGETS.perSecond && inTime && day.posted === homes;
  if (json) console.log(JSON.stringify({ node: process.version, cores: availableParallelism(), signatures, day, met }));
  else {
    const { curve, ethers, fastest, pooled } = signatures;
    console.log(
      `Signatures: ${rate(ethers)} and core with ethers, ${rate(fastest)} with ${curve}, x ${(fastest / ethers).toFixed(1)}`,
    );
    console.log(`  ${rate(pooled)} in ${threads} threads`);
    console.log(`Strips of ${entries} orders: ${rate(day.perSecond)} with the client on the same cores`);
    const spent = `${day.cpuPerStrip.toFixed(2)} ms of a core each, ${day.mainPerStrip.toFixed(2)} in the thread that answers`;
    console.log(`  ${spent}: ${rate(day.onTwoCores)} on two cores (${BUDGETS.perSecond})`);
    const ratio = (day.cpuPerStrip * ethers) / 1_000;
    console.log(`  x ${ratio.toFixed(2)} a signature check with ethers`);
    const calls = `${day.posted} of ${homes} strips in ${day.calls} calls, ${(day.gas / 1e6).toFixed(1)} million gas`;
    console.log(
      `Posting: ${calls}, within ${day.window} s at a block per second (${BUDGETS.window}), ${day.posting.toFixed(0)} s of wall time`,
    );
  }
  if (write) {
    const rows = [
      ["signatures checked per second and core, with ethers", count(signatures.ethers), ""],
      [
        `the same, with ${signatures.curve === "wasm" ? "libsecp256k1 compiled to WebAssembly" : signatures.curve}`,
        count(signatures.fastest),
        "",
      ],
      ["strips accepted per second of processor time, on two cores", count(day.onTwoCores), `${BUDGETS.perSecond}`],
      ["the same by the clock, with the client on the same cores", count(day.perSecond), ""],
      ["a strip in signature checks with ethers", ((day.cpuPerStrip * signatures.ethers) / 1_000).toFixed(2), ""],
      [
        `${homes} strips of ${entries} orders posted within, at a block per second`,
        `${day.window} s`,
        `${BUDGETS.window} s`,
      ],
      ["in calls", `${day.calls}`, ""],
    ];
    tell(`wrote ${await writeTable("relayer", ["measured", "promised"], rows)}`);
  }
  if (!met) process.exitCode = 1;
}

function count(value: number): string {
  return value.toFixed(0);
}

function rate(perSecond: number): string {
  return `${perSecond.toFixed(0)} per second`;
}

try {
  const options = {
    homes: { type: "string", default: "1000" },
    entries: { type: "string", default: "96" },
    json: { type: "boolean" },
    write: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) console.log(USAGE);
  else await main(Number(values.homes), Number(values.entries), values.json ?? false, values.write ?? false);
} catch (error) {
  if (!(error instanceof TypeError) || !("code" in error)) throw error;
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
