/** A keeper that looks again and again, with a door for operators. */
import { connect, type Deployment, isWattbookError, type Wattbook } from "@wattbook/sdk";
import { pause } from "../chain/backoff.ts";
import { eachDone } from "../chain/each-done.ts";
import type { SenderStep } from "../chain/index.ts";
import { isServiceError, ServiceError } from "../errors.ts";
import {
  holds,
  type Listen,
  type Logger,
  type Need,
  nodeAnswers,
  openDoor,
  OwnClock,
  type Secrets,
  storeWrites,
  untilNodeAnswers,
} from "../operation/index.ts";
import { KeeperNumbers } from "./numbers.ts";
import { openKeeper, type KeeperParts, type OpenKeeper } from "./open.ts";

/** How a keeper is run. */
export interface KeeperSetup extends Omit<KeeperParts, "observe" | "wattbook"> {
  readonly deployment: Deployment;
  /** Seconds between two looks. */
  readonly every: number;
  /** Where operators find it; nowhere if left out. */
  readonly listen?: Listen | undefined;
}

/** What a start needs besides. */
export interface KeeperStart {
  readonly log: Logger;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
}

/** What a keeper did. */
export interface Kept {
  readonly passes: number;
  readonly submitted: number;
}

/** A keeper that runs. */
export interface RunningKeeper {
  readonly account: string;
  /** Of the operators' door. */
  readonly operation: string | undefined;
  /** Ends once the signal is aborted and everything is closed. What was not sent is in the outbox. */
  readonly ended: Promise<Kept>;
}

/**
 * Starts a keeper. It waits for its node; what is in hand when the signal comes is finished.
 * @throws ServiceError COMMUNITY_UNKNOWN and of the files; faults of the node that waiting does not mend
 */
export async function startKeeper(setup: KeeperSetup, parts: KeeperStart): Promise<RunningKeeper> {
  const { node, listen, community } = setup;
  const { log, secrets, signal } = parts;
  const door = await openDoor("keeper", listen, secrets, [nodeAnswers(node)]);
  let numbers: KeeperNumbers | undefined;
  const observe = (step: SenderStep) => {
    numbers?.sender.stepped(step);
    logStep(log, step);
  };
  try {
    await untilNodeAnswers(node, log, signal);
    const open = await openKeeper({ ...setup, wattbook: await joinedTo(setup), observe });
    numbers = new KeeperNumbers(door.metrics, open.outbox);
    const work = new Work(setup, open, numbers, parts);
    door.up(needsOf(setup, open, work));
    const { account } = open;
    log.info({ community: Number(community), account, operation: door.url }, "keeper is up");
    const finish = async () => {
      const kept = await work.run().finally(async () => {
        await door.close();
        open.close();
      });
      log.info(kept, "keeper is down");
      return kept;
    };
    return { account, operation: door.url, ended: finish() };
  } catch (error) {
    await door.close();
    throw error;
  }
}

/** The deployment of a community, asked through all nodes. @throws ServiceError COMMUNITY_UNKNOWN; faults of the nodes */
export async function joinedTo({
  node,
  deployment,
  community,
}: Pick<KeeperSetup, "node" | "deployment" | "community">): Promise<Wattbook> {
  const wattbook = await connect(node.provider, deployment);
  const count = await wattbook.registry.communityCount();
  if (community < count) return wattbook;
  const found = `community is ${community}: the deployment has ${count} communities, from 0 on`;
  throw new ServiceError("COMMUNITY_UNKNOWN", `${found}. Correct the number.`);
}

function needsOf({ node }: KeeperSetup, { outbox, logs }: OpenKeeper, work: Work): Need[] {
  return [
    nodeAnswers(node),
    storeWrites("outbox", outbox.path, outbox.store),
    storeWrites("logs", logs.path, logs.store),
    holds("pass", () => work.fault),
  ];
}

class Work {
  readonly #setup: KeeperSetup;
  readonly #open: OpenKeeper;
  readonly #numbers: KeeperNumbers;
  readonly #parts: KeeperStart;
  readonly #ownClock = new OwnClock();
  #passes = 0;
  #submitted = 0;
  /** Why the last look failed; null where it went well. */
  fault: string | null = "It has not looked at what is due yet.";

  constructor(setup: KeeperSetup, open: OpenKeeper, numbers: KeeperNumbers, parts: KeeperStart) {
    this.#setup = setup;
    this.#open = open;
    this.#numbers = numbers;
    this.#parts = parts;
  }

  /** Nothing that fails is a reason to end: what is not on disk is not sent, and the next look may go better. */
  async run(): Promise<Kept> {
    const { log, signal } = this.#parts;
    while (!signal.aborted) {
      try {
        await this.#look();
        this.fault = null;
      } catch (error) {
        this.#numbers.failed();
        this.fault = error instanceof Error ? error.message : String(error);
        const known = isServiceError(error) || isWattbookError(error);
        log[known ? "warn" : "error"]({ err: error }, "a look at the chain failed");
      }
      await pause(this.#setup.every * 1_000, signal).catch(() => undefined);
    }
    return { passes: this.#passes, submitted: this.#submitted };
  }

  async #look(): Promise<void> {
    const { keeper, sender, account } = this.#open;
    const { node } = this.#setup;
    // What cannot be looked at must not keep what was submitted from being sent.
    await eachDone([
      async () => {
        const pass = await keeper.pass();
        this.#passes += 1;
        this.#submitted += pass.submitted.length;
        this.#numbers.passed(pass);
      },
      () => sender.tick(),
      async () => {
        const wrong = this.#ownClock.hear(await node.head());
        if (wrong !== undefined) this.#parts.log.warn({ err: wrong }, "this machine's clock is wrong");
      },
    ]);
    this.#numbers.sender.holds(await node.balance(account));
  }
}

function logStep(log: Logger, step: SenderStep): void {
  const { job } = step;
  const transaction = "hash" in step ? step.hash : job.hash;
  const reason = "reason" in step ? step.reason : job.reason;
  log[step.step === "late" || step.step === "refused" ? "warn" : "info"](
    { job: job.key, step: step.step, transaction, nonce: job.nonce, reason },
    "a transaction",
  );
}
