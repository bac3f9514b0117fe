import { larger, smaller, sum } from "./arrays.ts";
import { potOf, type Escrow } from "./accounts.ts";
import { estimate, gridLeg } from "./grid-leg.ts";
import { availableOf, correctLeg, settleLeg, type Leg } from "./legs.ts";
import { judge, type ModuleClaim, type Prices, type Verdict } from "./modules.ts";
import type { Position } from "./journal.ts";
import { addPositions } from "./positions.ts";
import type { Metered } from "./readings.ts";

/** A member's period to be settled. `metered` is undefined where the reading is missing. */
export interface MemberPeriod {
  member: bigint;
  period: bigint;
  prices: Prices;
  defaultLoadWh: bigint;
  metered: Metered[] | undefined;
  gapLeg: bigint;
  claims: ModuleClaim[];
  settlementFee: bigint;
}

/** `metered` is the reading or what was estimated in its place. */
export interface Settled {
  metered: Metered[];
  position: Position[];
  verdicts: Verdict[];
  leg: Leg;
}

/** Settles one member: asks its modules, nets against the meter, moves the money. */
export function settleMember(escrow: Escrow, item: MemberPeriod, settler: string): Settled {
  const { member, period, prices, claims } = item;
  const verdicts = claims.map((claim) => judge(claim, prices, potOf(escrow, claim.module, period), item.metered));
  const position = addPositions(
    verdicts.map((verdict) => verdict.position),
    BigInt(prices.slots.length),
  );
  const metered = item.metered ?? estimate(position, item.defaultLoadWh);
  const beforeFee: Leg = {
    member,
    reserved: sum(claims.map(({ release }) => release)),
    lost: sum(verdicts.map(({ lost }) => lost)),
    paid: sum(verdicts.map(({ paid }) => paid)),
    received: sum(verdicts.map(({ received }) => received)),
    networkFee: sum(verdicts.map(({ networkFee }) => networkFee)),
    settlementFee: 0n,
    gridLeg: gridLeg(metered, position, prices.slots) + item.gapLeg,
  };
  // Nothing is there without records, and less than the fee only where a void lost it.
  const leg = { ...beforeFee, settlementFee: larger(0n, smaller(item.settlementFee, availableOf(beforeFee))) };
  settleLeg(escrow, period, leg, settler);
  return { metered, position, verdicts, leg };
}

/** Replaces an estimate by a late reading: the grid leg alone; payments between peers stay. Returns the difference. */
export function correctMember(escrow: Escrow, item: MemberPeriod, settled: Settled, late: Metered[]): bigint {
  const { slots } = item.prices;
  const difference = gridLeg(late, settled.position, slots) - gridLeg(settled.metered, settled.position, slots);
  correctLeg(escrow, item.member, difference);
  settled.metered = late;
  return difference;
}
