/** The nodes that take over where the first one is away: each is there, on the right chain, and as far as the first. */
import { faultOf } from "@wattbook/sdk";
import { EXIT } from "../lib/errors.ts";
import { openProvider } from "../lib/link.ts";
import { withoutKeys } from "../lib/text.ts";
import type { Finding } from "./check.ts";
import { doubtful, fine, type Local } from "./local.ts";

/** Blocks that a node may be behind the first one. */
const MOST_BEHIND = 5;

/** @param urls All addresses, the first one's too. */
export async function lookAtOtherNodes({ urls, deployment, config }: Local): Promise<Finding[]> {
  const [first, ...others] = await Promise.all(
    urls.map(async (url) => asked(url, deployment.chainId, config.node.timeoutMs)),
  );
  return others.map((answer, index) => findingOf(`node ${index + 2}`, answer, deployment.chainId, first?.block));
}

interface Answer {
  readonly url: string;
  readonly chainId?: bigint;
  readonly block?: number;
  /** Why it did not answer. */
  readonly fault?: string;
}

async function asked(url: string, chainId: bigint, timeout: number): Promise<Answer> {
  const provider = openProvider(url, chainId, timeout);
  try {
    const found = BigInt((await provider.send("eth_chainId", [])) as string);
    return { url, chainId: found, block: await provider.getBlockNumber() };
  } catch (error) {
    const known = faultOf(error) ?? error;
    return { url, fault: known instanceof Error ? known.message : String(known) };
  } finally {
    provider.destroy();
  }
}

function findingOf(check: string, answer: Answer, expected: bigint, newest: number | undefined): Finding {
  const { chainId, block = 0, fault } = answer;
  const url = withoutKeys(answer.url);
  if (fault !== undefined) {
    const advice = `${withoutKeys(fault)} Nobody takes over where the other nodes are away: mend it, or name another.`;
    return doubtful(check, `${url} does not answer`, advice);
  }
  if (chainId !== expected) {
    const found = `${url} is on chain ${String(chainId)}, the deployment on ${expected}`;
    return { check, state: "fail", found, advice: `Name a node of chain ${expected}.`, exit: EXIT.usage };
  }
  if (newest === undefined || newest - block <= MOST_BEHIND) return fine(check, `${url} answers, at block ${block}`);
  const advice = "Wait until it has caught up, or name another node.";
  return doubtful(check, `${url} is ${newest - block} blocks behind the first`, advice);
}
