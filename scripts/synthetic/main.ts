/** `npm run synthetic` as a command: options in, figures out, an exit code. */

import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { DataError, importWide, type MeterData } from "@wattbook/data/import";
import { syntheticCommunity } from "@wattbook/data/synthetic";
import { type CommandOptions, parseOptions } from "./cli.ts";
import { compared, measuredFigures, syntheticFigures } from "./comparison.ts";
import { SyntheticError } from "./errors.ts";
import { comparisonJson, comparisonTable, energySentence, fileOf } from "./output.ts";
import { startOf } from "./start.ts";

/** Where a run writes to. */
export interface Terminal {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** Runs a command line, without node and script; returns the exit code: 0, or 2 for what it refuses. */
export async function main(args: readonly string[], { stdout, stderr }: Terminal): Promise<number> {
  try {
    const options = parseOptions(args, stdout);
    if (options !== undefined) await run(options, { stdout, stderr });
    return 0;
  } catch (error) {
    if (!(error instanceof SyntheticError || error instanceof DataError)) throw error;
    stderr.write(`${error.code}: ${error.message}\n`);
    return 2;
  }
}

/** Plants of a compared file are read at this size, so that little is lost in rounding to Wh. */
const COMPARED_WATTS = 1_000_000;

async function run(options: CommandOptions, { stdout, stderr }: Terminal): Promise<void> {
  const measured = options.compare === undefined ? undefined : await measuredOf(options.compare);
  const start = startOf(options, measured?.start);
  const { pvKwp, slot, ...rest } = options;
  const data = syntheticCommunity({ ...rest, start, slotDuration: slot, plantWatts: pvKwp * 1000 });
  const other = measured === undefined ? [] : measuredFigures(measured, options.zone, COMPARED_WATTS);
  const rows = compared(syntheticFigures(data, options.zone), other);
  if (options.json) {
    stdout.write(`${comparisonJson(options, start, rows)}\n`);
  } else {
    const title = `${options.homes} synthetic homes, ${options.days} days from ${new Date(start * 1000).toISOString()}, seed ${options.seed}.`;
    const about = "Figures of loads without cars, and of plants; means over the homes. Likeness is autocorrelation.";
    stdout.write(`${[title, energySentence(data), about, "", comparisonTable(rows)].join("\n")}\n`);
  }
  if (options.out === undefined) return;
  await written(options.out, fileOf(data, options));
  stderr.write(`written: ${options.out}\n`);
  if (options.format === "wide" && data.meters.some(({ battery }) => battery !== undefined)) {
    stderr.write(
      "note: the wide format has no place for batteries; loads include cars. --format long has the meters.\n",
    );
  }
}

async function measuredOf(path: string): Promise<MeterData> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new SyntheticError("FILE_UNREADABLE", `${path}: cannot be read (${reason(cause)}).`, { cause });
  }
  return importWide(text, basename(path), {
    loadUnit: "W",
    pvKwp: { digits: BigInt(COMPARED_WATTS) / 1000n, scale: 0 },
  });
}

async function written(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new SyntheticError("FILE_UNWRITABLE", `${path}: cannot be written (${reason(cause)}).`, { cause });
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
