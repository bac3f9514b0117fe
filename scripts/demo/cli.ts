/** Command line of the demo. */

import { Command, CommanderError, Option } from "commander";
import {
  type Decimal,
  type EnergyUnit,
  exceeds,
  type Format,
  FORMATS,
  type LoadUnit,
  parseDecimal,
  SLOT_DURATIONS,
} from "@wattbook/data/import";
import { SHARING_RULES, type SharingRule } from "@wattbook/sdk";
import { DemoError } from "./errors.ts";
import { MODES, type ModeName } from "./modes/mode.ts";

export interface DemoOptions {
  /** How the homes trade. */
  readonly mode: ModeName;
  /** By which rule they share, in the mode "sharing". */
  readonly rule: SharingRule;
  /** CSV or Green Button file; undefined for synthetic homes. */
  readonly input: string | undefined;
  readonly format: "auto" | Format;
  /** IANA zone of local times in a long CSV, and of local days; undefined for none. */
  readonly zone: string | undefined;
  /** How a long CSV is meant, where its header does not say; see `LongOptions`. */
  readonly unit: EnergyUnit | undefined;
  readonly values: "interval" | "register" | undefined;
  readonly stamp: "start" | "end" | undefined;
  readonly decimal: "." | "," | undefined;
  /** Seconds of a slot, and whether longer intervals are divided: long CSV and Green Button. */
  readonly slot: number | undefined;
  readonly splitLonger: boolean | undefined;
  readonly loadUnit: LoadUnit;
  readonly pvKwp: Decimal;
  /** Undefined: as many as the input has. */
  readonly homes: number | undefined;
  readonly days: number;
  readonly seed: bigint;
  /** Folder for files; undefined for none. */
  readonly out: string | undefined;
  readonly json: boolean;
  /** Whether to plan a battery, too. */
  readonly battery: boolean;
  /** Whether to write the page. */
  readonly report: boolean;
  /** Assumed price of one ETH for the page, cents. */
  readonly ethPrice: bigint;
}

const MOST_HOMES = 2_000;
const MOST_DAYS = 366;
const MOST_SEED = (1n << 64n) - 1n;
const MOST_KWP = 1_000n;

/** Options of a command line, without node and script. Help goes to stdout, and undefined is returned after it. */
export function parseOptions(args: readonly string[], help: NodeJS.WritableStream): DemoOptions | undefined {
  const command = declare(help);
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof DemoError || !(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return undefined;
    const code = error.code === "commander.unknownOption" ? "OPTION_UNKNOWN" : "OPTION_INVALID";
    throw new DemoError(code, error.message.replace(/^error: /, ""), { cause: error });
  }
  return command.opts<DemoOptions>();
}

function declare(help: NodeJS.WritableStream): Command {
  return new Command("demo")
    .description("Trades whole days in a local energy market on a node of its own, and shows what it was worth.")
    .addOption(
      new Option(
        "--mode <mode>",
        "how homes trade: an order book, shared after the fact, or metered within standing orders",
      )
        .choices(MODES)
        .default("auction"),
    )
    .addOption(
      new Option("--rule <rule>", "mode sharing: whose homes are listed; all rules are compared")
        .choices(SHARING_RULES)
        .default("sdr"),
    )
    .option("--input <file>", "meters from a wide or long CSV or a Green Button file; without it, synthetic homes")
    .addOption(new Option("--format <name>", "format of the input").choices(["auto", ...FORMATS]).default("auto"))
    .option("--zone <name>", "time zone of times without an offset in a long CSV, such as Europe/Berlin")
    .addOption(longOption("--unit <unit>", "unit of the values", ["Wh", "kWh", "MWh", "W", "kW"]))
    .addOption(longOption("--values <kind>", "energy of intervals, or a register that only rises", KINDS))
    .addOption(longOption("--stamp <side>", "which end of an interval its time is", ["start", "end"]))
    .addOption(longOption("--decimal <sign>", "sign before decimals", [".", ","]))
    .option("--slot <seconds>", "long CSV and Green Button: slots of 300, 900, 1800 or 3600 seconds", slotDuration)
    .option("--split-longer", "long CSV and Green Button: divide intervals longer than a slot evenly")
    .addOption(
      new Option("--load-unit <unit>", "what load columns of a wide CSV hold per row: mean W or Wh")
        .choices(["W", "Wh"])
        .default("W"),
    )
    .addOption(
      new Option("--pv-kwp <kWp>", "size of each PV plant, unless the input has meters; every second home has one")
        .argParser(pvKwp)
        .default(pvKwp("5"), "5"),
    )
    .option(
      "--homes <count>",
      "homes; beyond the file they repeat with a shift of days",
      integer("--homes", MOST_HOMES),
    )
    .option("--days <count>", "whole days to trade, from the first full one", integer("--days", MOST_DAYS), 1)
    .addOption(new Option("--seed <number>", "seed of everything random").argParser(seed).default(1n, "1"))
    .option("--out <folder>", "write report.html there, figures, bills and schedules as CSV and JSON too")
    .option("--no-report", "do not write report.html (without --out it goes into the current folder)")
    .option("--battery", "plan a battery of the community over the same days: hours, and what it saves", false)
    .addOption(
      new Option("--eth-price <EUR>", "what the report assumes an ETH to cost; can be changed on the page")
        .argParser(ethPrice)
        .default(300_000n, "3000"),
    )
    .option("--json", "one JSON object on stdout, everything else on stderr", false)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void help.write(text), writeErr: () => undefined });
}

const KINDS = ["interval", "register"];

function longOption(flags: string, meaning: string, choices: readonly string[]): Option {
  return new Option(flags, `long CSV: ${meaning}`).choices(choices);
}

function slotDuration(text: string): number {
  const value = SLOT_DURATIONS.find((seconds) => seconds.toString() === text);
  if (value !== undefined) return value;
  throw new DemoError("OPTION_INVALID", `--slot ${text}: ${SLOT_DURATIONS.join(", ")} seconds are possible.`);
}

function integer(name: string, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= 1 && value <= most) return value;
    throw new DemoError("OPTION_INVALID", `${name} ${text}: a whole number from 1 to ${most} is needed.`);
  };
}

function seed(text: string): bigint {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : MOST_SEED + 1n;
  if (value <= MOST_SEED) return value;
  throw new DemoError("OPTION_INVALID", `--seed ${text}: a whole number from 0 to ${MOST_SEED} is needed.`);
}

/** EUR with up to two decimals, as cents. */
function ethPrice(text: string): bigint {
  const match = /^(\d{1,7})(?:\.(\d{1,2}))?$/.exec(text);
  if (match !== null) return BigInt((match[1] ?? "") + (match[2] ?? "").padEnd(2, "0"));
  throw new DemoError("OPTION_INVALID", `--eth-price ${text}: EUR with up to two decimals are needed, such as 3000.`);
}

function pvKwp(text: string): Decimal {
  const value = parseDecimal(text);
  if (value !== undefined && value.digits > 0n && !exceeds(value, MOST_KWP)) return value;
  throw new DemoError("OPTION_INVALID", `--pv-kwp ${text}: a number above 0 and up to ${MOST_KWP} is needed.`);
}
