import { expect } from "chai";
import { postArguments } from "../helpers/market.ts";
import { ZeroAddress } from "ethers";
import { reasonOf, VOID_REASONS } from "../../sdk/src/clients/reasons.ts";
import type { HomeKeys } from "../helpers/market.ts";
import { Act, answer as encodeAnswer, packed, packHead, traded } from "../helpers/modules.ts";
import { journalOf, goBehind, metered, missing, HOUR } from "../helpers/settling.ts";
import { accountOf } from "../reference/accounts.ts";
import { at, get, smaller } from "../reference/arrays.ts";
import { clear, type Clearing } from "../reference/clearing.ts";
import { encodeEntries } from "../reference/entries.ts";
import { deposit, openJournal, reserve, setCreditLine } from "../reference/escrow.ts";
import { unpackHead } from "../reference/head.ts";
import { bookOf } from "../reference/market.ts";
import type { ModuleClaim } from "../reference/modules.ts";
import { orderBookAnswer } from "../reference/positions.ts";
import { post, type JournalRecord } from "../reference/posting.ts";
import type { Metered } from "../reference/readings.ts";
import { correctMember, settleMember, type MemberPeriod, type Settled } from "../reference/settlement.ts";
import { pricesOf } from "../reference/tariff.ts";
import type { HomePlan, OtherModule, Scenario } from "./settlement.scenario.ts";
import { SUPPLIER, type Chain, type Model } from "./settlement.world.ts";

/** One scenario on chain and in the model, side by side. */
export class Run {
  readonly settled = new Map<number, Settled>();
  /** Module indices of a home's records, in their order. */
  readonly #modules = new Map<number, number[]>();
  readonly #records = new Map<number, JournalRecord>();
  #results: (Clearing | undefined)[] = [];

  constructor(
    readonly chain: Chain,
    readonly model: Model,
    readonly scenario: Scenario,
  ) {}

  home(index: number): HomeKeys {
    return at(this.chain.homes, index);
  }
  plan(index: number): HomePlan {
    return at(this.scenario.homes, index);
  }

  async deposit(member: bigint, amount: bigint): Promise<void> {
    if (amount === 0n) return;
    await this.chain.m.fund(Number(member), amount);
    deposit(this.model.escrow, member, amount);
  }

  async open(): Promise<void> {
    const { m } = this.chain;
    await this.deposit(SUPPLIER, this.scenario.supplierDeposit);
    for (const [index, plan] of this.scenario.homes.entries()) {
      const { member } = this.home(index);
      await this.deposit(BigInt(member), plan.deposit);
      await m.escrow.connect(m.supplier).setCreditLine(m.community, member, plan.creditLine);
      setCreditLine(this.model.escrow, BigInt(member), plan.creditLine);
    }
  }

  async trade(): Promise<void> {
    for (const index of this.scenario.homes.keys()) {
      this.#modules.set(index, []);
      const { other } = this.plan(index);
      if (other?.first) await this.#append(index, other);
      await this.#post(index);
      if (other && !other.first) await this.#append(index, other);
    }
    const { m, period } = this.chain;
    await goBehind(m, period, HOUR);
    await m.clearPeriod(period);
    this.#results = [0n, 1n, 2n, 3n].map((slot) => clear(bookOf(this.model.book, slot), BigInt(m.terms.tickCount)));
  }

  async #post(index: number): Promise<void> {
    const { m, period } = this.chain;
    const { book, escrow } = this.model;
    const home = this.home(index);
    const entries = encodeEntries(this.plan(index).strip);
    const maxReserve = accountOf(escrow, BigInt(home.member)).free;
    const strip = { home, period, entries, maxReserve, feePerEntry: 10 };
    await m.auction.post(...postArguments(m.community, period, [await m.signStrip(strip)]));
    const posted = post(
      book,
      escrow,
      {
        community: BigInt(m.community),
        member: BigInt(home.member),
        period: BigInt(period),
        after: 0n,
        epoch: 0n,
        deadline: 2n ** 40n - 1n,
        maxReserve,
        feePerEntry: 10n,
        feeTo: m.stranger.address,
        entries,
      },
      true,
    );
    if ("reason" in posted) return;
    get(this.#modules, index).push(0);
    this.#records.set(index, posted.record);
    const recorded = await m.recordsOf(home.member, period);
    expect(recorded.filter(({ head }) => unpackHead(head).module === 0n)).to.deep.equal([posted.record]);
  }

