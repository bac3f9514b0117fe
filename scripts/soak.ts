/** Simulated hours of faults: `npm run soak -- --seed N --hours 24 [--json]`. Exits with 1 where something was lost or doubled. */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { soak, type Summary } from "../test/services/soak/soak.ts";

const HELP = "npm run soak -- [--seed 1] [--hours 24] [--json]";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    hours: { type: "string", default: "24" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(HELP);
else process.exit(await run(values));

async function run({ seed, hours, json }: Record<"seed" | "hours", string> & { readonly json: boolean }) {
  if (!/^\d{1,18}$/.test(seed)) return wrong(`--seed is ${seed}: pass a whole number.`);
  if (!/^[1-9]\d{0,2}$/.test(hours)) return wrong(`--hours is ${hours}: pass a whole number from 1 to 999.`);
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  try {
    const summary = await soak({ seed: BigInt(seed), hours: Number(hours), progress });
    console.log(json ? JSON.stringify(summary, null, 2) : tableOf(summary));
    return 0;
  } catch (error) {
    const again = `npm run soak -- --seed ${seed} --hours ${hours}`;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nseed ${seed}. Again: ${again}\n`);
    return 1;
  }
}

function wrong(message: string): number {
  process.stderr.write(`${message} ${HELP}\n`);
  return 2;
}

function tableOf({ seed, hours, faults, reports, ...outcome }: Summary): string {
  const table = new Table({ head: ["what", "how often or how much"], style: { head: [], border: [] } });
  table.push(["seed", seed], ["hours", hours], ...Object.entries(outcome));
  const groups = { fault: faults, reported: reports };
  for (const [group, counts] of Object.entries(groups)) {
    for (const [name, count] of Object.entries(counts).sort()) table.push([`${group}: ${name}`, count]);
  }
  return table.toString();
}
