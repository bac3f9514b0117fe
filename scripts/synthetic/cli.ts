/** Command line of `npm run synthetic`. */

import { Command, CommanderError, Option } from "commander";
import { SyntheticError } from "./errors.ts";

/** Seasons by their name in the hemisphere of the homes. */
export const SEASONS = ["winter", "spring", "summer", "autumn"] as const;
export type Season = (typeof SEASONS)[number];

/** Formats that can be written. */
export const OUT_FORMATS = ["wide", "long", "green-button"] as const;

export interface CommandOptions {
  readonly homes: number;
  readonly days: number;
  readonly seed: bigint;
  readonly latitude: number;
  readonly longitude: number;
  readonly zone: string;
  readonly season: Season | undefined;
  /** First day, `2021-02-15`. */
  readonly start: string | undefined;
  readonly slot: number;
  readonly pvShare: number;
  readonly batteryShare: number;
  readonly evShare: number;
  readonly pvKwp: number;
  readonly annualKwh: number;
  readonly clearness: number;
  /** Wide CSV to compare with. */
  readonly compare: string | undefined;
  readonly out: string | undefined;
  readonly format: (typeof OUT_FORMATS)[number];
  readonly json: boolean;
}

/** Options of a command line, without node and script. Help goes to `help`, and undefined is returned after it. */
export function parseOptions(args: readonly string[], help: NodeJS.WritableStream): CommandOptions | undefined {
  const command = declare(help);
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return undefined;
    const code = error.code === "commander.unknownOption" ? "OPTION_UNKNOWN" : "OPTION_INVALID";
    throw new SyntheticError(code, error.message.replace(/^error: /, ""), { cause: error });
  }
  return command.opts<CommandOptions>();
}

function declare(help: NodeJS.WritableStream): Command {
  return new Command("synthetic")
    .description("Makes a community from a seed, and shows how far its loads and plants are from measured ones.")
    .option("--homes <count>", "homes", number, 16)
    .option("--days <count>", "days of 24 hours", number, 45)
    .addOption(new Option("--seed <number>", "seed of everything random").argParser(seed).default(1n, "1"))
    .option("--latitude <degrees>", "north positive", number, 48)
    .option("--longitude <degrees>", "east positive", number, 11)
    .option("--zone <name>", "zone by whose clocks people live", "Europe/Berlin")
    .addOption(new Option("--season <name>", "when the run starts, in the homes' hemisphere").choices([...SEASONS]))
    .option(
      "--start <date>",
      "first day in UTC; default: that of the compared file, else the season's, else 2025-06-01",
    )
    .option("--slot <seconds>", "300, 900, 1800 or 3600", number, 900)
    .option("--pv-share <share>", "share of homes with a plant", number, 0.5)
    .option("--battery-share <share>", "share of plants with a battery", number, 0.5)
    .option("--ev-share <share>", "share of homes that charge a car", number, 0.3)
    .option("--pv-kwp <kWp>", "size of each plant", number, 5)
    .option("--annual-kwh <kWh>", "yearly use of an average home without its car", number, 3_600)
    .option("--clearness <share>", "share of the clear sky's sun on an average day", number, 0.7)
    .option("--compare <file.csv>", "wide CSV of measured homes to put beside them")
    .option("--out <file>", "write the community there")
    .addOption(
      new Option("--format <name>", "format of --out: wide has loads and plants, the others the meters at the grid")
        .choices([...OUT_FORMATS])
        .default("wide"),
    )
    .option("--json", "one JSON object on stdout", false)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void help.write(text), writeErr: () => undefined });
}

function number(text: string): number {
  if (/^-?\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text);
  throw new SyntheticError("OPTION_INVALID", `"${text}" is no number.`);
}

function seed(text: string): bigint {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw new SyntheticError("OPTION_INVALID", `--seed ${text}: a whole number from 0 is needed.`);
}
