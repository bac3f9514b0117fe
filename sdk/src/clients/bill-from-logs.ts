/** A bill from what the logs say of a member and period, checked against what the chain settled. */
import { positionOf } from "../book-answer.ts";
import type { SlotResults } from "../book-answer.ts";
import { billOf } from "../bill.ts";
import type { Bill } from "../bill.ts";
import { isWattbookError, LogsIncompleteError } from "../errors.ts";
import { journalOf, readingHash, settledHash } from "../journal.ts";
import type { JournalRecord } from "../journal.ts";
import type { ModuleAnswer } from "../market-module.ts";
import type { MeterValue } from "../reading.ts";
import { settleMember } from "../settlement.ts";
import type { MemberSettlement, Metering } from "../settlement.ts";
import type { Tariff } from "../tariff.ts";
import type { Terms } from "../terms.ts";
import { asSignedAmount } from "../units.ts";
import type { MemberIndex, Period, SignedAmount, Wh } from "../units.ts";
import type { SettledLeg } from "./log-facts.ts";
import type { JournalInfo } from "./journal-word.ts";

/** Everything that a bill depends on. */
export interface BillEvidence {
  readonly member: MemberIndex;
  readonly period: Period;
  /** As settled. */
  readonly leg: SettledLeg;
  readonly records: readonly JournalRecord[];
  /** Null where the first module is no order book: its answer is among those given then. */
  readonly results: SlotResults | null;
  /** What late readings added to the grid leg of an estimate; null where none came. */
  readonly trueUp: SignedAmount | null;
  /** Null where the period stayed estimated. */
  readonly reading: { readonly values: readonly MeterValue[]; readonly gapLeg: SignedAmount } | null;
  /** Modules whose records were voided. */
  readonly voided: ReadonlySet<bigint>;
  readonly tariff: Tariff;
  readonly tariffClass: bigint;
  readonly defaultLoadWh: Wh;
}

/** Answers by module index; null for a voided one. */
export type Answers = ReadonlyMap<bigint, ModuleAnswer | null>;

/**
 * Settles again from the evidence, compares every leg, and breaks it down by slot.
 * @throws LogsIncompleteError where a leg differs from the settled one
 */
export function billFromLogs(terms: Terms, evidence: BillEvidence, answers: Answers): Bill {
  const { member, period, leg, records, tariff, tariffClass } = evidence;
  const metering = meteringOf(evidence);
  const all = answersOf(terms, evidence, answers);
  const settled = settleMember(terms, { tariff, tariffClass, records, answers: all, metering });
  for (const field of ["paid", "received", "networkFee", "settlementFee", "gridLeg"] as const) {
    if (settled[field] === leg[field]) continue;
    const subject = `${field} of member ${member} in period ${period}: ${leg[field]} settled, ${settled[field]} from logs`;
    throw new LogsIncompleteError(subject);
  }
  const { trueUp } = evidence;
  return billOf(terms, period, settled, trueUp === null ? null : asSignedAmount(leg.gridLeg - trueUp));
}

/**
 * Compares a rebuilt journal with the chain's. A node that has dropped old logs without saying so shows here.
 * @throws LogsIncompleteError
 */
export function checkJournal(terms: Terms, evidence: BillEvidence, onChain: JournalInfo, answers: Answers): void {
  if (onChain.hash === 0n) return; // the ring entry serves a later period by now
  const { member, period, records, reading } = evidence;
  const journal = journalOf(records);
  const read = reading === null ? journal : readingHash(journal, reading.values, reading.gapLeg);
  const closed = () => settledHash(read, positionsOf(terms, evidence, answers));
  const expected = onChain.state === "open" ? journal : onChain.state === "metered" ? read : closed();
  if (expected !== onChain.hash) throw new LogsIncompleteError(`the journal of member ${member} in period ${period}`);
}

function positionsOf(terms: Terms, evidence: BillEvidence, answers: Answers): MemberSettlement["slots"] {
  const { records, tariff, tariffClass } = evidence;
  const metering = meteringOf(evidence);
  return settleMember(terms, { tariff, tariffClass, records, answers: answersOf(terms, evidence, answers), metering })
    .slots;
}

function meteringOf({ reading, defaultLoadWh }: BillEvidence): Metering {
  return reading === null ? { kind: "estimated", defaultLoadWh } : { kind: "metered", ...reading };
}

const ORDER_BOOK = 0n;

/** The order book's answer from records and results; others as given; null for what was voided. */
function answersOf(terms: Terms, { period, records, results, voided }: BillEvidence, given: Answers): Answers {
  const none = [...voided].map((module) => [module, null] as const);
  if (results === null) return new Map([...given, ...none]);
  const own = records.filter(({ head }) => head.module === ORDER_BOOK);
  const book = own.length === 0 || voided.has(ORDER_BOOK) ? null : settledPosition(terms, period, own, results);
  return new Map([...given, [ORDER_BOOK, book], ...none]);
}

/** What is settled was cleared before: a slot without result is one without its log. */
function settledPosition(
  terms: Terms,
  period: Period,
  records: readonly JournalRecord[],
  results: SlotResults,
): ModuleAnswer {
  try {
    return positionOf(terms, period, records, results);
  } catch (cause) {
    if (isWattbookError(cause, "SLOT_NOT_CLEARED")) throw new LogsIncompleteError("the result of a settled slot");
    throw cause;
  }
}
