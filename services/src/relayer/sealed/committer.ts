/** Commits to the strips of a period before its gate, once. */
import { asPeriod, type CommitBookClient, isWattbookError } from "@wattbook/sdk";
import { isServiceError } from "../../errors.ts";
import { atOnce, type Store } from "../../store/open.ts";
import type { CommunityView } from "../chain/view.ts";
import { byPeriod } from "../post/plan.ts";
import { signedOf, type StripRow, type Strips } from "../store/strips.ts";
import { type Bundle, bundleKey, type Bundles } from "./bundles.ts";
import { type Calls, NEVER } from "./calls.ts";
import { BETWEEN, bundleOf, chunksFor, type Knowledge } from "./pack.ts";
import { hasPlace, type Rounds } from "./rounds.ts";
import { commitsCovered, type Standings } from "./standing.ts";
import type { KnownWords } from "./used.ts";
import { areWhole } from "./whole.ts";

/** What committing needs. */
export interface CommitterParts {
  readonly view: CommunityView;
  readonly store: Store;
  readonly strips: Strips;
  readonly bundles: Bundles;
  readonly rounds: Rounds;
  readonly standings: Standings;
  readonly used: KnownWords;
  readonly commits: CommitBookClient;
  readonly calls: Calls;
  readonly account: string;
  /** Seconds before the gate at which strips are bundled. */
  readonly lead: number;
  /** Chunks of a commit at most, as far as strips were let in. */
  readonly mostChunks: number;
  /** A bundle is on disk. */
  readonly bundled: (key: string) => void;
  /** Told why a commit waits. */
  readonly late: (subject: string, reason: string) => void;
}

/** Commits for one community. */
export class Committer {
  readonly #parts: CommitterParts;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /** Bundles what is due, and plans the commits that are missing. @throws Faults of the node, and of the file */
  async plan(): Promise<void> {
    const { view, bundles, rounds, account } = this.#parts;
    await this.#bundle();
    const now = Number(view.now());
    for (const bundle of bundles.of(Number(view.community))) {
      if (now >= bundle.gate) continue;
      const made = rounds.commits(bundle.community, bundle.period);
      const own = made.find(({ relayer }) => relayer === account);
      if (own === undefined) await this.#commit(bundle, made);
      // Another process with this key was faster: a relayer has one commit per period.
      else if (own.root !== bundle.root) this.#late(bundle, "BundleMissing");
    }
  }

  /** Everything that waits goes in: each strip has a receipt. From here on the bundle stays as it is. */
  async #bundle(): Promise<void> {
    const { view, store, strips, bundles, lead, bundled } = this.#parts;
    const now = Number(view.now());
    for (const [first] of byPeriod(strips.due(Number(view.community), now + lead, now))) {
      if (first === undefined || bundles.find(first.community, first.period) !== undefined) continue;
      const { community, period, gate } = first;
      const asked = strips.promised(community, period);
      const knowledge = await this.#learn(first, asked);
      if (knowledge === undefined) continue;
      const keep = () => {
        if (bundles.find(community, period) !== undefined) return false;
        const promised = strips.promised(community, period);
        const known = new Set(asked.map(({ digest }) => digest));
        const checked = knowledge.checked === true && promised.every(({ digest }) => known.has(digest));
        const { rows, commit } = bundleOf(promised, view.terms, { ...knowledge, checked });
        bundles.add(commit, rows, gate);
        for (const { digest } of rows) strips.assign(digest, bundleKey({ community, period }));
        return true;
      };
      if (atOnce(store, keep)) bundled(bundleKey({ community, period }));
    }
  }

  /**
   * What chunks are planned with. A node that does not answer is asked again, up to half of the lead; then what is known has to do. Strips
   * may have been let in by what was known before a restart: chunks that are too many for a turn would cost the bond, so it is
   * asked on, if need be until the gate.
   */
  async #learn({ community, period, gate }: StripRow, rows: readonly StripRow[]): Promise<Knowledge | undefined> {
    const { view, used, lead, mostChunks, late } = this.#parts;
    const asked = rows.map((row) => signedOf(row).strip);
    try {
      await used.learn(asked);
      return { used, checked: await areWhole(view, asPeriod(BigInt(period)), asked) };
    } catch (error) {
      if (!isWattbookError(error) && !isServiceError(error)) throw error;
      late(bundleKey({ community, period }), error.message);
      if (Number(view.now()) < gate - lead / 2) return undefined;
      return chunksFor(rows, view.terms, { used }) < mostChunks + BETWEEN ? { used } : undefined;
    }
  }

  async #commit(bundle: Bundle, made: ReturnType<Rounds["commits"]>): Promise<void> {
    const { standings, calls, commits, bundles, rounds, view } = this.#parts;
    const { community, period, gate } = bundle;
    const purpose = { kind: "commit", community, period, expires: gate } as const;
    if (calls.isBusy(purpose)) return;
    const standing = await standings.get();
    const lacks = !hasPlace(made, standing.named) ? "NoPlaceLeft" : commitsCovered(standing) < 1n ? "NoBond" : null;
    if (lacks !== null) {
      this.#late(bundle, lacks);
      return;
    }
    // The ring's place may still belong to a commit that nobody has finished.
    const ring = Number(view.terms.horizon) + 2;
    const older = rounds.unfinishedAt(bundle, made.length, ring);
    if (older !== undefined) {
      const finish = { kind: "finish", community, period: older, of: made.length, expires: NEVER } as const;
      const names = [view.community, asPeriod(BigInt(older)), BigInt(made.length)] as const;
      if (!calls.isBusy(finish)) await calls.try(finish, commits.calls.finish(...names));
      return;
    }
    await calls.try(purpose, commits.calls.commit(bundles.commitOf(bundle)));
  }

  #late(bundle: Bundle, reason: "NoPlaceLeft" | "NoBond" | "BundleMissing"): void {
    const { store, strips, late } = this.#parts;
    const key = bundleKey(bundle);
    atOnce(store, () => {
      strips.note(key, reason);
    });
    late(key, reason);
  }
}
