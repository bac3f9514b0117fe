/** Where readings are handed in: checked, written down, and answered. */
import type { Hex, SignedReading } from "@wattbook/sdk";
import type { ServiceError } from "../../errors.ts";
import { readingOf, type ReadingBody } from "../../wire.ts";
import type { CommunityView } from "../chain/view.ts";
import { Coming } from "../coming.ts";
import { refuseReading } from "../refusal.ts";
import type { SignaturePool } from "../signatures/pool.ts";
import type { GroupCommit } from "../store/group-commit.ts";
import type { ReadingRow, Readings } from "../store/readings.ts";
import type { Requests } from "../store/requests.ts";
import { checkAlone, checkOver, checkRegisters, meterAfter, type ReadingContext } from "./check.ts";

/** What a desk works with. */
export interface ReadingDeskParts {
  readonly view: CommunityView;
  readonly readings: Readings;
  readonly requests: Requests;
  readonly commits: GroupCommit;
  readonly signatures: SignaturePool;
  /** Unix seconds of this machine. */
  readonly date: () => number;
  /** Told once a reading's signature was found to be good. */
  readonly admit?: (reading: SignedReading["reading"], digest: string) => void;
}

/** A reading that is kept. */
export interface TakenReading {
  readonly row: ReadingRow;
  /** Whether it came before. */
  readonly known: boolean;
}

/** Takes the readings of one community. */
export class ReadingDesk {
  readonly #parts: ReadingDeskParts;
  /** Readings that are being taken, by digest. */
  readonly #coming = new Coming<TakenReading>();
  /** Those that are about to be written, by member: the next reading of it has to go on from there. */
  readonly #writing = new Map<bigint, Map<string, SignedReading["reading"]>>();

  constructor(parts: ReadingDeskParts) {
    this.#parts = parts;
  }

  /**
   * Takes a reading, once.
   * @param digest Of the reading.
   * @param body As it came.
   * @param key Idempotency key that it came under.
   * @throws Refusal with the contract's reason where it would be left out
   * @throws ServiceError KEY_REUSED, STORE_FULL and others of the file: then it was not taken
   */
  async take(digest: Hex, signed: SignedReading, body: ReadingBody, key?: string): Promise<TakenReading> {
    const reused = this.#parts.requests.refusalOf(key, digest);
    if (reused !== undefined) throw reused;
    const row = this.#parts.readings.find(digest);
    if (row !== undefined) return { row, known: true };
    return this.#coming.take(digest, signed.signature, () => this.#take(digest, signed, body, key));
  }

  async #take(
    digest: Hex,
    { reading, signature }: SignedReading,
    body: ReadingBody,
    key?: string,
  ): Promise<TakenReading> {
    const { signatures, view } = this.#parts;
    checkOver(reading, view.terms, view.now());
    const context = await this.#context(reading);
    checkAlone(reading, context);
    const { meterKey: by } = context.rated;
    const { signer } = await signatures.check({ digest, signature, by });
    if (signer?.toLowerCase() !== by.toLowerCase()) {
      throw refuseReading("BadSignature", `It is signed by ${signer ?? "nobody"}, not by ${by}`);
    }
    this.#parts.admit?.(reading, digest);
    this.#checkPlace(reading, await this.#context(reading));
    return this.#write(digest, reading, body, key);
  }

  /** Against the registers as they will be once what waits is on chain. */
  #checkPlace(reading: SignedReading["reading"], context: ReadingContext): void {
    const { community, member, period } = reading;
    const rows = this.#parts.readings.waitingOf(Number(community), Number(member));
    const waiting = [
      ...rows.map(({ body }) => readingOf(context.terms, community, JSON.parse(body) as ReadingBody)),
      ...(this.#writing.get(member)?.values() ?? []),
    ].sort((a, b) => Number(a.period - b.period));
    let { meter } = context;
    for (const earlier of waiting) {
      if (earlier.period === period) throw refuseReading("AlreadyMetered", `Another reading of period ${period} waits`);
      if (earlier.period < period && earlier.period >= meter.nextPeriod) meter = meterAfter(meter, earlier);
    }
    checkRegisters(reading, { ...context, meter });
  }

  async #write(
    digest: string,
    reading: SignedReading["reading"],
    body: ReadingBody,
    key: string | undefined,
  ): Promise<TakenReading> {
    const { readings, requests, commits, date } = this.#parts;
    const writing = this.#writing.get(reading.member) ?? new Map<string, SignedReading["reading"]>();
    this.#writing.set(reading.member, writing.set(digest, reading));
    const names = {
      community: Number(reading.community),
      period: Number(reading.period),
      member: Number(reading.member),
    };
    const late: ServiceError[] = [];
    try {
      await commits.commit(() => {
        // Another message may have come under the same key meanwhile.
        const refusal = requests.refusalOf(key, digest);
        if (refusal !== undefined) {
          late.push(refusal);
          return;
        }
        readings.add({ digest, ...names, body: JSON.stringify(body), received: date() });
        requests.bind(key, digest);
      });
    } finally {
      writing.delete(digest);
    }
    const [refusal] = late;
    if (refusal !== undefined) throw refusal;
    return { row: readings.find(digest) as ReadingRow, known: false };
  }

  async #context({ period, member }: SignedReading["reading"]): Promise<ReadingContext> {
    const { view } = this.#parts;
    return { ...(await view.meter(period, member)), terms: view.terms, now: view.now() };
  }
}
