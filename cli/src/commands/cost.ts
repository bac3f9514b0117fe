/** `wattbook cost`: what a household pays for gas in a month, from measured gas and prices that the caller names. */
import { Option } from "commander";
import { formatAmount, parseAmount, type Amount } from "@wattbook/sdk/pure";
import { action, type CommonOptions, type Register } from "../lib/app.ts";
import { CliError } from "../lib/errors.ts";
import { GAS_ROWS, type GasRow } from "../lib/gas-rows.ts";
import { count } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { pairsText } from "../lib/table.ts";

interface Options extends CommonOptions {
  readonly homes: bigint;
  /** Wei. */
  readonly gasPrice: bigint;
  /** Millionths of the currency per ether. */
  readonly ethPrice: bigint;
  readonly slots: bigint;
  readonly days: bigint;
}

const GWEI_DECIMALS = 9n;
const PRICE_DECIMALS = 6n;
const ETHER = 10n ** 18n;

/** Declares the command. */
export const cost: Register = (parent, app) => {
  const command = parent
    .command("cost")
    .description("What gas costs a household in a month, from order to settled money; no chain is needed.")
    .addOption(count("--homes <number>", "that trade", { least: 1n, most: 100_000n, unset: 50n }))
    .addOption(decimal("--gas-price <gwei>", "per gas, such as 0.05", GWEI_DECIMALS))
    .addOption(decimal("--eth-price <amount>", "of the chain's coin in your currency, such as 3000", PRICE_DECIMALS))
    .addOption(count("--slots <number>", "with an order, per home and day", { least: 1n, most: 288n, unset: 96n }))
    .addOption(count("--days <number>", "in the month", { least: 1n, most: 366n, unset: 30n }));
  action<Options, []>(command, app, (options, output) => {
    show(options, output);
  });
};

function decimal(flags: string, text: string, decimals: bigint): Option {
  const name = flags.replace(/ .*/, "");
  const parser = (given: string): Amount => {
    try {
      return parseAmount(given, decimals);
    } catch (cause) {
      const message = `${name} ${given}: pass a number with up to ${decimals} decimals, such as 0.05.`;
      throw new CliError("OPTION_INVALID", message, { cause });
    }
  };
  return new Option(flags, text).argParser(parser).makeOptionMandatory();
}

/** A measured size is dearer per home than any larger one: between two, the smaller counts. */
function rowFor(homes: bigint): GasRow {
  const [smallest = { homes: 0n, gas: 0n, nextFork: 0n }] = GAS_ROWS;
  return GAS_ROWS.filter((row) => row.homes <= homes).at(-1) ?? smallest;
}

function show({ homes, gasPrice, ethPrice, slots, days }: Options, output: Output): void {
  const row = rowFor(homes);
  const monthOf = (gas: bigint) => {
    const wei = gas * slots * days * gasPrice;
    // Rounded up: whoever plans wants to have enough.
    return { gas: gas * slots * days, wei, currencyUp: (wei * ethPrice + ETHER - 1n) / ETHER };
  };
  const [now, next] = [monthOf(row.gas), monthOf(row.nextFork)];
  const texts = ({ gas, wei, currencyUp }: ReturnType<typeof monthOf>) => ({
    gas: String(gas),
    wei: String(wei),
    amount: formatAmount(currencyUp as Amount, PRICE_DECIMALS),
  });
  const json = { measuredHomes: Number(row.homes), perHousehold: texts(now), afterNextFork: texts(next) };
  output.result(json, () => {
    const { perHousehold, afterNextFork } = json;
    const smaller = homes < row.homes ? "; fewer homes pay more each, as the fixed parts are shared by fewer" : "";
    return pairsText([
      ["measured with", `${row.homes} homes${smaller}`],
      ["gas of a household", `${perHousehold.gas} in ${days} days of ${slots} slots`],
      ["cost", `${perHousehold.amount} (${perHousehold.wei} wei)`],
      ["after the next fork", `${afterNextFork.amount} (${afterNextFork.wei} wei)`],
    ]);
  });
}
