/** Options that many commands have, and how their values are read. */
import { Option, type Command } from "commander";
import {
  asSeconds,
  asSlot,
  parseAmount,
  slotAt,
  type Amount,
  type Seconds,
  type Slot,
  type Terms,
} from "@wattbook/sdk";
import { getAddress, isAddress } from "ethers";
import { CliError } from "./errors.ts";
import type { Money } from "./units.ts";

export const INDEX = 2n ** 32n - 1n;
const MOST_WAIT = 86_400n;
const MOST_PORT = 65_535;

/** Reads a whole number from 0 to `most`. */
export function whole(option: string, most: bigint, least = 0n): (text: string) => bigint {
  return (text) => {
    const value = /^\d{1,30}$/.test(text) ? BigInt(text) : -1n;
    if (value >= least && value <= most) return value;
    throw new CliError("OPTION_INVALID", `${option} ${text}: pass a whole number from ${least} to ${most}.`);
  };
}

/** A whole number with bounds and a value where none is given. */
export function count(
  flags: string,
  text: string,
  { least, most, unset }: Record<"least" | "most" | "unset", bigint>,
): Option {
  const option = new Option(flags, text).argParser(whole(flags.replace(/ .*/, ""), most, least));
  return option.default(unset, unset.toString());
}

/** `--config`, and where they are asked for `--community` and `--member`. */
export function linked(command: Command, ...what: readonly ("community" | "member")[]): Command {
  command.option("--config <wattbook.json>", "configuration (default: $WATTBOOK_CONFIG, else ./wattbook.json)");
  if (what.includes("community")) {
    command.option("--community <number>", "instead of the configuration's", whole("--community", INDEX));
  }
  if (what.includes("member"))
    command.option("--member <number>", "instead of the configuration's", whole("--member", INDEX));
  return command;
}

/** `--period`. */
export function withPeriod(command: Command, text: string): Command {
  return command.option("--period <number>", text, whole("--period", INDEX));
}

/** Options of commands that sign. */
export function asking(command: Command): Command {
  return command
    .option("--yes", "do not ask before signing")
    .option("--dry-run", "try the calls and show them; sign and send nothing")
    .option(
      "--password-file <file>",
      "password of keys for which the configuration names none, mode 600 (default: ask)",
    );
}

/** Options of commands that sign and wait for a block. */
export function signing(command: Command): Command {
  const seconds = (text: string) => Number(whole("--wait", MOST_WAIT, 1n)(text));
  return asking(command).option("--wait <seconds>", "longest wait for a block", seconds, 300);
}

/**
 * Where to listen, as `127.0.0.1:9092` or `[::1]:9092`.
 * @throws CliError OPTION_INVALID
 */
export function listenOf(name: string, text: string): { readonly host: string; readonly port: number } {
  const [, host = "", digits = ""] = /^(\[[0-9a-f:]+\]|[^\s:]+):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (host !== "" && port <= MOST_PORT) return { host: host.replace(/^\[|\]$/g, ""), port };
  const advice = "pass an address of this machine and a port, such as 127.0.0.1:9092; 0.0.0.0 stands for all";
  throw new CliError("OPTION_INVALID", `${name} ${text}: ${advice}.`);
}

/**
 * An amount in whole tokens, such as "12.50".
 * @throws CliError OPTION_INVALID
 */
export function amountOf(name: string, text: string, { symbol, decimals }: Money): Amount {
  try {
    const amount = parseAmount(text, decimals);
    if (amount > 0n) return amount;
  } catch (cause) {
    throw new CliError(
      "OPTION_INVALID",
      `${name} ${text}: pass ${symbol} above 0 with up to ${decimals} decimals, such as 12.50.`,
      { cause },
    );
  }
  throw new CliError("OPTION_INVALID", `${name} ${text}: pass ${symbol} above 0, such as 12.50.`);
}

/** An account's address. @throws CliError OPTION_INVALID */
export function addressOf(name: string, text: string): string {
  const valid: boolean = isAddress(text);
  if (valid) return getAddress(text);
  throw new CliError(
    "OPTION_INVALID",
    `${name} ${text}: pass an address, 0x and 40 digits, with the right checksum if it has capitals.`,
  );
}

/**
 * A slot by its number, or by a time in it: "2026-11-30T12:00Z".
 * @throws CliError OPTION_INVALID
 */
export function slotOf(name: string, text: string, terms: Pick<Terms, "slotDuration">): Slot {
  if (/^\d{1,10}$/.test(text)) return asSlot(whole(name, INDEX)(text));
  const time = instantOf(text);
  if (time !== undefined) return slotAt(terms, time);
  throw new CliError(
    "OPTION_INVALID",
    `${name} ${text}: pass the slot's start with its offset, such as 2026-11-30T12:00Z, or its number.`,
  );
}

/** A time with its offset: "2026-11-30T12:00Z". Undefined for any other text: without one it would be another time on another machine. */
export function instantOf(text: string): Seconds | undefined {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  return time >= 0 ? asSeconds(BigInt(Math.floor(time / 1_000))) : undefined;
}
