/** What the gateway has to know of its communities: asked of the chain once, and kept in the queue for starts without a node. */
import { type Deployment, type Wattbook } from "@wattbook/sdk";
import { asCommunity, wattbookDomain } from "@wattbook/sdk/pure";
import type { Terms } from "@wattbook/sdk/pure";
import { z } from "zod";
import { ServiceError } from "../../errors.ts";
import type { Community } from "../members.ts";
import type { Queue } from "../queue/queue.ts";
import type { GatewayConfig } from "./schema.ts";

/** By index. */
export type Communities = ReadonlyMap<number, Community>;

/** What never changes of a community. */
interface Facts {
  readonly terms: Terms;
  /** Whether its first module is the sealed order book. */
  readonly sealed: boolean;
}

/** Whole numbers stand as texts. */
const digits = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const Kept = z.object({ terms: z.record(z.string(), z.union([z.boolean(), digits])), sealed: z.boolean() });

/**
 * Asks the chain for the communities that a configuration names, and keeps the answers.
 * @throws ServiceError CONFIG_INVALID for a community that is not there, or that has other terms than before; faults of the node
 */
export async function askCommunities(wattbook: Wattbook, config: GatewayConfig, queue: Queue): Promise<Communities> {
  const numbers = numbersOf(config);
  const count = numbers.length === 0 ? 0n : await wattbook.registry.communityCount();
  for (const [at, { community }] of config.members.entries()) {
    if (BigInt(community) < count) continue;
    const found = `members[${at}].community is ${community}: the deployment has ${count} communities, from 0 on`;
    throw new ServiceError("CONFIG_INVALID", `${found}. Correct the number.`);
  }
  const asked = await Promise.all(numbers.map(async (number) => [number, await ask(wattbook, number)] as const));
  queue.transaction(() => {
    for (const [number, facts] of asked) keep(queue, wattbook.deployment, number, facts);
  });
  return new Map(asked.map(([number, facts]) => [number, communityOf(wattbook.deployment, number, facts)]));
}

/** What the chain said at an earlier start; undefined where it was not asked for one of them yet. */
export function knownCommunities(deployment: Deployment, config: GatewayConfig, queue: Queue): Communities | undefined {
  const known = new Map<number, Community>();
  for (const number of numbersOf(config)) {
    const text = queue.facts.get(nameOf(deployment, number));
    if (text === undefined) return undefined;
    const { terms, sealed } = Kept.parse(JSON.parse(text));
    known.set(number, communityOf(deployment, number, { terms: terms as unknown as Terms, sealed }));
  }
  return known;
}

function numbersOf({ members }: GatewayConfig): number[] {
  return [...new Set(members.map(({ community }) => community))];
}

async function ask({ registry, sealedMarket }: Wattbook, number: number): Promise<Facts> {
  const community = asCommunity(BigInt(number));
  const [terms, module] = await Promise.all([registry.terms(community), registry.moduleAt(community, 0n)]);
  return { terms, sealed: module === sealedMarket.address };
}

function keep(queue: Queue, deployment: Deployment, number: number, { terms, sealed }: Facts): void {
  const texts = Object.entries(terms).map(([name, value]) => [
    name,
    typeof value === "boolean" ? value : String(value),
  ]);
  const text = JSON.stringify({ terms: Object.fromEntries(texts) as unknown, sealed });
  const before = queue.facts.get(nameOf(deployment, number));
  if (before !== undefined && before !== text) {
    const found = `community ${number} has other terms on the chain than ${queue.path} was filled with`;
    throw new ServiceError(
      "CONFIG_INVALID",
      `${found}. Name another queue for another chain, or the deployment.json of this one.`,
    );
  }
  queue.facts.put(nameOf(deployment, number), text);
}

/** One file of a queue may serve several deployments, one after the other. */
function nameOf({ chainId, contracts }: Deployment, number: number): string {
  return `community ${number} of ${contracts.ProsumerRegistry} on ${chainId}`;
}

function communityOf({ chainId, contracts }: Deployment, number: number, { terms, sealed }: Facts): Community {
  const market = sealed ? contracts.SealedAuction : contracts.DoubleAuction;
  return {
    ...{ community: asCommunity(BigInt(number)), terms },
    settlement: wattbookDomain(chainId, contracts.Settlement),
    market: wattbookDomain(chainId, market),
  };
}
