import { expect } from "chai";
import { shortTerms, messageOf, nth, openDay, outcomeOf, clear, domainOf, type Day } from "../helpers/auction.ts";
import { entryReason, stripReason, type Outcome, type SignedStrip } from "../helpers/auction.ts";
import { defaultTerms, NEVER, type Connection } from "../helpers/market.ts";
import { range } from "../reference/arrays.ts";
import type { Clearing } from "../reference/clearing.ts";
import type { Grid } from "../reference/community.ts";
import { Model, type Judgement } from "./model.ts";
import type { Step, StripPlan } from "./scenario.ts";

const short = { ...shortTerms, slotsPerPeriod: 8 };
const terms = { ...defaultTerms, ...short };
const grid: Grid = {
  slotDuration: BigInt(terms.slotDuration),
  slotsPerPeriod: BigInt(terms.slotsPerPeriod),
  lotWh: BigInt(terms.lotWh),
  floorPrice: BigInt(terms.floorPrice),
  tickSize: BigInt(terms.tickSize),
  tickCount: BigInt(terms.tickCount),
  wideTicks: terms.wideTicks,
  gateClosure: BigInt(terms.gateClosure),
  horizon: BigInt(terms.horizon),
  readingDeadline: BigInt(terms.readingDeadline),
  correctionWindow: BigInt(terms.correctionWindow),
  claimWindow: BigInt(terms.claimWindow),
  settlementFee: BigInt(terms.settlementFee),
};
/** Horizon, the period itself, its claim window, and one more. */
const RING = 5n;

const homes = [
  { buyCap: 60, sellCap: 40, deposit: 500_000_000n },
  { buyCap: 25, sellCap: 0, deposit: 400_000n },
  { buyCap: 431, sellCap: 431, deposit: 1_500_000n },
  { buyCap: 60, sellCap: 60, deposit: 100_000_000n },
];

export const openMarket = async (connection: Connection) => await openDay(connection, homes, { terms: short });

/** Chain and model side by side. */
export class Replay {
  private constructor(
    readonly connection: Connection,
    readonly day: Day,
    readonly model: Model,
    private now: number,
  ) {}

  static async start(connection: Connection, day: Day): Promise<Replay> {
    const prices = range(BigInt(terms.slotsPerPeriod)).map(() => ({ importPrice: 300n, exportPrice: 80n }));
    const tariff = { networkFee: 40n, classes: [prices] };
    const model = new Model(await domainOf(day), grid, tariff, RING);
    for (const [i, { buyCap, sellCap, deposit }] of homes.entries()) {
      model.enrol(BigInt(day.home(i).member), { buyCap: BigInt(buyCap), sellCap: BigInt(sellCap) }, deposit);
    }
    return new Replay(connection, day, model, await connection.networkHelpers.time.latest());
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.step(step);
    await this.compareBooks();
  }

  private async step(step: Step): Promise<void> {
    if (step.kind === "wait") this.now += step.seconds;
    else if (step.kind === "post") await this.post(step.period, step.strips);
    else if (step.kind === "place") await this.place(step.period, step.strip);
    else if (step.kind === "clear") await this.clear(step.period, step.offsets);
    else await this.switch(step.kind, step.home);
  }

  /** The next block comes a second later. */
  private async tick(): Promise<bigint> {
    this.now += 1;
    await this.connection.networkHelpers.time.setNextBlockTimestamp(this.now);
    return BigInt(this.now);
  }

  private period(relative: number): number {
    return Number(this.model.current(BigInt(this.now + 1))) + relative;
  }

  private async sign(plan: StripPlan, period: number, frontier: bigint): Promise<SignedStrip> {
    const { fault, feePerEntry } = plan;
    const home = this.day.home(plan.home);
    const free = this.model.escrow.accounts.get(BigInt(home.member))?.free ?? 0n;
    const maxReserve = fault === "reserve" ? free + 1n : (free * BigInt(plan.maxReserve)) / 100n;
    const epoch = Number(this.model.members.get(BigInt(home.member))?.epoch ?? 0n);
    const entries = fault === "length" ? plan.entries.slice(0, -2) : plan.entries;
    return await this.day.signStrip({
      ...{ home: fault === "stranger" ? this.day.home((plan.home + 1) % homes.length) : home, period, entries },
      ...{ after: Number(frontier) + (fault === "after" ? 1 : 0), epoch: epoch + (fault === "epoch" ? 1 : 0) },
      ...{ deadline: fault === "deadline" ? this.now : NEVER, feePerEntry, feeTo: this.day.dso.address },
      ...{ maxReserve, signer: fault === "signature" ? home.owner : home.trading },
    });
  }

  private isSigned({ fault }: StripPlan): boolean {
    return fault !== "signature" && fault !== "stranger";
  }

