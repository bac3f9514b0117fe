/** Sends calls from one account: each once, in order, whatever breaks in between. */
import { faultOf, isWattbookError, RpcInvalidError } from "@wattbook/sdk";
import { keccak256, Transaction, type Signer } from "ethers";
import { isServiceError, ServiceError } from "../errors.ts";
import { pause } from "./backoff.ts";
import { above, DEFAULT_FEES, type FeePolicy, type Fees, feesNow } from "./fees.ts";
import type { Head, Node, Receipt } from "./node.ts";
import type { Attempt, Call, Job, JobRequest, JobState, Outbox } from "./outbox.ts";
import { verdictOn } from "./verdict.ts";

/** What a sender needs and how patient it is. */
export interface SenderOptions {
  readonly node: Node;
  /** Signs transactions itself, as wallets and key stores do; accounts of a node cannot: their bytes are not ours to keep. */
  readonly signer: Signer;
  /** Of the signer's account on the node's chain. */
  readonly outbox: Outbox;
  readonly fees?: FeePolicy;
  /** Blocks, its own included, after which a transaction counts as final; 2 if left out. */
  readonly confirmations?: number;
  /** Blocks that pass before a transaction that is next in line offers more; 3 if left out. */
  readonly patience?: number;
  /** Transactions that wait to be mined at the same time; 16 if left out. As many again may be urgent. */
  readonly inFlight?: number;
  /** Told of each step once it is on disk or done: for logs, counters, and tests that pull the plug. */
  readonly observe?: (step: SenderStep) => void;
}

/** What a sender did. */
export type SenderStep =
  | { readonly step: "signed" | "broadcast" | "raised" | "cancelled"; readonly job: Job; readonly hash: string }
  | { readonly step: "mined" | "unmined" | "requeued" | "done" | "reverted" | "refused" | "expired"; readonly job: Job }
  | { readonly step: "late"; readonly job: Job; readonly reason: string };

/** How a job is to be sent. */
interface Bid {
  readonly nonce: number;
  readonly fees: Fees;
  readonly gas: bigint;
  /** Spends the nonce on nothing instead. */
  readonly cancels: boolean;
}

const FINAL: ReadonlySet<JobState> = new Set(["done", "reverted", "refused", "expired"]);

/** Whether a job's state no longer changes. */
export function isFinal({ state }: Job): boolean {
  return FINAL.has(state);
}

/** Gas of a transaction that does nothing. */
const PLAIN_GAS = 21_000n;

/** Transactions of somebody else with the same account that may wait in a node: pools keep far fewer. */
const MOST_WAITING = 10_000;

/** Largest gas limit of a transaction (EIP-7825). */
const MOST_GAS = 1n << 24n;

