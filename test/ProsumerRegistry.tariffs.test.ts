import { expect } from "chai";
import { concat, toBeHex } from "ethers";
import { connect, defaultTerms, deployMarket, flatTariff, type Connection, type Market } from "./helpers/market.ts";

const SLOTS = 96;
/** Periods from the current one: its rest, the horizon, the notice. */
const AHEAD = 1 + defaultTerms.horizon + defaultTerms.tariffNotice;

describe("ProsumerRegistry: tariffs (rule 13: tariffs bind)", function () {
  let connection: Connection;
  const build = async () =>
    await deployMarket(connection, {
      tariff: {
        networkFee: 40,
        classes: [
          { importPrice: 300, exportPrice: 80 },
          { importPrice: 310, exportPrice: 90 },
        ],
      },
    });
  let m: Market;
  let now: number;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    m = await connection.networkHelpers.loadFixture(build);
    now = await m.periodNow();
  });

  const flat = (networkFee: number, ...prices: [number, number][]) =>
    flatTariff(
      SLOTS,
      networkFee,
      prices.map(([importPrice, exportPrice]) => ({ importPrice, exportPrice })),
    );
  const plain = flat(41, [300, 80], [310, 90]);
  const publish = async (period: number, tariff = plain) =>
    await m.registry.connect(m.coordinator).publishTariff(m.community, period, tariff);
  const bytesOf = async (period: number) => {
    const code = await connection.ethers.provider.getCode(await m.registry.tariffAt(m.community, period));
    return `0x${code.slice(4)}`; // behind one zero byte
  };

  describe("content", function () {
    it("is stored byte for byte behind a byte that keeps it from running", async function () {
      await publish(now + AHEAD);
      const blob = await m.registry.tariffAt(m.community, now + AHEAD);
      expect(await connection.ethers.provider.getCode(blob)).to.equal(concat(["0x00", plain]));
    });

    it("has the length that classes and slots ask for, not a byte more or less", async function () {
      const length = 2 + 4 * 2 * SLOTS;
      for (const tariff of [
        plain.slice(0, -2),
        `${plain}00`,
        "0x",
        flat(40, [300, 80]),
        flat(40, [300, 80], [310, 90], [1, 1]),
      ]) {
        await expect(publish(now + AHEAD, tariff))
          .to.be.revertedWithCustomError(m.registry, "TariffLength")
          .withArgs(tariff.length / 2 - 1, length);
      }
    });

    it("names a network fee up to the bound in the terms", async function () {
      await expect(publish(now + AHEAD, flat(101, [300, 80], [310, 90])))
        .to.be.revertedWithCustomError(m.registry, "OutOfBounds")
        .withArgs("networkFee", 101);
      await expect(publish(now + AHEAD, flat(100, [300, 80], [310, 90]))).to.emit(m.registry, "TariffPublished");
    });

    it("names import prices up to the bound in the terms, in every class", async function () {
      for (const [first, second] of [
        [601, 600],
        [600, 601],
      ] as const) {
        await expect(publish(now + AHEAD, flat(0, [first, 80], [second, 90])))
          .to.be.revertedWithCustomError(m.registry, "TariffPrice")
          .withArgs(0, 601, first === 601 ? 80 : 90);
      }
      await expect(publish(now + AHEAD, flat(0, [600, 80], [600, 90]))).to.emit(m.registry, "TariffPublished");
    });

    it("never pays more for export than any class pays for import", async function () {
      const cases: [[number, number], [number, number], boolean][] = [
        [[300, 300], [300, 300], true],
        [[300, 300], [310, 90], true],
        [[300, 301], [310, 90], false], // within one class
        [[300, 80], [310, 301], false], // bought from one supplier, sold to another
        [[300, 80], [310, 300], true],
        [[0, 0], [0, 0], true],
        [[0, 1], [5, 0], false],
      ];
      for (const [first, second, good] of cases) {
        const call = publish(now + AHEAD, flat(0, first, second));
        if (good) {
          await expect(call).to.emit(m.registry, "TariffPublished");
          m = await connection.networkHelpers.loadFixture(build);
        } else {
          const lowest = Math.min(first[0], second[0]);
          const highest = Math.max(first[1], second[1]);
          await expect(call).to.be.revertedWithCustomError(m.registry, "TariffPrice").withArgs(0, lowest, highest);
        }
      }
    });

    it("is checked in every slot, the last one too", async function () {
      for (const slot of [0, 50, SLOTS - 1]) {
        const prices = Array.from({ length: SLOTS }, (_, k) => (k === slot ? [300, 311] : [300, 80]));
        const words = (pairs: number[][]) => concat(pairs.flat().map((price) => toBeHex(price, 2)));
        const tariff = concat([toBeHex(0, 2), words(prices), words(prices.map(() => [310, 90]))]);
        await expect(publish(now + AHEAD, tariff))
          .to.be.revertedWithCustomError(m.registry, "TariffPrice")
          .withArgs(slot, 300, 311);
      }
    });

    it("of a new community is held to the same bounds", async function () {
      const { registry, auction, euro, stranger } = m;
      const { address } = stranger;
      const terms = { ...defaultTerms, paymentToken: euro, coordinator: address, dso: address, feeCollector: address };
      const create = async (tariff: string) =>
        await registry.createCommunity.staticCall(
          terms,
          [address],
          [{ supplier: 0, defaultLoadWh: 0 }],
          [auction],
          tariff,
        );
      await expect(create(flat(101, [300, 80])))
        .to.be.revertedWithCustomError(registry, "OutOfBounds")
        .withArgs("networkFee", 101);
      await expect(create(flat(0, [601, 80])))
        .to.be.revertedWithCustomError(registry, "TariffPrice")
        .withArgs(0, 601, 80);
      await expect(create(flat(0, [300, 301])))
        .to.be.revertedWithCustomError(registry, "TariffPrice")
        .withArgs(0, 300, 301);
      await expect(create(flat(100, [600, 600]))).to.be.fulfilled;
    });
  });

  describe("notice", function () {
    it("is kept to the second: the last one of a period still counts as that period", async function () {
      await expect(publish(now + AHEAD - 1))
        .to.be.revertedWithCustomError(m.registry, "TariffTooLate")
        .withArgs(now + AHEAD - 1, now + AHEAD);
      await connection.networkHelpers.time.setNextBlockTimestamp(m.periodStart(now + 1) - 1);
      await expect(publish(now + AHEAD)).to.emit(m.registry, "TariffPublished");
      m = await connection.networkHelpers.loadFixture(build);
      await connection.networkHelpers.time.setNextBlockTimestamp(m.periodStart(now + 1));
      await expect(publish(now + AHEAD))
        .to.be.revertedWithCustomError(m.registry, "TariffTooLate")
        .withArgs(now + AHEAD, now + 1 + AHEAD);
    });

    it("leaves a whole notice between publication and the opening of the period for orders", async function () {
      await publish(now + AHEAD);
      const opens = m.periodStart(now + AHEAD - defaultTerms.horizon);
      const notice = defaultTerms.tariffNotice * 86_400;
      expect(opens - (await connection.networkHelpers.time.latest())).to.be.at.least(notice);
    });
  });

  describe("lead", function () {
    const FURTHEST = AHEAD + 366;

    it("ends 366 days after the notice, so that no version ends publication for good", async function () {
      for (const period of [now + FURTHEST + 1, 2 ** 32 - 1]) {
        await expect(publish(period))
          .to.be.revertedWithCustomError(m.registry, "TariffTooEarly")
          .withArgs(period, now + FURTHEST);
      }
      await expect(publish(now + FURTHEST)).to.emit(m.registry, "TariffPublished");
      // The next version comes a day later.
      await expect(publish(now + FURTHEST + 1))
        .to.be.revertedWithCustomError(m.registry, "TariffTooEarly")
        .withArgs(now + FURTHEST + 1, now + FURTHEST);
      await m.goTo(m.periodStart(now + 1));
      await expect(publish(now + FURTHEST + 1)).to.emit(m.registry, "TariffPublished");
    });

    it("is counted in days, however short the periods are", async function () {
      const hourly = await deployMarket(connection, {
        terms: {
          slotDuration: 300,
          slotsPerPeriod: 6,
          readingDeadline: 1800,
          correctionWindow: 3600,
          claimWindow: 7200,
        },
      });
      const current = await hourly.periodNow();
      const furthest = current + AHEAD + 366 * 48;
      const tariff = flatTariff(6, 40, [...hourly.tariff.classes]);
      const send = async (period: number) =>
        await hourly.registry.connect(hourly.coordinator).publishTariff(hourly.community, period, tariff);
      await expect(send(furthest + 1))
        .to.be.revertedWithCustomError(hourly.registry, "TariffTooEarly")
        .withArgs(furthest + 1, furthest);
      await expect(send(furthest)).to.emit(hourly.registry, "TariffPublished");
    });
  });

  describe("order", function () {
    it("only goes up: a version never changes and none comes between", async function () {
      await publish(now + 10);
      for (const period of [now + 10, now + 9, now + AHEAD]) {
        await expect(publish(period))
          .to.be.revertedWithCustomError(m.registry, "TariffOutOfOrder")
          .withArgs(period, now + 10);
      }
      await expect(publish(now + 11)).to.emit(m.registry, "TariffPublished");
    });
  });

  describe("inheritance", function () {
    it("a period without a version of its own has the latest earlier one", async function () {
      const first = await bytesOf(0);
      const versions = new Map<number, string>();
      let period = now + AHEAD;
      // Gaps of 1 to 5 periods between 24 versions.
      for (let index = 0; index < 24; index++) {
        const tariff = flat(index, [300, 80], [310, 90]);
        await publish(period, tariff);
        versions.set(period, tariff);
        period += 1 + (index % 5);
      }
      let expected = first;
      for (let p = now; p < period + 5; p++) {
        expected = versions.get(p) ?? expected;
        expect(await bytesOf(p), `period ${p - now}`).to.equal(expected);
      }
      expect(await bytesOf(0)).to.equal(first);
      expect(await bytesOf(2 ** 32 - 1)).to.equal(expected);
    });

    it("keeps communities apart", async function () {
      const { registry, auction, euro, stranger } = m;
      const { address } = stranger;
      const terms = { ...defaultTerms, paymentToken: euro, coordinator: address, dso: address, feeCollector: address };
      await registry.createCommunity(terms, [address], [{ supplier: 0, defaultLoadWh: 0 }], [auction], flat(9, [1, 1]));
      await publish(now + AHEAD);
      const code = await connection.ethers.provider.getCode(await registry.tariffAt(m.community + 1, now + AHEAD));
      expect(code).to.equal(concat(["0x00", flat(9, [1, 1])]));
    });
  });
});