  async #append(index: number, other: OtherModule): Promise<void> {
    const { hostile, m, period } = this.chain;
    const { escrow, book } = this.model;
    const member = BigInt(this.home(index).member);
    const modules = get(this.#modules, index);
    const first = modules.length === 0;
    const fee = first ? book.grid.settlementFee : 0n;
    const amount = smaller(other.reserve, accountOf(escrow, member).free - fee);
    if (amount < 0n) return;
    const { buyWh, sellWh } = other;
    const head = packHead({ module: 1, reserve: amount, buyWh, sellWh });
    await hostile.append(m.community, member, period, head, "0x", 0, 0, ZeroAddress);
    const rest = { member, period: BigInt(period), module: 1n, fee: 0n, feeTo: "" };
    reserve(escrow, { ...rest, amount: amount + fee, first });
    get(book.traders, member).journal.records += 1n;
    modules.push(1);
    const said = other.answer;
    if (!said) await hostile.set(member, Act.Revert, "0x");
    else {
      const position = said.position.map(({ bought, sold }) => traded(bought, sold));
      await hostile.set(member, Act.Answer, encodeAnswer({ ...said, position }));
    }
    this.#reserved.set(index, amount);
  }
  readonly #reserved = new Map<number, bigint>();

  #claims(index: number): ModuleClaim[] {
    const { grid } = this.model.book;
    const modules = get(this.#modules, index);
    const claims: ModuleClaim[] = [];
    for (const module of [0, 1]) {
      if (!modules.includes(module)) continue;
      const fee = modules[0] === module ? grid.settlementFee : 0n;
      if (module === 0) {
        const { head, payload } = get(this.#records, index);
        const unpacked = unpackHead(head);
        const said = orderBookAnswer(grid, [payload], this.#results);
        claims.push({ module: 0n, heads: [unpacked], release: unpacked.reserve + fee, answer: said });
        continue;
      }
      const amount = get(this.#reserved, index);
      const { other } = this.plan(index);
      if (!other) throw new Error("no other module");
      const head = { module: 1n, entries: 1n, reserve: amount, buyWh: other.buyWh, sellWh: other.sellWh };
      const said = other.answer ?? "CallFailed";
      claims.push({ module: 1n, heads: [head], release: amount + fee, answer: said });
    }
    return claims;
  }

  #item(index: number): MemberPeriod {
    const { book, tariff } = this.model;
    const slots = pricesOf(tariff, BigInt(index % 2));
    return {
      member: BigInt(this.home(index).member),
      period: book.period,
      prices: { networkFee: tariff.networkFee, slots },
      defaultLoadWh: 250n,
      metered: this.plan(index).metered,
      gapLeg: 0n,
      claims: this.#claims(index),
      settlementFee: get(this.#modules, index).length === 0 ? 0n : book.grid.settlementFee,
    };
  }

  async #reading(index: number, slots: readonly Metered[]) {
    const values = slots.map(({ imported, exported }): [number, number] => [Number(imported), Number(exported)]);
    return await this.chain.m.signReading({ home: this.home(index), period: this.chain.period, values });
  }

  async settle(index: number): Promise<void> {
    const { m, period } = this.chain;
    const home = this.home(index);
    const { metered: slots } = this.plan(index);
    const sent = slots
      ? await m.settlement.meterAndSettle(m.community, period, [
          await metered(m, home, period, await this.#reading(index, slots)),
        ])
      : await m.settlement.settleEstimated(m.community, period, [await missing(m, home, period)]);
    const receipt = await sent.wait();
    const events = (receipt?.logs ?? []).map((log) => m.settlement.interface.parseLog(log));
    expect(events.map((event) => event?.name)).not.to.include("ItemSkipped");
    // A member without records has no journal before it is settled.
    if (get(this.#modules, index).length === 0) openJournal(this.model.escrow, this.model.book.period);
    const settled = settleMember(this.model.escrow, this.#item(index), m.deployer.address);
    this.settled.set(index, settled);
    const voids = events.filter((event) => event?.name === "RecordsVoided");
    expect(voids.map((event) => reasonOf(VOID_REASONS, event?.args["reason"] as bigint))).to.deep.equal(
      settled.verdicts.map(({ reason }) => reason).filter((reason) => reason !== "None"),
    );
  }

  async correct(index: number): Promise<void> {
    const { late, metered: inTime } = this.plan(index);
    if (!late || inTime) return;
    const { m, period } = this.chain;
    const home = this.home(index);
    const journal = await journalOf(m, home, period);
    const item = {
      member: home.member,
      reading: await this.#reading(index, late),
      journal,
      position: this.position(index),
    };
    await expect(m.settlement.correct(m.community, period, [item])).to.emit(m.settlement, "Corrected");
    correctMember(this.model.escrow, this.#item(index), get(this.settled, index), late);
  }

  position(index: number): string {
    return packed(get(this.settled, index).position.map(({ bought, sold }) => traded(bought, sold)));
  }
}
