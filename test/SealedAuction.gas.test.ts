/** What sealed calls cost, from receipts, with warm rings. */
import { expect } from "chai";
import type { ContractTransactionReceipt, ContractTransactionResponse } from "ethers";
import { CHECKED_LIMITS, USED_RINGS } from "../sdk/src/commit.ts";
import { buy, sell } from "./helpers/auction.ts";
import { connect, flatValues, unpackRecords, type Entry } from "./helpers/market.ts";
import { bundleOf, commit, openSealedDay, reveal, type SealedDay } from "./helpers/sealed.ts";
import { Registers, type Values } from "./helpers/settling.ts";

const HOMES = 60;
const SLOTS = 96;
/** Periods of eight hours; a ring of five periods, and of two for books. */
const terms = {
  slotDuration: 300,
  slotsPerPeriod: SLOTS,
  horizon: 1,
  readingDeadline: 1,
  correctionWindow: 2,
  claimWindow: 3,
};
const RING = 5;
const BOOK_RING = 2;
const RICH = 10n ** 12n;

/** What an entry of a strip of 96 may take in a sealed call that also clears. The target of the design is 1,000. */
const BUDGET = 1_000;
const LIMIT = 2 ** 24;

const mined = async (sent: ContractTransactionResponse): Promise<ContractTransactionReceipt> => {
  const receipt = await sent.wait();
  if (receipt === null) throw new Error("not mined");
  return receipt;
};

/** One entry in each slot; a home of an even index sells, the others buy. */
const fullStrip = (home: number, turn: number): Entry[] =>
  Array.from({ length: SLOTS }, (_, slot) => entryOf(home, slot, (7 * home + 3 * slot + turn) % 64));
/** One entry, in a slot that it shares with no other home. */
const shortStrip = (home: number): Entry[] => [entryOf(home, home, 7)];
const entryOf = (home: number, slot: number, tick: number) =>
  home % 2 === 0 ? sell(slot, tick, 20 + home) : buy(slot, tick, 20 + home);

/** Periods of a community one after another. */
class Year {
  readonly #registers: Registers;
  #turn = 0;

  constructor(readonly day: SealedDay) {
    this.#registers = new Registers(day);
  }

  /** Commits to strips in chunks of so many, reveals them, and settles what is over; what the calls cost. */
  async play(orders: (home: number, turn: number) => Entry[], chunk: number, clears: boolean) {
    const { day } = this;
    const turn = this.#turn++;
    const period = day.period + turn;
    if (turn >= 1) await this.#settle(period - 2);
    const finished = turn < 2 ? undefined : await mined(await day.commitBook.finish(day.community, period - 2, 0));
    const fees = { maxReserve: 10n ** 10n, feePerEntry: 5, feeTo: day.relayer(0).address };
    const strips = await Promise.all(
      day.homes.map(
        async (home, index) => await day.signStrip({ home, period, entries: orders(index, turn), ...fees }),
      ),
    );
    const starts = Array.from({ length: Math.ceil(HOMES / chunk) }, (_, i) => i * chunk);
    const bundle = bundleOf(...starts.map((start) => strips.slice(start, start + chunk)));
    await day.goTo(day.periodStart(period - 1));
    const committed = await mined(await commit(day, day.relayer(0), bundle, period));
    await day.atTurn(0, period);
    let revealed: ContractTransactionReceipt | undefined;
    for (const index of bundle.chunks.keys()) {
      revealed = await mined(await reveal(day, 0, bundle, { index, period, clears }));
      expect(Number(revealed.gasUsed)).to.be.lessThan(LIMIT);
    }
    const slots = Array.from({ length: SLOTS }, (_, offset) => day.slot(offset, period));
    for (const start of [0, SLOTS / 2]) {
      await day.auction.clear(day.community, slots.slice(start, start + SLOTS / 2), { gasLimit: LIMIT });
    }
    if (!revealed) throw new Error("nothing revealed");
    return { committed, revealed, finished };
  }

  /** Settles a period that is over, in which nobody used anything. */
  async #settle(period: number) {
    const { community, settlement, escrow, homes } = this.day;
    await this.day.goTo(this.day.periodStart(period + 1));
    const logs = await escrow.queryFilter(escrow.filters.Recorded(community, period));
    const records = logs.flatMap(({ args }) => unpackRecords(args.module, args.records));
    const values: Values = flatValues(SLOTS, 0, 0);
    const items = await Promise.all(
      homes.map(async (home) => ({
        member: home.member,
        reading: await this.#registers.read(home, period, values),
        records: records.filter(({ member }) => member === home.member),
      })),
    );
    for (const half of [items.slice(0, HOMES / 2), items.slice(HOMES / 2)]) {
      await settlement.meterAndSettle(community, period, half, { gasLimit: LIMIT });
    }
    expect((await escrow.journals(community, period)).map(Number)).to.deep.equal([HOMES, HOMES]);
  }
}

describe("SealedAuction: gas", function () {
  this.timeout(300_000);
  let year: Year;

  before(async function () {
    const connection = await connect();
    const homes = Array.from({ length: HOMES }, () => ({ deposit: RICH, pledge: RICH / 2n }));
    const day = await openSealedDay(connection, homes, { terms });
    await day.fund(3, RICH);
    year = new Year(day);
    // New words cost more than a call has: the first chunks are small.
    for (let turn = 0; turn < RING; turn++) await year.play(fullStrip, turn < BOOK_RING ? 3 : HOMES, turn >= BOOK_RING);
  });

  it("takes and clears strips of 96 for 60 homes in one call, within its budget", async function () {
    const { committed, revealed, finished } = await year.play(fullStrip, HOMES, true);
    const gas = Number(revealed.gasUsed);
    const perEntry = gas / (HOMES * SLOTS);
    console.log(
      `      reveal and clear: ${String(gas)} gas, ${perEntry.toFixed(1)} per entry; ` +
        `commit ${String(committed.gasUsed)}, finish ${String(finished?.gasUsed)}`,
    );
    const { topicHash } = year.day.sealedAuction.interface.getEvent("SlotCleared");
    expect(revealed.logs.filter(({ topics }) => topics[0] === topicHash)).to.have.length(SLOTS);
    expect(perEntry).to.be.at.most(BUDGET);
  });

  const { gasPerStrip, gasPerEntry, gasPerSlot, gasPerWord } = { ...CHECKED_LIMITS, ...USED_RINGS };
  for (const [what, orders, entries, slots, words] of [
    ["full strips", fullStrip, SLOTS, SLOTS, SLOTS * 8],
    ["strips of one entry", shortStrip, 1, HOMES, HOMES],
  ] as const) {
    it(`takes ${what} without clearing for no more than relayers plan with for strips they checked`, async function () {
      const { revealed } = await year.play(orders, HOMES, false);
      const gas = Number(revealed.gasUsed);
      const ofStrips = BigInt(HOMES) * (gasPerStrip + BigInt(entries) * gasPerEntry);
      const planned = ofStrips + BigInt(slots) * gasPerSlot + BigInt(words) * gasPerWord;
      console.log(`      reveal: ${String(gas)} gas of ${String(planned)} planned for ${what}`);
      expect(gas).to.be.at.most(Number(planned));
    });
  }
});
