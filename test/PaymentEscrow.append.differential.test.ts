import { expect } from "chai";
import fc from "fast-check";
import { connect, type Connection } from "./helpers/market.ts";
import { ANNA, BELA, CARL, escrowLab, fund, leg, type Lab } from "./helpers/escrow-lab.ts";
import { packHead, packRecord } from "./helpers/modules.ts";
import {
  append,
  noJournal,
  type GivenRecord,
  type RecordBooks,
  type Refusal,
  type Trader,
} from "./reference/records.ts";

/** Bela and Carl are neighbours: they share a word of accounts. Anna shares hers with a supplier. */
const MEMBERS = [ANNA, BELA, CARL];
const NOBODY = 99;
const SETTLEMENT_FEE = 7;

const record = fc.record({
  member: fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...MEMBERS) }, fc.constant(NOBODY)),
  frontier: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.constantFrom(1, 2, 255)),
  fee: fc.oneof(fc.constant(0n), fc.bigInt(0n, 20n)),
  reserve: fc.oneof({ weight: 12, arbitrary: fc.bigInt(0n, 60n) }, fc.constant(2n ** 96n - 1n)),
  entries: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }) },
    fc.constantFrom(1000, 2048, 2049, 65_535),
  ),
  wh: fc.bigInt(0n, 2n ** 48n - 1n),
  digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  payload: fc.oneof(
    { weight: 12, arbitrary: fc.uint8Array({ maxLength: 64 }) },
    fc.uint8Array({ minLength: 65, maxLength: 120 }),
  ),
});
type Given = typeof record extends fc.Arbitrary<infer T> ? T : never;

