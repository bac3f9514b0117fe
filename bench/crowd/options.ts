/** The command line of `npm run bench:crowd`. */
import { parseArgs } from "node:util";
import { BadOption } from "../lib/command.ts";
import type { Mode } from "./run.ts";

export const USAGE = `Usage: npm run bench:crowd -- [options]
  --homes 10000  homes of the community
  --mode open    open or sealed; without it, one after the other
  --warm         also a period in which every storage word is used again: takes twice as long
  --json         one object on stdout instead of tables
  --write        write bench/crowd.json and docs/benchmarks-crowd.md`;

export interface Options {
  readonly homes: number;
  readonly modes: readonly Mode[];
  readonly warm: boolean;
  readonly json: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

const MODES: readonly Mode[] = ["open", "sealed"];
const HOMES = { least: 2, most: 20_000 };

export function optionsOf(args: readonly string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      homes: { type: "string", default: "10000" },
      mode: { type: "string" },
      warm: flag,
      json: flag,
      write: flag,
      help: { ...flag, short: "h" },
    },
  });
  const homes = Number(values.homes);
  if (!Number.isInteger(homes) || homes < HOMES.least || homes > HOMES.most) {
    throw new BadOption(`--homes: "${values.homes}" is no number from ${HOMES.least} to ${HOMES.most}`);
  }
  const modes = MODES.filter((mode) => values.mode === undefined || mode === values.mode);
  if (modes.length === 0) throw new BadOption(`--mode: "${values.mode ?? ""}" is neither open nor sealed`);
  return { homes, modes, warm: values.warm, json: values.json, write: values.write, help: values.help };
}
