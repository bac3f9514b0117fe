/**
 * Samples whose time and the gateway's clock disagree. Nobody can tell at once whose clock is wrong, and the source may not
 * send them again: they are held on disk, and taken in once a clock was set or the chain shows that the meter was right.
 */
import { asSeconds } from "@wattbook/sdk/pure";
import { isServiceError, type ServiceError } from "../errors.ts";
import { asServiceError, GatewayError } from "./errors.ts";
import type { Intake, MeterRules } from "./intake.ts";
import { MOST_HELD, type TimeNow } from "./queue/held.ts";
import type { Queue } from "./queue/queue.ts";
import type { Report, Sample } from "./sample.ts";
import type { Timekeeper } from "./timekeeper.ts";

/** Samples of one transaction. */
const BATCH = 500n;

export interface HoldingParts {
  readonly queue: Queue;
  readonly intake: Intake;
  readonly rules: ReadonlyMap<string, MeterRules>;
  readonly time: Timekeeper;
  readonly report: Report;
}

export class Holding {
  readonly #parts: HoldingParts;

  constructor(parts: HoldingParts) {
    this.#parts = parts;
  }

  /** Whether a sample that failed so is to be held. */
  static takes(error: unknown): error is ServiceError {
    return isServiceError(error, "CLOCK_AHEAD") || isServiceError(error, "CLOCK_BEHIND");
  }

  /** Holds a sample, within the caller's transaction. */
  hold(sample: Sample): void {
    const { queue, rules, time, report } = this.#parts;
    const { clockTolerance, maxLate } = rules.get(sample.meter) as MeterRules;
    const { boot, steady } = time;
    const fromOrigin = sample.at - clockTolerance - steady;
    const untilOrigin = sample.at + (sample.live === true ? clockTolerance : maxLate) - steady;
    const meter = queue.meters.idOf(sample.meter);
    const dropped = queue.held.add(meter, { sample, boot, steady, fromOrigin, untilOrigin });
    if (dropped > 0)
      report(droppedOf(sample.meter, dropped, `at most ${MOST_HELD} are held of a meter.`), sample.meter);
  }

  /** Takes in what turned out to be right. @return How many samples were kept. */
  release(): number {
    const { queue, rules } = this.#parts;
    let kept = 0;
    for (const meter of queue.held.meters()) {
      const known = rules.get(meter.name);
      if (known === undefined) continue;
      for (let more = true; more;) {
        more = queue.transaction(() => {
          const until = asSeconds(this.#parts.time.latest + known.clockTolerance);
          const due = queue.held.due(meter, this.#now(), until, BATCH);
          for (const { id, sample } of due) {
            if (this.#take(sample)) kept += 1;
            queue.held.remove(id);
          }
          return due.length > 0;
        });
      }
    }
    return kept;
  }

  /** Drops what has been held for longer than samples may be late. */
  expire(): void {
    const { queue, rules, report } = this.#parts;
    for (const { id, name } of queue.held.meters()) {
      const maxLate = rules.get(name)?.maxLate;
      if (maxLate === undefined) continue;
      const dropped = queue.held.expire(id, this.#now(), maxLate);
      const text = `neither clock was set within ${maxLate} s. Set them; what is missing can be sent again.`;
      if (dropped > 0) report(droppedOf(name, dropped, text), name);
    }
  }

  #now(): TimeNow {
    const { boot, steady, origin, latestOrigin } = this.#parts.time;
    return { boot, steady, origin, latestOrigin };
  }

  /** Whether it was kept: what is wrong with it besides its time is reported now. */
  #take(sample: Sample): boolean {
    const { queue, intake, report } = this.#parts;
    try {
      return queue.transaction(() => intake.keepTimed(sample)) === "kept";
    } catch (error) {
      if (isServiceError(error) && error.retry) throw error;
      report(asServiceError(error, "MESSAGE_MALFORMED", "sample", "it is refused; see the cause."), sample.meter);
      return false;
    }
  }
}

function droppedOf(meter: string, count: number, text: string): GatewayError {
  return new GatewayError("HELD_DROPPED", `samples held of meter ${meter}`, count, `they are dropped: ${text}`);
}
