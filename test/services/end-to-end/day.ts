/** One day of the neighbourhood, its programs killed on the way, and what has to be true in the end. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { asPeriod, asSlotOffset, decodePayload, isAccepted, slotIn } from "@wattbook/sdk";
import { Stream } from "../../../data/src/synthetic/random.ts";
import { booksOf } from "./books.ts";
import type { BrokerKind } from "./brokers.ts";
import { METERS, SLOT, SLOTS_PER_DAY } from "./homes.ts";
import { Neighbourhood, TRADED_DAY } from "./neighbourhood.ts";
import type { Program } from "./programs.ts";

const DAY = 86_400n;
const LOT = 10n;
/** Slots that the patient gateway is away. */
const AWAY = 6;

/** Declares the test of a day. */
export function dayWith(kind: BrokerKind, seed: bigint): void {
  describe(`a day of four homes, with ${kind.name}, seed ${seed}`, function () {
    this.timeout(900_000);
    let town: Neighbourhood;

    before(async function () {
      if (kind.missing !== undefined) {
        process.stderr.write(`skipped: ${kind.missing}\n`);
        this.skip();
      }
      town = await Neighbourhood.open(seed, kind);
      await live(town, new Stream(seed, 99));
    });

    after(async () => {
      await (town as Neighbourhood | undefined)?.close();
    });

    it("killed every program", () => {
      for (const { name, kills } of town.programs) expect(kills, name).to.be.greaterThan(1);
    });

    it("has one strip of each member on chain, with what its forecast says", async () => {
      const { world, period } = town;
      const logs = await world.wattbook.logs(world.community);
      const journals = await logs.journals(period);
      expect(journals.size).to.equal(METERS.length);
      for (const [place, name] of METERS.entries()) {
        const records = journals.get(world.home(place).member) ?? [];
        expect(records, name).to.have.length(1);
        const entries = decodePayload(world.terms, records[0]?.payload ?? "0x");
        expect(entries.every(isAccepted), name).to.equal(true);
        const placed = entries.map(({ offset, side, lots }) => `${offset} ${side} ${lots}`);
        expect(placed, name).to.deep.equal(forecastOf(town, name));
      }
      const skipped = await logs.skipped(period);
      expect(skipped.filter(({ stage }) => stage !== "settlement")).to.deep.equal([]);
    });

    it("has one reading of each member on chain, to the watt-hour what its meter counted in every slot", async () => {
      const { world, period, meters } = town;
      const logs = await world.wattbook.logs(world.community);
      const readings = await logs.readings(period);
      expect(readings.size).to.equal(METERS.length);
      for (const [place, name] of METERS.entries()) {
        const { member } = world.home(place);
        const { values, gapLeg } = readings.get(member) ?? { values: [], gapLeg: 0n };
        const found = values.map(({ imported, exported }) => ({ importWh: imported, exportWh: exported }));
        const counted = slotsOfDay().map((start) => meters[name].slot(start));
        expect(found, name).to.deep.equal(counted);
        expect(gapLeg, name).to.equal(0n);
        const { importWh, exportWh } = meters[name].at(TRADED_DAY + DAY);
        const { nextPeriod, importRegister, exportRegister, gap } = await world.wattbook.settlement.meter(
          world.community,
          member,
        );
        expect({ nextPeriod, importRegister, exportRegister, gap }, name).to.deep.equal({
          ...{ nextPeriod: period + 1n, importRegister: importWh, exportRegister: exportWh, gap: false },
        });
      }
    });

    it("has cleared every slot with orders, and traded as much as was bought and sold", async () => {
      const { world, period } = town;
      const logs = await world.wattbook.logs(world.community);
      const cleared = await logs.cleared(period);
      const orders = METERS.flatMap((name) => forecastOf(town, name));
      const slots = new Set(
        orders.map((text) => slotIn(world.terms, period, asSlotOffset(BigInt(text.split(" ")[0] ?? "")))),
      );
      expect([...slots].every((slot) => cleared.has(slot))).to.equal(true);
      const traded = [...cleared.values()].reduce((sum, { lots }) => sum + lots, 0n);
      expect(traded > 100n, `${traded} lots`).to.equal(true);
    });

    it("has its books at zero", async () => {
      const { world, period } = town;
      const { escrow } = world.wattbook;
      const settled = await (await world.wattbook.logs(world.community)).settled(period);
      const legs = [...settled.values()];
      const total = (name: "paid" | "received") => legs.reduce((sum, leg) => sum + leg[name], 0n);
      expect(legs).to.have.length(METERS.length);
      expect(total("paid") > 0n).to.equal(true);
      expect(total("paid")).to.equal(total("received"));
      expect(await escrow.pot(world.community, 0n, period)).to.deep.equal({ outstanding: 0n, amount: 0n });
      expect(await escrow.journals(world.community, period)).to.deep.equal({ opened: 4n, settled: 4n });
      expect(await escrow.shortfall(world.terms.paymentToken)).to.equal(0n);
      const earners = [...town.accounts.map(({ address }) => address), world.terms.feeCollector];
      const books = await booksOf(world, 4 + METERS.length, [period, asPeriod(period + 1n)], earners);
      expect(books.held).to.equal(books.free + books.pots + books.fees + books.funds);
    });
  });
}

