/** Where strips are handed in: checked, written down, and answered with a receipt. */
import {
  type Amount,
  type Domain,
  type Receipt,
  receiptDigest,
  signatureBytes,
  signReceipt,
  type TypedDataSigner,
  decodePayload,
  gateOf,
  type Hex,
  isAccepted,
  isOpen,
  type Period,
  type SignedStrip,
  slotIn,
  type Strip,
  type Terms,
} from "@wattbook/sdk";
import { ServiceError } from "../../errors.ts";
import type { CommunityView } from "../chain/view.ts";
import type { Admission } from "../sealed/admission.ts";
import { Refusal, refuse, refuseStrip } from "../refusal.ts";
import type { SignaturePool } from "../signatures/pool.ts";
import type { GroupCommit } from "../store/group-commit.ts";
import type { Requests } from "../store/requests.ts";
import { signedOf, type StripRow, type Strips } from "../store/strips.ts";
import type { Facts } from "../store/facts.ts";
import { Coming } from "../coming.ts";
import { BusySlots } from "./busy.ts";
import { checkEntries, checkHeader, checkPeriod, frontierAfter, refuseBusy, type StripContext } from "./check.ts";
import { Queue } from "./queue.ts";
import { receiptOf } from "./receipts.ts";
import type { Volumes } from "./volumes.ts";

/** What this relayer asks of strips. */
export interface StripTerms {
  /** Who gets the fees: its own account. */
  readonly feeTo: string;
  /** Base units per entry. */
  readonly leastFee: Amount;
  /** Seconds before the first gate of a strip up to which it is taken. */
  readonly margin: bigint;
  /** Strips of a period that a member may take back: each is a row on disk that nobody pays for. */
  readonly withdrawals: number;
}

/** What a desk works with. */
export interface DeskParts {
  readonly view: CommunityView;
  readonly strips: Strips;
  readonly requests: Requests;
  readonly facts: Facts;
  readonly commits: GroupCommit;
  readonly signatures: SignaturePool;
  /** Counts what the order book holds. */
  readonly posted: Volumes;
  readonly terms: StripTerms;
  /** Of the commit book: where receipts count. */
  readonly receipts: Domain;
  /** Signs receipts where the threads that check signatures cannot. */
  readonly signer: TypedDataSigner;
  /** Unix seconds of this machine, for receipts. */
  readonly date: () => number;
  /** In a sealed community, who lets strips into the commit. */
  readonly admission?: Admission | undefined;
  /** Told once a strip's signature was found to be good: the member may have used up what it is allowed. */
  readonly admit?: (strip: Strip, digest: string) => void;
}

/** A strip that is kept. */
export interface Taken {
  readonly kept: Pick<StripRow, "digest" | "received" | "receipt">;
  /** Whether it came before. */
  readonly known: boolean;
}

/** A strip whose signature is good. */
interface Admitted {
  readonly digest: Hex;
  readonly signed: SignedStrip;
  readonly receipt: Hex;
  /** Idempotency key. */
  readonly key: string | undefined;
}

/** What its place in the queue says of it. */
interface Placed {
  readonly uses: Amount;
  readonly gate: bigint;
  readonly closes: bigint;
  readonly ends: number;
  readonly received: number;
}

