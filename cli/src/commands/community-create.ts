/** `wattbook community create`: the community of a file, with its first tariff. */
import { asPeriod, ProsumerRegistryAbi, type CommunityIndex } from "@wattbook/sdk";
import { PaymentTokenClient } from "@wattbook/sdk";
import { Interface, type TransactionReceipt } from "ethers";
import { foundingOf, type Founding } from "../community/charter.ts";
import { CommunityError } from "../community/errors.ts";
import { readCommunity } from "../community/file.ts";
import { findCommunity } from "../community/founding.ts";
import { CliError } from "../lib/errors.ts";
import { keyOf } from "../lib/keystore.ts";
import type { Link, LinkOptions } from "../lib/link.ts";
import { addressOf } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";
import { tariffText } from "../lib/tariff-text.ts";
import type { Money } from "../lib/units.ts";

export type CreateOptions = LinkOptions & SigningOptions & { readonly file: string; readonly token?: string };

/** Creates it, or finds it. */
export async function createCommunity(link: Link, options: CreateOptions, output: Output): Promise<void> {
  const { wattbook, config } = link;
  const { community: input } = await readCommunity(options.file);
  const token = tokenOf(options, input.terms.paymentToken);
  const books = { open: wattbook.market.address, sealed: wattbook.sealedMarket.address };
  const founding = foundingOf(input, options.file, token, books);
  const from = keyOf(config, "coordinator");
  if (from.address !== founding.charter.terms.coordinator) {
    const advice = "Only the coordinator can admit members later: name its key, or correct the file";
    const named = `terms.coordinator is ${founding.charter.terms.coordinator}, keys.coordinator is ${from.address}`;
    throw new CliError("NOT_COORDINATOR", `${named}. ${advice}.`);
  }
  const found = await findCommunity(wattbook, founding);
  if (found !== undefined) {
    output.result({ community: Number(found), created: false, transactions: [] }, () =>
      foundText(input.name, found, false),
    );
    return;
  }
  const money = await moneyOf(link, token);
  const call = wattbook.registry.calls.createCommunity(founding.charter, founding.tariff);
  const scope = { deployment: wattbook.deployment, money, terms: founding.charter.terms };
  const outcome = await sendCalls(
    link,
    { from, steps: [{ call, details: tariffLines(founding, money) }], scope },
    options,
    output,
  );
  const created = createdIn(outcome.receipts);
  const json = {
    ...outcomeJson(outcome),
    community: created === undefined ? null : Number(created),
    created: created !== undefined,
  };
  output.result(json, () => {
    return created === undefined
      ? `Would create ${input.name}.`
      : `${outcomeText(outcome)}\n${foundText(input.name, created, true)}`;
  });
}

function tokenOf({ token, file }: CreateOptions, named: string): string {
  if (token !== undefined) return addressOf("--token", token);
  if (named !== "LocalEuro") return named;
  const message = `${file}: terms.paymentToken is LocalEuro, a play coin that only npm run community deploys. Pass --token with a token's address.`;
  throw new CommunityError("PAYMENT_TOKEN_NEEDED", message);
}

async function moneyOf({ provider }: Link, address: string): Promise<Money> {
  const client = new PaymentTokenClient({ address, runner: provider });
  const [symbol, decimals] = await Promise.all([client.symbol(), client.decimals()]);
  return { token: address, symbol, decimals };
}

function tariffLines({ charter, tariff }: Founding, money: Money): string[] {
  return [
    "tariff from period 0 on:",
    ...tariffText(tariff, charter.terms, asPeriod(0n), money)
      .split("\n")
      .map((line) => `  ${line}`),
  ];
}

const REGISTRY = new Interface(ProsumerRegistryAbi);

function createdIn(receipts: readonly TransactionReceipt[]): CommunityIndex | undefined {
  const events = receipts.flatMap(({ logs }) => logs).map((log) => REGISTRY.parseLog(log));
  return events.find((event) => event?.name === "CommunityCreated")?.args["community"] as CommunityIndex | undefined;
}

function foundText(name: string, community: CommunityIndex, created: boolean): string {
  const state = created ? "is created" : "is there already";
  return `Community ${community}, ${name}, ${state}. Put "community": ${community} into the configuration.`;
}
