/** From a configuration to what a `Gateway` takes: keys opened, the chain asked for the terms. */
import { connect, type Deployment, parseDeployment, type Wattbook } from "@wattbook/sdk";
import { asAmount, asMember, asPrice, asSeconds, DEFAULT_TERMS } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { BaseWallet } from "ethers";
import { type Node, readWith } from "../../chain/index.ts";
import { openKey, type Passwords, readSecret, readText, type Secrets } from "../../operation/index.ts";
import type { PrepareStrip, TradingMember } from "../bidder.ts";
import { HistoryForecast } from "../forecast.ts";
import { HttpHandOver } from "../http-hand-over.ts";
import type { MeterRules } from "../intake.ts";
import type { Community, MeteredMember } from "../members.ts";
import { prepareFrom } from "../prepare.ts";
import type { Queue } from "../queue/queue.ts";
import type { MeterStates } from "../readings.ts";
import { feeTermsOf, payingRelayer, type TermsOptions } from "../relayer-terms.ts";
import type { Adapter } from "../sample.ts";
import { ForecastStrategy } from "../strategy.ts";
import { makeAdapter } from "./adapters.ts";
import { askCommunities, type Communities, knownCommunities } from "./communities.ts";
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
 * Asks the chain for the terms of all communities, and keeps them in the queue.
 * @throws ServiceError CONFIG_INVALID for a community that is not there; faults of the node; WattbookErrors of the deployment
 */
export async function joinChain(config: GatewayConfig, opened: Opened, node: Node, queue: Queue) {
  const wattbook = wattbookOf(opened, node);
  const communities = await askCommunities(await wattbook(), config, queue);
  return partsOf(config, opened, queue, { communities, wattbook });
}

/**
 * The same from what the chain said at an earlier start, without asking it; undefined where that is not known.
 * @returns Parts that ask the node when they need it, and `confirm`, which asks it now.
 */
export function recallChain(config: GatewayConfig, opened: Opened, node: Node, queue: Queue) {
  const communities = knownCommunities(opened.deployment, config, queue);
  if (communities === undefined) return undefined;
  const wattbook = wattbookOf(opened, node);
  return {
    parts: partsOf(config, opened, queue, { communities, wattbook }),
    /** @throws As `joinChain`; CONFIG_INVALID too where the chain says something else by now */
    confirm: async () => {
      await askCommunities(await wattbook(), config, queue);
    },
  };
}

/** Connects when it is asked, and again until that succeeds. */
function wattbookOf({ deployment }: Opened, node: Node): () => Promise<Wattbook> {
  let connected: Wattbook | undefined;
  return async () => (connected ??= readWith(node, await connect(node.provider, deployment)));
}

interface Chain {
  readonly communities: Communities;
  readonly wattbook: () => Promise<Wattbook>;
}

function partsOf(config: GatewayConfig, { keys, relayer }: Opened, queue: Queue, { communities, wattbook }: Chain) {
  const members = config.members.map((member, at) => {
    return memberOf(member, keys[at] as MemberKeys, communities.get(member.community) as Community, queue);
  });
  const states: MeterStates = { meter: async (...key) => (await wattbook()).settlement.meter(...key) };
  const prepare: PrepareStrip = async (...strip) => prepareFrom(await wattbook())(...strip);
  return {
    members,
    traders: members.filter((each): each is TradingMember => "strategy" in each),
    meters: meterRules(config, members),
    readings: { signAfter: seconds(config.signAfter), giveUpAfter: seconds(config.giveUpAfter) },
    states,
    prepare: payingRelayer(
      prepare,
      (community) => feeTermsOf(relayer, community),
      asAmount(config.relayer.mostFeePerEntry),
    ),
  };
}

/** Rules of all meters, by name. */
function meterRules({ meters }: GatewayConfig, members: readonly MeteredMember[]): Map<string, MeterRules> {
  return new Map(meters.map((meter) => [meter.name, rulesOf(meter, slotOf(meter.name, members))]));
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
