/** From a configuration to the contracts of a deployment. */
import {
  asCommunity,
  asMember,
  asSeconds,
  connect,
  parseDeployment,
  type CommunityIndex,
  type Deployment,
  type MemberIndex,
  type Seconds,
  type Terms,
  type Wattbook,
} from "@wattbook/sdk";
import { endpointOf } from "@wattbook/services/endpoint";
import { JsonRpcProvider, Network } from "ethers";
import { nodeUrlOf, readConfig, type Config } from "./config.ts";
import { CliError } from "./errors.ts";
import { readText } from "./files.ts";
import type { Terminal } from "./terminal.ts";
import type { Money } from "./units.ts";

/** Options of every command that asks a chain. */
export interface LinkOptions {
  readonly config?: string;
  /** Instead of the configuration's. */
  readonly community?: bigint;
  readonly member?: bigint;
}

/** A deployment on a node that was checked. */
export interface Link {
  readonly terminal: Terminal;
  readonly config: Config;
  readonly provider: JsonRpcProvider;
  readonly wattbook: Wattbook;
}

/** A community of it. */
export interface Session extends Link {
  readonly community: CommunityIndex;
  readonly terms: Terms;
  readonly money: Money;
  /** Of the latest block: what the contracts go by. */
  readonly now: Seconds;
}

/** Milliseconds between two looks for a transaction. */
const POLL_MS = 500;

/** A provider that asks for the chain once, and does not try again by itself. */
export function openProvider(url: string, chainId: bigint, timeoutMs: number): JsonRpcProvider {
  const network = Network.from(chainId);
  const provider = new JsonRpcProvider(endpointOf(url, timeoutMs), network, {
    staticNetwork: network,
    cacheTimeout: -1,
    batchMaxCount: 1,
  });
  provider.pollingInterval = POLL_MS;
  return provider;
}

/** The configuration's deployment. @throws CliError FILE_UNREADABLE @throws WattbookError DEPLOYMENT_INVALID, DEPLOYMENT_VERSION */
export function deploymentOf({ deployment }: Config): Deployment {
  return parseDeployment(readText("deployment", deployment));
}

/**
 * Runs `work` with a connection, and closes it.
 * @throws CliError CONFIG_MISSING, CONFIG_INVALID, NODE_URL_MISSING, FILE_UNREADABLE
 * @throws FaultError where the node or the deployment is not what it should be
 */
export async function withLink<T>(
  options: LinkOptions,
  terminal: Terminal,
  work: (link: Link) => Promise<T>,
): Promise<T> {
  const config = readConfig(options.config, terminal);
  return linkTo(config, () => nodeUrlOf(config, terminal), terminal, work);
}

/**
 * As `withLink`, with a configuration that was read.
 * @param url The node's address.
 */
export async function linkTo<T>(
  config: Config,
  url: () => string,
  terminal: Terminal,
  work: (link: Link) => Promise<T>,
): Promise<T> {
  const deployment = deploymentOf(config);
  const { timeoutMs } = config.node;
  const provider = openProvider(url(), deployment.chainId, timeoutMs);
  try {
    return await work({
      terminal,
      config,
      provider,
      wattbook: await connect(provider, deployment, { timeout: timeoutMs }),
    });
  } finally {
    provider.destroy();
  }
}

/** As `withLink`, with the community of the options or the configuration. @throws CliError COMMUNITY_MISSING, OPTION_INVALID */
export async function withSession<T>(
  options: LinkOptions,
  terminal: Terminal,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withLink(options, terminal, async (link) => work(await sessionOf(link, options)));
}

/** Reads what every command needs to know of a community. */
export async function sessionOf(link: Link, options: LinkOptions): Promise<Session> {
  const { wattbook, config, provider } = link;
  const community = communityOf(options, config);
  const count = await wattbook.registry.communityCount();
  if (community >= count) {
    const there = count === 0n ? "The deployment has none" : `The deployment has 0 to ${count - 1n}`;
    throw new CliError(
      "COMMUNITY_MISSING",
      `There is no community ${community}. ${there}; name another, or create it.`,
    );
  }
  const [terms, token, block] = await Promise.all([
    wattbook.registry.terms(community),
    wattbook.paymentToken(community),
    provider.getBlock("latest"),
  ]);
  const [symbol, decimals] = await Promise.all([token.symbol(), token.decimals()]);
  const now = asSeconds(BigInt(block?.timestamp ?? 0));
  return { ...link, community, terms, money: { token: token.address, symbol, decimals }, now };
}

/** The community of the options or the configuration. @throws CliError OPTION_INVALID */
export function communityOf({ community }: LinkOptions, config: Config): CommunityIndex {
  const index = community ?? (config.community === undefined ? undefined : BigInt(config.community));
  if (index !== undefined) return asCommunity(index);
  throw new CliError("OPTION_INVALID", `--community is missing, and ${config.path} names no community. Name one.`);
}

/**
 * The member that a command is about.
 * @throws CliError OPTION_INVALID, MEMBER_MISSING
 */
export async function memberOf(
  { member }: LinkOptions,
  { config, wattbook, community }: Session,
): Promise<MemberIndex> {
  const index = member ?? (config.member === undefined ? undefined : BigInt(config.member));
  if (index === undefined) {
    throw new CliError("OPTION_INVALID", `--member is missing, and ${config.path} names no member. Name one.`);
  }
  const count = await wattbook.registry.memberCount(community);
  if (index < count) return asMember(index);
  const there = `Community ${community} has the members 0 to ${count - 1n}`;
  throw new CliError("MEMBER_MISSING", `There is no member ${index}. ${there}: name one of them.`);
}