  private async post(relative: number, plans: readonly StripPlan[]): Promise<void> {
    const { day, model } = this;
    const period = this.period(relative);
    // Every strip is signed for the frontier before the batch: of two by one home, the second comes too late.
    const strips = await Promise.all(
      plans.map(async (plan) => {
        const member = BigInt(day.home(plan.home).member);
        return await this.sign(plan, period, model.journal(member, BigInt(period)).frontier);
      }),
    );
    const now = await this.tick();
    const sent = day.auction.post(day.community, period, strips, { gasLimit: 2 ** 24 });
    if (!model.isOpen(BigInt(period), now)) {
      await expect(sent).to.be.revertedWithCustomError(day.auction, "PeriodNotOpen").withArgs(day.community, period);
      return;
    }
    const outcome = await outcomeOf(day, sent);
    const expected: Pick<Outcome, "skipped" | "refused" | "records"> = { skipped: [], refused: [], records: [] };
    for (const [i, strip] of strips.entries()) {
      const member = BigInt(strip.member);
      const judged = model.post(messageOf(day.community, period, strip), this.isSigned(nth(plans, i)), now);
      if ("reason" in judged) {
        expected.skipped.push({ member, index: BigInt(i), reason: judged.reason });
        continue;
      }
      if (judged.record !== undefined) expected.records.push({ member, ...judged.record });
      if (judged.reasons.some((reason) => reason !== "None")) {
        expected.refused.push({ member, reasons: judged.reasons });
      }
    }
    const { skipped, refused, records } = outcome;
    expect({ skipped, refused, records }).to.deep.equal(expected);
    await this.compareMembers(period);
  }

  /** The owner's own transaction. */
  private async place(relative: number, plan: StripPlan): Promise<void> {
    const { day, model } = this;
    const period = this.period(relative);
    const member = BigInt(day.home(plan.home).member);
    const strip = await this.sign(
      this.isSigned(plan) ? plan : { ...plan, fault: "none" },
      ...([period, model.journal(member, BigInt(period)).frontier] as const),
    );
    const message = messageOf(day.community, period, strip);
    const now = await this.tick();
    const owner = day.home(plan.home).owner.connect(this.connection.ethers.provider);
    const sent = day.auction.connect(owner).place(day.community, period, strip, { gasLimit: 2 ** 24 });
    if (model.isOpen(BigInt(period), now)) await this.expectPlaced(model.judge(message, true, now), sent);
    else await expect(sent).to.be.revertedWithCustomError(day.auction, "PeriodNotOpen");
    const judged = model.isOpen(BigInt(period), now) ? model.judge(message, true, now) : { reason: "None" };
    if (!("reason" in judged) && judged.reasons.every((reason) => reason === "None")) model.post(message, true, now);
    await this.compareMembers(period);
  }

  private async expectPlaced(judged: Judgement, sent: ReturnType<Day["auction"]["place"]>): Promise<void> {
    const { auction } = this.day;
    const index = judged.reasons?.findIndex((reason) => reason !== "None") ?? -1;
    if (index >= 0) {
      await expect(sent)
        .to.be.revertedWithCustomError(auction, "EntryRefused")
        .withArgs(index, entryReason(judged.reasons?.[index] ?? "None"));
    } else if ("reason" in judged) {
      await expect(sent).to.be.revertedWithCustomError(auction, "StripRefused").withArgs(stripReason(judged.reason));
    } else {
      await sent;
    }
  }

  private async clear(relative: number, offsets: readonly number[]): Promise<void> {
    const { day, model } = this;
    const period = this.period(relative);
    const now = await this.tick();
    const { cleared } = await clear(day, offsets, period);
    const results = offsets.flatMap((offset) => {
      const result: Clearing | null | undefined = model.clear(BigInt(period), BigInt(offset), now);
      if (result === undefined) return [];
      const tick = result?.priceTick ?? 255n;
      const price = result === null ? 0n : model.grid.floorPrice + tick * model.grid.tickSize;
      return [{ slot: BigInt(day.slot(offset, period)), tick, price, lots: result?.lots ?? 0n }];
    });
    expect(cleared).to.deep.equal(results);
  }

  private async switch(kind: "bump" | "toggle", index: number): Promise<void> {
    const { day, model } = this;
    const home = day.home(index);
    const state = model.members.get(BigInt(home.member));
    if (state === undefined) throw new Error("no such home");
    const escrow = day.escrow.connect(home.owner.connect(this.connection.ethers.provider));
    await this.tick();
    if (kind === "bump") {
      await escrow.bumpEpoch(day.community, home.member);
      state.epoch += 1n;
    } else {
      state.moduleOn = !state.moduleOn;
      await escrow.enableModule(day.community, home.member, 0, state.moduleOn);
    }
  }

  /** Journal and account of every home, and the relayer's fees. */
  private async compareMembers(period: number): Promise<void> {
    const { day, model } = this;
    for (const { member } of day.homes) {
      const [hash, entries, records, frontier] = await day.settlement.journal(day.community, member, period);
      const expected = model.journal(BigInt(member), BigInt(period));
      expect({ hash, entries, records, frontier }).to.deep.equal({
        ...{ hash: expected.hash, entries: expected.entries },
        ...{ records: expected.records, frontier: expected.frontier },
      });
      const { free, reserved } = await day.escrow.account(day.community, member);
      const account = model.escrow.accounts.get(BigInt(member));
      expect([free, reserved]).to.deep.equal([account?.free, account?.reserved]);
    }
    const fees = await day.escrow.fees(await day.euro.getAddress(), day.dso.address);
    expect(fees).to.equal(model.escrow.fees.get(day.dso.address) ?? 0n);
  }

  private async compareBooks(): Promise<void> {
    const { day, model } = this;
    for (const period of [0, 1, 2].map((relative) => this.period(relative))) {
      for (let offset = 0; offset < terms.slotsPerPeriod; offset++) {
        const { bids, asks } = await day.auction.book(day.community, day.slot(offset, period));
        const of = (side: "buy" | "sell") =>
          range(BigInt(terms.tickCount)).map((t) => model.volume(BigInt(period), BigInt(offset), side, t));
        expect([bids, asks].map((side) => [...side])).to.deep.equal([of("buy"), of("sell")]);
      }
    }
  }
}
