import { expect } from "chai";
import { AbiCoder, concat, getAddress, keccak256, ParamType, toBeHex, ZeroAddress } from "ethers";
import { connect, defaultTerms, deployMarket, flatTariff, type Connection, type Market } from "./helpers/market.ts";

const DAY = 86_400;

/** A community with one price in every slot. */
interface Draft {
  readonly terms?: Record<string, unknown>;
  readonly suppliers?: string[];
  readonly classes?: { supplier: number; defaultLoadWh: number }[];
  readonly modules?: string[];
  readonly tariff?: string;
}

describe("ProsumerRegistry: creating a community", function () {
  let connection: Connection;
  let m: Market;
  let modules: string[];

  before(async function () {
    connection = await connect();
    m = await deployMarket(connection);
    modules = Array.from({ length: 17 }, (_, index) => getAddress(toBeHex(0xc0de00 + index, 20)));
    for (const module of modules) await connection.networkHelpers.setCode(module, "0x00");
  });

  async function draft({ terms, suppliers, classes, modules: listed, tariff }: Draft = {}) {
    const all = {
      ...defaultTerms,
      paymentToken: await m.euro.getAddress(),
      coordinator: m.coordinator.address,
      dso: m.dso.address,
      feeCollector: m.feeCollector.address,
      ...terms,
    };
    const kinds = classes ?? [{ supplier: 0, defaultLoadWh: 250 }];
    const prices = kinds.map(() => ({ importPrice: 1, exportPrice: 1 }));
    return [
      all,
      suppliers ?? [m.supplier.address],
      kinds,
      listed ?? [await m.auction.getAddress()],
      tariff ?? flatTariff(all.slotsPerPeriod, 0, prices),
    ] as const;
  }
  const tryOut = async (options?: Draft) => await m.registry.createCommunity.staticCall(...(await draft(options)));
  const refused = async (options: Draft, parameter: string, value: bigint | number) => {
    await expect(tryOut(options), JSON.stringify(options))
      .to.be.revertedWithCustomError(m.registry, "OutOfBounds")
      .withArgs(parameter, value);
  };

  describe("bounds of the parameters", function () {
    interface Bound {
      readonly parameter: string;
      readonly good: readonly unknown[];
      readonly bad: readonly number[];
      /** Other parameters that the case needs. */
      readonly beside?: Record<string, unknown>;
      readonly named?: string;
    }
    const small = { readingDeadline: 1, correctionWindow: 2, claimWindow: 3 };
    const dayAhead = { gateClosure: 3600, revealWindow: 800, bond: 1 };
    const bounds: readonly Bound[] = [
      {
        parameter: "slotDuration",
        good: [300, 900, 1800, 3600],
        bad: [0, 1, 299, 301, 899, 901, 1799, 1801, 3599, 3601, 65_535],
        beside: { slotsPerPeriod: 24, gateClosure: 0 },
      },
      {
        parameter: "slotsPerPeriod",
        good: [1, 2, 24, 144],
        bad: [0, 7, 143, 145, 255],
        beside: { ...small, slotDuration: 300, gateClosure: 0 },
      },
      // A period divides a UTC day: a day itself does, more does not.
      { parameter: "slotsPerPeriod", good: [48, 96], bad: [95, 97, 144, 192] },
      { parameter: "lotWh", good: [1, 10, 100, 1000], bad: [0, 2, 9, 11, 99, 101, 999, 1001, 65_535] },
      { parameter: "tickCount", good: [32, 64, 128], bad: [0, 1, 31, 33, 63, 65, 127, 129, 255] },
      { parameter: "tickSize", good: [1, 1039], bad: [0] },
      // The highest price is a 16-bit number: floor + 63 ticks.
      { parameter: "floorPrice", good: [0, 1, 65_283], bad: [65_284, 65_535] },
      { parameter: "floorPrice", good: [15], bad: [16], beside: { tickSize: 1040 } },
      { parameter: "gateClosure", good: [0, DAY], bad: [DAY + 1, 2 ** 24 - 1] },
      { parameter: "horizon", good: [0, 1, 14], bad: [15, 255] },
      { parameter: "readingDeadline", good: [1, 3 * DAY - 1], bad: [0] },
      { parameter: "correctionWindow", good: [DAY + 1, 7 * DAY - 1], bad: [0, DAY - 1, DAY] },
      // The ring holds 128 periods: horizon 2, claim window, two more.
      { parameter: "claimWindow", good: [3 * DAY + 1, 124 * DAY], bad: [0, 3 * DAY, 124 * DAY + 1, 2 ** 24 - 1] },
      { parameter: "claimWindow", good: [112 * DAY], bad: [112 * DAY + 1], beside: { horizon: 14 } },
      { parameter: "maxImport", good: [1, 65_535], bad: [0] },
      { parameter: "maxNetworkFee", good: [0, 65_535], bad: [] },
      { parameter: "tariffNotice", good: [0, 255], bad: [] },
      { parameter: "settlementFee", good: [0, 2 ** 32 - 1], bad: [] },
      { parameter: "revealWindow", good: [8, 800, 3600], bad: [1, 7, 804, 3601, 3608, 2 ** 32 - 1], beside: dayAhead },
      { parameter: "bond", good: [1, 2n ** 96n - 1n], bad: [0], beside: dayAhead },
      { parameter: "bond", good: [0], bad: [1] },
      // Commits for a period come in during `horizon` periods, less the gate closure.
      { parameter: "horizon", good: [1, 14], bad: [0], beside: dayAhead },
      { parameter: "horizon", good: [2], bad: [0, 1], beside: { ...dayAhead, gateClosure: DAY } },
      { parameter: "wideTicks", good: [false, true], bad: [] },
    ];

    for (const { parameter, good, bad, beside, named } of bounds) {
      const also = beside ? ` (${JSON.stringify(beside)})` : "";
      it(`${parameter} may be ${good.join(", ")}${also}`, async function () {
        for (const value of good) {
          await expect(tryOut({ terms: { ...beside, [parameter]: value } }), String(value)).to.be.fulfilled;
        }
      });
      if (bad.length > 0) {
        it(`${parameter} may not be ${bad.join(", ")}${also}`, async function () {
          for (const value of bad)
            await refused({ terms: { ...beside, [parameter]: value } }, named ?? parameter, value);
        });
      }
    }

    it("the tick size is bounded by the highest price too, in the floor price's name", async function () {
      await expect(tryOut({ terms: { floorPrice: 0, tickSize: 1040 } })).to.be.fulfilled;
      await refused({ terms: { floorPrice: 0, tickSize: 1041 } }, "floorPrice", 0);
    });

    it("a late reading deadline pushes the correction window out of bounds", async function () {
      await refused({ terms: { readingDeadline: 3 * DAY } }, "correctionWindow", 3 * DAY);
    });
  });

  describe("accounts, classes and modules", function () {
    it("every service has an owner", async function () {
      for (const role of ["coordinator", "dso", "feeCollector"]) {
        await refused({ terms: { [role]: ZeroAddress } }, role, 0);
      }
      await refused({ suppliers: [m.supplier.address, ZeroAddress] }, "suppliers", 0);
    });

    it("the payment token has code", async function () {
      await refused({ terms: { paymentToken: m.stranger.address } }, "paymentToken", BigInt(m.stranger.address));
      await refused({ terms: { paymentToken: ZeroAddress } }, "paymentToken", 0);
    });

    it("there are 1 to 16 suppliers", async function () {
      const suppliers = (count: number) => Array.from({ length: count }, () => m.supplier.address);
      for (const count of [1, 16]) await expect(tryOut({ suppliers: suppliers(count) })).to.be.fulfilled;
      for (const count of [0, 17]) await refused({ suppliers: suppliers(count) }, "suppliers", count);
    });

    it("there are 1 to 16 classes", async function () {
      const classes = (count: number) =>
        Array.from({ length: count }, () => ({ supplier: 0, defaultLoadWh: 2 ** 24 - 1 }));
      for (const count of [1, 16]) await expect(tryOut({ classes: classes(count) })).to.be.fulfilled;
      for (const count of [0, 17]) await refused({ classes: classes(count) }, "classes", count);
    });

    it("every class has a supplier of the list", async function () {
      const suppliers = [m.supplier.address, m.stranger.address];
      await expect(tryOut({ suppliers, classes: [{ supplier: 1, defaultLoadWh: 0 }] })).to.be.fulfilled;
      await refused({ suppliers, classes: [{ supplier: 2, defaultLoadWh: 0 }] }, "supplier", 2);
    });

    it("there are 1 to 16 modules", async function () {
      for (const count of [1, 16]) await expect(tryOut({ modules: modules.slice(0, count) })).to.be.fulfilled;
      for (const count of [0, 17]) await refused({ modules: modules.slice(0, count) }, "modules", count);
    });

    it("every module has code and appears once", async function () {
      await refused({ modules: [m.stranger.address] }, "module", BigInt(m.stranger.address));
      const twice = modules[0] ?? "";
      await expect(tryOut({ modules: [twice, twice] }))
        .to.be.revertedWithCustomError(m.registry, "ModuleKnown")
        .withArgs(twice);
    });
  });

  describe("what is created", function () {
    it("a community of its own, with its services as first members, whoever creates it", async function () {
      const { registry, escrow, euro, stranger } = m;
      const before = Number(await registry.communityCount());
      const suppliers = [m.supplier.address, stranger.address];
      const classes = [
        { supplier: 1, defaultLoadWh: 7 },
        { supplier: 0, defaultLoadWh: 250 },
      ];
      const args = await draft({ suppliers, classes, modules: modules.slice(0, 2) });
      const call = registry.connect(stranger).createCommunity(...args);
      const encoded = AbiCoder.defaultAbiCoder().encode(
        [0, 1, 2, 3].map((index) => ParamType.from(registry.interface.getFunction("createCommunity").inputs[index])),
        args.slice(0, 4),
      );
      await expect(call)
        .to.emit(registry, "CommunityCreated")
        .withArgs(
          before,
          keccak256(encoded),
          (value: unknown) => value !== undefined,
          suppliers,
          (value: unknown) => value !== undefined,
          modules.slice(0, 2),
        );
      expect(await registry.termsHash(before)).to.equal(keccak256(encoded));
      expect(await registry.communityCount()).to.equal(before + 1);
      expect(await registry.memberCount(before)).to.equal(5n);
      const owners = [m.coordinator, m.dso, m.feeCollector, m.supplier, stranger];
      for (const [member, owner] of owners.entries()) {
        expect(await registry.ownerOf(before, member)).to.equal(owner.address);
        expect(await registry.supplierOf(before, member)).to.equal(member);
        expect(await escrow.account(before, member)).to.deep.equal([0n, 0n, 0n]);
      }
      expect(await registry.classes(before)).to.deep.equal([7n | (4n << 24n), 250n | (3n << 24n)]);
      expect(await registry.moduleAt(before, 1)).to.equal(args[3][1]);
      expect(await registry.moduleAt(before, 2)).to.equal(ZeroAddress);
      expect(await registry.modulesAtCreation(before)).to.equal(2n);
      expect(await registry.paymentToken(before)).to.equal(await euro.getAddress());
      expect(await escrow.tokenOf(before)).to.equal(await euro.getAddress());
    });

    it("the terms' word holds every parameter at its largest", async function () {
      const { registry } = m;
      const most = {
        slotDuration: 300,
        slotsPerPeriod: 144,
        lotWh: 1000,
        floorPrice: 2035,
        tickSize: 500,
        tickCount: 128,
        wideTicks: true,
        gateClosure: 43_200,
        revealWindow: 43_200,
        bond: 1,
        horizon: 14,
        readingDeadline: 4_838_398,
        correctionWindow: 4_838_399,
        claimWindow: 4_838_400,
        settlementFee: 2 ** 32 - 1,
      };
      await registry.createCommunity(...(await draft({ terms: most })));
      const word = await registry.terms(Number(await registry.communityCount()) - 1);
      const fields: [number, number][] = [
        [most.slotDuration, 16],
        [most.slotsPerPeriod, 8],
        [most.lotWh, 16],
        [most.floorPrice, 16],
        [most.tickSize, 16],
        [most.tickCount, 8],
        [1, 8], // wide ticks
        [most.horizon, 8],
        [129, 8], // ring: horizon + claim window + 2 periods, made odd
        [most.gateClosure, 24],
        [most.readingDeadline, 24],
        [most.correctionWindow, 24],
        [most.claimWindow, 24],
        [most.settlementFee, 32],
        [most.revealWindow, 24],
      ];
      const expected = concat(fields.map(([value, bits]) => toBeHex(value, bits / 8)).reverse());
      expect(word).to.equal(BigInt(expected));
    });

    it("nothing, where a later part is refused", async function () {
      const { registry } = m;
      const before = await registry.communityCount();
      await expect(registry.createCommunity(...(await draft({ tariff: "0x" })))).to.be.revertedWithCustomError(
        registry,
        "TariffLength",
      );
      expect(await registry.communityCount()).to.equal(before);
      expect(await registry.memberCount(before)).to.equal(0n);
    });
  });

  describe("a community that does not exist", function () {
    it("has nobody who may act in it, and says so", async function () {
      const { registry, stranger } = m;
      await expect(registry.connect(stranger).pause(999))
        .to.be.revertedWithCustomError(registry, "NotCoordinator")
        .withArgs(999, stranger.address);
      for (const call of [
        () => registry.trading(999),
        () => registry.tradingFor(999, 0),
        () => registry.memberFor(999, 0, 0),
        () => registry.meterFor(999, 0, 0),
        () => registry.readingOf(999, 0, 0),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(registry, "UnknownCommunity").withArgs(999);
      }
      expect(await registry.ownerOf(999, 0)).to.equal(ZeroAddress);
      expect(await registry.moduleAt(999, 0)).to.equal(ZeroAddress);
    });
  });
});
