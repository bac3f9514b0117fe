/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import { BadOption } from "../lib/command.ts";
import { ETH_EUR } from "./cost.ts";
import { SOURCES } from "./rows/index.ts";
import { FULL, QUICK } from "./sizes.ts";

/** What other order books are called among the kinds of rows. */
export const OTHERS = "others";
const KINDS: readonly string[] = [...SOURCES.map(({ name }) => name), OTHERS];

export const USAGE = `Usage: npm run bench -- [options]
  --quick          ${QUICK.homes.join(", ")} homes: within three minutes; writes nothing unless --write is given
  --homes 10,50    other sizes of communities
  --ticks 64       other numbers of ticks: 32, 64 or 128
  --rows once,...  some kinds of rows only: ${KINDS.join(", ")}
  --json           one object on stdout instead of tables
  --explain        also the parts of each limit
  --eth-eur 3000   price of an ether in euro, for the cost table
  --write          write bench/results.json and docs/benchmarks.md; a full run does so anyway`;

export interface Options {
  readonly quick: boolean;
  readonly json: boolean;
  readonly explain: boolean;
  readonly write: boolean;
  readonly help: boolean;
  readonly homes: readonly number[];
  readonly ticks: readonly number[];
  /** Names of row sources, and `OTHERS`. */
  readonly rows: readonly string[];
  readonly ethEur: number;
}

const TICKS = [32, 64, 128];
const MOST_HOMES = 1_000;

export function optionsOf(args: readonly string[]): Options {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: flag,
      json: flag,
      explain: flag,
      write: flag,
      help: { ...flag, short: "h" },
      homes: text,
      ticks: text,
      rows: text,
      "eth-eur": text,
    },
  });
  const sizes = values.quick ? QUICK : FULL;
  const { homes, ticks, rows } = values;
  const chosen = values.quick || homes !== undefined || ticks !== undefined || rows !== undefined;
  return {
    quick: values.quick,
    json: values.json,
    explain: values.explain,
    help: values.help,
    // What is written is always a whole run, unless somebody asks for it.
    write: values.write || !chosen,
    homes: numbers("--homes", homes, sizes.homes, (n) => n >= 1 && n <= MOST_HOMES),
    ticks: numbers("--ticks", ticks, sizes.ticks, (n) => TICKS.includes(n)),
    rows: rows === undefined ? KINDS : kinds(rows),
    ethEur: numbers("--eth-eur", values["eth-eur"], [ETH_EUR], (n) => n > 0)[0] ?? ETH_EUR,
  };
}

function numbers(option: string, text: string | undefined, otherwise: readonly number[], fits: (n: number) => boolean) {
  if (text === undefined) return otherwise;
  const all = text.split(",").map(Number);
  const wrong = all.find((n) => !Number.isInteger(n) || !fits(n));
  if (wrong !== undefined) throw new BadOption(`${option}: "${text}" is not a list of possible numbers`);
  return [...new Set(all)].sort((a, b) => a - b);
}

function kinds(text: string): readonly string[] {
  const names = text.split(",");
  const wrong = names.find((name) => !KINDS.includes(name));
  if (wrong !== undefined) throw new BadOption(`--rows: "${wrong}" is none of ${KINDS.join(", ")}`);
  return names;
}
