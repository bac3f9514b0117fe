/** What a strip of a sealed community has to fit besides what the contract checks: a receipt binds the relayer to commit to it. */
import { gateOfPeriod, type Period, type SignedStrip } from "@wattbook/sdk";
import type { CommunityView } from "../chain/view.ts";
import { refuse, type Refusal } from "../refusal.ts";
import { signedOf, type Strips } from "../store/strips.ts";
import type { Bundles } from "./bundles.ts";
import { commitTo, fitsChunk, inOrder, Room } from "./pack.ts";
import { hasPlace, type Rounds } from "./rounds.ts";
import { commitsCovered, type Standings } from "./standing.ts";

/** What admission looks at. */
export interface AdmissionParts {
  readonly view: CommunityView;
  readonly strips: Strips;
  readonly bundles: Bundles;
  readonly rounds: Rounds;
  readonly standings: Standings;
  /** Chunks of a commit at most. */
  readonly mostChunks: number;
}

/** Lets strips into the commits of one community, or not. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #rooms = new Map<Period, Room>();

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /**
   * Checks that the relayer will be able to commit to a strip.
   * @throws Refusal
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
    const standing = await standings.get();
    if (!hasPlace(rounds.commits(view.community, period), standing.named)) {
      throw refuse("NoPlaceLeft", `Other relayers have all places of period ${period}. ${ELSEWHERE}.`);
    }
    const needed = BigInt(1 + this.#earlier(period));
    if (commitsCovered(standing) < needed) {
      const { balance, locked, bond } = standing;
      const found = `This relayer's bond is ${balance - locked} of the ${needed * bond} that it needs to commit`;
      throw refuse("NoBond", `${found}. ${ELSEWHERE}, or try again later.`);
    }
    const refusal = this.refusalOf(period);
    if (refusal !== undefined) throw refusal;
  }

  /** Why no strip of a period comes into its commit any more; asked again within the transaction that keeps one. */
  refusalOf(period: Period): Refusal | undefined {
    if (!this.#takes(period)) return this.#committed(period);
    if (this.#hasRoom(period)) return undefined;
    return refuse("CommitFull", `The commit of this relayer to period ${period} is full. ${ELSEWHERE}.`);
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

  /** Periods with an earlier gate for which strips wait or a commit is on its way: each takes a bond first. */
  #earlier(period: Period): number {
    const { view, strips, bundles, rounds } = this.#parts;
    const community = Number(view.community);
    const first = Number(view.currentPeriod());
    let count = 0;
    for (let each = first; each < Number(period); each++) {
      const bundle = bundles.find(community, each);
      const onItsWay = bundle !== undefined && view.now() < bundle.gate;
      const committed = onItsWay && rounds.commits(community, each).some(({ root }) => root === bundle.root);
      if ((onItsWay && !committed) || strips.countIn(community, each) > 0) count++;
    }
    return count;
  }

  #hasRoom(period: Period): boolean {
    const { view, strips, mostChunks } = this.#parts;
    for (const each of this.#rooms.keys()) if (each < view.currentPeriod()) this.#rooms.delete(each);
    const room = this.#rooms.get(period) ?? new Room(mostChunks);
    this.#rooms.set(period, room);
    const names = [Number(view.community), Number(period)] as const;
    return room.takes(strips.countIn(...names), () => {
      const held = inOrder(strips.freeIn(...names)).map(signedOf);
      return commitTo(held, view.terms).chunks.length;
    });
  }
}

const ELSEWHERE = "Hand it to another relayer, or place it yourself before the gate";
