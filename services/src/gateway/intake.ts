/** The way of a sample into the queue: checked, counted on from its neighbours, and the boundaries around it found again. */
import type { Seconds } from "@wattbook/sdk/pure";
import { GatewayError } from "./errors.ts";
import { boundariesBetween, isBoundary } from "./intervals.ts";
import type { IntervalRules, Point, Quality } from "./intervals.ts";
import { fullSample } from "./merge.ts";
import type { Counts, FullSample } from "./merge.ts";
import { isBelow, onward, place } from "./placing.ts";
import type { Energies, Neighbours } from "./placing.ts";
import type { Queue } from "./queue/queue.ts";
import type { KeptSample } from "./queue/samples.ts";
import { advanceBetween } from "./registers.ts";
import { type Before, carriedOver, regained } from "./resets.ts";
import type { RegisterRules, Shown } from "./registers.ts";
import type { Kept, Sample } from "./sample.ts";
import type { Timekeeper } from "./timekeeper.ts";

/** What the configuration says of a meter. */
export interface MeterRules extends RegisterRules, IntervalRules {
  /** Registers that the meter has; one that it has not stays 0. */
  readonly counts: Counts;
  /** Wh that were counted before the first sample: by a meter that this one replaced. */
  readonly base: Energies;
  /** A clock may be so far ahead, and that of a meter that sends at once so far behind, seconds. */
  readonly clockTolerance: Seconds;
  /** Samples that come later than this are refused, seconds. */
  readonly maxLate: Seconds;
}

/** What an operator says when a meter was swapped. */
export interface Swap {
  readonly meter: string;
  /** When the old meter was read last and the new one first; no sample is later yet. */
  readonly at: Seconds;
  /** Registers of the old meter. */
  readonly last: Energies;
  /** Registers of the new meter. */
  readonly first: Energies;
  /** Serial number of the new meter. */
  readonly serial?: string;
}

/** A gap longer than this keeps no boundaries: no period within it can be signed any more. */
const MOST_FILL = 40n * 86_400n;

export class Intake {
  readonly #queue: Queue;
  readonly #rules: ReadonlyMap<string, MeterRules>;
  readonly #time: Timekeeper;

  constructor(queue: Queue, rules: ReadonlyMap<string, MeterRules>, time: Timekeeper) {
    this.#queue = queue;
    this.#rules = rules;
    this.#time = time;
  }

  /**
   * Keeps a sample, within the caller's transaction.
   * @throws GatewayError; CLOCK_AHEAD and CLOCK_BEHIND where it is to be held
   */
  keep(sample: Sample): Kept {
    checkClock(sample, this.#time, this.#rulesOf(sample.meter));
    return this.keepTimed(sample);
  }

  /**
   * The same for a sample whose time is known to be right.
   * @throws GatewayError
   */
  keepTimed(sample: Sample): Kept {
    const rules = this.#rulesOf(sample.meter);
    const meter = this.#queue.meters.idOf(sample.meter);
    const full = fullSample(this.#queue, meter, sample, rules.counts);
    if (typeof full === "string") return full;
    this.#checkOpen(meter, full.shown.at);
    this.#insert(meter, full, sample.wrapWh === undefined ? rules : { wrapWh: sample.wrapWh, ...rules });
    return "kept";
  }

  /**
   * Goes on with the new meter's registers where the old one's ended, within the caller's transaction.
   * @throws GatewayError SWAP_TOO_LATE where a sample is later already
   */
  swap(swap: Swap): void {
    const { at, serial } = swap;
    const rules = this.#rulesOf(swap.meter);
    if (at > this.#time.latest + rules.clockTolerance) {
      throw new GatewayError("CLOCK_AHEAD", `swap of meter ${swap.meter}`, at, "it lies ahead. Correct its time.");
    }
    const meter = this.#queue.meters.idOf(swap.meter);
    this.#checkOpen(meter, at);
    const before = this.#queue.samples.before(meter, at);
    if (before === undefined || this.#queue.samples.at(meter, at) || this.#queue.samples.after(meter, at)) {
      const text =
        "a swap lies after the last sample of the old meter and before the first of the new one. Correct its time.";
      throw new GatewayError("SWAP_TOO_LATE", `swap of meter ${swap.meter}`, at, text);
    }
    const [last, first] = [countedOf(swap.last, rules.counts), countedOf(swap.first, rules.counts)];
    // What a person says is no reset: a register below the one before is a mistake.
    const { complete, ...by } = advanceBetween(before.shown, { at, ...last }, { ...rules, onFall: "refuse" });
    const shown = { at, ...first, ...(serial === undefined ? {} : { serial }) };
    const counted = onward(before.counted, at, by);
    const kept = { shown, counted, carried: { import: false, export: false }, complete };
    this.#queue.samples.put(meter, kept);
    this.#bound(meter, kept, { before, after: undefined }, this.#edgeOf(meter, counted), rules);
  }

  #rulesOf(meter: string): MeterRules {
    const rules = this.#rules.get(meter);
    if (rules !== undefined) return rules;
    const text = "the configuration has no such meter. Add it, or stop its messages.";
    throw new GatewayError("METER_UNKNOWN", "meter", meter, text);
  }

  #checkOpen(meter: bigint, at: Seconds): void {
    const frozen = this.#queue.meters.frozen(meter);
    if (at > frozen) return;
    const text = `the reading until ${frozen} is made, and a reading is signed once. Send samples before that.`;
    throw new GatewayError("ALREADY_SIGNED", "time", at, text);
  }

