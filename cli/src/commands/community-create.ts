/** `wattbook community create`: the community of a file, with its first tariff. */
import { asCommunity, asPeriod, asSeconds, ProsumerRegistryAbi, type CommunityIndex } from "@wattbook/sdk";
import { PaymentTokenClient } from "@wattbook/sdk";
import { Interface, type TransactionReceipt } from "ethers";
import { firstModulesOf, foundingOf, type Founding } from "../community/charter.ts";
import { CommunityError } from "../community/errors.ts";
import { readCommunity } from "../community/file.ts";
import { findCommunity } from "../community/founding.ts";
import { announcementOf } from "../community/scheme.ts";
import type { Mode } from "../community/schema.ts";
import { CliError } from "../lib/errors.ts";
import { keyOf } from "../lib/keystore.ts";
import type { Link, LinkOptions } from "../lib/link.ts";
import { addressOf } from "../lib/options.ts";
import type { Output } from "../lib/output.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions, type Step } from "../lib/send.ts";
import { tariffText } from "../lib/tariff-text.ts";
import type { Money } from "../lib/units.ts";

export type CreateOptions = LinkOptions &
  SigningOptions & { readonly file: string; readonly token?: string; readonly mode?: Mode };

/** Creates it, or finds it. */
export async function createCommunity(link: Link, options: CreateOptions, output: Output): Promise<void> {
  const { wattbook, config } = link;
  const { community: given } = await readCommunity(options.file);
  const input = { ...given, mode: options.mode ?? given.mode };
  const token = tokenOf(options, input.terms.paymentToken);
  const founding = foundingOf(input, options.file, token, firstModulesOf(wattbook));
  const from = keyOf(config, "coordinator");
  if (from.address !== founding.charter.terms.coordinator) {
    const advice = "Only the coordinator can admit members later: name its key, or correct the file";
    const named = `terms.coordinator is ${founding.charter.terms.coordinator}, keys.coordinator is ${from.address}`;
    throw new CliError("NOT_COORDINATOR", `${named}. ${advice}.`);
  }
  const found = await findCommunity(wattbook, founding);
  const { terms } = founding.charter;
  const now = asSeconds(BigInt((await link.provider.getBlock("latest"))?.timestamp ?? 0));
  const announcement = await announcementOf(wattbook, input, found, now, terms);
  if (found !== undefined && announcement === undefined) {
    output.result({ community: Number(found), created: false, announced: false, transactions: [] }, () =>
      foundText(input.name, found, false),
    );
    return;
  }
  const money = await moneyOf(link, token);
  const steps: Step[] = [];
  if (found === undefined) {
    const call = wattbook.registry.calls.createCommunity(founding.charter, founding.tariff);
    steps.push({ call, details: tariffLines(founding, money) });
  }
  if (announcement !== undefined) {
    // The index that it is about to get. Should somebody else be faster, the announcement is refused, and running this again makes it.
    const index = found ?? (await wattbook.registry.communityCount());
    const { call, details } = announcement;
    steps.push({ call: call(asCommunity(index)), details, dependent: found === undefined });
  }
  const scope = { deployment: wattbook.deployment, money, terms };
  const outcome = await sendCalls(link, { from, steps, scope }, options, output);
  const community = found ?? createdIn(outcome.receipts);
  const json = {
    ...outcomeJson(outcome),
    community: community === undefined ? null : Number(community),
    created: found === undefined && community !== undefined,
    announced: announcement !== undefined && !outcome.dryRun,
  };
  output.result(json, () => {
    if (outcome.dryRun) return found === undefined ? `Would create ${input.name}.` : "Would announce how it trades.";
    const named = community === undefined ? "" : foundText(input.name, community, found === undefined);
    return `${outcomeText(outcome)}\n${named}`;
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
