/**
 * Sealed periods, written from the rule: relayers commit before the gate, reveal in turns behind it, answer for their receipts, and
 * have their bond back or lose it. Lists instead of words, every deadline computed where it is needed.
 */
import type { Hex } from "./bytes.ts";
import { stands, type Shown } from "./chunk-chain.ts";

export interface Calendar {
  periodLength: bigint;
  horizon: bigint;
  gateClosure: bigint;
  revealWindow: bigint;
}

export interface Commit {
  relayer: Hex;
  named: boolean;
  root: Hex;
  chunks: number;
  strips: number;
  /** Strips of each revealed chunk. */
  revealed: number[];
  challenges: { strip: Hex; answered: boolean }[];
  fate: "pending" | "released" | "forfeited";
}

/** Commits by period, in the order of commitment. */
export interface Sealed {
  calendar: Calendar;
  periods: Map<bigint, Commit[]>;
}

/** Why something was refused: the name of the error and its arguments. */
export class Refusal extends Error {
  readonly reason: unknown[];
  constructor(...reason: unknown[]) {
    super(reason.map(String).join(" "));
    this.reason = reason;
  }
}

export const PLACES = 8;
const UNNAMED_PLACES = 4;

export const newSealed = (calendar: Calendar): Sealed => ({ calendar, periods: new Map() });

const start = ({ calendar }: Sealed, period: bigint) => period * calendar.periodLength;
export const gate = (s: Sealed, period: bigint) => start(s, period) - s.calendar.gateClosure;
export const turnEnd = (s: Sealed, period: bigint, place: number) =>
  gate(s, period) + (BigInt(place + 1) * s.calendar.revealWindow) / BigInt(PLACES);
export const revealEnd = (s: Sealed, period: bigint) => gate(s, period) + s.calendar.revealWindow;
export const challengeEnd = (s: Sealed, period: bigint) => start(s, period + 1n);
export const answerEnd = (s: Sealed, period: bigint) => start(s, period + 2n);
/** The first second of the period from which on `period` is within the horizon. */
export const opens = (s: Sealed, period: bigint) =>
  start(s, period > s.calendar.horizon ? period - s.calendar.horizon : 0n);

export const commitsOf = (s: Sealed, period: bigint): Commit[] => s.periods.get(period) ?? [];
const isRevealed = (commit: Commit) => commit.revealed.length === commit.chunks;
const stripsLeft = (commit: Commit) => commit.revealed.reduce((left, strips) => left - strips, commit.strips);
const openChallenges = (commit: Commit) => commit.challenges.filter(({ answered }) => !answered).length;

/** The place in the ring is asked for again by every (horizon + 2)-th period; whoever was there last still holds it. */
function holder(s: Sealed, period: bigint, place: number): { period: bigint; commit: Commit } | undefined {
  const turns = s.calendar.horizon + 2n;
  for (let older = period - turns; older >= 0n; older -= turns) {
    const commit = commitsOf(s, older)[place];
    if (commit !== undefined) return { period: older, commit };
  }
  return undefined;
}

export function add(
  s: Sealed,
  period: bigint,
  time: bigint,
  { relayer, named, root, chunks, strips }: Omit<Commit, "revealed" | "challenges" | "fate">,
): bigint {
  if (time < opens(s, period) || time >= gate(s, period)) {
    throw new Refusal("CommitsClosed", period, opens(s, period), gate(s, period));
  }
  if (chunks < 1 || chunks > 255 || strips < 1 || strips > 65_535) {
    throw new Refusal("BadCommitSize", BigInt(chunks), BigInt(strips));
  }
  const commits = commitsOf(s, period);
  const own = commits.findIndex((commit) => commit.relayer === relayer);
  if (own >= 0) throw new Refusal("CommittedAlready", period, BigInt(own));
  const unnamed = commits.filter((commit) => !commit.named).length;
  if (commits.length === PLACES || (!named && unnamed === UNNAMED_PLACES)) throw new Refusal("NoPlaceLeft", period);
  const old = holder(s, period, commits.length);
  if (old?.commit.fate === "pending") throw new Refusal("PlaceBusy", old.period, BigInt(commits.length));
  const commit: Commit = { relayer, named, root, chunks, strips, revealed: [], challenges: [], fate: "pending" };
  s.periods.set(period, [...commits, commit]);
  return BigInt(commits.length);
}

