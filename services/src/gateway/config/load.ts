/** From a configuration file to what a `Gateway` takes: keys opened, the chain asked for the terms. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { JsonRpcProvider, Network } from "ethers";
import { connect, parseDeployment, prepareStrip } from "@wattbook/sdk";
import type { Wattbook } from "@wattbook/sdk";
import { asCommunity, asMember, asPrice, asSeconds, DEFAULT_TERMS } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { TradingMember } from "../bidder.ts";
import { asGatewayError, GatewayError } from "../errors.ts";
import { HistoryForecast } from "../forecast.ts";
import type { GatewayOptions } from "../gateway.ts";
import { HttpHandOver } from "../http-hand-over.ts";
import type { MeterRules } from "../intake.ts";
import { openKey, readSecret } from "../keys.ts";
import type { KeySigner } from "../keys.ts";
import type { Community, MeteredMember } from "../members.ts";
import { Queue } from "../queue/queue.ts";
import { ForecastStrategy } from "../strategy.ts";
import { makeAdapter } from "./adapters.ts";
import { parseConfig } from "./parse.ts";
import type { GatewayConfig, MemberConfig, MeterConfig } from "./schema.ts";

/** Environment variables that stand in for fields of the configuration. */
export interface Environment {
  /** Where a key names no `passwordFile`. */
  readonly KEY_PASSWORD_FILE?: string | undefined;
  /** Where the relayer names no `tokenFile`. */
  readonly RELAYER_TOKEN_FILE?: string | undefined;
}

/**
 * Loads a configuration file.
 * @throws GatewayError CONFIG_INVALID and of keys, files and the queue; errors of the SDK where the chain is not there
 */
export async function loadGateway(path: string, environment: Environment = {}): Promise<GatewayOptions> {
  const config = parseConfig(await readText(path, "configuration"));
  const folder = dirname(resolve(path));
  const wattbook = await openChain(config, folder);
  const communities = await readCommunities(wattbook, config);
  const names = new Set(config.meters.map(({ name }) => name));
  const adapters = await Promise.all(config.adapters.map((each) => makeAdapter(each, { folder, meters: names })));
  const handOver = await openRelayer(config, folder, environment);
  const queue = new Queue(resolve(folder, config.queue));
  const setup = { folder, environment, communities, queue };
  const members = await Promise.all(config.members.map((each) => memberOf(each, setup)));
  return {
    queue,
    adapters,
    handOver,
    members,
    meters: new Map(config.meters.map((meter) => [meter.name, rulesOf(meter, slotOf(meter.name, members))])),
    traders: members.filter((each): each is TradingMember => "strategy" in each),
    readings: { signAfter: seconds(config.signAfter), giveUpAfter: seconds(config.giveUpAfter) },
    states: wattbook.settlement,
    prepare: (community, member, period) => prepareStrip(wattbook, community, member, period),
  };
}

async function openChain({ chain }: GatewayConfig, folder: string): Promise<Wattbook> {
  const deployment = parseDeployment(await readText(resolve(folder, chain.deployment), "chain.deployment"));
  const network = Network.from(deployment.chainId);
  const provider = new JsonRpcProvider(chain.url, network, { staticNetwork: network, cacheTimeout: -1 });
  return connect(provider, deployment);
}

async function openRelayer({ relayer }: GatewayConfig, folder: string, { RELAYER_TOKEN_FILE }: Environment) {
  const file = relayer.tokenFile === undefined ? RELAYER_TOKEN_FILE : resolve(folder, relayer.tokenFile);
  if (file === undefined) return new HttpHandOver({ url: relayer.url });
  return new HttpHandOver({ url: relayer.url, token: (await readSecret(file, "relayer.tokenFile")).trimEnd() });
}

async function readCommunities(
  wattbook: Wattbook,
  { members }: GatewayConfig,
): Promise<ReadonlyMap<number, Community>> {
  const numbers = [...new Set(members.map(({ community }) => community))];
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
  return new Map(await Promise.all(numbers.map(read)));
}

interface Setup {
  readonly folder: string;
  readonly environment: Environment;
  readonly communities: ReadonlyMap<number, Community>;
  readonly queue: Queue;
}

async function memberOf(config: MemberConfig, setup: Setup): Promise<MeteredMember | TradingMember> {
  const community = setup.communities.get(config.community);
  if (community === undefined) {
    throw new GatewayError("CONFIG_INVALID", "community", config.community, "the deployment has no such community.");
  }
  const { meter, acceptGaps, trade } = config;
  const meterKey = await keyOf(config.meterKey, setup);
  const metered = { community, member: asMember(BigInt(config.member)), meter, meterKey, acceptGaps };
  if (trade === undefined) return metered;
  const { buy, sell, leadTime } = trade;
  const prices = {
    ...(buy === undefined ? {} : { buy: asPrice(buy) }),
    ...(sell === undefined ? {} : { sell: asPrice(sell) }),
  };
  return {
    ...metered,
    tradingKey: await keyOf(trade.tradingKey, setup),
    strategy: new ForecastStrategy(prices),
    forecast: new HistoryForecast(setup.queue, community.terms.slotDuration),
    leadTime: seconds(leadTime),
  };
}

async function keyOf(key: MemberConfig["meterKey"], { folder, environment }: Setup): Promise<KeySigner> {
  const passwordFile =
    key.passwordFile === undefined ? environment.KEY_PASSWORD_FILE : resolve(folder, key.passwordFile);
  if (passwordFile === undefined) {
    const hint = "name passwordFile, or set the environment variable KEY_PASSWORD_FILE.";
    throw new GatewayError("CONFIG_INVALID", "passwordFile", undefined, hint);
  }
  const file = resolve(folder, key.file);
  return openKey(key.address === undefined ? { file, passwordFile } : { file, passwordFile, address: key.address });
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

async function readText(path: string, field: string): Promise<string> {
  return readFile(path, "utf8").catch((error: unknown) => {
    throw asGatewayError(error, "FILE_UNREADABLE", field, `${path} cannot be read. Check its name and permissions.`);
  });
}