/** From an hour before the day until it is settled. */
async function live(town: Neighbourhood, random: Stream): Promise<void> {
  await town.start();
  await town.nextBoundary();
  await town.nextBoundary();
  await whileKilling(town, random, "every order is in the book", async () => {
    return (await town.world.recorded(town.period)).length === METERS.length;
  });

  const slots = SLOTS_PER_DAY;
  const away = 10 + (random.next() % 60);
  const restarts = (programs: readonly Program[], count: number) =>
    programs.flatMap((program) => Array.from({ length: count }, () => ({ program, slot: random.next() % slots })));
  const kills = restarts([town.gateways.live, town.relayer, town.keeper], 2);
  while (town.now < TRADED_DAY + DAY) {
    const slot = Number((town.now - TRADED_DAY) / SLOT);
    for (const { program } of kills.filter((each) => each.slot === slot)) await restarted(program);
    if (slot === away) await town.gateways.patient.kill();
    if (slot === away + AWAY) town.gateways.patient.start();
    await town.nextBoundary();
  }
  // Late samples may come for a quarter of an hour; then readings are made.
  await town.nextBoundary();
  await whileKilling(town, random, "every member is settled", async () => {
    const logs = await town.world.wattbook.logs(town.world.community);
    return (await logs.settled(town.period)).size === METERS.length;
  });
}

/** Goes on slowly until something holds, and pulls plugs meanwhile. */
async function whileKilling(
  town: Neighbourhood,
  random: Stream,
  what: string,
  holds: () => Promise<boolean>,
): Promise<void> {
  const { patient, live: lively } = town.gateways;
  const victims = [patient, town.relayer, lively, town.relayer];
  let round = 0;
  await town.until(what, async () => {
    const victim = round % 4 === 3 ? victims.shift() : undefined;
    round++;
    if (victim !== undefined) {
      await sleep(random.next() % 200);
      await restarted(victim);
    }
    await town.creep(2n);
    await sleep(50);
    return holds();
  });
}

/** Kills and starts again. Where it has to be back before time goes on, whoever moves time waits for it. */
async function restarted(program: Program): Promise<void> {
  await program.kill();
  program.start();
}

const slotsOfDay = () => Array.from({ length: SLOTS_PER_DAY }, (_, slot) => TRADED_DAY + BigInt(slot) * SLOT);

/** Orders of the default strategy: what was netted a day earlier, in whole lots. */
function forecastOf({ meters }: Neighbourhood, name: (typeof METERS)[number]): string[] {
  return slotsOfDay().flatMap((start, offset) => {
    const { importWh, exportWh } = meters[name].slot(start - DAY);
    const net = importWh - exportWh;
    const lots = (net > 0n ? net : -net) / LOT;
    return lots === 0n ? [] : [`${offset} ${net > 0n ? "buy" : "sell"} ${lots}`];
  });
}
