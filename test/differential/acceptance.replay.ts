import { expect } from "chai";
import { dataLength } from "ethers";
import { clear, entryReason, messageOf, outcomeOf, stripReason, type Day } from "../helpers/auction.ts";
import { at } from "../helpers/lists.ts";
import type { EntryReason, Outcome, SignedStrip, StripReason } from "../helpers/auction.ts";
import { NEVER, type Connection, type HomeKeys, postArguments } from "../helpers/market.ts";
import { reserves } from "../helpers/reserves.ts";
import { accountOf } from "../reference/accounts.ts";
import { range } from "../reference/arrays.ts";
import type { Clearing } from "../reference/clearing.ts";
import type { Judgement, Model } from "./acceptance.model.ts";
import type { Step, StripPlan } from "./acceptance.scenario.ts";
import type { World } from "./acceptance.world.ts";

/** How often each reason was given, "None" for a strip or an entry that was taken. */
export interface Seen {
  readonly strips: Map<StripReason, number>;
  readonly entries: Map<EntryReason, number>;
  /** Of own orders for one slot; "None" for one that was taken. */
  readonly alone: Map<StripReason | EntryReason, number>;
}

const count = <R>(seen: Map<R, number>, reason: R) => seen.set(reason, (seen.get(reason) ?? 0) + 1);

/** Chain and model side by side. */
export class Replay {
  private constructor(
    readonly connection: Connection,
    readonly world: World,
    readonly model: Model,
    readonly seen: Seen,
    private now: number,
  ) {}

  static async start(connection: Connection, world: World, seen: Seen): Promise<Replay> {
    return new Replay(connection, world, world.model(), seen, await connection.networkHelpers.time.latest());
  }

  private get day(): Day {
    return this.world.day;
  }

  private home(index: number): HomeKeys {
    return at(this.world.homes, index);
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.step(step);
    await this.compareBooks();
    await this.compareMembers(this.period(0), this.day.homes);
  }

