import fc from "fast-check";
import { larger } from "../reference/arrays.ts";
import type { ModuleClaim } from "../reference/modules.ts";

export const NETWORK_FEE = 40n;
export const IMPORT = 300n;
export const SETTLEMENT_FEE = 2_000n;

/** What a home reserved with a module, what another one of its members got before, and what the module says of the home. */
export interface Trial {
  readonly reserve: bigint;
  readonly buyWh: bigint;
  readonly sellWh: bigint;
  /** Undefined: the other one is not settled yet. */
  readonly received: bigint | undefined;
  readonly answer: ModuleClaim["answer"];
}

const SLOTS = 4n;
/** What the other one reserves. */
export const OTHER_RESERVE = 150_000n;
const MOST_PAYMENT = (1n << 88n) - 1n;
const MOST_WH = (1n << 24n) - 1n;

/** One below, at, or one above; never negative. */
const near = (value: bigint) => fc.constantFrom(-1n, 0n, 1n).map((step) => larger(0n, value + step));
const anyWh = fc.constantFrom(0n, 100n, 100n, 1n << 26n);

function anyAnswer({ reserve, buyWh, sellWh, received: other }: Omit<Trial, "answer">) {
  // What the pot and the other reserves amount to without the home's own.
  const backing = SETTLEMENT_FEE + (other === undefined ? OTHER_RESERVE + SETTLEMENT_FEE : -other);
  const wh = (most: bigint) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(0n) }, { weight: 3, arbitrary: near(most) }, near(MOST_WH));
  return fc
    .record({
      bought: wh(buyWh),
      sold: wh(sellWh),
      slots: fc.tuple(fc.bigInt(0n, SLOTS - 1n), fc.bigInt(0n, SLOTS - 1n)),
      received: fc.oneof({ weight: 6, arbitrary: fc.bigInt(0n, 400_000n) }, fc.constant(0n), near(MOST_PAYMENT)),
      length: fc.oneof({ weight: 12, arbitrary: fc.constant(SLOTS) }, fc.constantFrom(SLOTS - 1n, SLOTS + 1n)),
    })
    .chain(({ bought, sold, slots: [buying, selling], received, length }) => {
      const position = Array.from({ length: Number(length) }, (_, slot) => ({
        bought: BigInt(slot) === buying ? bought : 0n,
        sold: BigInt(slot) === selling ? sold : 0n,
      }));
      const affordable = reserve + received - bought * NETWORK_FEE - sold * IMPORT;
      const anyPaid = fc.oneof(
        { weight: 5, arbitrary: near(affordable) },
        { weight: 5, arbitrary: near(received - backing) },
        fc.constantFrom(0n, MOST_PAYMENT, MOST_PAYMENT + 1n),
      );
      return anyPaid.map((paid) => ({ paid, received, position }));
    });
}

/** Answers at the bounds, and one unit to either side of each. */
export const anyTrial: fc.Arbitrary<Trial> = fc
  .record({
    reserve: fc.oneof(fc.bigInt(0n, 200_000n), fc.constant(10n ** 10n)),
    buyWh: anyWh,
    sellWh: anyWh,
    share: fc.option(fc.bigInt(0n, 2n), { nil: undefined }),
  })
  .chain(({ share, ...head }) => {
    const received = share === undefined ? undefined : ((head.reserve + SETTLEMENT_FEE) * share) / 2n;
    const trial = { ...head, received };
    const answer = fc.oneof({ weight: 15, arbitrary: anyAnswer(trial) }, fc.constant("CallFailed" as const));
    return answer.map((said) => ({ ...trial, answer: said }));
  });
