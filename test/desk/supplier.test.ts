import { expect } from "chai";
import { AbiCoder, keccak256 } from "ethers";
import { deployDesk, SUPPLIER, supplyBytes, type PriceAt } from "../helpers/desk.ts";
import { connect, deployMarket, encodeValues, type Connection, type Market } from "../helpers/market.ts";
import { expectSolvent, freeOf, goBehind, HOUR, hourly, Registers, valuesAt } from "../helpers/settling.ts";
import { deploySharing, itemsOf } from "../helpers/sharing.ts";

const flat = (importPrice: number, exportPrice: number): PriceAt[] =>
  Array.from({ length: 4 }, () => [importPrice, exportPrice] as const);
const NONE = `0x${"00".repeat(32)}`;

/** The account's hash chain after an invoice. */
const chained = (head: string, period: number, revision: number, values: string, amount: bigint) =>
  keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ["bytes32", "uint32", "uint32", "bytes32", "int256"],
      [head, period, revision, keccak256(values), amount],
    ),
  );

describe("The account with the supplier", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function world() {
    const m = await deployMarket(connection, { terms: hourly });
    const d = await deployDesk(connection, m);
    await d.bind();
    const first = (await m.periodNow()) + 1;
    return { m, d, first };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(world);

  describe("prices", function () {
    it("need supplier and coordinator, and count from a period to come until the next version", async function () {
      const { m, d, first } = await fixture();
      await expect(d.deliver(first, flat(200, 50)))
        .to.emit(d.desk, "SupplyPublished")
        .withArgs(m.community, SUPPLIER, first, anyAddress, supplyBytes(flat(200, 50)));
      await d.deliver(first + 5, flat(300, 60));
      const at = async (period: number) => (await d.desk.supplyAt(m.community, period)).supplier;
      expect([await at(first - 1), await at(first), await at(first + 99)]).to.deep.equal([0n, 3n, 3n]);
      const { blob } = await d.desk.supplyAt(m.community, first + 4);
      const code = await connection.ethers.provider.getCode(blob);
      expect(code).to.equal(`0x00${supplyBytes(flat(200, 50)).slice(2)}`);
      expect((await d.desk.supplyAt(m.community, first + 5)).blob).to.not.equal(blob);
    });

    it("are refused without one of them, behind their time, out of order, and where they do not fit", async function () {
      const { m, d, first } = await fixture();
      const prices = flat(200, 50);
      await expect(d.desk.connect(m.supplier).publishSupply(...(await d.supply(first, prices))))
        .to.be.revertedWithCustomError(d.desk, "NotCoordinator")
        .withArgs(m.community, m.supplier.address);
      await expect(d.deliver(first, prices, {}, m.stranger))
        .to.be.revertedWithCustomError(d.desk, "ConsentInvalid")
        .withArgs(m.supplier.address);
      await expect(d.deliver(first, prices, { deadline: 5 }))
        .to.be.revertedWithCustomError(d.desk, "ConsentExpired")
        .withArgs(5);
      await expect(d.deliver(first - 1, prices))
        .to.be.revertedWithCustomError(d.desk, "SupplyTooLate")
        .withArgs(first - 1, first);
      const furthest = first + 366 * 24;
      await expect(d.deliver(furthest + 1, prices))
        .to.be.revertedWithCustomError(d.desk, "SupplyTooEarly")
        .withArgs(furthest + 1, furthest);
      await d.deliver(first + 1, prices);
      for (const from of [first, first + 1]) {
        await expect(d.deliver(from, prices))
          .to.be.revertedWithCustomError(d.desk, "SupplyOutOfOrder")
          .withArgs(from, first + 1);
      }
      for (const supplier of [0, 2, 4]) {
        await expect(d.deliver(first + 2, prices, { supplier }))
          .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
          .withArgs("supplier", supplier);
      }
      await expect(d.deliver(first + 2, prices.slice(1)))
        .to.be.revertedWithCustomError(d.desk, "BadLength")
        .withArgs(14, 18);
      await expect(d.deliver(first + 2, prices, { tariff: `0x0001${supplyBytes(prices).slice(6)}` }))
        .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
        .withArgs("networkFee", 1);
      const [, paper] = await d.supply(first + 2, prices);
      expect(await d.desk.supplyDigest(m.community, paper)).to.match(/^0x[0-9a-f]{64}$/);
    });
  });

  describe("invoices", function () {
    const values = valuesAt({ 0: [1_000, 0], 1: [20, 300], 3: [0, 70] });
    const prices: PriceAt[] = [
      [200, 50],
      [310, 61],
      [65_535, 65_535],
      [0, 9],
    ];
    const cost = 1_000n * 200n + 20n * 310n - 300n * 61n - 70n * 9n;

    it("add up to the PCC meter times the tariff (N2)", async function () {
      const { m, d, first } = await fixture();
      await d.deliver(first, prices);
      await d.deliver(first + 1, flat(100, 40));
      await m.goTo(m.periodStart(first + 4));
      const head = chained(NONE, first, 0, encodeValues(values), cost);
      await expect(d.post(first, values))
        .to.emit(d.desk, "Invoiced")
        .withArgs(m.community, SUPPLIER, first, 0, cost, head);
      // Of two missing periods only the registers tell: 5,000 in, 800 out, at the dearest and the cheapest price.
      const late = { startImport: 6_020n, startExport: 1_170n, closesGap: true };
      await d.post(first + 3, valuesAt({ 2: [7, 3] }), late);
      const after = 5_007n * 100n - 803n * 40n;
      expect((await d.account()).invoiced).to.equal(cost + after);
      const { importRegister, exportRegister } = await d.desk.pccFor(m.community, first);
      expect([importRegister, exportRegister]).to.deep.equal([6_027n, 1_173n]);
    });

    it("are corrected by the difference, and both stay in the chain", async function () {
      const { m, d, first } = await fixture();
      await d.deliver(first, prices);
      await m.goTo(m.periodStart(first + 1));
      await d.post(first, values, { startImport: 400n });
      const better = valuesAt({ 0: [900, 0], 1: [20, 300], 3: [50, 70] });
      const one = chained(NONE, first, 0, encodeValues(values), cost);
      const two = chained(one, first, 2, encodeValues(better), -100n * 200n);
      await expect(d.correct(first, better, { startImport: 400n, revision: 2 }))
        .to.emit(d.desk, "Invoiced")
        .withArgs(m.community, SUPPLIER, first, 2, -100n * 200n, two);
      expect(await d.account()).to.deep.equal({
        invoiced: cost - 20_000n,
        acknowledged: 0n,
        paid: 0n,
        head: two,
      });
    });

    it("are corrected again by what changed since", async function () {
      const { m, d, first } = await fixture();
      await d.deliver(first, flat(100, 40));
      await m.goTo(m.periodStart(first + 1));
      await d.post(first, valuesAt({ 0: [10, 0] }));
      for (const [revision, wh] of [13, 4, 21].entries()) {
        await d.correct(first, valuesAt({ 0: [wh, 0] }), { revision: revision + 1 });
        const { amount } = await d.desk.pccReadingOf(m.community, first);
        expect([amount, (await d.account()).invoiced]).to.deep.equal([100n * BigInt(wh), 100n * BigInt(wh)]);
      }
    });

    it("keep what closed a gap when the reading behind it is corrected", async function () {
      const { m, d, first } = await fixture();
      await d.deliver(first, flat(100, 40));
      await m.goTo(m.periodStart(first + 2));
      await d.post(first, values);
      const before = 1_020n * 100n - 370n * 40n;
      const start = { startImport: 1_520n, startExport: 370n, closesGap: true };
      await d.post(first + 1, valuesAt({ 0: [10, 0] }), start);
      expect((await d.account()).invoiced).to.equal(before + 510n * 100n);
      expect((await d.desk.pccReadingOf(m.community, first + 1)).amount).to.equal(1_000n);
      await d.correct(first + 1, valuesAt({ 0: [14, 0] }), { ...start, revision: 1 });
      expect((await d.account()).invoiced).to.equal(before + 514n * 100n);
    });

    it("are none where nobody delivers, and go to whoever delivers then", async function () {
      const m = await deployTwoSuppliers();
      const d = await deployDesk(connection, m);
      await d.bind();
      const first = (await m.periodNow()) + 1;
      await d.deliver(first + 1, flat(100, 40));
      await d.deliver(first + 2, flat(300, 20), { supplier: 4 }, m.stranger);
      await m.goTo(m.periodStart(first + 3));
      const wh = valuesAt({ 1: [10, 0] });
      await d.post(first, wh);
      expect((await d.account()).invoiced).to.equal(0n);
      await d.correct(first, wh, { revision: 1 });
      await d.post(first + 1, wh, { startImport: 10n });
      await d.post(first + 2, wh, { startImport: 20n });
      expect((await d.account()).invoiced).to.equal(1_000n);
      expect((await d.account(4)).invoiced).to.equal(3_000n);
    });

    async function deployTwoSuppliers(): Promise<Market> {
      const m = await deployMarket(connection, { terms: hourly });
      const euro = await m.euro.getAddress();
      const { coordinator, dso, feeCollector } = m;
      const accounts = { coordinator: coordinator.address, dso: dso.address, feeCollector: feeCollector.address };
      const prices = supplyBytes(flat(300, 80));
      await m.registry.createCommunity(
        { ...m.terms, paymentToken: euro, ...accounts },
        [m.supplier.address, m.stranger.address],
        [{ supplier: 0, defaultLoadWh: 250 }],
        [await m.auction.getAddress()],
        prices,
      );
      return { ...m, community: m.community + 1 };
    }

    it("are acknowledged by the supplier, the latest of them alone", async function () {
      const { m, d, first } = await fixture();
      await d.deliver(first, prices);
      await m.goTo(m.periodStart(first + 1));
      await d.post(first, values);
      const { head } = await d.account();
      const acknowledge = async (by: Parameters<typeof d.desk.connect>[0], of = head) =>
        await d.desk.connect(by).acknowledge(m.community, SUPPLIER, of);
      await expect(acknowledge(m.coordinator))
        .to.be.revertedWithCustomError(d.desk, "NotOwner")
        .withArgs(m.community, SUPPLIER, m.coordinator.address);
      await expect(acknowledge(m.supplier, NONE))
        .to.be.revertedWithCustomError(d.desk, "HeadMismatch")
        .withArgs(NONE, head);
      await expect(acknowledge(m.supplier)).to.emit(d.desk, "Acknowledged").withArgs(m.community, SUPPLIER, head, cost);
      expect((await d.account()).acknowledged).to.equal(cost);
      await expect(d.desk.connect(m.dso).acknowledge(m.community, 1, NONE))
        .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
        .withArgs("supplier", 1);
    });

    it("are paid elsewhere: whoever received it says so", async function () {
      const { m, d } = await fixture();
      const note = async (by: Parameters<typeof d.desk.connect>[0], amount: bigint) =>
        await d.desk.connect(by).notePayment(m.community, SUPPLIER, amount);
      await expect(note(m.coordinator, 5n))
        .to.be.revertedWithCustomError(d.desk, "NotOwner")
        .withArgs(m.community, SUPPLIER, m.coordinator.address);
      await expect(note(m.supplier, -5n))
        .to.be.revertedWithCustomError(d.desk, "NotOwner")
        .withArgs(m.community, 0, m.supplier.address);
      await expect(note(m.supplier, 500n)).to.emit(d.desk, "PaymentNoted").withArgs(m.community, SUPPLIER, 500, 500);
      await expect(note(m.coordinator, -120n))
        .to.emit(d.desk, "PaymentNoted")
        .withArgs(m.community, SUPPLIER, -120, 380);
      expect((await d.account()).paid).to.equal(380n);
      expect(await m.euro.balanceOf(d.desk)).to.equal(0n);
    });
  });

  it("where no energy is lost, is what members' grid legs bring the supplier, to the base unit (N2)", async function () {
    const m = await deploySharing(connection);
    const d = await deployDesk(connection, m);
    await m.fund(SUPPLIER, 1_000_000_000n);
    const homes = [await m.addHome(), await m.addHome(), await m.addHome()] as const;
    const budgets = await Promise.all(homes.map(async (home) => await m.signBudget({ home })));
    await m.sharing.keepBudgets(m.community, budgets);
    await d.bind();
    const period = (await m.periodNow()) + 2;
    await d.deliver(period, flat(200, 50)); // as the members'
    await m.goTo(m.periodStart(period - 1));
    await m.join(period, homes);
    const registers = new Registers(m);
    await m.goTo(m.periodStart(period + 1));
    const quiet = homes.map((home) => [home, valuesAt({})] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    const items = await itemsOf(m, registers, period, [
      [homes[0], valuesAt({ 0: [0, 4_000], 1: [0, 3_500], 3: [120, 0] })],
      [homes[1], valuesAt({ 0: [3_000, 0], 1: [900, 0], 3: [7, 0] })],
      [homes[2], valuesAt({ 0: [2_500, 0], 1: [1_001, 0], 2: [0, 333] })],
    ]);
    await goBehind(m, period, HOUR);
    const before = await freeOf(m, SUPPLIER);
    await m.sharing.meterAndSettle(m.community, period, items);
    const got = (await freeOf(m, SUPPLIER)) - before;
    const pcc = valuesAt({ 0: [1_500, 0], 1: [0, 1_599], 2: [0, 333], 3: [127, 0] });
    await d.post(period, pcc, { closesGap: true });
    expect(got).to.equal(1_627n * 200n - 1_932n * 50n);
    expect((await d.account()).invoiced).to.equal(got);
    await goBehind(m, period, 2 * HOUR);
    await expect(d.compare(period, pcc)).to.emit(d.desk, "PccBalanced");
    await expectSolvent(m);
  });
});

const anyAddress = (value: string) => /^0x[0-9a-fA-F]{40}$/.test(value);