/**
 * Sends jobs. Nothing is broadcast before it is on disk: after a crash `tick` finds out what came through and goes on.
 *
 * - A transaction that is next in line and not mined within `patience` blocks is replaced by one that offers more, up to the cap.
 *   Where no blocks come, or no node has looked at it yet, nothing is raised: it would not help.
 * - One that the node has forgotten, or had no time for, is handed in again; one whose block was reorganised away waits again.
 * - A nonce that somebody else's transaction has spent is given up once that is final, and the job gets another.
 * - What has expired before it was mined has its nonce spent on nothing, so that nobody waits behind it; and so is a nonce that a
 *   deep reorganisation has set free, and that is no job's any more.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #confirmations: number;
  /** Latest block when a transaction was last handed in by this process, by hash. */
  readonly #handedIn = new Map<string, number>();
  /** Transactions that no node has looked at so far, as far as this process knows, by hash. */
  readonly #unseen = new Set<string>();
  #account: string | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#confirmations = options.confirmations ?? 2;
  }

  /** Takes up a job, once per key; it is sent by the next `tick`. @throws ServiceError JOB_MISMATCH */
  submit(request: JobRequest): Job {
    return this.#outbox.add(request);
  }

  job(key: string): Job | undefined {
    return this.#outbox.job(key);
  }

  /** Jobs whose keys begin with `prefix`, oldest first. */
  jobs(prefix: string): Job[] {
    return this.#outbox.startingWith(prefix);
  }

  /** Forgets old jobs: see `Outbox.forget`. */
  forget(keys: readonly string[]): void {
    this.#outbox.forget(keys);
  }

  /** Looks at the chain once and does what is due. @throws Faults of the node; the next `tick` goes on */
  async tick(): Promise<void> {
    const head = await this.#node.head();
    const spent = await this.#spentAt(head);
    await this.#follow(head, spent);
    await this.#mendHoles(head, spent);
    await this.#push(head, spent);
    await this.#sendQueued(head, spent);
  }

  /**
   * Nonces that are spent as of a block. By its number: of several nodes behind an address one that has not got it yet says so,
   * where asked for the latest it would name those that it knows of.
   */
  async #spentAt(head: Head): Promise<number> {
    const { queued, sent } = this.#outbox.counts();
    if (queued + sent === 0 && this.#outbox.nextNonce() === 0) return 0;
    return this.#node.nonceAt(await this.#from(), head.number);
  }

  /**
   * Ticks until a job is final.
   * @param every Milliseconds between two looks.
   * @throws Faults of the node that outlast its own tries
   */
  async complete(key: string, every = 1_000, signal?: AbortSignal): Promise<Job> {
    for (;;) {
      await this.tick();
      const job = this.#outbox.job(key);
      if (job === undefined) throw new RangeError(`key: no job ${key}`);
      if (isFinal(job)) return job;
      await pause(every, signal);
    }
  }

  // -------------------------------------------------------------------------------------------------- what came through

  async #follow(head: Head, spent: number): Promise<void> {
    for (const job of this.#outbox.inState("mined")) await this.#followMined(head, job);
    for (const job of this.#outbox.inState("sent")) if (nonceOf(job) < spent) await this.#followSent(head, job);
  }

  /** A transaction in a block becomes final, or its block goes. */
  async #followMined(head: Head, job: Job): Promise<void> {
    const receipt = await this.#node.receipt(job.hash ?? "");
    if (receipt === null) {
      this.#outbox.unmined(job.key);
      this.#tell("unmined", job);
      return;
    }
    if (receipt.blockHash !== job.blockHash) this.#outbox.mined(job.key, job.hash ?? "", receipt);
    if (head.number - receipt.block + 1 < this.#confirmations) return;
    const state = this.#outcome(job, receipt);
    this.#outbox.finish(job.key, state);
    this.#tell(state, job);
  }

  #outcome(job: Job, receipt: Receipt): "done" | "reverted" | "expired" {
    const cancelled = this.#outbox.attempts(job).some(({ hash, cancels }) => hash === job.hash && cancels);
    if (cancelled) return "expired";
    return receipt.succeeded ? "done" : "reverted";
  }

  /** The job's nonce is spent: by which transaction? */
  async #followSent(head: Head, job: Job): Promise<void> {
    for (const { hash } of this.#outbox.attempts(job)) {
      const receipt = await this.#node.receipt(hash);
      if (receipt === null) continue;
      this.#outbox.mined(job.key, hash, receipt);
      this.#tell("mined", job);
      await this.#followMined(head, this.#current(job));
      return;
    }
    // By none of ours, or the node that was asked is behind. Once that is final for one that is, the job needs another nonce.
    const block = head.number - this.#confirmations + 1 - this.#node.lag;
    if (block < 0 || (await this.#node.nonceAt(await this.#from(), block)) <= nonceOf(job)) return;
    this.#outbox.requeue(job.key);
    this.#tell("requeued", job);
  }

  /**
   * A chain that was reorganised deeper than `confirmations` has forgotten transactions that counted as final: their nonces
   * are free again, and everything behind them waits. Of our own the bytes are still there.
   */
  async #mendHoles(head: Head, spent: number): Promise<void> {
    const [first, ...more] = this.#outbox.jobsFrom(spent);
    if (first === undefined) return;
    if (first.nonce !== spent) await this.#fill(head, spent);
    for (const job of [first, ...more]) {
      // A node that has not got its block yet has forgotten nothing.
      if (!isFinal(job) || head.number < (job.block ?? 0)) continue;
      this.#outbox.unmined(job.key);
      this.#tell("unmined", job);
    }
  }

  /**
   * Spends a nonce on nothing that somebody else's transaction had, or a job that has another one since: its first bytes must not
   * come in beside the second. Only once those behind it have waited, and where no transaction that has it waits as well.
   */
  async #fill(head: Head, nonce: number): Promise<void> {
    const [behind] = this.#outbox.inState("sent");
    const last = behind && this.#outbox.attempts(behind)[0];
    if (last === undefined || !this.#isStuck(head, last)) return;
    const from = await this.#from();
    if ((await this.#node.nonce(from, "pending")) !== nonce) return;
    // Given up where another transaction has the nonce after all.
    const job = this.#outbox.add({ key: `nonce ${nonce}`, call: nothingFor(from), expires: head.time });
    const fees = await feesNow(this.#node, head, this.#options.fees ?? DEFAULT_FEES);
    const attempt = await this.#sign(head, job, { nonce, fees, gas: PLAIN_GAS, cancels: true });
    this.#tell("cancelled", job, attempt.hash);
    await this.#broadcast(head, this.#current(job), attempt);
  }

  #isStuck(head: Head, { block }: Attempt): boolean {
    return head.number - block >= (this.#options.patience ?? 3);
  }

  // -------------------------------------------------------------------------------------------------- what waits

  /** Hands in again what the node has forgotten, and raises what is next in line and stuck. */
  async #push(head: Head, spent: number): Promise<void> {
    for (const job of this.#outbox.inState("sent")) {
      const nonce = nonceOf(job);
      const last = this.#outbox.attempts(job)[0];
      if (nonce < spent || last === undefined) continue;
      const first = nonce === spent;
      const expired = isExpired(job, head) && !last.cancels;
      // What no node has looked at is not too cheap for that alone.
      const stuck = this.#isStuck(head, last) && !this.#unseen.has(last.hash);
      if (first && (expired || stuck) && (await this.#raise(head, job, last))) continue;
      if (this.#handedIn.get(last.hash) === head.number) continue;
      if (await this.#node.knows(last.hash)) this.#unseen.delete(last.hash);
      else await this.#broadcast(head, job, last);
      this.#handedIn.set(last.hash, head.number);
    }
  }

  /** @return Whether a transaction that offers more was sent. */
  async #raise(head: Head, job: Job, last: Attempt): Promise<boolean> {
    const policy = this.#options.fees ?? DEFAULT_FEES;
    const fees = above(last.fees, await feesNow(this.#node, head, policy), policy);
    if (fees === null) {
      this.#late(
        job,
        `FEES_CAPPED: more than ${policy.cap} wei per gas is needed. Raise the cap, or wait for lower fees.`,
      );
      return false;
    }
    const cancels = last.cancels || isExpired(job, head);
    const gas = cancels ? PLAIN_GAS : Transaction.from(last.signed).gasLimit;
    const attempt = await this.#sign(head, job, { nonce: nonceOf(job), fees, gas, cancels });
    this.#tell(cancels && !last.cancels ? "cancelled" : "raised", job, attempt.hash);
    await this.#broadcast(head, job, attempt);
    return true;
  }

  // -------------------------------------------------------------------------------------------------- what is new

  async #sendQueued(head: Head, spent: number): Promise<void> {
    const { inFlight = 16 } = this.#options;
    const queued = this.#outbox.inState("queued");
    for (const job of queued) {
      if (isExpired(job, head)) {
        this.#outbox.finish(job.key, "expired");
        this.#tell("expired", job);
        continue;
      }
      // Nonces are mined in their order: a full line must not make what is urgent wait for a place in it too.
      if (this.#outbox.counts().sent >= (job.urgent ? 2 * inFlight : inFlight)) return;
      await this.#sendNew(head, spent, job);
    }
  }

  async #sendNew(head: Head, spent: number, job: Job): Promise<void> {
    const gas = await this.#gasFor(job);
    if (gas === null) return;
    const from = await this.#from();
    // Whoever else uses the account may have transactions waiting: ours go behind them.
    const waiting = await this.#node.nonce(from, "pending");
    const known = Math.max(spent, this.#outbox.nextNonce());
    // A nonce that nothing comes before is mined never, and everything behind it waits.
    if (waiting > known + MOST_WAITING)
      throw new RpcInvalidError(`eth_getTransactionCount: ${waiting}, after ${known}`);
    const nonce = Math.max(waiting, known);
    const fees = await feesNow(this.#node, head, this.#options.fees ?? DEFAULT_FEES);
    const attempt = await this.#sign(head, job, { nonce, fees, gas, cancels: false });
    this.#tell("signed", job, attempt.hash);
    await this.#broadcast(head, this.#current(job), attempt);
  }

  /** The gas limit: an eighth above the estimate. Null where the call would revert, which closes the job. */
  async #gasFor(job: Job): Promise<bigint | null> {
    if (job.gas !== null) return job.gas;
    try {
      const estimate = await this.#node.estimateGas({ from: await this.#from(), ...job.call });
      const limit = estimate + estimate / 8n;
      return limit < MOST_GAS || estimate > MOST_GAS ? limit : MOST_GAS;
    } catch (thrown) {
      const fault = faultOf(thrown);
      if (!isWattbookError(fault, "CONTRACT_REVERTED")) throw thrown;
      this.#refuse(job, fault.message);
      return null;
    }
  }

  /** Signs a transaction and writes it down. */
  async #sign(head: Head, job: Job, { nonce, fees, gas, cancels }: Bid): Promise<Attempt> {
    const { to, data, value } = cancels ? nothingFor(await this.#from()) : job.call;
    const price = fees.legacy
      ? { type: 0, gasPrice: fees.most }
      : { type: 2, maxFeePerGas: fees.most, maxPriorityFeePerGas: fees.tip };
    const chainId = this.#node.chainId;
    const signed = await this.#options.signer.signTransaction({
      ...{ chainId, nonce, to, data, value, gasLimit: gas },
      ...price,
    });
    const attempt = { hash: keccak256(signed), key: job.key, nonce, signed, fees, block: head.number, cancels };
    this.#outbox.sign(attempt);
    return attempt;
  }

  /** Hands in a transaction. Where the node does not take it, or its answer is lost, the next tick finds out. */
  async #broadcast(head: Head, job: Job, { hash, signed }: Attempt): Promise<void> {
    this.#unseen.add(hash);
    try {
      await this.#node.send(signed);
      this.#unseen.delete(hash);
      this.#handedIn.set(hash, head.number);
      this.#tell("broadcast", job, hash);
    } catch (thrown) {
      if (!isWattbookError(thrown)) throw thrown;
      const verdict = verdictOn(thrown);
      if (verdict === "known" || verdict === "cheap") {
        this.#unseen.delete(hash);
        // What is too cheap offers more once its patience is over; why it cannot is noted already.
        if (verdict === "cheap" && this.#current(job).reason === null)
          this.#late(job, `${thrown.code}: ${thrown.message}`);
        return;
      }
      if (verdict === "never" && (await this.#giveBack(job, hash))) {
        this.#unseen.delete(hash);
        this.#refuse(job, thrown.message);
        return;
      }
      this.#late(job, `${thrown.code}: ${thrown.message}`);
    }
  }

  /** Whether the nonce of a transaction that no node takes can be used again: nothing was sent behind it, and it is nowhere. */
  async #giveBack(job: Job, hash: string): Promise<boolean> {
    const { nonce } = this.#current(job);
    if (nonce === null || this.#outbox.nextNonce() !== nonce + 1) return false;
    if (this.#outbox.attempts(this.#current(job)).length > 1 || (await this.#node.knows(hash))) return false;
    this.#outbox.requeue(job.key);
    return true;
  }

  #refuse(job: Job, reason: string): void {
    this.#outbox.finish(job.key, "refused", reason);
    this.#tell("refused", job);
  }

  #late(job: Job, reason: string): void {
    this.#outbox.late(job.key, reason);
    this.#options.observe?.({ step: "late", job: this.#current(job), reason });
  }

  #tell(step: Exclude<SenderStep["step"], "late">, job: Job, hash?: string): void {
    const told = { step, job: this.#current(job), ...(hash !== undefined && { hash }) };
    this.#options.observe?.(told as SenderStep);
  }

  #current(job: Job): Job {
    return this.#outbox.job(job.key) ?? job;
  }

  async #from(): Promise<string> {
    this.#account ??= await this.#options.signer.getAddress();
    return this.#account;
  }

  get #node(): Node {
    return this.#options.node;
  }

  get #outbox(): Outbox {
    return this.#options.outbox;
  }
}

/**
 * Ticks again and again. A node that fails is no reason to stop: `failed` hears of it, and the next tick goes on.
 * @param every Milliseconds between two looks.
 */
export async function keepSending(
  sender: Sender,
  every: number,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await sender.tick();
    } catch (error) {
      // A file that cannot be written must stop everything: what is not on disk must not be sent.
      if (isServiceError(error) && error.code.startsWith("STORE")) throw error;
      failed(error);
    }
    await pause(every, signal).catch(() => undefined);
  }
}

function nonceOf({ key, nonce }: Job): number {
  if (nonce === null)
    throw new ServiceError("OUTBOX_MISMATCH", `Job ${key} was sent without a nonce. Restore the last backup.`);
  return nonce;
}

function nothingFor(to: string): Call {
  return { to, data: "0x", value: 0n };
}

function isExpired({ expires }: Job, head: Head): boolean {
  return expires !== null && head.time >= expires;
}
