/** What a strip of a sealed community has to fit besides what the contract checks: a receipt binds the relayer to commit to it. */
import { asPeriod, gateOfPeriod, type Period, type SignedStrip } from "@wattbook/sdk";
import type { CommunityView } from "../chain/view.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { signedOf, type Strips } from "../store/strips.ts";
import type { Bundles } from "./bundles.ts";
import { chunksFor, fitsChunk, Room } from "./pack.ts";
import { hasPlace, type Rounds } from "./rounds.ts";
import { commitsCovered, type Standing, type Standings } from "./standing.ts";
import type { Strays } from "./strays.ts";
import type { KnownWords } from "./used.ts";

/** What admission looks at. */
export interface AdmissionParts {
  readonly view: CommunityView;
  readonly strips: Strips;
  readonly bundles: Bundles;
  readonly rounds: Rounds;
  readonly standings: Standings;
  readonly strays: Strays;
  readonly used: Pick<KnownWords, "learn" | "hasJournal" | "hasTicks">;
  /** Chunks of a commit at most. */
  readonly mostChunks: number;
}

/** Seconds between two questions whether more words of a full commit are used by now. */
const LOOK_AGAIN = 60n;

/** Lets strips into the commits of one community, or not. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #rooms = new Map<Period, Room>();
  /** When it was asked which words of a period are used, and the question that is on its way. */
  readonly #asked = new Map<Period, { readonly at: bigint; readonly answer: Promise<void> }>();

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /**
   * Checks that the relayer will be able to commit to a strip.
   * @throws Refusal
   * @throws Faults of the node, where it does not tell whether a commit that looks full is
   */
  async check(signed: SignedStrip): Promise<void> {
    const { period } = signed.strip;
    const { view, rounds, standings } = this.#parts;
    if (!this.#takes(period)) throw this.#committed(period);
    if (!fitsChunk(signed, view.terms)) {
      throw refuse(
        "StripTooLarge",
        `No chunk can hold its ${signed.strip.entries.length} entries. Hand in a shorter one.`,
      );
    }
    if (!hasPlace(rounds.commits(view.community, period), (await standings.get()).named)) {
      throw refuse("NoPlaceLeft", `Other relayers have all places of period ${period}. ${ELSEWHERE}.`);
    }
    if (this.#full(period) !== undefined) await this.#learn(period);
    const refusal = this.refusalOf(period);
    if (refusal !== undefined) throw refusal;
  }

  /** Why no strip of a period comes into its commit any more; asked again within the transaction that keeps one. */
  refusalOf(period: Period): Refusal | undefined {
    if (!this.#takes(period)) return this.#committed(period);
    return this.#strayed(period) ?? this.#uncovered(period) ?? this.#full(period);
  }

  #takes(period: Period): boolean {
    const { view, bundles } = this.#parts;
    return bundles.find(Number(view.community), Number(period)) === undefined;
  }

  /** It came too late. */
  #committed(period: Period): Refusal {
    const gate = gateOfPeriod(this.#parts.view.terms, period);
    const found = `This relayer has made its commit to period ${period}, whose gate closes at ${gate}`;
    return refuse("CommitMade", `${found}. ${ELSEWHERE}.`);
  }

  /** Another store may hold receipts for the same period: a commit that does not keep those costs the bond. */
  #strayed(period: Period): Refusal | undefined {
    const stray = this.#parts.strays.before(period);
    if (stray === undefined) return undefined;
    const found = `This relayer does not have the bundle of its commit to period ${stray.period}`;
    return refuse("BundleMissing", `${found}. ${ELSEWHERE}, or try again later.`);
  }

  /**
   * A commit locks one bond, however many strips it holds, until its period is over: so the bond has to cover a commit to each period
   * with a strip, whichever of them came first.
   */
  #uncovered(period: Period): Refusal | undefined {
    const standing = this.#parts.standings.last;
    if (standing === undefined) return undefined;
    const needed = BigInt(1 + this.#others(period, standing));
    if (commitsCovered(standing) >= needed) return undefined;
    const { balance, locked, bond } = standing;
    const found = `This relayer's bond is ${balance - locked} of the ${needed * bond} that it needs to commit`;
    return refuse("NoBond", `${found}. ${ELSEWHERE}, or try again later.`);
  }

  /** Other periods for which strips wait or a commit is on its way: each takes a bond. */
  #others(period: Period, { bond }: Standing): number {
    const { view, strips, bundles, rounds } = this.#parts;
    if (bond === 0n) return 0;
    const community = Number(view.community);
    const first = view.currentPeriod();
    let count = 0;
    for (let at = first; at <= first + view.terms.horizon; at = asPeriod(at + 1n)) {
      if (at === period) continue;
      const each = Number(at);
      const bundle = bundles.find(community, each);
      const onItsWay = bundle !== undefined && view.now() < bundle.gate;
      const committed = onItsWay && rounds.commits(community, each).some(({ root }) => root === bundle.root);
      if ((onItsWay && !committed) || strips.waitIn(community, each)) count++;
    }
    return count;
  }

  #full(period: Period): Refusal | undefined {
    if (this.#hasRoom(period)) return undefined;
    return refuse("CommitFull", `The commit of this relayer to period ${period} is full. ${ELSEWHERE}.`);
  }

  /** Counts chunks as the committer will, with no more known than it will know: what is used stays used. */
  #hasRoom(period: Period): boolean {
    const { view, strips, used } = this.#parts;
    const names = [Number(view.community), Number(period)] as const;
    return this.#room(period).takes(strips.promisedCount(...names), () =>
      chunksFor(strips.promised(...names), view.terms, { used }),
    );
  }

  #room(period: Period): Room {
    const { view, mostChunks } = this.#parts;
    for (const kept of [this.#rooms, this.#asked])
      for (const each of kept.keys()) if (each < view.currentPeriod()) kept.delete(each);
    const room = this.#rooms.get(period) ?? new Room(mostChunks);
    this.#rooms.set(period, room);
    return room;
  }

  /** Asks which words of a commit that looks full are used: those take less room. Once for all who wait for the answer. */
  async #learn(period: Period): Promise<void> {
    const { view, strips, used } = this.#parts;
    const last = this.#asked.get(period);
    if (last !== undefined && view.now() < last.at + LOOK_AGAIN) return last.answer;
    const held = strips.promised(Number(view.community), Number(period)).map((row) => signedOf(row).strip);
    const answer = used.learn(held).then(() => {
      this.#room(period).reopen();
    });
    this.#asked.set(period, { at: view.now(), answer });
    // Nothing was learnt: the next strip asks again.
    answer.catch(() => this.#asked.delete(period));
    return answer;
  }
}

const ELSEWHERE = "Hand it to another relayer, or place it yourself before the gate";
