/** Which faults a run of so many hours has to have made: rare ones are asked of long runs alone. */

/** How often each fault comes in an hour, on average of many seeds; the chances stand in `soak.ts`. */
const PER_HOUR: Readonly<Record<string, number>> = {
  // 30 of a thousand rounds each, twelve rounds an hour, and most of them end in a power cut.
  "one lost power": 0.3,
  "two lost power": 0.3,
  "relayer lost power": 0.3,
  "keeper lost power": 0.3,
  // 40 and 60 of a thousand rounds.
  reorganisation: 0.48,
  "broker drops": 0.72,
  // 20 and 15 of a thousand rounds for each of four parts, and of all kinds of nodes that are behind 20, 30 and 10.
  "disk full": 0.89,
  "node on another chain": 0.64,
  "node behind": 1,
  "one of two nodes behind": 1.39,
  "node far behind": 0.38,
  // Of calls, whose number depends on what is to do.
  "transaction dropped": 0.33,
  "rpc hang": 0.17,
  "relay lose": 0.5,
};

/** So many have to be expected before one is asked for: fewer may well be none. */
const EXPECTED = 4;

/** What a run has to have made at least once; a day all of them. */
export function demanded(hours: number): string[] {
  return Object.entries(PER_HOUR).flatMap(([name, perHour]) => (perHour * hours >= EXPECTED ? [name] : []));
}

/**
 * Hours of a run, from the environment.
 * @throws RangeError where it is no whole number from 1 to 999
 */
export function hoursOf(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new RangeError(`SOAK_HOURS is ${text}: pass a whole number from 1 to 999.`);
}
