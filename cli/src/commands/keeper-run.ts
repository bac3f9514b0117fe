/** A keeper that runs: once, or until it is stopped. */
import { asCommunity } from "@wattbook/sdk";
import type { Job } from "@wattbook/services/chain";
import { Secrets } from "@wattbook/services/files";
import type { OpenKeeper } from "@wattbook/services/keeper";
import type { Level, Listen } from "@wattbook/services/operation";
import type { Wallet } from "ethers";
import { nodeUrlsOf, readConfig, type Config } from "../lib/config.ts";
import { confirm } from "../lib/confirm.ts";
import { CliError, EXIT } from "../lib/errors.ts";
import { unlock } from "../lib/keystore.ts";
import { communityOf, deploymentOf, type LinkOptions } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import type { AskingOptions } from "../lib/send.ts";
import { senderKey } from "../lib/sender-key.ts";
import type { Terminal } from "../lib/terminal.ts";
import { counted } from "../lib/units.ts";

export type KeepOptions = LinkOptions &
  AskingOptions & {
    readonly once?: boolean;
    /** Seconds. */
    readonly every: bigint;
    /** Seconds. */
    readonly delay: bigint;
    readonly confirmations: bigint;
    readonly listen?: Listen;
    readonly log: Level;
  };

/** Runs until it is stopped. */
export async function keepOn(options: KeepOptions, output: Output): Promise<void> {
  const { terminal } = output;
  const config = readConfig(options.config, terminal);
  const deployment = deploymentOf(config);
  const community = communityOf(options, config);
  const secrets = new Secrets();
  const signer = await signerOf(config, options, terminal, secrets);
  const [{ Node }, { startKeeper }, { createLog, stopSignal }] = await Promise.all([
    import("@wattbook/services/chain"),
    import("@wattbook/services/keeper"),
    import("@wattbook/services/operation"),
  ]);
  const log = createLog("keeper", options.log, secrets);
  const signal = stopSignal(log);
  const urls = nodeUrlsOf(config, terminal).map((url) => secrets.add(url));
  const node = new Node({ urls, chainId: deployment.chainId, timeout: config.node.timeoutMs });
  const setup = {
    ...{ deployment, community: asCommunity(community), node, signer, folder: config.data, listen: options.listen },
    ...{ delay: options.delay, every: Number(options.every), confirmations: Number(options.confirmations) },
  };
  let kept = { passes: 0, submitted: 0 };
  try {
    kept = await (await startKeeper(setup, { log, secrets, signal })).ended;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    node.provider.destroy();
  }
  const { passes, submitted } = kept;
  output.result({ stopped: true, passes, submitted }, () => {
    const did = `Stopped after ${counted(passes, "look")}; ${counted(submitted, "call")} handed in`;
    return `${did}. What waits is in the outbox and goes on with the next start.`;
  });
}

/** Looks once, and waits for what it sent; whether all of it went through. */
export async function keepOnce(options: KeepOptions, output: Output): Promise<boolean> {
  const { terminal } = output;
  const config = readConfig(options.config, terminal);
  const deployment = deploymentOf(config);
  const community = asCommunity(communityOf(options, config));
  const signer = await signerOf(config, options, terminal, new Secrets());
  const [{ Node }, { joinedTo, openKeeper }] = await Promise.all([
    import("@wattbook/services/chain"),
    import("@wattbook/services/keeper"),
  ]);
  const stop = new AbortController();
  const release = onSignals(stop, output);
  const { chainId } = deployment;
  const urls = nodeUrlsOf(config, terminal);
  const node = new Node({ urls, chainId, timeout: config.node.timeoutMs, signal: stop.signal });
  try {
    const wattbook = await joinedTo({ node, deployment, community });
    const open = await openKeeper({
      ...{ wattbook, community, node, signer, folder: config.data, delay: options.delay },
      confirmations: Number(options.confirmations),
    });
    try {
      return await once(open, output, stop.signal);
    } finally {
      open.close();
    }
  } finally {
    release();
    node.provider.destroy();
  }
}

async function signerOf(
  config: Config,
  { yes, passwordFile }: KeepOptions,
  terminal: Terminal,
  secrets: Secrets,
): Promise<Wallet> {
  const from = senderKey(config);
  const question = `The keeper sends what is due from ${from.address} (${from.name}) and pays for its gas. Start it?`;
  await confirm(question, yes, terminal);
  return unlock(from, passwordFile, terminal, secrets);
}

async function once({ keeper, sender }: OpenKeeper, output: Output, signal: AbortSignal): Promise<boolean> {
  const { submitted, waiting } = await keeper.pass();
  const jobs: Job[] = [];
  for (const key of submitted) jobs.push(await sender.complete(key, 500, signal));
  const json = {
    submitted: jobs.map(({ key, state, hash, block, gasUsed, reason }) => ({
      ...{ key, state, hash, block, gasUsed, reason },
    })),
    waiting: waiting.map(({ task, period, items }) => ({ task, period: Number(period), items })),
  };
  output.result(json, () => {
    const lines = jobs.map(({ key, state, block }) => `${key}: ${state}${block === null ? "" : ` in block ${block}`}`);
    return lines.length === 0 ? "Nothing was due." : lines.join("\n");
  });
  return jobs.every(({ state }) => state === "done");
}

/** Ends after the step in hand at the first signal, at once at the second. */
function onSignals(stop: AbortController, output: Output): () => void {
  const end = () => {
    if (stop.signal.aborted) process.exit(EXIT.failed);
    output.say("Stopping…");
    stop.abort(new CliError("STOPPED", "Stopped by a signal. What was sent is in the outbox."));
  };
  process.on("SIGINT", end).on("SIGTERM", end);
  return () => process.off("SIGINT", end).off("SIGTERM", end);
}
