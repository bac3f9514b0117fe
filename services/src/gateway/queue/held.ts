/** Samples in the queue whose meter and gateway disagree about the time: kept until it is known whose clock is wrong. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { Sample } from "../sample.ts";
import type { Store } from "../../store/open.ts";

/** A sample that is held. Origins are unix times at which the steady clock of its boot showed 0. */
export interface HeldSample {
  readonly sample: Sample;
  /** Start of the machine in which it arrived. */
  readonly boot: string;
  /** When it arrived by the steady clock, seconds. */
  readonly steady: bigint;
  /** The meter was right if the origin is at least this. */
  readonly fromOrigin: bigint;
  /** The meter was right if the origin is at most this. */
  readonly untilOrigin: bigint;
}

/** What is known of the time. */
export interface TimeNow {
  readonly boot: string;
  readonly steady: bigint;
  readonly origin: bigint;
  readonly latestOrigin: bigint;
}

interface Row {
  readonly id: bigint;
  readonly at: bigint;
  readonly import_wh: bigint | null;
  readonly export_wh: bigint | null;
  readonly wrap_wh: bigint | null;
  readonly serial: string | null;
  readonly after_gap: bigint;
}

/** Of a meter: three days of one sample a minute. The oldest make room for new ones. */
export const MOST_HELD = 5_000n;

export class HeldTable {
  readonly #add;
  readonly #trim;
  readonly #meters;
  readonly #due;
  readonly #remove;
  readonly #expire;
  readonly #count;

  constructor(db: Store) {
    this.#add = db.prepare(
      `INSERT INTO held (meter, at, import_wh, export_wh, wrap_wh, serial, after_gap, boot, steady, from_origin, until_origin)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#trim = db.prepare<[{ meter: bigint; most: bigint }]>(
      `DELETE FROM held WHERE meter = @meter AND id <= (
        SELECT id FROM held WHERE meter = @meter ORDER BY id DESC LIMIT 1 OFFSET @most)`,
    );
    this.#meters = db.prepare<[], { id: bigint; name: string }>(
      "SELECT id, name FROM meters WHERE id IN (SELECT DISTINCT meter FROM held)",
    );
    // After a new start of the machine nothing says when a sample came. A later one of the meter that was right then
    // shows that its clock is.
    this.#due = db.prepare<[TimeNow & { meter: bigint; until: bigint; most: bigint }], Row>(
      `SELECT id, at, import_wh, export_wh, wrap_wh, serial, after_gap FROM held WHERE meter = @meter AND CASE boot
        WHEN @boot THEN from_origin <= @latestOrigin AND until_origin >= @origin
        ELSE at <= @until AND EXISTS (SELECT 1 FROM samples WHERE meter = @meter AND samples.at >= held.at) END
        ORDER BY at, id LIMIT @most`,
    );
    this.#remove = db.prepare<[bigint]>("DELETE FROM held WHERE id = ?");
    this.#expire = db.prepare<[TimeNow & { meter: bigint; maxLate: bigint }]>(
      `DELETE FROM held WHERE meter = @meter AND CASE boot
        WHEN @boot THEN steady + @maxLate < @steady
        ELSE at + @maxLate < @origin + @steady END`,
    );
    this.#count = db.prepare<[], { count: bigint }>("SELECT count(*) AS count FROM held");
  }

  /** Holds a sample. @return How many of the meter's oldest made room for it. */
  add(meter: bigint, { sample, boot, steady, fromOrigin, untilOrigin }: HeldSample): number {
    const { at, importWh = null, exportWh = null, wrapWh = null, serial = null, afterGap = false } = sample;
    const registers = [meter, at, importWh, exportWh, wrapWh, serial, afterGap ? 1n : 0n] as const;
    this.#add.run(...registers, boot, steady, fromOrigin, untilOrigin);
    return this.#trim.run({ meter, most: MOST_HELD }).changes;
  }

  /** Meters of which samples are held. */
  meters(): { readonly id: bigint; readonly name: string }[] {
    return this.#meters.all();
  }

  /**
   * Samples of a meter whose times turned out to be right, earliest first.
   * @param until Of an earlier start of the machine none is later.
   */
  due(
    { id: meter, name }: { readonly id: bigint; readonly name: string },
    now: TimeNow,
    until: Seconds,
    most: bigint,
  ): { readonly id: bigint; readonly sample: Sample }[] {
    const rows = this.#due.all({ ...now, meter, until, most });
    return rows.map((row) => ({ id: row.id, sample: sampleOf(name, row) }));
  }

  remove(id: bigint): void {
    this.#remove.run(id);
  }

  /** Drops what came longer ago than samples may be late, seconds. */
  expire(meter: bigint, now: TimeNow, maxLate: bigint): number {
    return this.#expire.run({ ...now, meter, maxLate }).changes;
  }

  count(): bigint {
    return this.#count.get()?.count ?? 0n;
  }
}

function sampleOf(meter: string, row: Row): Sample {
  const { import_wh: importWh, export_wh: exportWh, wrap_wh: wrapWh, serial } = row;
  return {
    meter,
    at: asSeconds(row.at),
    afterGap: row.after_gap !== 0n,
    ...(importWh === null ? {} : { importWh }),
    ...(exportWh === null ? {} : { exportWh }),
    ...(wrapWh === null ? {} : { wrapWh }),
    ...(serial === null ? {} : { serial }),
  };
}