  #insert(meter: bigint, { shown, carried, afterGap }: FullSample, rules: MeterRules): void {
    const { samples } = this.#queue;
    const after = samples.after(meter, shown.at);
    const before = this.#before(meter, shown, after, rules);
    const known = before && after === undefined ? carriedOver(samples, meter, before, { shown, carried }) : before;
    const { counted, complete, takesBreak } = place(shown, { before: known, after }, rules, rules.base);
    const edge = this.#edgeOf(meter, counted);
    const serial = shown.serial ?? before?.shown.serial;
    const kept = {
      shown: serial === undefined ? shown : { ...shown, serial },
      counted,
      carried,
      complete: complete && !afterGap && known?.breaks !== true,
    };
    samples.put(meter, kept);
    if (after !== undefined && takesBreak) samples.setComplete(meter, after.shown.at);
    const next = after && takesBreak ? { ...after, complete: true } : after;
    this.#bound(meter, kept, { before, after: next }, edge, rules);
  }

  /** The sample to count on from: not one that showed a register fallen which is back where it was. */
  #before(meter: bigint, shown: Shown, after: KeptSample | undefined, rules: MeterRules): Before | undefined {
    const { samples, slots, meters } = this.#queue;
    const before = samples.before(meter, shown.at);
    if (before === undefined || after !== undefined) return before;
    const back = regained(samples, meter, before, shown, rules);
    if (back === undefined || back.fallen <= meters.frozen(meter)) return before;
    samples.remove(meter, back.fallen);
    slots.remove(meter, back.prior.counted.at > meters.frozen(meter) ? back.prior.counted.at : meters.frozen(meter));
    return { ...back.prior, breaks: !back.certain };
  }

  /** The last boundary that is in a reading: whatever comes later counts on from it. */
  #edgeOf(meter: bigint, counted: Point): Point | undefined {
    const frozen = this.#queue.meters.frozen(meter);
    const edge = frozen === 0n ? undefined : this.#queue.slots.at(meter, frozen);
    if (edge === undefined || !isBelow(counted, edge)) return edge;
    const text = `the reading until ${edge.at} ends with ${edge.importWh} and ${edge.exportWh} Wh. Check the meter's clock and who sends for it; later samples count.`;
    throw new GatewayError("LATE_CONTRADICTS", "late sample", `${counted.importWh} and ${counted.exportWh} Wh`, text);
  }

  #bound(
    meter: bigint,
    { counted, complete }: Pick<KeptSample, "counted" | "complete">,
    { before, after }: Neighbours,
    edge: Point | undefined,
    rules: IntervalRules,
  ): void {
    if (before !== undefined) {
      const from = edge !== undefined && edge.at > before.counted.at ? edge : before.counted;
      this.#fill(meter, from, counted, qualityOf(before.counted, counted, complete, rules), rules);
    }
    if (isBoundary(rules, counted.at)) this.#queue.slots.put(meter, { ...counted, quality: "measured" });
    if (after === undefined) return;
    this.#fill(meter, counted, after.counted, qualityOf(counted, after.counted, after.complete, rules), rules);
  }

  #fill(meter: bigint, from: Point, to: Point, quality: Quality, rules: IntervalRules): void {
    if (to.at - from.at > MOST_FILL) return;
    for (const boundary of boundariesBetween(from, to, rules, quality)) this.#queue.slots.put(meter, boundary);
  }
}

/** A register that a meter has not stays 0. */
function countedOf({ importWh, exportWh }: Energies, counts: Counts): Energies {
  return { importWh: counts.import ? importWh : 0n, exportWh: counts.export ? exportWh : 0n };
}

function qualityOf(from: Point, to: Point, complete: boolean, { maxGap }: IntervalRules): Quality {
  return complete && to.at - from.at <= maxGap ? "interpolated" : "gap";
}

const BOTH_CLOCKS =
  "Check the gateway's NTP, the meter's clock and its time zone. Until one of them is set the sample is held.";

function checkClock({ at, live = false }: Sample, time: Timekeeper, { clockTolerance, maxLate }: MeterRules): void {
  const { now, latest } = time;
  if (at > latest + clockTolerance) {
    const chain = latest > now ? `, the chain is at ${latest}` : "";
    throw new GatewayError("CLOCK_AHEAD", "time", at, `the gateway's clock shows ${now}${chain}. ${BOTH_CLOCKS}`);
  }
  const oldest = live ? clockTolerance : maxLate;
  if (at + oldest >= now) return;
  const hint = live ? BOTH_CLOCKS : "Check the gateway's NTP, or raise maxLate. Until then the sample is held.";
  const text = `the gateway's clock shows ${now}, over ${oldest} s later. ${hint}`;
  throw new GatewayError("CLOCK_BEHIND", "time", at, text);
}
