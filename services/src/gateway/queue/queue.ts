/** The durable queue: everything the gateway knows between two starts. */
import { HalfTable } from "./halves.ts";
import { MeterTable } from "./meters.ts";
import { openQueueFile, storing } from "./open.ts";
import type { Db } from "./open.ts";
import { Outbox } from "./outbox.ts";
import { RefusalTable } from "./refusals.ts";
import { SampleTable } from "./samples.ts";
import { SlotTable } from "./slots.ts";

export class Queue {
  readonly path: string;
  readonly db: Db;
  readonly meters: MeterTable;
  readonly samples: SampleTable;
  readonly halves: HalfTable;
  readonly slots: SlotTable;
  readonly outbox: Outbox;
  readonly refusals: RefusalTable;

  /**
   * Opens the queue in a file, which is made where it is missing.
   * @throws GatewayError STORE_FULL, STORE_READ_ONLY, STORE_IN_USE, STORE_FAILED, STORE_VERSION
   */
  constructor(path: string) {
    this.path = path;
    this.db = openQueueFile(path);
    this.meters = new MeterTable(this.db);
    this.samples = new SampleTable(this.db);
    this.halves = new HalfTable(this.db);
    this.slots = new SlotTable(this.db);
    this.outbox = new Outbox(this.db);
    this.refusals = new RefusalTable(this.db);
  }

  /**
   * Runs work as a whole or not at all; a transaction within a transaction is a part that can fail alone. When the
   * outermost one returns, it is on disk.
   * @throws GatewayError of a `StoreCode`, and whatever the work throws
   */
  transaction<T>(work: () => T): T {
    return storing(this.path, () => this.db.transaction(work).immediate());
  }

  close(): void {
    this.db.close();
  }
}