const operation = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      module: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constant(1)),
      ahead: fc.integer({ min: 0, max: 2 }),
      records: fc.array(record, { minLength: 1, maxLength: 7 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("fund", "fund", "stop", "resume", "suspend", "reinstate", "leave", "switch", "owe", "line"),
      member: fc.constantFrom(...MEMBERS),
      amount: fc.bigInt(1n, 300n),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("nextPeriod" as const) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** What holds a member back, now and from the next period on. */
interface Status {
  stopped: boolean;
  suspended: boolean;
  leaving: boolean;
}
interface Person {
  free: bigint;
  modules: Set<bigint>;
  due: bigint;
  line: bigint;
  now: Status;
  next: Status;
}

class Model {
  readonly people = new Map<number, Person>();
  readonly periods = new Map<number, Omit<RecordBooks, "traders">>();
  fees = 0n;

  constructor(public period: number) {
    const status = () => ({ stopped: false, suspended: false, leaving: false });
    for (const member of MEMBERS) {
      const switches = { modules: new Set([0n]), now: status(), next: status() };
      this.people.set(member, { free: 0n, due: 0n, line: 0n, ...switches });
    }
  }

  of(member: number): Person {
    const person = this.people.get(member);
    if (!person) throw new Error("nobody");
    return person;
  }

  booksOf(period: number): RecordBooks {
    const books = this.periods.get(period) ?? { journals: new Map(), outstanding: new Map(), fees: 0n };
    const traders = new Map<bigint, Trader>();
    for (const [member, { free, modules, due, line, now }] of this.people) {
      const active = !now.stopped && !now.suspended && !now.leaving;
      traders.set(BigInt(member), { free, modules, active, aboveLine: due > line });
    }
    return structuredClone({ ...books, traders });
  }

  take(period: number, { traders, ...books }: RecordBooks) {
    this.periods.set(period, books);
    for (const [member, { free }] of traders) this.of(Number(member)).free = free;
  }
}

const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString("hex")}`;

const given = ({ member, frontier, fee, reserve, entries, wh, digest, payload }: Given): GivenRecord => ({
  member: BigInt(member),
  frontier: BigInt(frontier),
  fee,
  head: { entries: BigInt(entries), reserve, buyWh: wh, sellWh: wh >> 1n },
  digest: hex(digest),
  payload: hex(payload),
});

const packed = (records: readonly Given[]) =>
  `0x${records
    .map(({ member, frontier, fee, reserve, entries, wh, digest, payload }) => {
      const head = packHead({ entries, reserve, buyWh: wh, sellWh: wh >> 1n });
      return packRecord({ member, frontier, fee, head, digest: hex(digest), payload: hex(payload) }).slice(2);
    })
    .join("")}`;

async function appendBoth(lab: Lab, model: Model, operation: Extract<Operation, { kind: "append" }>) {
  const { escrow, community, speakers, stranger } = lab;
  const { module, ahead, records } = operation;
  const period = model.period + ahead;
  const speaker = speakers[module];
  if (!speaker) throw new Error("no module");
  const books = model.booksOf(period);
  const call = { module: BigInt(module), period: BigInt(period), settlementFee: BigInt(SETTLEMENT_FEE) };
  const after = append(books, call, records.map(given));
  const bytes = packed(records);
  const sent = escrow.connect(speaker).append(community, period, module, stranger.address, bytes);
  if ("error" in after) {
    const refusal: Refusal = after;
    await expect(sent, refusal.error)
      .to.be.revertedWithCustomError(escrow, refusal.error)
      .withArgs(...refusal.args);
    return refusal.error;
  }
  await expect(sent).to.emit(escrow, "Recorded").withArgs(community, period, module, stranger.address, bytes);
  model.fees += after.fees - books.fees;
  model.take(period, after);
  return "taken";
}

async function change(lab: Lab, model: Model, operation: Exclude<Operation, { kind: "append" | "nextPeriod" }>) {
  const { escrow, registry, community, coordinator, supplier, otherSupplier, anna, bela, carl, asSettlement } = lab;
  const { kind, member } = operation;
  // Debts large enough to use up what is free.
  const amount = kind === "owe" ? 15n * operation.amount : operation.amount;
  const person = model.of(member);
  const owner = new Map([
    [ANNA, anna],
    [BELA, bela],
    [CARL, carl],
  ]).get(member);
  if (!owner) throw new Error("no owner");
  switch (kind) {
    case "fund":
      await fund(lab, member, amount);
      person.due -= amount;
      person.free += person.due < 0n ? -person.due : 0n;
      if (person.due < 0n) person.due = 0n;
      break;
    case "stop":
      await registry.connect(owner).setTrading(community, member, false);
      person.now.stopped = person.next.stopped = true;
      break;
    case "resume":
      await registry.connect(owner).setTrading(community, member, true);
      person.next.stopped = false;
      break;
    case "suspend":
    case "reinstate":
      person.next.suspended = kind === "suspend";
      await registry.connect(coordinator).setSuspended(community, member, person.next.suspended);
      break;
    case "leave":
      if (person.next.leaving || amount > 60n) break;
      await registry.connect(owner).unbindMeter(community, member);
      person.next.leaving = true;
      break;
    case "switch": {
      const module = amount % 2n;
      const on = !person.modules.has(module);
      await escrow.connect(owner).enableModule(community, member, module, on);
      if (on) person.modules.add(module);
      else person.modules.delete(module);
      break;
    }
    case "owe": {
      await asSettlement.correct(community, model.period, member, leg(member).supplier, amount);
      // What is free pays beyond the credit line.
      person.due += amount;
      const paid = person.due > person.line ? person.due - person.line : 0n;
      const most = paid < person.free ? paid : person.free;
      person.free -= most;
      person.due -= most;
      break;
    }
    case "line":
      person.line = amount;
      await escrow.connect(member === CARL ? otherSupplier : supplier).setCreditLine(community, member, amount);
      break;
  }
}

async function expectSame({ escrow, community, coinAddress, stranger }: Lab, model: Model) {
  for (const [member, { free }] of model.people) {
    expect((await escrow.account(community, member)).free, `free of ${String(member)}`).to.equal(free);
  }
  for (const [period, { journals, outstanding }] of model.periods) {
    for (const member of MEMBERS) {
      const [hash, entries, records, frontier] = await escrow.journal(community, member, period);
      expect({ hash, entries, records, frontier }).to.deep.equal(journals.get(BigInt(member)) ?? noJournal());
    }
    for (const module of [0n, 1n]) {
      const pot = await escrow.pot(community, module, period);
      expect([...pot]).to.deep.equal([outstanding.get(module) ?? 0n, 0n]);
    }
    expect([...(await escrow.journals(community, period))]).to.deep.equal([BigInt(journals.size), 0n]);
  }
  expect(await escrow.fees(coinAddress, stranger.address)).to.equal(model.fees);
}

describe("PaymentEscrow.append against the reference model", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function build() {
    const lab = await escrowLab(connection, undefined, { settlementFee: SETTLEMENT_FEE });
    for (const member of MEMBERS) await fund(lab, member, 2_000n);
    return lab;
  }

  it("takes the same records, and refuses the others for the same reason, whatever changes in between (rules 1 and 7)", async function () {
    this.timeout(600_000);
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 12, maxLength: 30 }), async (operations) => {
        const lab = await connection.networkHelpers.loadFixture(build);
        const model = new Model(lab.period);
        for (const member of MEMBERS) model.of(member).free = 2_000n;
        for (const one of operations) {
          if (one.kind === "append") {
            const outcome = await appendBoth(lab, model, one);
            seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
          } else if (one.kind === "nextPeriod") {
            await lab.goTo(++model.period);
            for (const person of model.people.values()) person.now = { ...person.next };
          } else await change(lab, model, one);
        }
        await expectSame(lab, model);
      }),
      { numRuns: 80 },
    );
    // It has come across all of them.
    const reasons = ["PayloadTooLong", "JournalFull", "FrontierBack", "ModuleNotEnabled", "InDebt", "InsufficientFree"];
    expect([...seen.keys()]).to.include.members(["taken", "NotActive", ...reasons]);
  });
});
