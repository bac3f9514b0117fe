/** What a node says: is it there, on the right chain, up to date, and are the contracts on it? */
import { connect, faultOf, type Wattbook } from "@wattbook/sdk";
import type { JsonRpcProvider } from "ethers";
import { EXIT } from "../lib/errors.ts";
import { withoutKeys } from "../lib/text.ts";
import type { Finding, Looked } from "./check.ts";
import { doubtful, failing, fine, type Local } from "./local.ts";

/** A block further ahead of this machine's clock, seconds, shows that the clock is slow. */
const AHEAD = 15;
/** Orders and readings are judged by the chain's time: with a clock this far off they come too late. */
const FAR_AHEAD = 300;
/** Chains of local nodes. */
const LOCAL_CHAINS: readonly bigint[] = [31_337n, 1_337n];
/** A newest block older than this, seconds, is not from a public chain that runs. */
const OLD = 120;

/** Looks at the node and the contracts. */
export async function lookAtChain(
  { url, deployment, config }: Local,
  provider: JsonRpcProvider,
): Promise<Looked<Wattbook>> {
  const findings: Finding[] = [];
  try {
    const began = Date.now();
    const chainId = BigInt((await provider.send("eth_chainId", [])) as string);
    findings.push(fine("node", `${withoutKeys(url)} answers in ${Date.now() - began} ms`));
    findings.push(chainOf(chainId, deployment.chainId));
    if (chainId !== deployment.chainId) return { findings, value: undefined };
    findings.push(await clockOf(provider, chainId), await syncOf(provider));
  } catch (error) {
    findings.push(failing("node", faultOf(error) ?? error));
    return { findings, value: undefined };
  }
  try {
    const wattbook = await connect(provider, deployment, { timeout: config.node.timeoutMs });
    findings.push(fine("contracts", `all ${Object.keys(deployment.contracts).length} are there and name each other`));
    return { findings, value: wattbook };
  } catch (error) {
    findings.push(failing("contracts", error));
    return { findings, value: undefined };
  }
}

function chainOf(actual: bigint, expected: bigint): Finding {
  if (actual === expected) return fine("chain", String(actual));
  const advice = `Name a node of chain ${expected}, or the deployment.json of chain ${actual}.`;
  const found = `the node is on ${actual}, the deployment on ${expected}`;
  return { check: "chain", state: "fail", found, advice, exit: EXIT.usage };
}

async function clockOf(provider: JsonRpcProvider, chainId: bigint): Promise<Finding> {
  const block = await provider.getBlock("latest");
  const age = Math.floor(Date.now() / 1_000) - (block?.timestamp ?? 0);
  return clockFinding(age, block?.number ?? 0, LOCAL_CHAINS.includes(chainId));
}

/**
 * @param age Seconds by which this machine's clock is ahead of the newest block.
 * @param local Whether the chain is one's own, whose time may have been moved.
 */
export function clockFinding(age: number, block: number, local = false): Finding {
  const check = "clock";
  if (age < -AHEAD) {
    const found = `block ${block} is ${-age} s ahead of this machine`;
    if (local) return doubtful(check, found, "On a chain of your own whose time was moved this does no harm.");
    const advice = "Set this machine's clock by NTP: orders and readings are judged by the chain's time.";
    return -age > FAR_AHEAD
      ? { check, state: "fail", found, advice, exit: EXIT.failed }
      : doubtful(check, found, advice);
  }
  if (age <= OLD) return fine(check, `block ${block} is ${Math.max(0, age)} s old`);
  const advice = "The node lags, its chain makes no blocks, or this machine's clock is fast. Compare another node.";
  return doubtful(check, `block ${block} is ${age} s old`, advice);
}

async function syncOf(provider: JsonRpcProvider): Promise<Finding> {
  const syncing: unknown = await provider.send("eth_syncing", []).catch(() => false);
  if (syncing === false) return fine("synchronised", "the node is not catching up");
  return doubtful("synchronised", "the node is catching up", "Wait until it is done, or name another node.");
}
