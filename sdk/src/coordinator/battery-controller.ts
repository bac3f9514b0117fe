/** The battery's side of the one-way link from a dispatcher: it follows what its member mandated, each set-point once. */
import { SetPointRefusedError } from "../errors.ts";
import type { Domain } from "../typed-data.ts";
import { asWatts } from "../units.ts";
import type { Permille, Seconds, Watts } from "../units.ts";
import type { MandateState } from "./mandate.ts";
import { auditSetPoint } from "./set-point.ts";
import type { SetPoint, SetPointBreach, SignedSetPoint } from "./set-point.ts";

/** The last set-point that a battery took. */
export interface TakenCounter {
  /** Sequence of its mandate. */
  readonly mandate: bigint;
  /** Counts within the mandate: a new dispatcher begins anew, whatever the one before it has used up. */
  readonly counter: bigint;
}

/** Where a battery keeps what it took last. It must outlast a restart. */
export interface CounterStore {
  /** What was saved last, null if there is nothing. */
  load(): Promise<TakenCounter | null>;
  /** Resolves once it is safe: a set-point is followed only then. */
  save(taken: TakenCounter): Promise<void>;
}

/** What the battery is to do now. */
export interface BatteryPower {
  readonly discharging: boolean;
  /** 0: nothing. */
  readonly powerW: Watts;
}

/** What a controller is made of. */
export interface BatteryControllerOptions {
  /** Of `CoordinatorDesk`. */
  readonly domain: Domain;
  /** The member's mandate; null where it gave none. */
  readonly mandate: MandateState | null;
  readonly counters: CounterStore;
}

/** What to do about each breach. */
const RULES: Readonly<Record<Exclude<SetPointBreach, "None">, string>> = {
  BadSignature: "Let the dispatcher of the mandate sign it, over the desk's domain.",
  NoMandate: "Ask the member for a mandate first, and address the battery that it is for.",
  OtherMandate: "Name the sequence of the member's latest mandate.",
  Revoked: "The member revoked the mandate: ask for another.",
  OutsideTime: "Stay within the time of the mandate, and end after the start.",
  OverPower: "Ask for at most the power of the mandate in this direction.",
  OutsideSoc: "Keep both states of charge within those of the mandate, in ascending order.",
};

/** The field that a breach is about. */
function fieldOf(breach: SetPointBreach, s: SetPoint, state: MandateState | null): keyof SetPoint | "signature" {
  const mandate = state?.mandate;
  if (breach === "BadSignature") return "signature";
  if (breach === "OtherMandate") return "mandate";
  if (breach === "Revoked") return "validFrom";
  if (breach === "OverPower") return "powerW";
  if (mandate === undefined || breach === "NoMandate") return "member";
  if (breach === "OutsideTime") return s.validFrom < mandate.validFrom ? "validFrom" : "validUntil";
  return s.minSocPermille < mandate.minSocPermille ? "minSocPermille" : "maxSocPermille";
}

const IDLE: BatteryPower = { discharging: false, powerW: asWatts(0n) };

/**
 * Takes set-points for one battery and says what it is to do. It has no clock and no meter: the caller names time and state of charge.
 * Two calls at once are taken one after the other, so that no counter counts twice.
 * @example
 * let saved: TakenCounter | null = null;
 * const counters = { load: async () => saved, save: async (taken: TakenCounter) => { saved = taken; } };
 * const valid = { validFrom: now, validUntil: periodEnd(terms, period) };
 * const soc = { minSocPermille: asPermille(200n), maxSocPermille: asPermille(900n) };
 * const power = { maxChargeW: asWatts(3_000n), maxDischargeW: asWatts(5_000n) };
 * const dispatcher = tradingWallet.address;
 * const mandate = batteryMandate({ community, member, dispatcher, ...power, ...soc, ...valid, sequence: 1n });
 * const battery = new BatteryController({ domain: deskDomain, mandate: { mandate, revokedAt: null }, counters });
 * const order = { discharging: true, powerW: asWatts(2_000n) };
 * const setPoint = { community, member, mandate: 1n, counter: 7n, ...valid, ...soc, ...order };
 * const signature = await signSetPoint(deskDomain, setPoint, tradingWallet);
 * await battery.take({ setPoint, signature }, now);
 * battery.powerAt(now, asPermille(500n)) // { discharging: true, powerW: 2_000n }
 * battery.powerAt(now, asPermille(200n)).powerW // 0n: there is nothing left to discharge
 */
