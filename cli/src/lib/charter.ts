/** What a community fixed at its creation, from the event that created it: the chain keeps only its hash. */
import { LogsIncompleteError, ProsumerRegistryAbi, scanLogs, type CommunityTerms } from "@wattbook/sdk";
import { Interface, toBeHex, zeroPadValue, type Result } from "ethers";
import type { Session } from "./link.ts";

const REGISTRY = new Interface(ProsumerRegistryAbi);

/** Terms, suppliers, classes and modules of the beginning. */
export interface Founded {
  readonly terms: CommunityTerms;
  readonly suppliers: readonly string[];
  readonly classes: readonly { readonly supplier: bigint; readonly defaultLoadWh: bigint }[];
  readonly modules: readonly string[];
}

/** Reads how a community was founded. @throws LogsIncompleteError */
export async function foundedAs({ wattbook, community }: Session): Promise<Founded> {
  const { registry, provider, deployment } = wattbook;
  const topic = REGISTRY.getEvent("CommunityCreated")?.topicHash ?? "";
  const filter = { address: registry.address, topics: [topic, zeroPadValue(toBeHex(community), 32)] };
  const [log] = await scanLogs(provider, filter, { fromBlock: deployment.fromBlock });
  if (log === undefined) throw new LogsIncompleteError(`the creation of community ${community}`);
  const args = REGISTRY.decodeEventLog("CommunityCreated", log.data, [...log.topics]);
  const { terms, suppliers, classes, modules } = args.toObject() as Record<string, Result>;
  return {
    terms: terms?.toObject() as unknown as CommunityTerms,
    suppliers: (suppliers?.toArray() ?? []) as string[],
    classes: (classes?.toArray() ?? []).map((each) => (each as Result).toObject() as Founded["classes"][number]),
    modules: (modules?.toArray() ?? []) as string[],
  };
}
