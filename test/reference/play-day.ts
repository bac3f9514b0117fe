import { accountOf, journalsOf, openAccount, type Escrow } from "./accounts.ts";
import { at, get, range, sum } from "./arrays.ts";
import { clear, type Clearing } from "./clearing.ts";
import { encodeEntries } from "./entries.ts";
import { deposit, openJournal, setCreditLine } from "./escrow.ts";
import { unpackHead } from "./head.ts";
import { bookOf, type Market, type Trader } from "./market.ts";
import type { ModuleClaim } from "./modules.ts";
import { orderBookAnswer } from "./positions.ts";
import { post, type JournalRecord } from "./posting.ts";
import type { Day, Plan } from "./random-day.ts";
import { address, domain, escrowWithServices, grid, PERIOD, SUPPLIER, traderOn } from "./samples.ts";
import { settleMember, type MemberPeriod, type Settled } from "./settlement.ts";
import { pricesOf } from "./tariff.ts";

export const SETTLER = address(99n);
export const FIRST_MEMBER = 10n;

/** A day after its gates: every slot of every market is cleared, nobody is settled. */
export interface Traded {
  escrow: Escrow;
  markets: Market[];
  results: (Clearing | undefined)[][];
  items: MemberPeriod[];
}

function openMarkets(day: Day, traders: Map<bigint, Trader>): Market[] {
  const rest = () => ({ period: PERIOD, now: 0n, traders, books: new Map(), busySlots: new Set<bigint>() });
  return [0n, 1n, 2n].map((module) => ({ domain, grid, tariff: day.tariff, module, ...rest() }));
}

function openMember(escrow: Escrow, member: bigint, plan: Plan): Trader {
  const trader = traderOn(openAccount(escrow, member, SUPPLIER));
  deposit(escrow, member, plan.deposit);
  setCreditLine(escrow, member, plan.creditLine);
  return { ...trader, tariffClass: plan.tariffClass };
}

/** Posts a member's strip in each market. Only the first market moves the frontier. */
function trade(escrow: Escrow, markets: readonly Market[], member: bigint, plan: Plan): JournalRecord[] {
  return markets.flatMap((market, i) => {
    const { account, journal } = get(market.traders, member);
    journal.frontier = 0n;
    const strip = {
      community: 1n,
      member,
      period: PERIOD,
      after: 0n,
      epoch: 0n,
      deadline: 1n,
      maxReserve: account.free,
      feePerEntry: 10n,
      feeTo: SETTLER,
      entries: encodeEntries(at(plan.strips, i)),
    };
    const posted = post(market, escrow, strip, true);
    return "reason" in posted ? [] : [posted.record];
  });
}

function claimsOf(records: readonly JournalRecord[], results: Traded["results"]): ModuleClaim[] {
  return records.map(({ head, payload }, i) => {
    const { module, reserve, ...rest } = unpackHead(head);
    return {
      module,
      heads: [{ module, reserve, ...rest }],
      release: reserve + (i === 0 ? grid.settlementFee : 0n),
      answer: orderBookAnswer(grid, [payload], at(results, module)),
    };
  });
}

export function playUntilCleared(day: Day): Traded {
  const escrow = escrowWithServices();
  deposit(escrow, SUPPLIER, day.supplierDeposit);
  const traders = new Map<bigint, Trader>();
  const markets = openMarkets(day, traders);
  const members = day.plans.map((plan, i) => ({ plan, member: FIRST_MEMBER + BigInt(i) }));
  for (const { member, plan } of members) traders.set(member, openMember(escrow, member, plan));
  const records = members.map(({ member, plan }) => trade(escrow, markets, member, plan));
  for (const list of records) if (list.length === 0) openJournal(escrow, PERIOD);
  const slots = range(grid.slotsPerPeriod);
  const results = markets.map((market) => slots.map((slot) => clear(bookOf(market, slot), grid.tickCount)));
  const items = members.map(({ member, plan }, i) => ({
    member,
    period: PERIOD,
    prices: { networkFee: day.tariff.networkFee, slots: pricesOf(day.tariff, plan.tariffClass) },
    defaultLoadWh: 25n,
    metered: plan.metered,
    gapLeg: 0n,
    claims: claimsOf(at(records, i), results),
    settlementFee: grid.settlementFee,
  }));
  return { escrow, markets, results, items };
}

/** Settles everybody in the day's sequence; results stand in the order of the members. */
export function settleAll({ escrow, items }: Traded, sequence: readonly number[]): Settled[] {
  const settled = new Map(sequence.map((i) => [i, settleMember(escrow, at(items, i), SETTLER)]));
  return items.map((_, i) => get(settled, i));
}

/** All that an account has, debts included. */
export function wealthOf(escrow: Escrow, member: bigint): bigint {
  const { free, reserved, fund, due } = accountOf(escrow, member);
  const debts = [...escrow.accounts.values()].filter(({ supplier }) => supplier === member).map((debtor) => debtor.due);
  return free + reserved + fund - due + sum(debts);
}

export function allSettled(escrow: Escrow): boolean {
  const { opened, settled } = journalsOf(escrow, PERIOD);
  return opened === settled;
}
