/** What an escrow does with the records of a call: naive, one by one, on a copy that counts only if all of them are good. */
import { packHead, type Head } from "./head.ts";
import { afterRecord, EMPTY_JOURNAL } from "./journal.ts";
import { byteLength, type Hex } from "./bytes.ts";

const MOST_ENTRIES = 2048n;
const MOST_RECORDS = 255n;

export interface GivenRecord {
  readonly member: bigint;
  readonly frontier: bigint;
  readonly fee: bigint;
  /** All but its module. */
  readonly head: Omit<Head, "module">;
  readonly digest: Hex;
  readonly payload: Hex;
}

/** A member as the escrow and the registry know it. */
export interface Trader {
  free: bigint;
  readonly modules: ReadonlySet<bigint>;
  /** Whether it may have records of the period at all. */
  readonly active: boolean;
  readonly aboveLine: boolean;
}

export interface RecordJournal {
  hash: bigint;
  entries: bigint;
  records: bigint;
  frontier: bigint;
}

/** Of one period. */
export interface RecordBooks {
  traders: Map<bigint, Trader>;
  journals: Map<bigint, RecordJournal>;
  /** By module. */
  outstanding: Map<bigint, bigint>;
  fees: bigint;
}

export interface Refusal {
  readonly error: string;
  readonly args: readonly bigint[];
}

class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.error);
  }
}

const refuse = (error: string, ...args: bigint[]): never => {
  throw new Refused({ error, args });
};

export const noJournal = (): RecordJournal => ({ hash: EMPTY_JOURNAL, entries: 0n, records: 0n, frontier: 0n });

/** The books with the records of a call, or why all of them are refused. */
export function append(
  books: RecordBooks,
  { module, period, settlementFee }: { module: bigint; period: bigint; settlementFee: bigint },
  records: readonly GivenRecord[],
): RecordBooks | Refusal {
  const after = structuredClone(books);
  try {
    for (const record of records) appendOne(after, module, period, settlementFee, record);
    for (const { member } of records) {
      if (!traderOf(after, member).active) refuse("NotActive", 0n, member);
    }
    return after;
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

function appendOne(books: RecordBooks, module: bigint, period: bigint, settlementFee: bigint, record: GivenRecord) {
  const { member, head, digest, payload, fee } = record;
  const size = BigInt(byteLength(payload));
  if (size > 64n + 16n * head.entries) refuse("PayloadTooLong", size);
  const journal = books.journals.get(member) ?? noJournal();
  const first = journal.records === 0n;
  journal.entries += head.entries;
  if (journal.entries > MOST_ENTRIES || journal.records === MOST_RECORDS) refuse("JournalFull", 0n, member, period);
  journal.records++;
  if (module === 0n) {
    if (record.frontier < journal.frontier) refuse("FrontierBack", journal.frontier, record.frontier);
    journal.frontier = record.frontier;
  }
  journal.hash = afterRecord(journal.hash, packHead({ ...head, module }), digest, payload);
  books.journals.set(member, journal);
  const reserved = head.reserve + (first ? settlementFee : 0n);
  const trader = traderOf(books, member);
  if (!trader.modules.has(module)) refuse("ModuleNotEnabled", 0n, member, module);
  if (trader.aboveLine) refuse("InDebt", 0n, member);
  if (reserved + fee > trader.free) refuse("InsufficientFree", reserved + fee, trader.free);
  trader.free -= reserved + fee;
  books.outstanding.set(module, (books.outstanding.get(module) ?? 0n) + reserved);
  books.fees += fee;
}

function traderOf({ traders }: RecordBooks, member: bigint): Trader {
  return traders.get(member) ?? { free: 0n, modules: new Set(), active: false, aboveLine: false };
}
