/** Random sequences of steps on the commit book: what they are, and what the model says of each. */
import { Interface } from "ethers";
import fc from "fast-check";
import { bundleOf, CALENDAR, COMMUNITY, digest, model, relayer, sizeOf, tampered } from "./commit-lab.ts";
import type { Bundle, CommitLab } from "./commit-lab.ts";
import { at } from "./lists.ts";
import * as sealed from "../reference/sealed.ts";
import { shown, type Shown } from "../reference/chunk-chain.ts";

const FIRST = 40n;
const KINDS = ["add", "reveal", "challenge", "answer", "finish"] as const;
type Kind = (typeof KINDS)[number];

/** One step: how far time goes, what is tried (nothing named: what the time suggests), and dice for the rest. */
export const anyStep = fc.record({
  wait: fc.oneof(
    { weight: 60, arbitrary: fc.constant("no" as const) },
    { weight: 10, arbitrary: fc.constant("to the next deadline" as const) },
    { weight: 4, arbitrary: fc.constant("just before it" as const) },
    { weight: 1, arbitrary: fc.constant("long" as const) },
  ),
  kind: fc.option(fc.constantFrom(...KINDS), { freq: 4 }),
  dice: fc.array(fc.nat(1_000), { minLength: 6, maxLength: 6 }),
});
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

/** A call, and what the model says of it. */
export interface Call {
  readonly data: string;
  readonly name: Kind | "state";
  readonly outcome: unknown[];
}

/** Plays steps on the model, and writes down the calls that do the same to the lab. */
export class Script {
  readonly calls: Call[] = [];
  readonly #model = model();
  readonly #bundles = new Map<string, Bundle>();
  readonly #lab: Interface;
  #time = FIRST * CALENDAR.periodLength;

  constructor(lab: CommitLab) {
    this.#lab = Interface.from(lab.interface.fragments);
  }

  play({ wait, kind, dice }: Step): void {
    this.#wait(wait);
    const [a = 0] = dice;
    const chosen = kind ?? this.#likely(a);
    const { period, place } = this.#aim(chosen, a);
    const when = { community: COMMUNITY, period, time: this.#time };
    if (chosen === "add") this.#add(when, dice);
    else this.#touch(chosen, when, place, dice);
    this.#note("state", [when], () => [
      sealed.turnOf(this.#model, period, this.#time),
      sealed.isResolved(this.#model, period, this.#time),
    ]);
  }

  /** What the time of the period suggests. */
  #likely(dice: number): Kind {
    const { periodLength, gateClosure, revealWindow } = CALENDAR;
    const left = periodLength - (this.#time % periodLength);
    if (left <= gateClosure && left > gateClosure - revealWindow) return "reveal";
    return at(["add", "add", "add", "add", "challenge", "answer", "finish", "finish"] as const, dice % 8);
  }

  /** Mostly a place at which something of this kind can happen. */
  #aim(kind: Kind, dice: number): { period: bigint; place: number } {
    const now = this.#time / CALENDAR.periodLength;
    const anywhere = { period: now - 2n + BigInt(dice % 50) / 10n, place: Math.floor((dice % 90) / 10) };
    if (dice % 10 === 0) return anywhere;
    const next = now + 1n;
    if (kind === "add") return { period: next + BigInt(dice % 2), place: 0 };
    if (kind === "reveal") return { period: next, place: Number(sealed.turnOf(this.#model, next, this.#time)) };
    const places = [...this.#model.periods].flatMap(([period, commits]) =>
      [...commits.entries()].flatMap(([place, { fate, challenges, chunks, revealed }]) => {
        const asked = challenges.some(({ answered }) => !answered);
        const fits = { challenge: dice % 4 === 0 || chunks === revealed.length, answer: asked, finish: true }[kind];
        return fate === "pending" && fits ? [{ period, place }] : [];
      }),
    );
    return places[dice % places.length] ?? anywhere;
  }

  /** Anything but a new commit. */
  #touch(kind: Exclude<Kind, "add">, when: { period: bigint }, place: number, dice: number[]): void {
    const [, , c = 0, d = 0, e = 0, f = 0] = dice;
    const { period } = when;
    const commits = sealed.commitsOf(this.#model, period);
    const bundle = this.#bundles.get(`${period} ${place}`) ?? bundleOf(0, [1]);
    const any = d % bundle.hashes.length;
    const strip = digest(c % 2);
    if (kind === "reveal") {
      const next = Math.min(commits[place]?.revealed.length ?? 0, bundle.hashes.length - 1);
      const index = c % 12 === 0 ? any : next;
      const strips = (bundle.strips[index] ?? 0) + (e % 15 === 0 ? 1 : 0);
      const chunk = this.#shown(bundle, index, f);
      this.#note(kind, [when, place, strips, chunk], () => [
        sealed.reveal(this.#model, period, this.#time, place, strips, chunk),
      ]);
    } else if (kind === "challenge") {
      this.#note(kind, [when, place, strip], () => {
        sealed.challenge(this.#model, period, this.#time, place, strip);
        return [];
      });
    } else if (kind === "answer") {
      const chunk = this.#shown(bundle, any, f);
      this.#note(kind, [when, place, strip, chunk], () => {
        sealed.answer(this.#model, period, this.#time, place, strip, chunk);
        return [];
      });
    } else {
      this.#note(kind, [when, place], () => [sealed.finish(this.#model, period, this.#time, place)]);
    }
  }

  #wait(how: Step["wait"]): void {
    if (how === "no") return;
    if (how === "long") this.#time += 1_900n;
    const now = this.#time / CALENDAR.periodLength;
    const ends = [now, now + 1n].flatMap((period) => [
      sealed.gate(this.#model, period),
      ...Array.from({ length: sealed.PLACES }, (_, place) => sealed.turnEnd(this.#model, period, place)),
      sealed.challengeEnd(this.#model, period),
    ]);
    const next = ends.filter((end) => end > this.#time).reduce((first, end) => (end < first ? end : first));
    this.#time = how === "just before it" ? next - 1n : next;
  }

  #add(when: { period: bigint }, dice: number[]): void {
    const [, b = 0, c = 0, d = 0, e = 0, f = 0] = dice;
    const strips = Array.from({ length: 1 + (c % 3) }, (_, index) => 1 + ((d + index) % 4));
    const bundle = bundleOf(c, strips);
    const size = f % 30 === 0 ? { ...sizeOf(bundle), chunks: 256 } : sizeOf(bundle);
    const place = sealed.commitsOf(this.#model, when.period).length;
    const terms = { relayer: relayer(b % 20), named: e % 3 > 0, ...size };
    const args = [when, terms.relayer, terms.named, terms.root, terms.chunks, terms.strips];
    this.#note("add", args, () => {
      const found = sealed.add(this.#model, when.period, this.#time, terms);
      this.#bundles.set(`${when.period} ${place}`, bundle);
      return [found];
    });
  }

  #shown(bundle: Bundle, index: number, dice: number): Shown {
    const chunk = shown(bundle.hashes, index);
    return dice % 10 === 0 ? tampered(chunk, dice) : chunk;
  }

  #note(name: Call["name"], args: unknown[], act: () => unknown[]): void {
    const data = this.#lab.encodeFunctionData(name, args);
    try {
      this.calls.push({ name, data, outcome: act() });
    } catch (error) {
      if (!(error instanceof sealed.Refusal)) throw error;
      this.calls.push({ name, data, outcome: error.reason });
    }
  }
}