/** Takes the strips of one community. */
export class StripDesk {
  readonly queue = new Queue();
  /** What the order book holds. */
  readonly posted: Volumes;
  readonly #parts: DeskParts;
  readonly #busy: BusySlots;
  /** Strips that are being taken, by digest: the same one may come twice at once. */
  readonly #coming = new Coming<Taken>();

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.posted = parts.posted;
    this.#busy = new BusySlots(parts.view, parts.facts, this.posted);
  }

  /**
   * Takes a strip, once.
   * @param digest Of the strip.
   * @param key Idempotency key that it came under.
   * @throws Refusal with the contract's reason where it would be skipped, in part or whole
   * @throws ServiceError KEY_REUSED, STORE_FULL and others of the file: then it was not taken
   */
  async take(digest: Hex, signed: SignedStrip, key?: string): Promise<Taken> {
    const reused = this.#parts.requests.refusalOf(key, digest);
    if (reused !== undefined) throw reused;
    const row = this.#parts.strips.find(digest);
    if (row !== undefined) return knownOf(row);
    return this.#coming.take(digest, signed.signature, () => this.#take(digest, signed, key));
  }

  async #take(digest: Hex, signed: SignedStrip, key: string | undefined): Promise<Taken> {
    const { view, signatures } = this.#parts;
    const { strip } = signed;
    this.#checkOrders();
    this.#checkTerms(strip);
    this.#checkWithdrawn(strip);
    checkPeriod(strip, view.terms, view.now());
    await this.#parts.admission?.check(signed);
    // What costs nothing first; then the signature; then everything at once, with what has come in between.
    const context = await this.#context(strip);
    checkHeader(strip, context);
    const { tradingKey: by } = context.trader.member;
    const receipt = receiptOf(digest, signed);
    const task = { digest, signature: signed.signature, by, receipt: receiptDigest(this.#parts.receipts, receipt) };
    const found = await signatures.check(task);
    if (found.signer?.toLowerCase() !== by.toLowerCase()) {
      throw refuseStrip("BadSignature", `It is signed by ${found.signer ?? "nobody"}, not by ${by}`);
    }
    this.#parts.admit?.(strip, digest);
    const promise = found.receipt ?? (await this.#sign(receipt));
    return this.#keep({ digest, signed, receipt: promise, key }, await this.#context(strip), view.terms);
  }

  /** Checks with what waits and takes its place in the queue: nothing may come in between. */
  async #keep(admitted: Admitted, context: Omit<StripContext, "held">, terms: Terms): Promise<Taken> {
    const { digest, signed, receipt } = admitted;
    const { strip } = signed;
    const now = { ...context, held: this.queue.held(strip.member, strip.period) };
    checkHeader(strip, now);
    const uses = checkEntries(strip, now, {
      volumeAt: (entry) => this.posted.at(strip.period, entry) + this.queue.volumeAt(strip.period, entry),
      isBusy: (offset) => this.#busy.has(strip.period, offset),
    });
    const { gate, closes } = gatesOf(strip, terms);
    if (gate <= now.now + this.#parts.terms.margin) {
      const least = `Hand strips in at least ${this.#parts.terms.margin} s before their first gate, or drop that slot`;
      throw refuse("GateTooNear", `The first gate closes at ${gate}, and it is ${now.now}. ${least}.`);
    }
    const received = this.#parts.date();
    const ends = Number(frontierAfter(strip, terms));
    this.queue.add({ digest, signed, uses, ends });
    try {
      await this.#write({ ...admitted, uses, gate, closes, ends, received });
    } catch (error) {
      this.queue.remove(digest);
      throw error;
    }
    return { kept: { digest, receipt, received }, known: false };
  }

  async #write({ key, ...kept }: Admitted & Placed): Promise<void> {
    const { strips, requests, commits, admission } = this.#parts;
    const { period } = kept.signed.strip;
    const starts = Number(kept.signed.strip.after);
    const [gate, closes] = [Number(kept.gate), Number(kept.closes)];
    for (;;) {
      const late: ServiceError[] = [];
      await commits.commit(() => {
        // Many may have been checked at once, each for the last room, or under the same key.
        const refusal = requests.refusalOf(key, kept.digest) ?? admission?.refusalOf(period);
        if (refusal !== undefined) {
          late.push(refusal);
          return;
        }
        strips.add({ ...kept, starts, gate, closes, uses: String(kept.uses) });
        requests.bind(key, kept.digest);
      });
      const [refusal] = late;
      if (refusal === undefined) return;
      if (!(refusal instanceof Refusal)) throw refusal;
      // A closer look may find more room; else it throws.
      await admission?.check(kept.signed);
    }
  }

  async #sign(receipt: Receipt): Promise<Hex> {
    return signatureBytes(await signReceipt(this.#parts.receipts, receipt, this.#parts.signer));
  }

  #checkOrders(): void {
    const { community, module } = this.#parts.view;
    if (module === null) return;
    const found = `Community ${community} trades what meters say: it has no order book`;
    throw refuse("NoOrderBook", `${found}. Sign a budget instead, and leave out the member's strategy in its gateway.`);
  }

  #checkTerms(strip: Strip): void {
    const { feeTo, leastFee } = this.#parts.terms;
    if (strip.feeTo.toLowerCase() !== feeTo.toLowerCase()) {
      throw refuse("OtherFeeTo", `feeTo is ${strip.feeTo}: this relayer posts strips with feeTo ${feeTo}.`);
    }
    if (strip.feePerEntry >= leastFee) return;
    throw refuse("FeeTooLow", `feePerEntry is ${strip.feePerEntry}: this relayer asks for at least ${leastFee}.`);
  }

  /** Each was checked, signed for and written down, and left nothing to be paid for. */
  #checkWithdrawn({ community, period, member }: Strip): void {
    const { strips, terms } = this.#parts;
    if (strips.withdrawnCount(Number(community), Number(period), Number(member)) < terms.withdrawals) return;
    const found = `Member ${member} has taken back ${terms.withdrawals} strips of period ${period}, as many as this relayer allows`;
    throw refuse("WithdrawnTooOften", `${found}. Hand it to another relayer, or place it yourself before the gate.`);
  }

  async #context(strip: Strip): Promise<StripContext> {
    const { view } = this.#parts;
    const ask = () => Promise.all([view.period(strip.period), view.trader(strip.period, strip.member)]);
    let block = view.block;
    let [period, trader] = await ask();
    // What waits was brought up to date with a block that these answers may not have seen.
    while (view.block !== block) {
      block = view.block;
      [period, trader] = await ask();
    }
    return { period, trader, held: this.queue.held(strip.member, strip.period), now: view.now() };
  }

  /** What waits, from the file: after a start, or where the chain has taken something back. */
  load(rows: readonly StripRow[]): void {
    this.queue.clear();
    for (const row of rows) {
      const signed = signedOf(row);
      this.queue.add({ digest: row.digest, signed, uses: BigInt(row.uses) as Amount, ends: row.ends });
    }
  }

  /** What the order book holds, from the records that the chain has named. */
  loadPosted(records: readonly { readonly period: number; readonly payload: Hex }[]): void {
    this.posted.clear();
    for (const { period, payload } of records) {
      this.posted.count(BigInt(period), decodePayload(this.#parts.view.terms, payload).filter(isAccepted));
    }
  }

  /** Checks that a strip that waits would still be taken, but for its entries: gates of some may have closed. */
  async recheck(row: StripRow): Promise<void> {
    const { strip } = signedOf(row);
    const none = { frontier: null, records: 0n, entries: 0n, uses: 0n as Amount };
    const context = { ...(await this.#context(strip)), held: none };
    checkHeader(strip, context);
    const { terms } = this.#parts.view;
    const open = strip.entries.filter(({ offset }) => isOpen(terms, slotIn(terms, strip.period, offset), context.now));
    const busy = open.find(({ offset }) => this.#busy.has(strip.period, offset));
    if (busy !== undefined) throw refuseBusy(busy.offset);
  }
}

function knownOf(row: StripRow): Taken {
  if (row.state !== "withdrawn") return { kept: row, known: true };
  throw new ServiceError("KEY_REUSED", `Strip ${row.digest} was withdrawn. Sign another one, with another deadline.`);
}

/** Unix seconds at which a strip's first and last gate close. */
export function gatesOf(strip: Strip & { readonly period: Period }, terms: Terms): { gate: bigint; closes: bigint } {
  const gates = strip.entries.map(({ offset }) => gateOf(terms, slotIn(terms, strip.period, offset)));
  const [first = 0n] = gates;
  return { gate: first, closes: gates.at(-1) ?? first };
}
