/** What the relayer sends: calls that post, settle, commit and reveal, from plan to final transaction. */
import { join } from "node:path";
import { MarketClient, SettlementClient, type Wattbook } from "@wattbook/sdk";
import { type Head, Outbox, Sender } from "../chain/index.ts";
import type { Store } from "../store/open.ts";
import type { Bus } from "./bus.ts";
import { namesOf } from "./chain/outcomes.ts";
import { headReaderOf } from "./chain/runner.ts";
import { eachDone } from "../chain/each-done.ts";
import type { RelayerOptions, RelayerStep, ServedCommunity } from "./options.ts";
import { FollowUp } from "./post/follow-up.ts";
import { Poster } from "./post/poster.ts";
import { DEFAULT_SEALED, Sealed } from "./sealed/sealed.ts";
import { Corrections } from "./settle/corrections.ts";
import { Settler } from "./settle/settler.ts";
import { Batches } from "./store/batches.ts";
import type { Facts } from "./store/facts.ts";
import type { Readings } from "./store/readings.ts";
import type { StripRow, Strips } from "./store/strips.ts";

/** What sending needs. */
export interface OutgoingParts {
  readonly options: RelayerOptions;
  readonly account: string;
  readonly domains: Wattbook["domains"];
  readonly bus: Bus;
  readonly store: Store;
  readonly strips: Strips;
  readonly readings: Readings;
  readonly facts: Facts;
  readonly served: ReadonlyMap<number, ServedCommunity>;
  /** Those whose strips are posted. */
  readonly open: ReadonlyMap<number, ServedCommunity>;
  /** A strip does not wait any more. */
  readonly resolved: (row: StripRow, outcome: string) => void;
  readonly tell: (step: RelayerStep, name: string) => void;
}

/** Plans calls and brings them on chain. */
export class Outgoing {
  readonly sealed: Sealed;
  readonly #parts: OutgoingParts;
  readonly #outbox: Outbox;
  readonly #batches: Batches;
  readonly #sender: Sender;
  readonly #followUp: FollowUp;
  readonly #poster: Poster;
  readonly #settler: Settler;

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
    const { options, account, store } = parts;
    this.#outbox = new Outbox(join(options.folder, "outbox.db"), options.node.chainId, account);
    options.numbers?.sender.watch(this.#outbox);
    this.#batches = new Batches(store);
    this.#sender = this.#makeSender();
    this.sealed = this.#makeSealed();
    this.#followUp = this.#makeFollowUp();
    this.#poster = this.#makePoster();
    this.#settler = this.#makeSettler();
  }

  /** What became of calls. @param head Up to where the logs were read. */
  look(head: Head): void {
    this.#followUp.close(head.number);
    this.sealed.look(head);
  }

  /** Plans what is due and sends it. @throws Faults of the node, and of the files; the next look goes on */
  async send(): Promise<void> {
    await eachDone([
      // A bond hangs on its times; posts can wait for its answers, and there may be many.
      () => this.sealed.plan(),
      () => this.#poster.plan(),
      () => this.#settler.plan(),
      () => {
        this.#followUp.submit();
        return this.#sender.tick();
      },
    ]);
  }

  /** Lets go of old jobs. */
  forget(keys: readonly string[]): void {
    this.#sender.forget(keys);
  }

  /** Transactions of calls that are not closed yet. */
  openHashes(): string[] {
    return this.#batches.open().flatMap(({ key }) => this.#sender.job(key)?.hash ?? []);
  }

  close(): void {
    this.#outbox.close();
  }

  // -------------------------------------------------------------------------------------------------- parts

  #makeSender(): Sender {
    const { options, tell } = this.#parts;
    const { node, signer, fees, confirmations, log, numbers } = options;
    return new Sender({
      ...{ node, signer, outbox: this.#outbox, fees, confirmations },
      observe: (step) => {
        numbers?.sender.stepped(step);
        const hash = "hash" in step ? step.hash : step.job.hash;
        const reason = step.step === "late" ? step.reason : step.job.reason;
        log[step.step === "late" || step.step === "refused" ? "warn" : "info"](
          { job: step.job.key, step: step.step, transaction: hash, nonce: step.job.nonce, reason },
          "a transaction",
        );
        tell(step.step, step.job.key);
      },
    });
  }

  #makeSealed(): Sealed {
    const { options, account, domains, store, facts, strips, bus, resolved, tell } = this.#parts;
    const { node, deployment, log, numbers, sealed = DEFAULT_SEALED } = options;
    return new Sealed({
      ...{ node, deployment, account, store, sender: this.#sender, batches: this.#batches, facts, strips, bus },
      ...{ market: domains.sealedMarket, options: sealed, log, numbers, resolved, tell },
    });
  }

  #makeFollowUp(): FollowUp {
    const { options, store, facts, strips, readings, bus, resolved, tell } = this.#parts;
    return new FollowUp({
      ...{ store, outbox: this.#outbox, sender: this.#sender, batches: this.#batches, facts, strips, readings },
      released: (row) => {
        if (row.state === "skipped") {
          resolved(row, "skipped");
          bus.tell({ type: "skipped", ...namesOf(row), reason: row.reason ?? "" });
        } else if (row.state === "waiting")
          options.log.warn({ digest: row.digest, reason: row.reason }, "posted again");
        tell("acknowledged", row.digest);
      },
    });
  }

  #makePoster(): Poster {
    const { options, account, store, strips, facts, open } = this.#parts;
    const { node, deployment, lead, log } = options;
    return new Poster({
      ...{ node, account, store, strips, facts, lead, served: open, sender: this.#sender, batches: this.#batches },
      market: new MarketClient({ address: deployment.contracts.DoubleAuction, runner: headReaderOf(node) }),
      late: (row, reason) => {
        log.debug({ digest: row.digest, reason }, "a strip cannot be posted yet");
      },
      planned: this.#planned,
    });
  }

  #makeSettler(): Settler {
    const { options, account, store, readings, facts, served } = this.#parts;
    const { node, deployment, patience, log } = options;
    return new Settler({
      ...{ node, account, store, readings, facts, patience, served, sender: this.#sender, batches: this.#batches },
      corrections: new Corrections(node, deployment, facts),
      settlement: new SettlementClient({ address: deployment.contracts.Settlement, runner: headReaderOf(node) }),
      late: (row, reason) => {
        log.debug({ digest: row.digest, reason }, "a reading cannot be sent yet");
      },
      planned: this.#planned,
    });
  }

  readonly #planned = (key: string): void => {
    this.#parts.tell("batched", key);
  };
}
