import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { connect, type Connection } from "./helpers/market.ts";
import { ANNA, BELA, CARL, escrowLab, fund, type Lab } from "./helpers/escrow-lab.ts";
import { keysOf, membership } from "./helpers/membership.ts";
import { packHead, packRecord, type RecordInput } from "./helpers/modules.ts";
import { afterRecord, EMPTY_JOURNAL } from "./reference/journal.ts";

const FUNDS = 10_000n;
const FEE = 7n;
const [INACTIVE, ACTIVE, STAYS_ACTIVE] = [0n, 1n, 2n];

describe("PaymentEscrow.append, of the order book", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** Bela and Carl are neighbours: they share a word of accounts. All three have had a record, so nobody asks about them any more. */
  async function build() {
    const lab = await escrowLab(connection, undefined, { settlementFee: Number(FEE) });
    const { escrow, community, period, speakers } = lab;
    for (const member of [ANNA, BELA, CARL]) await fund(lab, member, FUNDS);
    const pack = (...records: readonly RecordInput[]) =>
      `0x${records.map((each) => packRecord(each).slice(2)).join("")}`;
    const append = async (bytes: string, { of = period, module = 0 } = {}) => {
      const speaker = speakers[module];
      if (!speaker) throw new Error("no module");
      return await escrow.connect(speaker).append(community, of, module, ZeroAddress, bytes);
    };
    await append(pack(...[ANNA, BELA, CARL].map((member) => record(member, 0n))));
    return { ...lab, pack, append };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(build);

  const record = (member: number, reserve: bigint, rest: Partial<RecordInput> = {}): RecordInput => ({
    member,
    head: packHead({ module: 0, reserve, buyWh: reserve + 1n, sellWh: reserve + 2n }),
    digest: `0x${(reserve + 1n).toString(16).padStart(64, "0")}`,
    payload: `0x${reserve.toString(16).padStart(6, "0")}`,
    ...rest,
  });
  const journalOf = async ({ escrow, community, period }: Lab, member: number) => {
    const [hash, entries, records, frontier] = await escrow.journal(community, member, period);
    return { hash, entries, records, frontier };
  };
  const folded = (...records: readonly RecordInput[]) =>
    records.reduce(
      (hash, { head, digest = "0x", payload = "0x" }) => afterRecord(hash, head, digest, payload),
      EMPTY_JOURNAL,
    );
  const statesOf = async ({ registry, community, period }: Lab, module: number, ...members: number[]) => [
    ...(await registry.activity(community, period, module, members)),
  ];

  for (const [what, members] of [
    ["a member several times", [BELA, BELA, BELA]],
    ["neighbours in ascending order", [BELA, CARL]],
    ["neighbours in descending order", [CARL, BELA]],
    ["neighbours with somebody else in between", [BELA, ANNA, CARL]],
    ["neighbours in descending order with somebody else in between", [CARL, ANNA, BELA]],
    ["neighbours in turns", [BELA, CARL, BELA, ANNA, BELA, CARL, CARL, ANNA]],
  ] as const) {
    it(`takes ${what}, each record on what the one before left`, async function () {
      const lab = await fixture();
      const records = members.map((member, index) => record(member, 10n ** BigInt(index % 4), { fee: BigInt(index) }));
      await lab.append(lab.pack(...records));
      for (const member of [ANNA, BELA, CARL]) {
        const own = records.filter((each) => each.member === member);
        const spent = own.reduce((sum, { head, fee = 0n }) => sum + BigInt.asUintN(96, head >> 96n) + fee, 0n);
        expect(await lab.freeOf(member)).to.equal(FUNDS - FEE - spent);
        expect(await journalOf(lab, member)).to.deep.equal({
          hash: folded(record(member, 0n), ...own),
          entries: 1n + BigInt(own.length),
          records: 1n + BigInt(own.length),
          frontier: 0n,
        });
      }
      const reserved = records.reduce((sum, { head }) => sum + BigInt.asUintN(96, head >> 96n), 3n * FEE);
      expect((await lab.escrow.pot(0, 0, lab.period)).outstanding).to.equal(reserved);
      expect([...(await lab.escrow.journals(0, lab.period))]).to.deep.equal([3n, 0n]);
      const fees = records.reduce((sum, { fee = 0n }) => sum + fee, 0n);
      expect(await lab.escrow.fees(lab.coinAddress, ZeroAddress)).to.equal(fees);
    });
  }

  it("opens a journal with the first record of a period alone", async function () {
    const lab = await fixture();
    await lab.append(lab.pack(record(BELA, 1n), record(CARL, 2n), record(BELA, 3n)), { of: lab.period + 1 });
    expect(await lab.freeOf(BELA)).to.equal(FUNDS - 2n * FEE - 4n);
    expect(await lab.freeOf(CARL)).to.equal(FUNDS - 2n * FEE - 2n);
    expect((await lab.escrow.pot(0, 0, lab.period + 1)).outstanding).to.equal(2n * FEE + 6n);
    expect([...(await lab.escrow.journals(0, lab.period + 1))]).to.deep.equal([2n, 0n]);
  });

  it("never lets two records pass on one balance, of neighbours neither", async function () {
    const lab = await fixture();
    const left = FUNDS - FEE;
    for (const records of [
      [record(BELA, left - 9n), record(BELA, 10n)],
      [record(BELA, left - 9n), record(CARL, left), record(BELA, 10n)],
      [record(CARL, left), record(BELA, left - 9n), record(ANNA, 1n), record(BELA, 9n, { fee: 1n })],
    ]) {
      await expect(lab.append(lab.pack(...records)))
        .to.be.revertedWithCustomError(lab.escrow, "InsufficientFree")
        .withArgs(10n, 9n);
    }
    await lab.append(lab.pack(record(CARL, left), record(BELA, left - 9n), record(BELA, 8n, { fee: 1n })));
    expect([await lab.freeOf(BELA), await lab.freeOf(CARL)]).to.deep.equal([0n, 0n]);
  });

  it("refuses records that are cut off anywhere, and keeps nothing of those before", async function () {
    const lab = await fixture();
    const one = (lab.pack(record(BELA, 5n)).length - 2) / 2;
    const all = lab.pack(record(BELA, 5n), record(CARL, 6n));
    for (let length = 1; length < 2 * one; length++) {
      if (length === one) continue;
      await expect(lab.append(all.slice(0, 2 + 2 * length)))
        .to.be.revertedWithCustomError(lab.escrow, "RecordsCutOff")
        .withArgs(length < one ? 0 : one);
    }
    expect([await lab.freeOf(BELA), await lab.freeOf(CARL)]).to.deep.equal([FUNDS - FEE, FUNDS - FEE]);
  });

  it("refuses a payload longer than its entries allow, and takes the longest", async function () {
    const lab = await fixture();
    for (const entries of [0, 1, 5]) {
      const head = packHead({ module: 0, entries });
      const most = 64 + 16 * entries;
      const of = (size: number) =>
        lab.pack(record(ANNA, 1n), record(BELA, 0n, { head, payload: `0x${"ab".repeat(size)}` }));
      await expect(lab.append(of(most + 1)))
        .to.be.revertedWithCustomError(lab.escrow, "PayloadTooLong")
        .withArgs(most + 1);
      await lab.append(of(most));
    }
  });

  it("fills a journal to 255 records and to 2,048 entries, and not one more", async function () {
    const lab = await fixture();
    const none = record(BELA, 0n, { head: packHead({ module: 0, entries: 0 }) });
    const rest = new Array<RecordInput>(254).fill(none);
    const full = { error: "JournalFull", args: [0, BELA, lab.period] };
    await expect(lab.append(lab.pack(...rest, none)))
      .to.be.revertedWithCustomError(lab.escrow, full.error)
      .withArgs(...full.args);
    await lab.append(lab.pack(...rest));
    expect(await journalOf(lab, BELA)).to.deep.include({ records: 255n, entries: 1n });
    await expect(lab.append(lab.pack(none)))
      .to.be.revertedWithCustomError(lab.escrow, full.error)
      .withArgs(...full.args);
    for (const [entries, ok] of [
      [65_535, false],
      [2048, false],
      [2047, true],
      [1, false],
    ] as const) {
      const sent = lab.append(lab.pack(record(CARL, 0n, { head: packHead({ module: 0, entries }) })));
      if (ok) await sent;
      else {
        await expect(sent).to.be.revertedWithCustomError(lab.escrow, "JournalFull").withArgs(0, CARL, lab.period);
      }
    }
    expect(await journalOf(lab, CARL)).to.deep.include({ records: 2n, entries: 2048n });
  });

  it("lets the frontier stay or rise, within a call too", async function () {
    const lab = await fixture();
    await lab.append(lab.pack(record(BELA, 1n, { frontier: 4 }), record(BELA, 2n, { frontier: 4 })));
    for (const [first, second] of [
      [3, 5],
      [5, 4],
      [255, 254],
    ] as const) {
      await expect(lab.append(lab.pack(record(BELA, 1n, { frontier: first }), record(BELA, 2n, { frontier: second }))))
        .to.be.revertedWithCustomError(lab.escrow, "FrontierBack")
        .withArgs(first < 4 ? 4 : first, first < 4 ? first : second);
    }
    await lab.append(lab.pack(record(BELA, 1n, { frontier: 5 }), record(BELA, 2n, { frontier: 255 })));
    expect(await journalOf(lab, BELA)).to.deep.include({ records: 5n, frontier: 255n });
  });

  it("refuses a member that switched the order book off", async function () {
    const lab = await fixture();
    await lab.escrow.connect(lab.bela).enableModule(0, BELA, 0, false);
    await expect(lab.append(lab.pack(record(ANNA, 1n), record(BELA, 1n))))
      .to.be.revertedWithCustomError(lab.escrow, "ModuleNotEnabled")
      .withArgs(0, BELA, 0);
    await lab.append(lab.pack(record(CARL, 1n)));
  });

  describe("whose members change between two calls", function () {
    /** After a change of Bela, who has enabled both modules. */
    async function after(change: (lab: Awaited<ReturnType<typeof build>>) => Promise<unknown>) {
      const lab = await fixture();
      await lab.escrow.connect(lab.bela).enableModule(0, BELA, 1, true);
      await change(lab);
      return lab;
    }

    const refused = async (lab: Awaited<ReturnType<typeof build>>, of: number) => {
      for (const module of [0, 1]) {
        await expect(lab.append(lab.pack(record(BELA, 1n)), { of, module }), `module ${String(module)}`)
          .to.be.revertedWithCustomError(lab.escrow, "NotActive")
          .withArgs(0, BELA);
      }
      await expect(lab.append(lab.pack(record(ANNA, 1n), record(CARL, 1n), record(BELA, 1n)), { of }))
        .to.be.revertedWithCustomError(lab.escrow, "NotActive")
        .withArgs(0, BELA);
      await lab.append(lab.pack(record(ANNA, 1n), record(CARL, 1n)), { of });
    };
    const taken = async (lab: Awaited<ReturnType<typeof build>>, of: number) => {
      for (const module of [0, 1]) await lab.append(lab.pack(record(BELA, 1n)), { of, module });
    };

    it("stops at once with its owner's word, and goes on from the next period", async function () {
      const lab = await after(async ({ registry, bela }) => await registry.connect(bela).setTrading(0, BELA, false));
      for (const ahead of [0, 1, 2]) await refused(lab, lab.period + ahead);
      await lab.registry.connect(lab.bela).setTrading(0, BELA, true);
      await refused(lab, lab.period);
      await lab.goTo(lab.period + 1);
      await taken(lab, lab.period + 1);
      await taken(lab, lab.period + 3);
    });

    it("is suspended from the next period on, until the one after it is reinstated", async function () {
      const lab = await after(
        async ({ registry, coordinator }) => await registry.connect(coordinator).setSuspended(0, BELA, true),
      );
      await taken(lab, lab.period);
      await taken(lab, lab.period + 2);
      await lab.goTo(lab.period + 1);
      for (const of of [1, 2, 3]) await refused(lab, lab.period + of);
      await lab.registry.connect(lab.coordinator).setSuspended(0, BELA, false);
      await refused(lab, lab.period + 1);
      await lab.goTo(lab.period + 2);
      await taken(lab, lab.period + 2);
    });

    it("leaves from the next period on, whichever module asks", async function () {
      const lab = await after(async ({ registry, bela }) => await registry.connect(bela).unbindMeter(0, BELA));
      await taken(lab, lab.period + 2);
      await lab.goTo(lab.period + 1);
      for (const of of [1, 2, 3]) await refused(lab, lab.period + of);
      await lab.goTo(lab.period + 9);
      for (const of of [9, 10]) await refused(lab, lab.period + of);
    });

    it("has no meter any more, until the period after it got another", async function () {
      const lab = await after(async ({ registry, bela }) => await registry.connect(bela).unbindMeter(0, BELA));
      await lab.goTo(lab.period + 3);
      // Whatever settlement is asked, it says yes.
      await connection.networkHelpers.setCode(lab.settlement.address, "0x600160005260206000f3");
      await lab.registry.releaseMeter(0, BELA);
      for (const of of [3, 4, 5]) await refused(lab, lab.period + of);
      const m = membership(lab);
      await m.bind(BELA, { ...keysOf(1), meter: keysOf(9).meter });
      await refused(lab, lab.period + 4);
      await lab.goTo(lab.period + 4);
      await taken(lab, lab.period + 4);
      await taken(lab, lab.period + 6);
    });

    it("has new keys and caps, and trades on", async function () {
      const lab = await after(
        async ({ registry, bela, stranger }) =>
          await registry.connect(bela).rotateTradingKey(0, BELA, stranger.address),
      );
      await taken(lab, lab.period + 1);
      await lab.goTo(lab.period + 1);
      await taken(lab, lab.period + 1);
      await taken(lab, lab.period + 2);
    });

    it("is asked about again only after it has changed", async function () {
      const lab = await fixture();
      const { registry, bela, coordinator } = lab;
      expect(await statesOf(lab, 0, ANNA, BELA, CARL)).to.deep.equal([STAYS_ACTIVE, STAYS_ACTIVE, STAYS_ACTIVE]);
      await registry.connect(coordinator).setSuspended(0, BELA, true);
      expect(await statesOf(lab, 0, BELA, CARL)).to.deep.equal([ACTIVE, STAYS_ACTIVE]);
      await lab.append(lab.pack(record(BELA, 1n)));
      await registry.connect(bela).setTrading(0, BELA, false);
      for (const module of [0, 1])
        expect(await statesOf(lab, module, BELA, CARL)).to.deep.equal([INACTIVE, STAYS_ACTIVE]);
    });

    it("is new: without a meter, and until the period after it got one", async function () {
      const lab = await fixture();
      const m = membership(lab);
      const keys = keysOf(3);
      const member = await m.enrol(keys, { modules: 3 });
      await fund(lab, member, FUNDS);
      const refusedNow = async () => {
        for (const module of [0, 1]) {
          await expect(lab.append(lab.pack(record(member, 1n)), { of: lab.period + 1, module }))
            .to.be.revertedWithCustomError(lab.escrow, "NotActive")
            .withArgs(0, member);
        }
      };
      await refusedNow();
      await m.bind(member, keys);
      await refusedNow();
      expect(await statesOf(lab, 0, member)).to.deep.equal([INACTIVE]);
      await lab.goTo(lab.period + 1);
      expect(await statesOf(lab, 0, member)).to.deep.equal([STAYS_ACTIVE]);
      for (const module of [0, 1]) await lab.append(lab.pack(record(member, 1n)), { of: lab.period + 1, module });
    });
  });
});
