/** Rule 7: a member in an unusual state is dear for itself at most, not for everybody whose strip stands in the same batch. */
import { expect } from "chai";
import { buy, openDay, post, sell, type Day } from "./helpers/auction.ts";
import { connect, type HomeKeys } from "./helpers/market.ts";

const connection = await connect();
const { ethers, networkHelpers } = connection;

const HOMES = 200;
const ODD = 60;
/** Gas that each other strip may take more, of about 38,000 on a book that is new. */
const MORE = 250;

const orderOf = (index: number) => (index % 2 === 0 ? buy : sell)(40 + (index % 8), 20 + (index % 10), 3);
const as = ({ owner }: HomeKeys) => owner.connect(ethers.provider);

async function crowd() {
  const homes = Array.from({ length: HOMES }, () => ({ buyCap: 40, sellCap: 40 }));
  const day = await openDay(connection, homes);
  // An earlier batch, so that everybody is known to stay active.
  const period = day.period + 1;
  const strips = day.homes.map(async (home) => await day.signStrip({ home, period, entries: [buy(90, 1, 1)] }));
  expect((await post(day, await Promise.all(strips), period)).records).to.have.length(HOMES);
  return day;
}

const STATES: readonly (readonly [string, (day: Day, home: HomeKeys) => Promise<unknown>])[] = [
  [
    "stopped trading",
    async ({ registry, community }, home) => await registry.connect(as(home)).setTrading(community, home.member, false),
  ],
  [
    "rotates its key",
    async ({ registry, community }, home) => {
      const key = await home.trading.getAddress();
      await registry.connect(as(home)).rotateTradingKey(community, home.member, key);
    },
  ],
  [
    "unbinds its meter",
    async ({ registry, community }, home) => await registry.connect(as(home)).unbindMeter(community, home.member),
  ],
  [
    "has a credit line",
    async ({ escrow, supplier, community }, home) =>
      await escrow.connect(supplier).setCreditLine(community, home.member, 5),
  ],
];

describe("Rule 7: one of 200 members of a batch", function () {
  this.timeout(300_000);
  for (const [what, act] of STATES) {
    it(`that ${what} leaves the others at about their cost`, async function () {
      const day = await networkHelpers.loadFixture(crowd);
      const period = day.period + 2;
      const strips = await Promise.all(
        day.homes.map(async (home, index) => await day.signStrip({ home, period, entries: [orderOf(index)] })),
      );
      const snapshot = await networkHelpers.takeSnapshot();
      const usual = await post(day, strips, period);
      await snapshot.restore();
      await act(day, day.home(ODD));
      const odd = await post(day, strips, period);
      const others = ({ records }: typeof odd) =>
        records.map(({ member }) => member).filter((member) => member !== day.home(ODD).member);
      expect(others(odd)).to.deep.equal(others(usual));
      expect(Number(odd.gasUsed - usual.gasUsed)).to.be.at.most(MORE * (HOMES - 1));
    });
  }
});
