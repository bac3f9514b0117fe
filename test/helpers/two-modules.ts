import { AbiCoder } from "ethers";
import type { Position } from "../reference/journal.ts";
import { at } from "./lists.ts";
import { deployMarket, type Connection, type HomeKeys } from "./market.ts";
import { Act, answer, deployHostile, tradeOf, traded, type AnswerInput } from "./modules.ts";
import { Registers, Void, hourly, metered, valuesAt } from "./settling.ts";

const FUNDS = 100_000_000n;
export const RESERVE = 300_000n;
export const SETTLEMENT_FEE = 2000n;
export const SLOTS = [0, 1, 2, 3];

/** What either module says of a home's trades. It pays out less than it takes, so no order of the homes overdraws a pot. */
export const TRADES = [
  { paid: 700n, received: 300n, position: [traded(11n, 0n), traded(0n, 13n), 0n, traded(17n, 19n)] },
  { paid: 900n, received: 200n, position: [traded(0n, 23n), traded(29n, 0n), traded(31n, 37n), 0n] },
] as const;
/** The words of a context, other ones for either module. */
const CONTEXTS = [[7n], [8n, 9n]] as const;

/** Wh imported and exported in each slot, by every home. */
export const METERED = [
  [3n, 41n],
  [0n, 0n],
  [5n, 43n],
  [0n, 0n],
] as const;

/** What a module may do when it is asked about a home. */
interface Behaviour {
  readonly act: number;
  /** What it says, as the bytes it returns. */
  readonly says: (truth: AnswerInput) => string;
  readonly outcome: keyof typeof Void | "Waits";
}
const answers = (outcome: Behaviour["outcome"], says: Behaviour["says"]): Behaviour => ({
  act: Act.Answer,
  says,
  outcome,
});

/** Null for a home that has no record with the module. The bad answers leave words where the next answer is read. */
const behaviours: Record<string, Behaviour | null> = {
  "has no record": null,
  "answers within its bounds": { act: Act.Check, says: answer, outcome: "None" },
  "is not ready": answers("Waits", (truth) => answer({ ...truth, ready: 0n })),
  refuses: { act: Act.Revert, says: answer, outcome: "CallFailed" },
  "returns ones": answers("BadAnswer", () => `0x${"ff".repeat(9 * 32)}`),
  "returns a word too few": answers("BadAnswer", (truth) => answer(truth).slice(0, -64)),
  "sells more than was reserved for": answers("PositionAboveReserve", (truth) =>
    answer({ ...truth, position: [traded(0n, 1001n), 7n, 7n, 7n] }),
  ),
  "pays out more than there is": answers("PotOverdrawn", (truth) => answer({ ...truth, received: FUNDS })),
};

/** A home, what the two modules do about it, and what that comes to. */
export interface Case {
  readonly home: HomeKeys;
  readonly pair: readonly (Behaviour | null)[];
  /** Records at all, or a reading only. */
  readonly traded: boolean;
  readonly waits: boolean;
  /** The answers that count: none where it waits. */
  readonly counted: readonly (typeof TRADES)[number][];
  readonly position: readonly Position[];
}

function caseOf(home: HomeKeys, pair: readonly (Behaviour | null)[]): Case {
  const waits = pair.some((behaviour) => behaviour?.outcome === "Waits");
  const counted = waits ? [] : TRADES.filter((_, module) => pair[module]?.outcome === "None");
  const position = SLOTS.map((slot) => {
    const trades = counted.map(({ position }) => tradeOf(at(position, slot)));
    return { bought: sum(trades, ({ bought }) => bought), sold: sum(trades, ({ sold }) => sold) };
  });
  return { home, pair, waits, counted, position, traded: pair.some((behaviour) => behaviour !== null) };
}

export const sum = <T>(list: readonly T[], of: (element: T) => bigint) =>
  list.reduce((total, each) => total + of(each), 0n);

/** Import at 300, export at 80 base units per Wh: what was traded stands against what was metered. */
const gridLegOf = (position: readonly Position[]) =>
  sum(SLOTS, (slot) => {
    const [imported, exported] = at(METERED, slot);
    const { bought, sold } = at(position, slot);
    const imbalance = imported - exported - bought + sold;
    return imbalance * (imbalance > 0n ? 300n : 80n);
  });

/** What is free at the end: a home that waits has its reserves out still. */
export function freeAfter({ pair, traded, waits, counted, position }: Case): bigint {
  const before = FUNDS - (traded ? SETTLEMENT_FEE : 0n);
  if (waits) return before - RESERVE * BigInt(pair.filter((behaviour) => behaviour !== null).length);
  const toPeers = sum(counted, ({ paid, received }) => paid - received);
  return before - toPeers - 40n * sum(position, ({ bought }) => bought) - gridLegOf(position);
}

/** A home per pair of behaviours. Records come in either order and with payloads of any length. */
export async function twoModules(connection: Connection) {
  const m = await deployMarket(connection, { terms: hourly });
  await m.fund(3, 1_000_000_000n);
  const kinds = Object.values(behaviours);
  const pairs = kinds.flatMap((first) => kinds.map((second) => [first, second]));
  const cases: Case[] = [];
  for (const pair of pairs) cases.push(caseOf(await m.addHome(), pair));
  const homes = cases.map(({ home }) => home);
  const modules = [
    await deployHostile(connection.ethers, m, homes),
    await deployHostile(connection.ethers, m, homes),
  ] as const;
  for (const [which, { hostile }] of modules.entries()) {
    const context = at(CONTEXTS, which);
    await hostile.setContext(Act.Answer, AbiCoder.defaultAbiCoder().encode(["uint256[]"], [context]));
    await hostile.expect([...context]);
  }
  const period = (await m.periodNow()) + 1;
  await m.goTo(m.periodStart(period));
  const head = { entries: 20, buyWh: 1000n, sellWh: 1000n, reserve: RESERVE };
  for (const [index, { home, pair }] of cases.entries()) {
    for (const which of index % 2 === 0 ? [0, 1] : [1, 0]) {
      const behaviour = at(pair, which);
      if (!behaviour) continue;
      const { hostile, append } = at(modules, which);
      await append(home, period, head, `0x${"ab".repeat((17 * index + 5 * which) % 70)}`);
      await hostile.set(home.member, behaviour.act, behaviour.says(at(TRADES, which)));
    }
  }
  await m.goTo(m.periodStart(period + 1));
  const registers = new Registers(m);
  const read = async ({ home }: Case) => {
    const values = valuesAt({ 0: [3, 41], 2: [5, 43] });
    return await metered(m, home, period, await registers.read(home, period, values));
  };
  return { m, modules, period, cases, items: await Promise.all(cases.map(read)) };
}
export type TwoModules = Awaited<ReturnType<typeof twoModules>>;
