import { expect } from "chai";
import { drawFrom } from "../bench/lib/random.ts";
import { at } from "./helpers/lists.ts";
import { connect, deployMarket, key, type Connection, type HomeKeys } from "./helpers/market.ts";
import { membership } from "./helpers/membership.ts";
import { HOUR, hourly } from "./helpers/settling.ts";

const PRICE = { importPrice: 300, exportPrice: 80 };
const HOMES = 5;
const PERIODS = 5;
const CHANGES = 4;

/** The gate of an hour closes 20 minutes before it. */
const CLOSURE = 1_200;
const sealedTerms = { ...hourly, gateClosure: CLOSURE, revealWindow: 800, horizon: 1, bond: 5_000_000 };

describe("ProsumerRegistry: members of a batch are read in assembly as each is read without", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  for (const [mode, terms] of [
    ["open", hourly],
    ["sealed", sealedTerms],
  ] as const) {
    it(`whatever changes, before and after it counts, where the community is ${mode}`, async function () {
      this.timeout(120_000);
      const market = await deployMarket(connection, {
        terms,
        tariff: { networkFee: 40, classes: [PRICE, PRICE, PRICE] },
      });
      const m = { ...market, ...membership(market) };
      const { registry, community } = m;
      const homes: HomeKeys[] = [];
      for (let index = 0; index < HOMES; index++) homes.push(await m.addHome());
      const draw = drawFrom(11);
      const index = (most: number) => Number(draw(0, most));

      const change = async () => {
        const { member, owner } = at(homes, index(HOMES - 1));
        const asOwner = registry.connect(owner.connect(connection.ethers.provider));
        const some = [
          async () => await asOwner.rotateTradingKey(community, member, key(800 + index(99)).address),
          async () => await asOwner.setTrading(community, member, index(1) === 1),
          async () => await registry.connect(m.coordinator).setSuspended(community, member, index(1) === 1),
          async () => {
            await m.changeCaps(member, owner, 1 + index(400), 1 + index(400));
          },
          async () => {
            await m.changeClass(member, owner, index(2));
          },
        ];
        // A change that is none, or comes too early after another, is refused.
        await at(some, index(some.length - 1))().catch(() => undefined);
      };

      const words = new Set<bigint>();
      const compare = async (period: number) => {
        // Any order, members twice, members that are none, and noise above the index.
        const members = Array.from({ length: 12 }, () => draw(0, HOMES + 5) | (draw(0, 2 ** 31) << 32n));
        const alone = mode === "open" ? registry.memberFor : registry.memberAtGate;
        const expected = [];
        for (const member of members) expected.push(await alone(community, member & 0xffff_ffffn, period));
        expect([...(await registry.tradersOf(community, period, members))]).to.deep.equal(expected);
        for (const word of expected) words.add(word);
      };

      const first = (await m.periodNow()) + 1;
      for (let period = first; period < first + PERIODS; period++) {
        // On both sides of the gate of the next period, which is that of a sealed one.
        for (const second of [0, HOUR - CLOSURE - 60, HOUR - CLOSURE + 1]) {
          await m.goTo(m.periodStart(period) + second);
          for (let count = 0; count < CHANGES; count++) await change();
          await compare(period);
          await compare(period + 1);
        }
      }
      // Changes there were.
      expect(words.size).to.be.greaterThan(4 * HOMES);
    });
  }

  it("and none of an empty batch", async function () {
    const { registry, community, periodNow } = await deployMarket(connection);
    expect(await registry.tradersOf(community, await periodNow(), [])).to.deep.equal([]);
  });
});
