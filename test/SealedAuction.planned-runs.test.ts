/** Strips whose members do not ascend are asked about one by one: relayers have to plan with that, whatever state members are in. */
import { expect } from "chai";
import { CHUNK_LIMITS } from "../sdk/src/commit.ts";
import { buy } from "./helpers/auction.ts";
import { connect, type HomeKeys } from "./helpers/market.ts";
import { bundleOf, commit, openSealedDay, reveal, type SealedDay } from "./helpers/sealed.ts";

const HOMES = 40;
const terms = {
  slotDuration: 300,
  slotsPerPeriod: 96,
  horizon: 1,
  readingDeadline: 1,
  correctionWindow: 2,
  claimWindow: 3,
};

const rotate = async (day: SealedDay, home: HomeKeys) =>
  await day.registry
    .connect(day.as(home))
    .rotateTradingKey(day.community, home.member, await home.trading.getAddress());
const bump = async (day: SealedDay, home: HomeKeys) =>
  await day.escrow.connect(day.as(home)).bumpEpoch(day.community, home.member);

describe("Chunks of strips whose members descend", function () {
  this.timeout(300_000);
  for (const hostile of [false, true]) {
    it(`take no more than planned, of ${hostile ? "members that change all they can" : "usual members"}`, async function () {
      const homes = Array.from({ length: HOMES }, () => ({ deposit: 10n ** 9n, pledge: 10n ** 8n }));
      const day = await openSealedDay(await connect(), homes, { terms });
      const fees = { maxReserve: 10n ** 7n, feePerEntry: 5, feeTo: day.relayer(0).address };
      const strips = await Promise.all(
        day.homes.map(
          async (home, i) => await day.signStrip({ home, period: day.period, entries: [buy(0, i % 16, 5)], ...fees }),
        ),
      );
      const bundle = bundleOf(strips.reverse());
      await commit(day, day.relayer(0), bundle);
      if (hostile) for (const home of day.homes) await rotate(day, home);
      await day.atTurn();
      if (hostile) for (const home of day.homes) await bump(day, home);
      const receipt = await (await reveal(day, 0, bundle)).wait();
      const { gasPerStrip, gasPerRun, gasPerEntry, gasPerSlot, gasPerWord } = CHUNK_LIMITS;
      const planned = BigInt(HOMES) * (gasPerStrip + gasPerRun + gasPerEntry) + gasPerSlot + gasPerWord;
      expect(Number(receipt?.gasUsed)).to.be.within(1, Number(planned));
    });
  }
});
