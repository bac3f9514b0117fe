/** `wattbook price`: what a slot's energy costs by a sharing rule; no chain is needed. */
import { Option } from "commander";
import {
  formatAmount,
  parseAmount,
  scaledHalfUp,
  sharingPrices,
  sharingWarning,
  SHARING_RULES,
  type Amount,
  type Fraction,
  type SharingPrices,
  type SharingRule,
} from "@wattbook/sdk/pure";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";
import { whole } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { pairsText } from "../lib/table.ts";

interface Options extends CommonOptions {
  readonly rule: SharingRule;
  /** Wh. */
  readonly supplyWh: bigint;
  readonly demandWh: bigint;
  /** Millionths of a euro per kWh. */
  readonly import: Amount;
  readonly export: Amount;
  readonly compensation: Amount;
}

const DECIMALS = 6n;
const MOST_WH = 10n ** 18n;

/** Declares the command. */
export const price: Register = (parent, app) => {
  const command = parent
    .command("price")
    .description(
      "What buyers pay and sellers get in a slot of a community that shares after the fact; no chain is needed.",
    )
    .addOption(new Option("--rule <rule>", "how the price is made").choices(SHARING_RULES).makeOptionMandatory())
    .addOption(energy("--supply-wh <Wh>", "fed in by all members together"))
    .addOption(energy("--demand-wh <Wh>", "drawn by all members together"))
    .addOption(euros("--import <EUR/kWh>", "what the retailer charges, such as 0.30").makeOptionMandatory())
    .addOption(euros("--export <EUR/kWh>", "what the retailer pays, such as 0.08").makeOptionMandatory())
    .addOption(
      euros("--compensation <EUR/kWh>", "what sellers get at least on top of --export, with sdr-comp").default(0n, "0"),
    );
  action<Options, []>(command, app, (options, output) => {
    show(options, output);
  });
};

function energy(flags: string, text: string): Option {
  return new Option(flags, text).argParser(whole(flags.replace(/ .*/, ""), MOST_WH)).makeOptionMandatory();
}

function euros(flags: string, text: string): Option {
  const name = flags.replace(/ .*/, "");
  return new Option(flags, text).argParser((given: string): Amount => {
    try {
      return parseAmount(given, DECIMALS);
    } catch (cause) {
      const message = `${name} ${given}: pass EUR per kWh with up to ${DECIMALS} decimals, such as 0.30.`;
      throw new CliError("OPTION_INVALID", message, { cause });
    }
  });
}

function show(options: Options, output: Output): void {
  const { rule, supplyWh, demandWh, compensation } = options;
  if (compensation > 0n && rule !== "sdr-comp") {
    throw new CliError("OPTION_INVALID", `--compensation: ${rule} has none. Leave it out, or pass --rule sdr-comp.`);
  }
  const least = options.export + compensation;
  if (least > options.import) {
    const message = `--import ${decimals(options.import)}: it is below what sellers get, ${decimals(least)}, so that every Wh would be a loss. Check both.`;
    throw new CliError("OPTION_INVALID", message);
  }
  const tariff = { importPrice: options.import, exportPrice: options.export, compensation };
  const prices = sharingPrices(rule, { supply: supplyWh, demand: demandWh }, tariff);
  const warning = sharingWarning(rule);
  if (warning !== null) output.say(`Note: ${warning}`);
  const ratio = demandWh === 0n ? null : { num: supplyWh, den: demandWh };
  const texts = { buy: rounded(prices.buy), sell: rounded(prices.sell), ratio: rounded(ratio, DECIMALS) };
  if (output.json) output.terminal.stdout.write(`${jsonOf(texts)}\n`);
  else output.result(undefined, () => table(texts));
}

type Texts = Readonly<Record<keyof SharingPrices | "ratio", string | null>>;

/** Numbers with their six decimals, which `JSON.stringify` would drop. */
function jsonOf({ buy, sell, ratio }: Texts): string {
  return `{ "buy": ${buy}, "sell": ${sell}, "ratio": ${ratio} }`;
}

function table({ buy, sell, ratio }: Texts): string {
  return pairsText([
    ["buyers pay", buy === null ? "-, nobody draws energy" : `${buy} EUR/kWh`],
    ["sellers get", sell === null ? "-, nobody feeds in" : `${sell} EUR/kWh`],
    ["supply to demand", ratio ?? "-, there is no demand"],
  ]);
}

function rounded(exact: Fraction | null, digits = 0n): string | null {
  return exact === null ? null : decimals(scaledHalfUp(exact, digits));
}

/** @param millionths Of a euro, or of one. */
function decimals(millionths: bigint): string {
  return formatAmount(millionths as Amount, DECIMALS, DECIMALS);
}
