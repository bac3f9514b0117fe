/** Samples in the queue. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { Point } from "../intervals.ts";
import type { Shown } from "../registers.ts";
import type { Store } from "../../store/open.ts";

/** Sides of a sample that stood in another message. */
export interface Carried {
  readonly import: boolean;
  readonly export: boolean;
}

/** Bits of the column. */
const BIT: Readonly<Record<keyof Carried, bigint>> = { import: 1n, export: 2n };

/** A kept sample: what the meter showed, and what it has counted by then. */
export interface KeptSample {
  readonly shown: Shown;
  readonly counted: Point;
  readonly carried: Carried;
  /** Whether nothing went uncounted since the sample before. */
  readonly complete: boolean;
}

interface Row {
  readonly at: bigint;
  readonly shown_import: bigint;
  readonly shown_export: bigint;
  readonly import_wh: bigint;
  readonly export_wh: bigint;
  readonly serial: string | null;
  readonly carried: bigint;
  readonly complete: bigint;
}

const COLUMNS = "at, shown_import, shown_export, import_wh, export_wh, serial, carried, complete";

export class SampleTable {
  readonly #at;
  readonly #before;
  readonly #after;
  readonly #put;
  readonly #complete;
  readonly #breaks;
  readonly #lastBreak;
  readonly #lastShown;
  readonly #remove;
  readonly #prune;
  readonly #pruneBreaks;

  constructor(db: Store) {
    const select = `SELECT ${COLUMNS} FROM samples WHERE meter = ?`;
    this.#at = db.prepare<[bigint, bigint], Row>(`${select} AND at = ?`);
    this.#before = db.prepare<[bigint, bigint], Row>(`${select} AND at < ? ORDER BY at DESC LIMIT 1`);
    this.#after = db.prepare<[bigint, bigint], Row>(`${select} AND at > ? ORDER BY at LIMIT 1`);
    this.#put = db.prepare(`INSERT OR REPLACE INTO samples (meter, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#complete = db.prepare<[bigint, bigint]>("UPDATE samples SET complete = 1 WHERE meter = ? AND at = ?");
    this.#breaks = db.prepare<[bigint, bigint, bigint], { at: bigint }>(
      "SELECT at FROM samples WHERE meter = ? AND at > ? AND at <= ? AND complete = 0 ORDER BY at",
    );
    this.#lastBreak = db.prepare<[bigint, bigint], Row>(
      `${select} AND at <= ? AND complete = 0 ORDER BY at DESC LIMIT 1`,
    );
    this.#lastShown = db.prepare<[bigint, bigint, bigint], Row>(
      `${select} AND at <= ? AND carried & ? = 0 ORDER BY at DESC LIMIT 1`,
    );
    this.#remove = db.prepare<[bigint, bigint]>("DELETE FROM samples WHERE meter = ? AND at >= ?");
    this.#prune = db.prepare<[{ meter: bigint; before: bigint; frozen: bigint }]>(
      `DELETE FROM samples WHERE meter = @meter AND at < @before AND complete = 1
        AND at < (SELECT max(at) FROM samples WHERE meter = @meter AND at <= @frozen)`,
    );
    this.#pruneBreaks = db.prepare<[bigint, bigint]>("DELETE FROM samples WHERE meter = ? AND at < ? AND complete = 0");
  }

  at(meter: bigint, at: Seconds): KeptSample | undefined {
    return keptOf(this.#at.get(meter, at));
  }

  /** The last one before a time. */
  before(meter: bigint, at: Seconds): KeptSample | undefined {
    return keptOf(this.#before.get(meter, at));
  }

  /** The first one after a time. */
  after(meter: bigint, at: Seconds): KeptSample | undefined {
    return keptOf(this.#after.get(meter, at));
  }

  put(meter: bigint, { shown, counted, carried, complete }: KeptSample): void {
    const { at, importWh, exportWh, serial = null } = shown;
    const mask = (carried.import ? BIT.import : 0n) | (carried.export ? BIT.export : 0n);
    this.#put.run(meter, at, importWh, exportWh, counted.importWh, counted.exportWh, serial, mask, complete ? 1n : 0n);
  }

  /** What went uncounted went so before an earlier sample. */
  setComplete(meter: bigint, at: Seconds): void {
    this.#complete.run(meter, at);
  }

  /** Times of samples in (after, until] before which energy went uncounted. */
  breaks(meter: bigint, after: Seconds, until: Seconds): Seconds[] {
    return this.#breaks.all(meter, after, until).map(({ at }) => asSeconds(at));
  }

  /** The last one up to a time before which energy went uncounted. */
  lastBreak(meter: bigint, until: Seconds): KeptSample | undefined {
    return keptOf(this.#lastBreak.get(meter, until));
  }

  /** The last one up to a time whose register of a side stood in its own message. */
  lastShown(meter: bigint, side: keyof Carried, until: Seconds): KeptSample | undefined {
    return keptOf(this.#lastShown.get(meter, until, BIT[side]));
  }

  /** Takes back samples from a time on. */
  remove(meter: bigint, from: Seconds): void {
    this.#remove.run(meter, from);
  }

  /**
   * Drops samples before a time: not the last one that boundaries after `frozen` need, and none that says that energy
   * went uncounted before it.
   */
  prune(meter: bigint, before: Seconds, frozen: Seconds): number {
    return this.#prune.run({ meter, before, frozen }).changes;
  }

  /** Drops what the other leaves, once the slots around it are gone too. */
  pruneBreaks(meter: bigint, before: Seconds): number {
    return this.#pruneBreaks.run(meter, before).changes;
  }
}

function keptOf(row: Row | undefined): KeptSample | undefined {
  if (row === undefined) return undefined;
  const at = asSeconds(row.at);
  return {
    shown: {
      at,
      importWh: row.shown_import,
      exportWh: row.shown_export,
      ...(row.serial === null ? {} : { serial: row.serial }),
    },
    counted: { at, importWh: row.import_wh, exportWh: row.export_wh },
    carried: { import: (row.carried & BIT.import) !== 0n, export: (row.carried & BIT.export) !== 0n },
    complete: row.complete !== 0n,
  };
}
