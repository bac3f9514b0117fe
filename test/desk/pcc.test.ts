import { expect } from "chai";
import { deployDesk, Finding, pccKey, sumsOf } from "../helpers/desk.ts";
import { connect, deployMarket, encodeValues, key, type Connection, type HomeKeys } from "../helpers/market.ts";
import { goBehind, HOUR, hourly, metered, missing, Registers, valuesAt, type Values } from "../helpers/settling.ts";

const QUIET = valuesAt({});
const LARGEST = 2n ** 96n - 1n;

describe("The PCC meter", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** Two homes and a PCC meter that all count from `first` on. */
  async function world() {
    const m = await deployMarket(connection, { terms: hourly });
    await m.fund(3, 1_000_000_000n);
    const homes = [await m.addHome(), await m.addHome()] as const;
    const d = await deployDesk(connection, m);
    await d.bind();
    const first = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(first + 1));
    return { m, d, homes, first, registers: new Registers(m) };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(world);
  type World = Awaited<ReturnType<typeof world>>;

  async function settle({ m, registers }: World, period: number, read: readonly (readonly [HomeKeys, Values])[]) {
    const items = [];
    for (const [home, values] of read) {
      items.push(await metered(m, home, period, await registers.read(home, period, values)));
    }
    await m.settlement.meterAndSettle(m.community, period, items);
  }

  describe("a binding", function () {
    it("takes the coordinator, the DSO and the meter, and counts from the next period on", async function () {
      const { m, d } = await fixture();
      const now = await m.periodNow();
      const input = { startImport: 5n, startExport: 7n, mostWh: 900, sequence: 2 };
      await expect(d.bind(input, key(81)))
        .to.emit(d.desk, "PccBound")
        .withArgs(m.community, key(81).address, 5, 7, 900, now + 1);
      const next = await d.desk.pccFor(m.community, now + 1);
      expect([...next]).to.deep.equal([key(81).address, BigInt(now + 1), BigInt(now + 1), 5n, 7n, 900n, 2n]);
      expect((await d.desk.pccFor(m.community, now)).meterKey).to.equal(pccKey.address);
      // Replaced again within the same period, the one that never counted leaves no trace.
      await d.bind({ sequence: 3 }, key(82));
      expect((await d.desk.pccFor(m.community, now)).meterKey).to.equal(pccKey.address);
      expect((await d.desk.pccFor(m.community, now + 1)).meterKey).to.equal(key(82).address);
    });

    it("is refused without one of them, and when it is old", async function () {
      const { m, d } = await fixture();
      const [community, paper, consent, proof] = await d.binding({ sequence: 2 });
      await expect(d.desk.connect(m.dso).bindPcc(community, paper, consent, proof))
        .to.be.revertedWithCustomError(d.desk, "NotCoordinator")
        .withArgs(m.community, m.dso.address);
      await expect(d.byCoordinator.bindPcc(...(await d.binding({ sequence: 2 }, pccKey, m.stranger))))
        .to.be.revertedWithCustomError(d.desk, "ConsentInvalid")
        .withArgs(m.dso.address);
      await expect(d.byCoordinator.bindPcc(community, paper, consent, consent))
        .to.be.revertedWithCustomError(d.desk, "MeterProofInvalid")
        .withArgs(pccKey.address);
      const nobody = `0x${"00".repeat(20)}`;
      await expect(d.bind({ sequence: 2, meterKey: nobody }))
        .to.be.revertedWithCustomError(d.desk, "MeterProofInvalid")
        .withArgs(nobody);
      await expect(d.bind()).to.be.revertedWithCustomError(d.desk, "OldSequence").withArgs(1, 1);
      // A slip in the sequence would leave the community without any other meter for good.
      await expect(d.bind({ sequence: 65_538 }))
        .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
        .withArgs("sequence", 65_538);
      await expect(d.bind({ sequence: 2, deadline: 7 }))
        .to.be.revertedWithCustomError(d.desk, "ConsentExpired")
        .withArgs(7);
      expect(await d.desk.pccBindingDigest(m.community, paper)).to.match(/^0x[0-9a-f]{64}$/);
    });

    it("is revoked at once by DSO or coordinator: then no reading counts", async function () {
      const { m, d, first } = await fixture();
      await expect(d.desk.connect(m.stranger).revokePcc(m.community))
        .to.be.revertedWithCustomError(d.desk, "NotOwnerOrCoordinator")
        .withArgs(m.community, 1, m.stranger.address);
      for (const by of [m.dso, m.coordinator]) {
        await expect(d.desk.connect(by).revokePcc(m.community))
          .to.emit(d.desk, "PccRevoked")
          .withArgs(m.community, by.address);
      }
      await expect(d.post(first, QUIET)).to.be.revertedWithCustomError(d.desk, "NoPcc").withArgs(m.community, first);
      // The one before goes with it.
      await d.bind({ sequence: 2 }, key(81));
      await m.goTo(m.periodStart(first + 2));
      await d.bind({ sequence: 3 }, key(82));
      await d.desk.connect(m.dso).revokePcc(m.community);
      await m.goTo(m.periodStart(first + 4));
      for (const [period, meter] of [
        [first + 2, key(81)],
        [first + 3, key(82)],
      ] as const) {
        const reading = await d.reading(period, QUIET, {}, meter);
        await expect(d.desk.postPcc(m.community, period, reading))
          .to.be.revertedWithCustomError(d.desk, "NoPcc")
          .withArgs(m.community, period);
      }
    });

    it("leaves the meter before to its periods, each with registers of its own", async function () {
      const { m, d, first } = await fixture();
      await d.bind({ sequence: 2, startImport: 10n }, key(81));
      await m.goTo(m.periodStart(first + 3));
      const [old, fresh] = [valuesAt({ 1: [9, 2] }), valuesAt({ 2: [4, 1] })];
      const byNew = await d.reading(first + 2, fresh, { startImport: 12n }, key(81));
      await d.desk.postPcc(m.community, first + 2, byNew);
      await d.post(first, old);
      const stolen = await d.reading(first + 1, old, { startImport: 9n, startExport: 2n }, key(81));
      await expect(d.desk.postPcc(m.community, first + 1, stolen))
        .to.be.revertedWithCustomError(d.desk, "BadSignature")
        .withArgs(pccKey.address);
      await d.post(first + 1, old, { startImport: 9n, startExport: 2n });
      const ends = async (period: number) => {
        const { nextPeriod, importRegister, exportRegister } = await d.desk.pccFor(m.community, period);
        return [nextPeriod, importRegister, exportRegister];
      };
      expect(await ends(first + 1)).to.deep.equal([BigInt(first + 2), 18n, 4n]);
      expect(await ends(first + 2)).to.deep.equal([BigInt(first + 3), 16n, 1n]);
    });

    it("knows the last two meters: periods before them have none", async function () {
      const { m, d, homes, first, registers } = await fixture();
      await d.bind({ sequence: 2 }, key(81));
      await m.goTo(m.periodStart(first + 3));
      await d.bind({ sequence: 3 }, key(82));
      const meterKey = async (period: number) => (await d.desk.pccFor(m.community, period)).meterKey;
      expect([await meterKey(first + 2), await meterKey(first + 4)]).to.deep.equal([key(81).address, key(82).address]);
      const { sequence } = await d.desk.pccFor(m.community, first + 1);
      expect([await meterKey(first + 1), sequence]).to.deep.equal([`0x${"00".repeat(20)}`, 0n]);
      const item = await metered(m, homes[0], first, await registers.read(homes[0], first, QUIET));
      await m.settlement.meterAndSettle(m.community, first, [item]);
      for (const refused of [d.post, d.compare]) {
        await expect(refused(first, QUIET)).to.be.revertedWithCustomError(d.desk, "NoPcc").withArgs(m.community, first);
      }
    });

    it("of a second meter keeps late readings of the first one out of places that are taken", async function () {
      const { m, d, first } = await fixture();
      const ring = 9; // of an hourly community, see `hourly`
      await d.bind({ sequence: 2 }, key(81));
      await m.goTo(m.periodStart(first + ring + 1));
      const byNew = await d.reading(first + ring, QUIET, { closesGap: true }, key(81));
      await d.desk.postPcc(m.community, first + ring, byNew);
      await expect(d.post(first, QUIET))
        .to.be.revertedWithCustomError(d.desk, "ReadingTooOld")
        .withArgs(m.community, first);
      expect((await d.desk.pccReadingOf(m.community, first)).known).to.equal(false);
      await d.post(first + 1, QUIET, { closesGap: true });
    });
  });

  describe("a reading", function () {
    it("goes in once, in order, from anybody, and is kept", async function () {
      const { m, d, first } = await fixture();
      const values = valuesAt({ 0: [300, 0], 3: [0, 120] });
      await expect(d.post(first, values))
        .to.emit(d.desk, "PccRead")
        .withArgs(m.community, first, 0, 0, 0, encodeValues(values));
      const kept = await d.desk.pccReadingOf(m.community, first);
      expect([kept.known, kept.imported, kept.exported, kept.amount]).to.deep.equal([true, 300n, 120n, 0n]);
      await expect(d.post(first, values))
        .to.be.revertedWithCustomError(d.desk, "AlreadyRead")
        .withArgs(m.community, first);
      await expect(d.post(first + 1, values, { startImport: 300n, startExport: 120n }))
        .to.be.revertedWithCustomError(d.desk, "PeriodNotOver")
        .withArgs(m.community, first + 1);
      await expect(d.post(first - 1, values))
        .to.be.revertedWithCustomError(d.desk, "NoPcc")
        .withArgs(m.community, first - 1);
      expect((await d.desk.pccReadingOf(m.community, first + 1)).known).to.equal(false);
    });

    it("is refused where it is not signed, too long, or more than the connection carries", async function () {
      const { m, d, first } = await fixture();
      const forged = await d.reading(first, QUIET, {}, key(83));
      await expect(d.desk.postPcc(m.community, first, forged))
        .to.be.revertedWithCustomError(d.desk, "BadSignature")
        .withArgs(pccKey.address);
      const other = { ...(await d.reading(first, QUIET)), startImport: 1n };
      await expect(d.desk.postPcc(m.community, first, other)).to.be.revertedWithCustomError(d.desk, "BadSignature");
      await expect(d.post(first, [...QUIET, [0, 0]]))
        .to.be.revertedWithCustomError(d.desk, "BadLength")
        .withArgs(30, 24);
      for (const value of [
        [100_001, 0],
        [0, 100_001],
      ] as const) {
        await expect(d.post(first, valuesAt({ 2: value })))
          .to.be.revertedWithCustomError(d.desk, "OverRated")
          .withArgs(100_001, 100_000);
      }
      await d.post(first, valuesAt({ 2: [100_000, 100_000] }));
      const digest = await d.desk.pccReadingDigest(m.community, first, other);
      expect(digest).to.match(/^0x[0-9a-f]{64}$/);
    });

    it("starts where the last one ended, or says that it closes a gap", async function () {
      const { m, d, first } = await fixture();
      // The first one may start anywhere above what was bound.
      await d.post(first, valuesAt({ 0: [5, 4] }), { startImport: 1_000n, startExport: 1_000n });
      await m.goTo(m.periodStart(first + 4));
      const at = { startImport: 1_005n, startExport: 1_004n };
      for (const [fields, register, known] of [
        [{ startImport: 1_004n }, 1_004, 1_005],
        [{ startExport: 1_003n }, 1_003, 1_004],
      ] as const) {
        await expect(d.post(first + 1, QUIET, { ...at, ...fields }))
          .to.be.revertedWithCustomError(d.desk, "RegisterDown")
          .withArgs(register, known);
      }
      for (const [fields, register, known] of [
        [{ startImport: 1_006n }, 1_006, 1_005],
        [{ startExport: 1_009n }, 1_009, 1_004],
      ] as const) {
        await expect(d.post(first + 1, QUIET, { ...at, ...fields }))
          .to.be.revertedWithCustomError(d.desk, "RegisterGap")
          .withArgs(register, known);
      }
      await expect(d.post(first + 3, QUIET, at)).to.be.revertedWithCustomError(d.desk, "RegisterGap");
      // What a gap can hold: as much as the connection carries in the slots of the missing periods.
      const most = 2n * 4n * 100_000n;
      for (const fields of [
        { startImport: 1_005n + most + 1n, startExport: 1_004n },
        { startImport: 1_005n, startExport: 1_004n + most + 1n },
      ]) {
        await expect(d.post(first + 3, QUIET, { ...fields, closesGap: true }))
          .to.be.revertedWithCustomError(d.desk, "OverRated")
          .withArgs(most + 1n, most);
      }
      const after = { startImport: 1_005n + most, startExport: 1_004n + most, closesGap: true };
      await expect(d.post(first + 3, QUIET, after))
        .to.emit(d.desk, "PccRead")
        .withArgs(m.community, first + 3, 0, most, most, encodeValues(QUIET));
      await expect(d.post(first + 1, QUIET, at)).to.be.revertedWithCustomError(d.desk, "AlreadyRead");
    });

    it("is taken from the second on in which its period ends", async function () {
      const { m, d } = await fixture();
      const { time } = connection.networkHelpers;
      const period = await m.periodNow();
      await time.setNextBlockTimestamp(m.periodStart(period + 1) - 1);
      await expect(d.post(period, QUIET, { closesGap: true })).to.be.revertedWithCustomError(d.desk, "PeriodNotOver");
      await time.setNextBlockTimestamp(m.periodStart(period + 1));
      await expect(d.post(period, QUIET, { closesGap: true })).to.emit(d.desk, "PccRead");
    });

    it("of a new meter says so where that of its first period is missing: what nobody read is invoiced", async function () {
      const { m, d, first } = await fixture();
      await m.goTo(m.periodStart(first + 3));
      const late = { startImport: 700n, startExport: 30n };
      await expect(d.post(first + 2, QUIET, late))
        .to.be.revertedWithCustomError(d.desk, "RegisterGap")
        .withArgs(700, 0);
      // What it can have counted: in both periods, and in the one in which it was bound.
      const most = 3n * 4n * 100_000n;
      await expect(d.post(first + 2, QUIET, { ...late, startExport: most + 1n, closesGap: true }))
        .to.be.revertedWithCustomError(d.desk, "OverRated")
        .withArgs(most + 1n, most);
      await expect(d.post(first + 2, QUIET, { ...late, closesGap: true }))
        .to.emit(d.desk, "PccRead")
        .withArgs(m.community, first + 2, 0, 700, 30, encodeValues(QUIET));
    });

    it("is refused where a register would not fit", async function () {
      const { d, first } = await fixture();
      await expect(d.post(first, valuesAt({ 0: [1, 0] }), { startImport: LARGEST }))
        .to.be.revertedWithCustomError(d.desk, "OverRated")
        .withArgs(LARGEST + 1n, LARGEST);
      await d.post(first, QUIET, { startImport: LARGEST, startExport: LARGEST });
    });
  });

  describe("a correction", function () {
    const values = valuesAt({ 0: [300, 0], 1: [0, 50] });
    const better = valuesAt({ 0: [310, 0], 1: [0, 40] });

    it("replaces a reading and keeps both values, as often as the meter signs a later revision", async function () {
      const { m, d, first } = await fixture();
      await d.post(first, values);
      await expect(d.correct(first, better, { revision: 3 }))
        .to.emit(d.desk, "PccCorrected")
        .withArgs(m.community, first, 300, 50, 310, 40)
        .and.to.emit(d.desk, "PccRead")
        .withArgs(m.community, first, 3, 0, 0, encodeValues(better));
      for (const revision of [0, 3]) {
        await expect(d.correct(first, values, { revision }))
          .to.be.revertedWithCustomError(d.desk, "OldRevision")
          .withArgs(revision, 3);
      }
      await d.correct(first, values, { revision: 4 });
      const { importRegister, exportRegister } = await d.desk.pccFor(m.community, first);
      expect([importRegister, exportRegister]).to.deep.equal([300n, 50n]);
    });

    it("keeps the registers at which other readings start or end", async function () {
      const { m, d, first } = await fixture();
      await d.post(first, values, { startImport: 10n, startExport: 20n });
      for (const fields of [
        { startImport: 11n, startExport: 20n },
        { startImport: 10n, startExport: 21n },
      ]) {
        await expect(d.correct(first, values, { ...fields, revision: 1 })).to.be.revertedWithCustomError(
          d.desk,
          "RegisterFixed",
        );
      }
      await m.goTo(m.periodStart(first + 2));
      await d.post(first + 1, QUIET, { startImport: 310n, startExport: 70n });
      const at = { startImport: 10n, startExport: 20n, revision: 1 };
      await expect(d.correct(first, better, at))
        .to.be.revertedWithCustomError(d.desk, "RegisterFixed")
        .withArgs(310, 300);
      await expect(d.correct(first, valuesAt({ 0: [300, 0], 1: [0, 40] }), at))
        .to.be.revertedWithCustomError(d.desk, "RegisterFixed")
        .withArgs(40, 50);
      // The same energy in other slots is fine.
      await d.correct(first, valuesAt({ 2: [300, 0], 3: [0, 50] }), at);
    });

    it("needs a reading, a signature, and comes before the correction window ends", async function () {
      const { m, d, first } = await fixture();
      await expect(d.correct(first, values, { revision: 1 }))
        .to.be.revertedWithCustomError(d.desk, "NotRead")
        .withArgs(m.community, first);
      await d.post(first, values);
      const forged = await d.reading(first, better, { revision: 1 }, key(83));
      await expect(d.desk.correctPcc(m.community, first, forged)).to.be.revertedWithCustomError(d.desk, "BadSignature");
      await goBehind(m, first, 3 * HOUR - 1);
      await d.correct(first, better, { revision: 1 });
      await goBehind(m, first, 3 * HOUR);
      await expect(d.correct(first, values, { revision: 2 }))
        .to.be.revertedWithCustomError(d.desk, "CorrectionOver")
        .withArgs(m.community, first);
    });
  });

  describe("a tolerance", function () {
    it("is set by the coordinator, ahead, and stays as it was for periods before", async function () {
      const { m, d, first } = await fixture();
      await expect(d.desk.connect(m.stranger).setTolerance(m.community, 1, 1))
        .to.be.revertedWithCustomError(d.desk, "NotCoordinator")
        .withArgs(m.community, m.stranger.address);
      await expect(d.byCoordinator.setTolerance(m.community, 1_001, 0))
        .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
        .withArgs("permille", 1_001);
      const now = await m.periodNow();
      await expect(d.byCoordinator.setTolerance(m.community, 20, 500))
        .to.emit(d.desk, "ToleranceSet")
        .withArgs(m.community, now + 1, 20, 500);
      await d.byCoordinator.setTolerance(m.community, 30, 600); // within the same period: the last word counts
      await m.goTo(m.periodStart(now + 5));
      await d.byCoordinator.setTolerance(m.community, 40, 700);
      const at = async (period: number) => [...(await d.desk.toleranceAt(m.community, period))];
      expect(await at(first)).to.deep.equal([0n, 0n]);
      expect(await at(now)).to.deep.equal([0n, 0n]);
      expect(await at(now + 1)).to.deep.equal([30n, 600n]);
      expect(await at(now + 5)).to.deep.equal([30n, 600n]);
      expect(await at(now + 6)).to.deep.equal([40n, 700n]);
    });
  });

  describe("compared with the members", function () {
    /** Members: 1,000 Wh in, 400 out over two slots. */
    const [one, two] = [valuesAt({ 0: [1_000, 0] }), valuesAt({ 1: [0, 400] })];
    const exact = valuesAt({ 0: [1_000, 0], 1: [0, 400] });

    async function compared(tolerance: readonly [number, number], values: Values) {
      const w = await fixture();
      const { m, d, homes, first } = w;
      const period = first + 2;
      await d.byCoordinator.setTolerance(m.community, ...tolerance);
      await settle(w, first, [
        [homes[0], QUIET],
        [homes[1], QUIET],
      ]);
      await m.goTo(m.periodStart(period));
      await settle(w, first + 1, [
        [homes[0], QUIET],
        [homes[1], QUIET],
      ]);
      await m.goTo(m.periodStart(period + 1));
      await settle(w, period, [
        [homes[0], one],
        [homes[1], two],
      ]);
      await d.post(period, values, { closesGap: true });
      await goBehind(m, period, HOUR + 1); // a call without a transaction sees the block before
      return { ...w, period };
    }

    it("raises an imbalance event if the residual is above the tolerance, with both values (N5)", async function () {
      // 1,050 Wh in slot 0, 390 out in slot 1: 60 Wh off; tolerated are 5 permille of 1,400 Wh and 50 Wh.
      const values = valuesAt({ 0: [1_050, 0], 1: [0, 390] });
      const { m, d, period } = await compared([5, 50], values);
      await expect(d.compare(period, values))
        .to.emit(d.desk, "PccImbalance")
        .withArgs(m.community, period, 660, 600, 60, 57, 2);
    });

    it("says that all is well up to the tolerance, losses of the lines within it", async function () {
      const values = valuesAt({ 0: [1_050, 0], 1: [0, 393] });
      const { m, d, period } = await compared([5, 50], values);
      expect(await d.desk.comparePcc.staticCall(m.community, period, encodeValues(values))).to.equal(Finding.Balanced);
      await expect(d.compare(period, values))
        .to.emit(d.desk, "PccBalanced")
        .withArgs(m.community, period, 657, 600, 57, 57, 2);
    });

    it("sees what a sum over the period hides: a meter whose clock is wrong", async function () {
      const values = valuesAt({ 1: [1_000, 0], 2: [0, 400] });
      const { m, d, period } = await compared([5, 50], values);
      await expect(d.compare(period, values))
        .to.emit(d.desk, "PccImbalance")
        .withArgs(m.community, period, 600, 600, 2_800, 57, 2);
    });

    it("looks again after a correction", async function () {
      const { m, d, period } = await compared([0, 0], one);
      const [imported, exported] = sumsOf(one);
      expect([imported, exported]).to.deep.equal([1_000n, 0n]);
      await expect(d.compare(period, one)).to.emit(d.desk, "PccImbalance");
      await d.correct(period, exact, { revision: 1 });
      await expect(d.compare(period, one))
        .to.be.revertedWithCustomError(d.desk, "ValuesMismatch")
        .withArgs(m.community, period);
      await expect(d.compare(period, exact))
        .to.emit(d.desk, "PccBalanced")
        .withArgs(m.community, period, 600, 600, 0, 0, 2);
    });

    it("waits for the reading deadline, and for every open journal", async function () {
      const w = await fixture();
      const { m, d, homes, first, registers } = w;
      await d.post(first, one);
      await expect(d.compare(first, one))
        .to.be.revertedWithCustomError(d.desk, "DeadlineAhead")
        .withArgs(m.periodStart(first + 1) + HOUR);
      const item = await metered(m, homes[0], first, await registers.read(homes[0], first, one));
      await m.settlement.meter(m.community, first, [item]);
      await goBehind(m, first, HOUR);
      await expect(d.compare(first, one)).to.be.revertedWithCustomError(d.desk, "MembersOpen").withArgs(1, 0);
      await m.settlement.settle(m.community, first, [
        { member: item.member, values: item.reading.values, gapLeg: 0n, records: [] },
      ]);
      await expect(d.compare(first, one))
        .to.emit(d.desk, "PccBalanced")
        .withArgs(m.community, first, 1_000, 1_000, 0, 0, 1);
      // A member that is estimated counts with its estimate: the PCC tells that it took nothing.
      await m.settlement.settleEstimated(m.community, first, [await missing(m, homes[1], first)]);
      await expect(d.compare(first, one))
        .to.emit(d.desk, "PccImbalance")
        .withArgs(m.community, first, 1_000, 2_000, 1_000, 0, 2);
    });

    it("tells nothing of a period that nobody was settled in, or that is too long ago", async function () {
      const w = await fixture();
      const { m, d, homes, first } = w;
      await settle(w, first, [[homes[0], one]]);
      await d.post(first, one);
      await goBehind(m, first, HOUR);
      await d.compare(first, one);
      const ring = 9;
      await m.goTo(m.periodStart(first + ring + 1));
      for (let period = first + 1; period <= first + ring; period++) {
        await settle(w, period, [[homes[0], QUIET]]);
      }
      await expect(d.compare(first, one)).to.be.revertedWithCustomError(d.desk, "MembersOpen").withArgs(0, 0);
      await expect(d.compare(first + 20, one)).to.be.revertedWithCustomError(d.desk, "DeadlineAhead");
    });

    it("is missing where its meter was revoked before it was read", async function () {
      const w = await fixture();
      const { m, d, homes, first } = w;
      await settle(w, first, [
        [homes[0], one],
        [homes[1], two],
      ]);
      await d.desk.connect(m.dso).revokePcc(m.community);
      await goBehind(m, first, HOUR);
      await expect(d.post(first, exact)).to.be.revertedWithCustomError(d.desk, "NoPcc").withArgs(m.community, first);
      await expect(d.compare(first, QUIET)).to.emit(d.desk, "PccMissing").withArgs(m.community, first, 600, 2);
    });

    it("is missing where no reading came: the desk says so, and members are settled all the same", async function () {
      const w = await fixture();
      const { m, d, homes, first } = w;
      await settle(w, first, [
        [homes[0], one],
        [homes[1], two],
      ]);
      expect(await m.escrow.journals(m.community, first)).to.deep.equal([2n, 2n]);
      await goBehind(m, first, HOUR + 1); // a call without a transaction sees the block before
      expect(await d.desk.comparePcc.staticCall(m.community, first, "0x")).to.equal(Finding.Missing);
      await expect(d.compare(first, QUIET)).to.emit(d.desk, "PccMissing").withArgs(m.community, first, 600, 2);
      await d.post(first, exact); // late, but not too late
      await expect(d.compare(first, exact)).to.emit(d.desk, "PccBalanced");
    });

    it("needs a PCC meter", async function () {
      const w = await fixture();
      const { m, homes, first } = w;
      const d = await deployDesk(connection, m);
      await settle(w, first, [[homes[0], one]]);
      await goBehind(m, first, HOUR);
      await expect(d.compare(first, one)).to.be.revertedWithCustomError(d.desk, "NoPcc").withArgs(m.community, first);
    });
  });
});
