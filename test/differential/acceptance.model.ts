import { accept, type Acceptance } from "../reference/acceptance.ts";
import { accountOf, newEscrow, openAccount, type Escrow } from "../reference/accounts.ts";
import { get, smaller } from "../reference/arrays.ts";
import type { Order } from "../reference/book.ts";
import { clear, type Clearing } from "../reference/clearing.ts";
import { gateOf, periodAt, slotOf, takesOrders, type Grid } from "../reference/community.ts";
import { setCreditLine } from "../reference/escrow.ts";
import { newJournal, tickVolume, type Journal, type Market, type Trader } from "../reference/market.ts";
import type { Strip } from "../reference/messages.ts";
import { post, type JournalRecord } from "../reference/posting.ts";
import type { StripReason } from "../reference/strip-checks.ts";
import type { Tariff } from "../reference/tariff.ts";
import type { Domain } from "../reference/typed-data.ts";

export type Judgement = { reason: StripReason; reasons?: Acceptance["reasons"] } | Acceptance;

/** What the model keeps of a member across periods. */
interface MemberState {
  moduleOn: boolean;
  epoch: bigint;
  buyCap: bigint;
  sellCap: bigint;
  /** The first period in which it trades again. */
  activeFrom: bigint;
}

const NEVER = 1n << 32n;

interface PeriodState {
  readonly journals: Map<bigint, Journal>;
  readonly books: Map<bigint, Order[]>;
  readonly cleared: Set<bigint>;
}

/** The order book of a whole community, put together from the reference model's periods. Nothing is ever settled in it. */
export class Model {
  readonly escrow: Escrow = newEscrow(1n, 2n);
  private readonly members = new Map<bigint, MemberState>();
  private readonly periods = new Map<bigint, PeriodState>();

  constructor(
    readonly domain: Domain,
    readonly grid: Grid,
    readonly tariff: Tariff,
    /** Periods that a journal is kept for. */
    readonly ring: bigint,
  ) {}

  enrol(member: bigint, home: { buyCap: number; sellCap: number; deposit: bigint }): void {
    openAccount(this.escrow, member, 3n).free = home.deposit;
    this.escrow.balance += home.deposit;
    const caps = { buyCap: BigInt(home.buyCap), sellCap: BigInt(home.sellCap) };
    this.members.set(member, { moduleOn: true, epoch: 0n, activeFrom: 0n, ...caps });
  }

  changeCaps(member: bigint, buyCap: bigint, sellCap: bigint): void {
    Object.assign(get(this.members, member), { buyCap, sellCap });
  }

  bumpEpoch(member: bigint): void {
    get(this.members, member).epoch += 1n;
  }

  /** Turns the order book on or off for a member; says which. */
  toggleModule(member: bigint): boolean {
    const state = get(this.members, member);
    state.moduleOn = !state.moduleOn;
    return state.moduleOn;
  }

  /** An owner stops its own trading at once and resumes it from the next period on. */
  setTrading(member: bigint, on: boolean, now: bigint): void {
    const state = get(this.members, member);
    state.activeFrom = on ? smaller(state.activeFrom, this.current(now) + 1n) : NEVER;
  }

  setCreditLine(member: bigint, line: bigint): void {
    setCreditLine(this.escrow, member, line);
  }

  free(member: bigint): bigint {
    return accountOf(this.escrow, member).free;
  }

  epoch(member: bigint): bigint {
    return get(this.members, member).epoch;
  }

  current(now: bigint): bigint {
    return periodAt(this.grid, now);
  }

  isOpen(period: bigint, now: bigint): boolean {
    return takesOrders(this.grid, period, now);
  }

  journal(member: bigint, period: bigint): Journal {
    const { journals } = this.period(period);
    const journal = journals.get(member) ?? newJournal();
    journals.set(member, journal);
    return journal;
  }

  /** Judges a strip without taking it. */
  judge(strip: Strip, signed: boolean, now: bigint): Judgement {
    return accept(this.market(strip.period, now), strip, signed);
  }

  /** Takes a strip, if it is good. */
  post(strip: Strip, signed: boolean, now: bigint): Judgement & { record?: JournalRecord } {
    return post(this.market(strip.period, now), this.escrow, strip, signed);
  }

  /** Clears a slot; undefined where there is nothing to clear, null where nothing trades. */
  clear(period: bigint, offset: bigint, now: bigint): Clearing | null | undefined {
    if (offset >= this.grid.slotsPerPeriod) return this.clear(period + 1n, offset - this.grid.slotsPerPeriod, now);
    const { books, cleared } = this.period(period);
    const book = books.get(offset) ?? [];
    if (book.length === 0 || cleared.has(offset) || now < gateOf(this.grid, slotOf(this.grid, period, offset))) {
      return undefined;
    }
    cleared.add(offset);
    return clear(book, this.grid.tickCount) ?? null;
  }

  /** Lots at a tick. */
  volume(period: bigint, slot: bigint, side: "buy" | "sell", tick: bigint): bigint {
    return tickVolume(this.market(period, 0n), slot, side, tick);
  }

  private market(period: bigint, now: bigint): Market {
    const { grid, domain, tariff } = this;
    const { books } = this.period(period);
    const busySlots = new Set<bigint>();
    for (let offset = 0n; offset < grid.slotsPerPeriod; offset++) {
      if (this.isBusy(period, offset)) busySlots.add(offset);
    }
    return { domain, grid, tariff, module: 0n, period, now, traders: this.traders(period, now), books, busySlots };
  }

  private traders(period: bigint, now: bigint): Map<bigint, Trader> {
    const traders = new Map<bigint, Trader>();
    for (const [member, { activeFrom, ...state }] of this.members) {
      const account = accountOf(this.escrow, member);
      const active = activeFrom <= this.current(now);
      const journal = this.journal(member, period);
      journal.busy = this.ringIsTaken(period);
      traders.set(member, { active, tariffClass: 0n, ...state, account, journal });
    }
    return traders;
  }

  /** A ring entry holds a group of slots of the last period in which one of them had volume, until all that had are cleared. */
  private isBusy(period: bigint, offset: bigint): boolean {
    const groupOf = (slot: bigint) => slot / slotsInGroup(this.grid);
    for (let older = period - this.grid.horizon - 1n; older > 0n; older -= this.grid.horizon + 1n) {
      const state = this.periods.get(older);
      if (state === undefined) return false;
      const traded = [...state.books].filter(
        ([slot, orders]) => orders.length > 0 && groupOf(slot) === groupOf(offset),
      );
      if (traded.length > 0) return traded.some(([slot]) => !state.cleared.has(slot));
    }
    return false;
  }

  /** As nothing is settled, a period's place in the ring stays taken by the first one with a record. */
  private ringIsTaken(period: bigint): boolean {
    for (let older = period - this.ring; older > 0n && this.periods.has(older); older -= this.ring) {
      if ([...this.period(older).journals.values()].some(({ records }) => records > 0n)) return true;
    }
    return false;
  }

  private period(period: bigint): PeriodState {
    const state = this.periods.get(period) ?? { journals: new Map(), books: new Map(), cleared: new Set() };
    this.periods.set(period, state);
    return state;
  }
}

/** A word of 256 bits names a period in 32 and has for each slot a bit per word of tick volumes, of both sides, and one more. */
function slotsInGroup({ tickCount, wideTicks }: Grid): bigint {
  const tickWords = (2n * tickCount * (wideTicks ? 32n : 16n)) / 256n;
  return (256n - 32n) / (tickWords + 1n);
}
