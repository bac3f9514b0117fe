/** The durable queue: everything the gateway knows between two starts. */
import { openStore, storing, type Store } from "../../store/open.ts";
import { FactTable } from "./facts.ts";
import { HalfTable } from "./halves.ts";
import { HeldTable } from "./held.ts";
import { MeterTable } from "./meters.ts";
import { Outbox } from "./outbox.ts";
import { RefusalTable } from "./refusals.ts";
import { SampleTable } from "./samples.ts";
import { MIGRATIONS } from "./schema.ts";
import { SlotTable } from "./slots.ts";

export class Queue {
  readonly path: string;
  readonly db: Store;
  readonly meters: MeterTable;
  readonly samples: SampleTable;
  readonly halves: HalfTable;
  readonly held: HeldTable;
  readonly facts: FactTable;
  readonly slots: SlotTable;
  readonly outbox: Outbox;
  readonly refusals: RefusalTable;
  readonly #transaction;

  /**
   * Opens the queue in a file, which is made where it is missing.
   * @throws As `openStore`.
   */
  constructor(path: string) {
    this.path = path;
    this.db = openStore(path, MIGRATIONS, { bigints: true });
    this.meters = new MeterTable(this.db);
    this.samples = new SampleTable(this.db);
    this.halves = new HalfTable(this.db);
    this.held = new HeldTable(this.db);
    this.facts = new FactTable(this.db);
    this.slots = new SlotTable(this.db);
    this.outbox = new Outbox(this.db);
    this.refusals = new RefusalTable(this.db);
    // Made once: there is one transaction per sample.
    this.#transaction = this.db.transaction((work: () => unknown) => work());
  }

  /**
   * Runs work as a whole or not at all; a transaction within a transaction is a part that can fail alone. When the
   * outermost one returns, it is on disk.
   * @throws As `storing`.
   */
  transaction<T>(work: () => T): T {
    return storing(this.path, () => this.#transaction.immediate(work) as T);
  }

  close(): void {
    this.db.close();
  }
}
