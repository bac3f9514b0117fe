/** A keeper that runs: its outbox, its logs, its end. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Sender, SenderStep } from "@wattbook/services/chain";
import type { KeeperOptions, Pass } from "@wattbook/services/keeper";
import { nodeUrlOf } from "../lib/config.ts";
import { confirm } from "../lib/confirm.ts";
import { CliError, EXIT, reportOf } from "../lib/errors.ts";
import { unlock } from "../lib/keystore.ts";
import type { LinkOptions, Session } from "../lib/link.ts";
import type { Output } from "../lib/output.ts";
import type { AskingOptions } from "../lib/send.ts";
import { senderKey } from "../lib/sender-key.ts";
import { counted } from "../lib/units.ts";

export type KeepOptions = LinkOptions &
  AskingOptions & {
    readonly once?: boolean;
    /** Seconds. */
    readonly every: bigint;
    /** Seconds. */
    readonly delay: bigint;
    readonly confirmations: bigint;
  };

/** Runs until it is stopped, or once; whether everything that was sent went through. */
export async function keep(session: Session, options: KeepOptions, output: Output): Promise<boolean> {
  const { config, terminal, wattbook, community } = session;
  const from = senderKey(config);
  const question = `The keeper sends what is due from ${from.address} (${from.name}) and pays for its gas. Start it?`;
  await confirm(question, options.yes, terminal);
  const wallet = await unlock(from, options.passwordFile, terminal);
  const [{ Node, Outbox, Sender: Sending }, { Keeper, SqliteLogStore }] = await Promise.all([
    import("@wattbook/services/chain"),
    import("@wattbook/services/keeper"),
  ]);
  mkdirSync(config.data, { recursive: true });
  const { chainId } = wattbook.deployment;
  const stop = new AbortController();
  const node = new Node({
    urls: [nodeUrlOf(config, terminal)],
    chainId,
    timeout: config.node.timeoutMs,
    signal: stop.signal,
  });
  const outbox = new Outbox(join(config.data, `outbox-${chainId}-${from.address}.db`), chainId, from.address);
  const release = onSignals(stop, output);
  try {
    const store = new SqliteLogStore(join(config.data, `logs-${chainId}.db`));
    try {
      const observe = (step: SenderStep) => {
        output.say(stepText(step));
      };
      const sender = new Sending({
        node,
        signer: wallet,
        outbox,
        confirmations: Number(options.confirmations),
        observe,
      });
      const logs = await wattbook.logs(community, { store });
      const keeping: KeeperOptions = { wattbook, community, sender, account: from.address, logs, delay: options.delay };
      output.say(`Keeping community ${community} from ${from.address}.`);
      const work = new Keeper(keeping);
      if (options.once) return await once(work, sender, output, stop.signal);
      return await always({ work, sender, every: Number(options.every) }, output, stop.signal);
    } finally {
      store.close();
    }
  } finally {
    release();
    node.provider.destroy();
    outbox.close();
  }
}

interface Passing {
  pass(): Promise<Pass>;
}

async function once(work: Passing, sender: Sender, output: Output, signal: AbortSignal): Promise<boolean> {
  const { submitted, waiting } = await work.pass();
  const jobs: Job[] = [];
  for (const key of submitted) jobs.push(await sender.complete(key, 500, signal));
  const json = {
    submitted: jobs.map(({ key, state, hash, block, gasUsed, reason }) => ({
      key,
      state,
      hash,
      block,
      gasUsed,
      reason,
    })),
    waiting: waiting.map(({ task, period, items }) => ({ task, period: Number(period), items })),
  };
  output.result(json, () => {
    const lines = jobs.map(({ key, state, block }) => `${key}: ${state}${block === null ? "" : ` in block ${block}`}`);
    return lines.length === 0 ? "Nothing was due." : lines.join("\n");
  });
  return jobs.every(({ state }) => state === "done");
}

/** Faults of a node do not end it: the next look may go better. */
async function always(
  { work, sender, every }: { work: Passing; sender: Sender; every: number },
  output: Output,
  signal: AbortSignal,
): Promise<boolean> {
  let passes = 0;
  let submitted = 0;
  while (!hasStopped(signal)) {
    try {
      const pass = await work.pass();
      passes++;
      submitted += pass.submitted.length;
      await sender.tick();
    } catch (error) {
      if (hasStopped(signal)) break;
      const report = reportOf(error);
      if (report?.exit !== EXIT.node) throw error;
      output.say(`${report.code}: ${report.message} Trying again in ${every} s.`);
    }
    await sleep(every * 1_000, undefined, { signal }).catch(() => undefined);
  }
  output.result({ stopped: true, passes, submitted }, () => {
    const did = `Stopped after ${counted(passes, "look")}; ${counted(submitted, "call")} handed in`;
    return `${did}. What waits is in the outbox and goes on with the next start.`;
  });
  return true;
}

/** Asked anew each time: it changes while a look waits. */
function hasStopped({ aborted }: AbortSignal): boolean {
  return aborted;
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

function stepText(step: SenderStep): string {
  const { job } = step;
  const hash = "hash" in step ? step.hash : job.hash;
  const reason = "reason" in step ? step.reason : job.reason;
  return [
    `${job.key}: ${step.step}`,
    ...(hash === null ? [] : [hash]),
    ...(reason === null ? [] : [`(${reason})`]),
  ].join(" ");
}
