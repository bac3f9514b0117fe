/** What a sealed period costs, from receipts, with warm rings. */
import { expect } from "chai";
import type { ContractTransactionReceipt, ContractTransactionResponse } from "ethers";
import { buy, sell } from "./helpers/auction.ts";
import { connect, unpackRecords, type Entry } from "./helpers/market.ts";
import { bundleOf, commit, openSealedDay, reveal, type SealedDay } from "./helpers/sealed.ts";
import { Registers, type Values } from "./helpers/settling.ts";
import { flatValues } from "./helpers/market.ts";

const HOMES = 60;
const SLOTS = 96;
/** Periods of eight hours, and a ring of five. */
const terms = {
  slotDuration: 300,
  slotsPerPeriod: SLOTS,
  horizon: 1,
  readingDeadline: 1,
  correctionWindow: 2,
  claimWindow: 3,
};
const RING = 5;
const RICH = 10n ** 12n;

/** What an entry of a strip of 96 may take in a sealed call that also clears. The target of the design is 1,000. */
const BUDGET = 1_230;
const LIMIT = 2 ** 24;

const mined = async (sent: ContractTransactionResponse): Promise<ContractTransactionReceipt> => {
  const receipt = await sent.wait();
  if (receipt === null) throw new Error("not mined");
  return receipt;
};

/** One entry in each slot; a home of an even index sells, the others buy. */
const orderOf = (home: number, turn: number): Entry[] =>
  Array.from({ length: SLOTS }, (_, slot) => {
    const tick = (7 * home + 3 * slot + turn) % 64;
    return home % 2 === 0 ? sell(slot, tick, 20 + home) : buy(slot, tick, 20 + home);
  });

/** Commits to a period of full strips and reveals it in one call; what the calls cost. */
async function playPeriod(day: SealedDay, period: number, turn: number) {
  const strips = await Promise.all(
    day.homes.map(
      async (home, index) =>
        await day.signStrip({
          home,
          period,
          entries: orderOf(index, turn),
          maxReserve: 10n ** 10n,
          feePerEntry: 5,
          feeTo: day.relayer(0).address,
        }),
    ),
  );
  const bundle = bundleOf(strips);
  await day.goTo(day.periodStart(period - 1));
  const committed = await mined(await commit(day, day.relayer(0), bundle, period));
  await day.atTurn(0, period);
  const revealed = await mined(await reveal(day, 0, bundle, { period, clears: true }));
  return { committed, revealed };
}

/** Settles a period that is over, in which nobody used anything. */
async function settlePeriod(day: SealedDay, period: number, registers: Registers) {
  const { community, settlement, escrow } = day;
  await day.goTo(day.periodStart(period + 1));
  const logs = await escrow.queryFilter(escrow.filters.Recorded(community, period));
  const records = logs.flatMap(({ args }) => unpackRecords(args.module, args.records));
  const values: Values = flatValues(SLOTS, 0, 0);
  const items = await Promise.all(
    day.homes.map(async (home) => ({
      member: home.member,
      reading: await registers.read(home, period, values),
      records: records.filter(({ member }) => member === home.member),
    })),
  );
  for (const half of [items.slice(0, HOMES / 2), items.slice(HOMES / 2)]) {
    await settlement.meterAndSettle(community, period, half, { gasLimit: LIMIT });
  }
  const { opened, settled } = await escrow.journals(community, period);
  expect([opened, settled].map(Number)).to.deep.equal([HOMES, HOMES]);
}

describe("SealedAuction: gas", function () {
  it("takes and clears strips of 96 for 60 homes in one call, within its budget", async function () {
    this.timeout(300_000);
    const connection = await connect();
    const homes = Array.from({ length: HOMES }, () => ({ deposit: RICH, pledge: RICH / 2n }));
    const day = await openSealedDay(connection, homes, { terms });
    await day.fund(3, RICH);
    const registers = new Registers(day);
    let last: Awaited<ReturnType<typeof playPeriod>> | undefined;
    let finished: ContractTransactionReceipt | undefined;
    for (let turn = 0; turn <= RING; turn++) {
      const period = day.period + turn;
      if (turn >= 1) await settlePeriod(day, period - 2, registers);
      if (turn >= 2) finished = await mined(await day.commitBook.finish(day.community, period - 2, 0));
      last = await playPeriod(day, period, turn);
    }
    if (last === undefined) throw new Error("nothing played");
    const gas = Number(last.revealed.gasUsed);
    const perEntry = gas / (HOMES * SLOTS);
    console.log(
      `      reveal and clear: ${String(gas)} gas, ${perEntry.toFixed(1)} per entry; ` +
        `commit ${String(last.committed.gasUsed)}, finish ${String(finished?.gasUsed)}`,
    );
    const cleared = last.revealed.logs.filter(
      ({ topics }) => topics[0] === day.sealedAuction.interface.getEvent("SlotCleared").topicHash,
    );
    expect(cleared).to.have.length(SLOTS);
    expect(gas).to.be.lessThan(LIMIT);
    expect(perEntry).to.be.at.most(BUDGET);
  });
});
