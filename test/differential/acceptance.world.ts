import { domainOf, fallIntoDebt, messageOf, openDay, outcomeOf, shortTerms, type Day } from "../helpers/auction.ts";
import { at } from "../helpers/lists.ts";
import { flatTariff, type Connection, type HomeKeys, postArguments } from "../helpers/market.ts";
import { membership } from "../helpers/membership.ts";
import { accountOf } from "../reference/accounts.ts";
import { decodeTariff } from "../reference/tariff.ts";
import { Model } from "./acceptance.model.ts";
import { crowd } from "./acceptance.scenario.ts";
import { gridOf } from "./grid.ts";

/** An eighth of a tick. */
const LARGEST_CAP = 8191;
const largeHome = { buyCap: LARGEST_CAP, sellCap: LARGEST_CAP, deposit: 10n ** 10n };
const LARGE_HOMES = 8;
const smallHomes = [
  { buyCap: 60, sellCap: 40, deposit: 500_000_000n },
  { buyCap: 25, sellCap: 0, deposit: 400_000n },
  { buyCap: 431, sellCap: 431, deposit: 1_500_000n },
  { buyCap: 60, sellCap: 60, deposit: 100_000_000n },
];

/** What the debtor owes its supplier, and may owe at first. */
const DEBT = 300_000n;
const CREDIT_LINE = 1_000_000n;

/** Horizon, the period itself, its claim window, and one more. */
const RING = 5n;

/** What a scenario starts from. */
export interface World {
  readonly day: Day;
  /** Four small homes and the debtor, a large one. */
  readonly homes: readonly HomeKeys[];
  /** What happened so far, in a fresh model. */
  readonly model: () => Model;
}

/**
 * Eight large homes fill a tick of either side to its last seven lots, in four slots of the scenarios' second period. Then all but
 * one of them give up their caps, and four small homes join. The large one that stays owes its supplier for a period before.
 */
export async function openWorld(connection: Connection): Promise<World> {
  const day = await openDay(
    connection,
    Array.from({ length: LARGE_HOMES }, () => largeHome),
    { terms: { ...shortTerms, slotsPerPeriod: 8 } },
  );
  const debtor = day.home(0);
  await fallIntoDebt(day, debtor);
  const crowded = day.period + 3;
  const strips = await Promise.all(
    day.homes.map(
      async (home) =>
        await day.signStrip({ home, period: crowded, maxReserve: 10n ** 9n, entries: crowd(LARGEST_CAP) }),
    ),
  );
  const { timestamp } = await outcomeOf(day, day.auction.post(...postArguments(day.community, crowded, strips)));
  const { changeCaps } = membership(day);
  for (const { member, owner } of day.homes.slice(1)) await changeCaps(member, owner, 0, 0);
  const homes: HomeKeys[] = [];
  for (const home of smallHomes) homes.push(await day.addHome(home));
  homes.push(debtor);
  await day.goTo(day.periodStart(day.period + 2));

  const domain = await domainOf(day);
  const { slotsPerPeriod } = day.terms;
  const prices = flatTariff(slotsPerPeriod, day.tariff.networkFee, day.tariff.classes);
  const model = () => {
    const copy = new Model(domain, gridOf(day.terms), decodeTariff(prices, BigInt(slotsPerPeriod)), RING);
    for (const { member } of day.homes) copy.enrol(BigInt(member), largeHome);
    Object.assign(accountOf(copy.escrow, BigInt(debtor.member)), { due: DEBT, creditLine: CREDIT_LINE });
    for (const strip of strips) copy.post(messageOf(day.community, crowded, strip), true, BigInt(timestamp));
    for (const { member } of day.homes.slice(1)) copy.changeCaps(BigInt(member), 0n, 0n);
    for (const [i, home] of smallHomes.entries()) copy.enrol(BigInt(at(homes, i).member), home);
    return copy;
  };
  return { day, homes, model };
}