  private async step(step: Step): Promise<void> {
    if (step.kind === "wait") this.now += step.seconds;
    else if (step.kind === "post") await this.post(step.period, step.strips);
    else if (step.kind === "place") await this.place(step.period, step.strip);
    else if (step.kind === "clear") await this.clear(step.period, step.offsets);
    else if (step.kind === "credit") await this.setCreditLine(step.home, step.line);
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
    const home = this.home(plan.home);
    const free = this.model.free(BigInt(home.member));
    const maxReserve = fault === "reserve" ? free + 1n : (free * BigInt(plan.maxReserve)) / 100n;
    const epoch = Number(this.model.epoch(BigInt(home.member)));
    const entries = fault === "length" ? "0x" : plan.entries;
    return await this.day.signStrip({
      ...{ home: fault === "stranger" ? this.home((plan.home + 1) % this.world.homes.length) : home, period, entries },
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
        const member = BigInt(this.home(plan.home).member);
        return await this.sign(plan, period, model.journal(member, BigInt(period)).frontier);
      }),
    );
    const now = await this.tick();
    const sent = day.auction.post(...postArguments(day.community, period, strips), { gasLimit: 2 ** 24 });
    if (!model.isOpen(BigInt(period), now)) {
      await expect(sent).to.be.revertedWithCustomError(day.auction, "PeriodNotOpen").withArgs(day.community, period);
      return;
    }
    const expected = this.expectPosted(period, strips, plans, now);
    const { skipped, refused, records } = await outcomeOf(day, sent);
    expect({ skipped, refused, records }).to.deep.equal(expected);
    if (records.length > 0) count(this.seen.strips, "None");
    for (const { reason } of skipped) count(this.seen.strips, reason);
    for (const reason of refused.flatMap(({ reasons }) => reasons)) count(this.seen.entries, reason);
    await this.compareMembers(period);
  }

  /** What the model makes of a batch. */
  private expectPosted(period: number, strips: readonly SignedStrip[], plans: readonly StripPlan[], now: bigint) {
    const expected: Pick<Outcome, "skipped" | "refused" | "records"> = { skipped: [], refused: [], records: [] };
    for (const [i, strip] of strips.entries()) {
      const member = BigInt(strip.member);
      const message = messageOf(this.day.community, period, strip);
      const judged = this.model.post(message, this.isSigned(at(plans, i)), now);
      if ("reason" in judged) {
        expected.skipped.push({ member, index: BigInt(i), reason: judged.reason });
        continue;
      }
      if (judged.record !== undefined) {
        const { frontier } = this.model.journal(member, BigInt(period));
        const fee = BigInt(judged.reasons.filter((reason) => reason === "None").length * strip.feePerEntry);
        expected.records.push({ member: strip.member, frontier: Number(frontier), fee, ...judged.record });
      }
      if (judged.reasons.some((reason) => reason !== "None")) {
        expected.refused.push({ member, reasons: judged.reasons });
      }
    }
    return expected;
  }

  /** The owner's own transaction. */
  private async place(relative: number, plan: StripPlan): Promise<void> {
    const { day, model } = this;
    const period = this.period(relative);
    const member = BigInt(this.home(plan.home).member);
    const strip = await this.sign(
      this.isSigned(plan) ? plan : { ...plan, fault: "none" },
      ...([period, model.journal(member, BigInt(period)).frontier] as const),
    );
    const message = messageOf(day.community, period, strip);
    const now = await this.tick();
    const owner = this.home(plan.home).owner.connect(this.connection.ethers.provider);
    const sent = day.auction.connect(owner).place(day.community, period, strip, { gasLimit: 2 ** 24 });
    if (model.isOpen(BigInt(period), now)) await this.expectPlaced(model.judge(message, true, now), sent, strip);
    else await expect(sent).to.be.revertedWithCustomError(day.auction, "PeriodNotOpen");
    const judged = model.isOpen(BigInt(period), now) ? model.judge(message, true, now) : { reason: "None" };
    if (!("reason" in judged) && judged.reasons.every((reason) => reason === "None")) model.post(message, true, now);
    await this.compareMembers(period);
  }

  private async expectPlaced(
    judged: Judgement,
    sent: ReturnType<Day["auction"]["place"]>,
    { entries }: SignedStrip,
  ): Promise<void> {
    const { auction } = this.day;
    const index = judged.reasons?.findIndex((reason) => reason !== "None") ?? -1;
    if (dataLength(entries) <= 4) {
      count(this.seen.alone, judged.reasons?.[index] ?? ("reason" in judged ? judged.reason : "None"));
    }
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

  private async switch(kind: "bump" | "toggle" | "stop" | "resume", index: number): Promise<void> {
    const { day, model } = this;
    const { member, owner } = this.home(index);
    const signer = owner.connect(this.connection.ethers.provider);
    const [escrow, registry] = [day.escrow.connect(signer), day.registry.connect(signer)];
    const now = await this.tick();
    if (kind === "bump") {
      await escrow.bumpEpoch(day.community, member);
      model.bumpEpoch(BigInt(member));
    } else if (kind === "toggle") {
      await escrow.enableModule(day.community, member, 0, model.toggleModule(BigInt(member)));
    } else {
      await registry.setTrading(day.community, member, kind === "resume");
      model.setTrading(BigInt(member), kind === "resume", now);
    }
  }

  private async setCreditLine(index: number, line: bigint): Promise<void> {
    const { day, model } = this;
    const { member } = this.home(index);
    await this.tick();
    await day.escrow.connect(day.supplier).setCreditLine(day.community, member, line);
    model.setCreditLine(BigInt(member), line);
  }

  /** Journal and account of every home, and the relayer's fees. */
  private async compareMembers(period: number, homes = this.world.homes): Promise<void> {
    const { day, model } = this;
    const reserved = await reserves(day);
    for (const { member } of homes) {
      const [hash, entries, records, frontier] = await day.escrow.journal(day.community, member, period);
      const expected = model.journal(BigInt(member), BigInt(period));
      expect({ hash, entries, records, frontier }).to.deep.equal({
        ...{ hash: expected.hash, entries: expected.entries },
        ...{ records: expected.records, frontier: expected.frontier },
      });
      const { free } = await day.escrow.account(day.community, member);
      const account = accountOf(model.escrow, BigInt(member));
      expect([free, reserved.get(member) ?? 0n]).to.deep.equal([account.free, account.reserved]);
    }
    const fees = await day.escrow.fees(await day.euro.getAddress(), day.dso.address);
    expect(fees).to.equal(model.escrow.fees.get(day.dso.address) ?? 0n);
  }

  private async compareBooks(): Promise<void> {
    const { day, model } = this;
    for (const period of [0, 1, 2].map((relative) => this.period(relative))) {
      for (let offset = 0; offset < day.terms.slotsPerPeriod; offset++) {
        const { bids, asks } = await day.bookAt(day.slot(offset, period));
        const of = (side: "buy" | "sell") =>
          range(BigInt(day.terms.tickCount)).map((t) => model.volume(BigInt(period), BigInt(offset), side, t));
        expect([bids, asks].map((side) => [...side])).to.deep.equal([of("buy"), of("sell")]);
      }
    }
  }
}
