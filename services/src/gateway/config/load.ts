/** From a configuration to what a `Gateway` takes: keys opened, the chain asked for the terms. */
import { connect, type Deployment, parseDeployment, type Wattbook } from "@wattbook/sdk";
import { asAmount, asCommunity, asMember, asPrice, asSeconds, DEFAULT_TERMS } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { BaseWallet } from "ethers";
import { type Node, readWith } from "../../chain/index.ts";
import { ServiceError } from "../../errors.ts";
import { openKey, type Passwords, readSecret, readText, type Secrets } from "../../operation/index.ts";
import type { TradingMember } from "../bidder.ts";
import { HistoryForecast } from "../forecast.ts";
import { HttpHandOver } from "../http-hand-over.ts";
import type { MeterRules } from "../intake.ts";
import type { Community, MeteredMember } from "../members.ts";
import { prepareFrom } from "../prepare.ts";
import type { Queue } from "../queue/queue.ts";
import { feeTermsOf, payingRelayer, type TermsOptions } from "../relayer-terms.ts";
import type { Adapter } from "../sample.ts";
import { ForecastStrategy } from "../strategy.ts";
import { makeAdapter } from "./adapters.ts";
import type { GatewayConfig, MemberConfig, MeterConfig } from "./schema.ts";

/** Keys of a member. */
interface MemberKeys {
  readonly meterKey: BaseWallet;
  readonly tradingKey: BaseWallet | undefined;
}

/** What needs no chain: files were read, keys opened. */
export interface Opened {
  readonly deployment: Deployment;
  readonly adapters: readonly Adapter[];
  readonly handOver: HttpHandOver;
  /** Where the relayer says what it asks for. */
  readonly relayer: TermsOptions;
  /** In the order of the configuration's members. */
  readonly keys: readonly MemberKeys[];
}

/**
 * Reads everything that the configuration names, and opens the keys.
 * @throws ServiceError of keys and files; WattbookErrors of the deployment
 */
export async function openGateway(config: GatewayConfig, passwords: Passwords): Promise<Opened> {
  const { secrets } = passwords;
  const deployment = parseDeployment(readText("deployment", config.deployment));
  const meters = new Set(config.meters.map(({ name }) => name));
  const adapters = config.adapters.map((adapter, at) =>
    makeAdapter(adapter, { field: `adapters[${at}]`, meters, secrets }),
  );
  const relayer = relayerOf(config, secrets);
  const keys = await Promise.all(config.members.map((member, at) => keysOf(member, `members[${at}]`, passwords)));
  return { deployment, adapters, handOver: new HttpHandOver(relayer), relayer, keys };
}

/**
 * Asks the chain for the terms of all communities.
 * @throws ServiceError CONFIG_INVALID for a community that is not there; faults of the node; WattbookErrors of the deployment
 */
export async function joinChain(
  config: GatewayConfig,
  { deployment, keys, relayer }: Opened,
  node: Node,
  queue: Queue,
) {
  const wattbook = readWith(node, await connect(node.provider, deployment));
  const communities = await communitiesOf(wattbook, config);
  const members = config.members.map((member, at) => {
    return memberOf(member, keys[at] as MemberKeys, communities.get(member.community) as Community, queue);
  });
  return {
    members,
    traders: members.filter((each): each is TradingMember => "strategy" in each),
    meters: new Map(config.meters.map((meter) => [meter.name, rulesOf(meter, slotOf(meter.name, members))])),
    readings: { signAfter: seconds(config.signAfter), giveUpAfter: seconds(config.giveUpAfter) },
    states: wattbook.settlement,
    prepare: payingRelayer(
      prepareFrom(wattbook),
      (community) => feeTermsOf(relayer, community),
      asAmount(config.relayer.mostFeePerEntry),
    ),
  };
}

function relayerOf({ relayer: { url, tokenFile } }: GatewayConfig, secrets: Secrets): TermsOptions {
  if (tokenFile === undefined) return { url };
  return { url, token: secrets.add(readSecret("relayer.tokenFile", tokenFile).trimEnd()) };
}

async function keysOf({ meterKey, trade }: MemberConfig, field: string, passwords: Passwords): Promise<MemberKeys> {
  const [meter, trading] = await Promise.all([
    openKey(`${field}.meterKey`, meterKey, passwords),
    trade && openKey(`${field}.trade.tradingKey`, trade.tradingKey, passwords),
  ]);
  return { meterKey: meter, tradingKey: trading };
}

async function communitiesOf(wattbook: Wattbook, { members }: GatewayConfig): Promise<ReadonlyMap<number, Community>> {
  const count = members.length === 0 ? 0n : await wattbook.registry.communityCount();
  for (const [at, { community }] of members.entries()) {
    if (BigInt(community) < count) continue;
    const found = `members[${at}].community is ${community}: the deployment has ${count} communities, from 0 on`;
    throw new ServiceError("CONFIG_INVALID", `${found}. Correct the number.`);
  }
  const { settlement, market, sealedMarket } = wattbook.domains;
  const read = async (number: number): Promise<[number, Community]> => {
    const community = asCommunity(BigInt(number));
    const [terms, module] = await Promise.all([
      wattbook.registry.terms(community),
      wattbook.registry.moduleAt(community, 0n),
    ]);
    const book = module === wattbook.sealedMarket.address ? sealedMarket : market;
    return [number, { community, terms, settlement, market: book }];
  };
  return new Map(await Promise.all([...new Set(members.map(({ community }) => community))].map(read)));
}

function memberOf(
  { member, meter, acceptGaps, trade }: MemberConfig,
  { meterKey, tradingKey }: MemberKeys,
  community: Community,
  queue: Queue,
): MeteredMember | TradingMember {
  const metered = { community, member: asMember(BigInt(member)), meter, meterKey, acceptGaps };
  if (trade === undefined || tradingKey === undefined) return metered;
  const { buy, sell, leadTime } = trade;
  const prices = {
    ...(buy === undefined ? {} : { buy: asPrice(buy) }),
    ...(sell === undefined ? {} : { sell: asPrice(sell) }),
  };
  return {
    ...metered,
    tradingKey,
    strategy: new ForecastStrategy(prices),
    forecast: new HistoryForecast(queue, community.terms.slotDuration),
    leadTime: seconds(leadTime),
  };
}

/** Slots of the community that a meter's member belongs to; a meter without one keeps quarter hours. */
function slotOf(meter: string, members: readonly MeteredMember[]): Seconds {
  const owner = members.find((each) => each.meter === meter);
  return owner?.community.terms.slotDuration ?? asSeconds(DEFAULT_TERMS.slotDuration);
}

/** What the configuration says of a meter, on slots of a length. */
export function rulesOf(config: MeterConfig, slotDuration: Seconds): MeterRules {
  const { maxW, registers, serial, wrapWh, onFall, base, maxGap, clockTolerance, maxLate } = config;
  return {
    ...{ maxW, onFall, base, slotDuration },
    ...(serial === undefined ? {} : { serial }),
    ...(wrapWh === undefined ? {} : { wrapWh }),
    maxGap: seconds(maxGap),
    clockTolerance: seconds(clockTolerance),
    maxLate: seconds(maxLate),
    counts: { import: registers.includes("import"), export: registers.includes("export") },
  };
}

function seconds(value: number): Seconds {
  return asSeconds(BigInt(value));
}
