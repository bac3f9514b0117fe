/** Keeps the relayer's bonds: shows what its commits are asked for, and takes the bond back once nothing can be asked any more. */
import { answerTo, asPeriod, type CommitBookClient, type Domain, isWattbookError } from "@wattbook/sdk";
import type { CommunityView } from "../chain/view.ts";
import type { Bundles } from "./bundles.ts";
import { type Calls, NEVER } from "./calls.ts";
import type { Turn } from "./revealer.ts";
import type { Rounds } from "./rounds.ts";

/** What guarding needs. */
export interface GuardParts {
  readonly view: CommunityView;
  readonly bundles: Bundles;
  readonly rounds: Rounds;
  readonly commits: CommitBookClient;
  readonly calls: Calls;
  /** Of the order book. */
  readonly market: Domain;
  /** Told of a challenge that cannot be answered. */
  readonly lost: (strip: string) => void;
}

/** Guards the bonds of one community. */
export class Guard {
  readonly #parts: GuardParts;
  /** Strips that no commit of ours holds; told once. */
  readonly #lost = new Set<string>();

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** Plans answers and the end of a commit. @throws Faults of the node, and of the file */
  async plan(turn: Turn): Promise<void> {
    const { view, rounds, calls, commits } = this.#parts;
    const { bundle, own, times } = turn;
    const { community, period } = bundle;
    if (own.revealed < own.chunks) return; // its bond is forfeited
    const now = view.now();
    const asked = rounds.openChallenges(community, period, own.place);
    if (now < times.answerEnd) for (const strip of asked) await this.#answer(turn, strip);
    if (asked.length > 0 || now < times.challengeEnd) return;
    const purpose = { kind: "finish", community, period, of: own.place, expires: NEVER } as const;
    if (calls.isBusy(purpose)) return;
    const names = [view.community, asPeriod(BigInt(period)), BigInt(own.place)] as const;
    await calls.try(purpose, commits.calls.finish(...names));
  }

  async #answer({ bundle, own, times }: Turn, strip: string): Promise<void> {
    const { bundles, calls, commits, market } = this.#parts;
    const { community, period } = bundle;
    const purpose = { kind: "answer", community, period, of: strip, expires: Number(times.answerEnd) } as const;
    if (this.#lost.has(strip) || calls.isBusy(purpose)) return;
    const commit = bundles.commitOf(bundle);
    try {
      const answer = answerTo(market, commit, strip);
      await calls.try(purpose, commits.calls.answer(commit, BigInt(own.place), answer));
    } catch (error) {
      if (!isWattbookError(error, "NOT_IN_COMMIT")) throw error;
      this.#lost.add(strip);
      this.#parts.lost(strip);
    }
  }
}
