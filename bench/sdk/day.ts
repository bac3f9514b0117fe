/** A day of a community: every home orders in every slot, one to three price steps each, and is metered near it. */
import {
  asLots,
  asMember,
  asPeriod,
  asPrice,
  asSignedAmount,
  asSlotOffset,
  asTick,
  asWh,
  communityTerms,
  flatTariff,
} from "@wattbook/sdk/pure";
import type { CommunityTerms, Entry, PreviewInput, PreviewMember, PreviewStrip, Side } from "@wattbook/sdk/pure";
import { drawFrom } from "../lib/random.ts";
import type { Draw } from "../lib/random.ts";

const ACCOUNT = `0x${"00".repeat(19)}a1`;
/** Price steps of a home in a slot, at most. */
const MOST_STEPS = 3;
/** Between these slots every second home sells what its roof gives; at other times the others sell from batteries. */
const SUN = { rises: 28, sets: 72 };

/** What `previewPeriod` takes. */
export interface BenchDay {
  readonly terms: CommunityTerms;
  readonly input: PreviewInput;
}

/** A day of 96 slots; the orders of all homes together, in `input.strips`. */
export function dayOf(homes: number, tickCount: bigint): BenchDay {
  const accounts = { paymentToken: ACCOUNT, coordinator: ACCOUNT, dso: ACCOUNT, feeCollector: ACCOUNT };
  const terms = communityTerms({ ...accounts, tickCount });
  const draw = drawFrom(2);
  const tariff = flatTariff(terms, asPrice(40n), [{ importPrice: asPrice(300n), exportPrice: asPrice(80n) }]);
  const days = Array.from({ length: homes }, (_, home) => homeDay(draw, home, terms));
  return {
    terms,
    input: {
      period: asPeriod(20_000n),
      tariff,
      members: days.map(({ member }) => member),
      strips: days.map(({ strip }) => strip),
    },
  };
}

function homeDay(draw: Draw, home: number, { slotsPerPeriod, tickCount, lotWh }: CommunityTerms) {
  const index = asMember(4n + BigInt(home));
  const entries: Entry[] = [];
  const values = Array.from({ length: Number(slotsPerPeriod) }, (_, slot) => {
    const sunny = slot >= SUN.rises && slot < SUN.sets;
    const sells = (home % 2 === 0) === sunny;
    const steps = stepsOf(draw, slot, sells ? "sell" : "buy", tickCount);
    entries.push(...steps);
    // What it ordered, a little more or less.
    const energy = asWh(steps.reduce((sum, { lots }) => sum + lots * lotWh, 0n) + draw(0, 20));
    return { imported: asWh(sells ? 0n : energy), exported: asWh(sells ? energy : 0n) };
  });
  const metering = { kind: "metered", values, gapLeg: asSignedAmount(0n) } as const;
  const member: PreviewMember = { member: index, tariffClass: 0n, metering };
  const strip: PreviewStrip = { member: index, entries };
  return { member, strip };
}

/** A curve: one to three ascending ticks of 1 to 20 lots. */
function stepsOf(draw: Draw, slot: number, side: Side, tickCount: bigint): Entry[] {
  const room = Math.floor(Number(tickCount) / MOST_STEPS);
  return Array.from({ length: Number(draw(1, MOST_STEPS)) }, (_, step) => ({
    offset: asSlotOffset(BigInt(slot)),
    side,
    tick: asTick(draw(step * room, (step + 1) * room - 1)),
    lots: asLots(draw(1, 20)),
  }));
}
