/**
 * Commits of the relayer's account that it cannot keep, because their bundles are in another store: the disk was lost, an older copy
 * is served from, or a second process has the same key. Whoever holds that store gave receipts that bind this account too.
 */
import { asPeriod, type Period, sealedTimes, type Terms } from "@wattbook/sdk";
import { ServiceError } from "../../errors.ts";
import type { CommunityView } from "../chain/view.ts";
import type { Rounds, Stray } from "./rounds.ts";

/** What is looked at, and who hears of it. */
export interface StraysParts {
  readonly view: CommunityView;
  readonly rounds: Rounds;
  readonly account: string;
  /** Told once of each. */
  readonly found: (stray: Stray, alarm: ServiceError) => void;
}

/** Watches for commits of one community whose bundles are missing. */
export class Strays {
  readonly #parts: StraysParts;
  readonly #told = new Set<string>();

  constructor(parts: StraysParts) {
    this.#parts = parts;
  }

  /** Those that count still: something is asked of them, or periods are open for which their store may have given receipts. */
  all(): Stray[] {
    const { view, rounds, account } = this.#parts;
    const from = view.currentPeriod() - reach(view.terms);
    return rounds.strays(account, Number(view.community), Number(from < 0n ? 0n : from));
  }

  /** Whose store may hold receipts for strips of a period: it was open for them when that commit was made. */
  before(period: Period): Stray | undefined {
    return this.all().find((stray) => period <= BigInt(stray.period) + reach(this.#parts.view.terms));
  }

  /** Tells of those that are new. @return How many there are. */
  look(): number {
    const strays = this.all();
    for (const stray of strays) {
      const name = `${stray.period}:${stray.root}`;
      if (this.#told.has(name)) continue;
      this.#told.add(name);
      this.#parts.found(stray, this.alarm(stray));
    }
    return strays.length;
  }

  /** What is wrong and what to do. */
  alarm(stray: Stray): ServiceError {
    const { view, account } = this.#parts;
    const { period, place, root, chunks, revealed } = stray;
    const times = sealedTimes(view.terms, asPeriod(BigInt(period)));
    const found = `Account ${account} has commit ${root} at place ${place} of period ${period}, community ${view.community}`;
    const stake =
      revealed < chunks
        ? `its chunks are due until ${times.turnEnds[place]}, or the bond is lost`
        : `challenges of it are answered until ${times.answerEnd}, or the bond is lost`;
    const help = [
      "Stop any other process with this key, and start on the store that made the commit or on a copy made since",
      "Where it is gone for good, serve with another account",
    ];
    return new ServiceError("BUNDLE_MISSING", `${found}, but not its bundle: ${stake}. ${help.join(". ")}.`);
  }
}

/** Periods behind a commit's own that were open for strips when it was made, or that it answers in. */
function reach({ horizon }: Pick<Terms, "horizon">): bigint {
  return horizon > 1n ? horizon : 1n;
}