/** Whose turn it is: the first that is neither revealed nor out of time. */
export function turnOf(s: Sealed, period: bigint, time: bigint): bigint {
  const place = commitsOf(s, period).findIndex(
    (commit, index) => !isRevealed(commit) && time < turnEnd(s, period, index),
  );
  return BigInt(place < 0 ? PLACES : place);
}

export const isResolved = (s: Sealed, period: bigint, time: bigint): boolean =>
  time >= gate(s, period) && turnOf(s, period, time) === BigInt(PLACES);

function commitAt(s: Sealed, period: bigint, place: number, unfinished = false): Commit {
  const commit = commitsOf(s, period)[place];
  // A newer period took the place over.
  const newest = [...s.periods.keys()].every(
    (other) => other <= period || (other - period) % (s.calendar.horizon + 2n) !== 0n || !commitsOf(s, other)[place],
  );
  if (commit === undefined || !newest) throw new Refusal("NoCommit", period, BigInt(place));
  if (unfinished && commit.fate !== "pending") throw new Refusal("Finished", period, BigInt(place));
  return commit;
}

export function reveal(s: Sealed, period: bigint, time: bigint, place: number, strips: number, chunk: Shown): bigint {
  const commit = commitAt(s, period, place);
  if (time < gate(s, period)) throw new Refusal("BeforeGate", period, gate(s, period));
  const turn = turnOf(s, period, time);
  if (turn !== BigInt(place)) throw new Refusal("NotItsTurn", period, BigInt(place), turn);
  const index = commit.revealed.length;
  if (chunk.before.length !== index) {
    throw new Refusal("NotTheNextChunk", BigInt(chunk.before.length), BigInt(index));
  }
  if (!stands(commit, chunk)) throw new Refusal("NotCommitted", period, BigInt(place), chunk.chunk);
  const left = stripsLeft(commit);
  const fits = index + 1 === commit.chunks ? strips === left : strips <= left;
  if (!fits) throw new Refusal("WrongStripCount", BigInt(strips), BigInt(left));
  commit.revealed.push(strips);
  return BigInt(index);
}

export function challenge(s: Sealed, period: bigint, time: bigint, place: number, strip: Hex): void {
  const commit = commitAt(s, period, place, true);
  if (time < revealEnd(s, period) || time >= challengeEnd(s, period)) {
    throw new Refusal("NotChallengeable", period, revealEnd(s, period), challengeEnd(s, period));
  }
  if (!isRevealed(commit)) throw new Refusal("NotRevealed", period, BigInt(place));
  if (commit.challenges.some((known) => known.strip === strip)) throw new Refusal("ChallengedAlready", strip);
  commit.challenges.push({ strip, answered: false });
}

export function answer(s: Sealed, period: bigint, time: bigint, place: number, strip: Hex, chunk: Shown): void {
  const commit = commitAt(s, period, place, true);
  if (time >= answerEnd(s, period)) throw new Refusal("AnswerTooLate", period, answerEnd(s, period));
  const open = commit.challenges.find((known) => known.strip === strip && !known.answered);
  if (open === undefined) throw new Refusal("NotChallenged", strip);
  if (!stands(commit, chunk)) throw new Refusal("NotCommitted", period, BigInt(place), chunk.chunk);
  open.answered = true;
}

/** Whether the bond goes back to the relayer. */
export function finish(s: Sealed, period: bigint, time: bigint, place: number): boolean {
  const commit = commitAt(s, period, place, true);
  const withheld = !isRevealed(commit);
  const asked = openChallenges(commit) > 0;
  const due = withheld ? turnEnd(s, period, place) : asked ? answerEnd(s, period) : challengeEnd(s, period);
  if (time < due) throw new Refusal("NotDue", period, BigInt(place), due);
  commit.fate = withheld || asked ? "forfeited" : "released";
  return commit.fate === "released";
}
