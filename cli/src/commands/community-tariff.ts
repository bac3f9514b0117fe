/** `wattbook community tariff`: shows a tariff, or publishes one. */
import {
  asMember,
  asPeriod,
  checkTariff,
  earliestTariff,
  latestTariff,
  periodAt,
  type Tariff,
  type Terms,
} from "@wattbook/sdk";
import { tariffOf } from "../community/charter.ts";
import { tariffSchema } from "../community/schema.ts";
import { foundedAs } from "../lib/charter.ts";
import { CliError } from "../lib/errors.ts";
import { parseJson, readText } from "../lib/files.ts";
import { keyOf } from "../lib/keystore.ts";
import type { LinkOptions, Session } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { tariffText } from "../lib/tariff-text.ts";
import { periodText } from "../lib/units.ts";

export type TariffOptions = LinkOptions & SigningOptions & { readonly period?: bigint; readonly publish?: string };

/** Shows the tariff of a period, or publishes that of a file. */
export async function tariff(session: Session, options: TariffOptions, output: Output): Promise<void> {
  const { publish } = options;
  if (publish === undefined) await show(session, options, output);
  else await publishFile(session, publish, options, output);
}

async function show(session: Session, options: TariffOptions, output: Output): Promise<void> {
  const { wattbook, community, terms, now, money } = session;
  const period = asPeriod(options.period ?? periodAt(terms, now));
  const found = await wattbook.registry.tariff(community, period, terms);
  const json = {
    community: Number(community),
    period: Number(period),
    token: money.token,
    symbol: money.symbol,
    decimals: Number(money.decimals),
    tariff: found,
  };
  output.result(
    json,
    () => `Tariff of period ${periodText(terms, period)}\n${tariffText(found, terms, period, money)}`,
  );
}

async function publishFile(session: Session, path: string, options: TariffOptions, output: Output): Promise<void> {
  const { wattbook, community, terms, now, money, config } = session;
  const founded = await foundedAs(session);
  const given = checkTariff(founded.terms, tariffIn(path, terms), founded.classes.length);
  const [first, last] = [earliestTariff(founded.terms, now), latestTariff(founded.terms, now)];
  const period = asPeriod(options.period ?? first);
  if (period < first || period > last) {
    const rule = `a tariff published now can count from period ${periodText(terms, first)} to ${last}`;
    throw new CliError("OPTION_INVALID", `--period ${period}: ${rule}. Pass one of these.`);
  }
  const from = keyOf(config, "coordinator");
  const coordinator = await wattbook.registry.ownerOf(community, asMember(0n));
  if (from.address !== coordinator) {
    throw new CliError(
      "NOT_COORDINATOR",
      `The coordinator is ${coordinator}, keys.coordinator is ${from.address}. Name its key.`,
    );
  }
  const call = wattbook.registry.calls.publishTariff(community, period, given);
  const details = [
    "tariff:",
    ...tariffText(given, terms, period, money)
      .split("\n")
      .map((line) => `  ${line}`),
  ];
  const outcome = await sendCalls(
    session,
    { from, steps: [{ call, details }], scope: scopeOf(session) },
    options,
    output,
  );
  output.result({ ...outcomeJson(outcome), community: Number(community), period: Number(period) }, () => {
    const counts = `from period ${periodText(terms, period)} on`;
    return outcome.dryRun
      ? `Would publish the tariff, ${counts}.`
      : `${outcomeText(outcome)}\nThe tariff counts ${counts}.`;
  });
}

function tariffIn(path: string, terms: Terms): Tariff {
  const { success, data, error } = tariffSchema.safeParse(parseJson(path, readText("--publish", path)));
  if (!success) {
    const [issue] = error.issues;
    const field = issue?.path.map(String).join(".") ?? "";
    throw new CliError(
      "FILE_MALFORMED",
      `${path}: ${field === "" ? "the file" : field}: ${issue?.message ?? "malformed"}.`,
    );
  }
  return tariffOf(data, terms);
}