export class BatteryController {
  readonly #domain: Domain;
  readonly #counters: CounterStore;
  #mandate: MandateState | null;
  #current: SignedSetPoint | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ domain, mandate, counters }: BatteryControllerOptions) {
    this.#domain = domain;
    this.#mandate = mandate;
    this.#counters = counters;
  }

  /**
   * Takes a mandate, or that it was revoked: from now on nothing counts but what it allows. Call it whenever the desk says something new.
   * @param mandate Null where the member has none any more.
   */
  setMandate(mandate: MandateState | null): void {
    this.#mandate = mandate;
  }

  /**
   * Takes a set-point, which replaces the one before.
   * @param now Unix time.
   * @throws SetPointRefusedError naming field, value and what to do: outside the mandate, over already, or replayed
   */
  async take(signed: SignedSetPoint, now: Seconds): Promise<void> {
    const taken = this.#queue.then(() => this.#take(signed, now));
    this.#queue = taken.catch(() => undefined);
    return taken;
  }

  /**
   * What the battery is to do: nothing before, behind or without a set-point, behind the revocation or the end of its mandate, and once the
   * state of charge is reached. Ask again whenever time or state of charge change.
   * @param now Unix time.
   * @param socPermille What the battery holds.
   */
  powerAt(now: Seconds, socPermille: Permille): BatteryPower {
    if (this.#current === null || this.#mandate === null) return IDLE;
    const { setPoint } = this.#current;
    const { revokedAt } = this.#mandate;
    if (revokedAt !== null && now >= revokedAt) return IDLE;
    // The mandate may be another one by now.
    if (auditSetPoint(this.#domain, this.#current, this.#mandate) !== "None") return IDLE;
    if (now < setPoint.validFrom || now >= setPoint.validUntil) return IDLE;
    const { discharging, powerW, minSocPermille, maxSocPermille } = setPoint;
    const reached = discharging ? socPermille <= minSocPermille : socPermille >= maxSocPermille;
    return reached ? IDLE : { discharging, powerW };
  }

  async #take(signed: SignedSetPoint, now: Seconds): Promise<void> {
    const { setPoint } = signed;
    const breach = auditSetPoint(this.#domain, signed, this.#mandate);
    if (breach !== "None") throw this.#refusal(breach, signed);
    const revokedAt = this.#mandate?.revokedAt ?? null;
    if (revokedAt !== null && now >= revokedAt) throw this.#refusal("Revoked", signed);
    if (now >= setPoint.validUntil) {
      const rule = `It is ${now} already: sign a set-point that ends later.`;
      throw new SetPointRefusedError("SetPoint.validUntil", setPoint.validUntil, rule, "NotNow");
    }
    const { mandate, counter } = setPoint;
    const last = await this.#counters.load();
    if (last !== null && mandate < last.mandate) {
      const rule = `The battery took one of mandate ${last.mandate} already: ask the desk for the latest mandate.`;
      throw new SetPointRefusedError("SetPoint.mandate", mandate, rule, "Replayed");
    }
    if (last !== null && mandate === last.mandate && counter <= last.counter) {
      const rule = `The battery took ${last.counter} already: count on from there.`;
      throw new SetPointRefusedError("SetPoint.counter", counter, rule, "Replayed");
    }
    await this.#counters.save({ mandate, counter });
    this.#current = signed;
  }

  #refusal(breach: Exclude<SetPointBreach, "None">, { setPoint, signature }: SignedSetPoint): SetPointRefusedError {
    const field = fieldOf(breach, setPoint, this.#mandate);
    const value = field === "signature" ? signature.r : String(setPoint[field]);
    return new SetPointRefusedError(`SetPoint.${field}`, value, RULES[breach], breach);
  }
}
