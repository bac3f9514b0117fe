import { expect } from "chai";
import fc from "fast-check";
import { connect } from "./helpers/market.ts";
import {
  ANNA,
  BELA,
  CARL,
  COLLECTOR,
  DSO,
  escrowLab,
  fund,
  leg,
  OTHER_SUPPLIER,
  SUPPLIER,
  type Lab,
} from "./helpers/escrow-lab.ts";
import { accountOf, newEscrow, openAccount, type Escrow } from "./reference/accounts.ts";
import { claimDue, deposit, markPaid, setCreditLine, withdraw } from "./reference/escrow.ts";
import { correctLeg, settleLeg } from "./reference/legs.ts";
import { smaller } from "./reference/arrays.ts";

const MEMBERS = [ANNA, BELA, CARL];
const ACCOUNTS = [DSO, COLLECTOR, SUPPLIER, OTHER_SUPPLIER, ...MEMBERS];

const amount = fc.oneof(fc.bigInt(0n, 1000n), fc.bigInt(0n, 40n));
const operation = fc.record({
  kind: fc.constantFrom("deposit", "withdraw", "settle", "settle", "correct", "claim", "claim", "markPaid", "line"),
  member: fc.constantFrom(...MEMBERS),
  account: fc.constantFrom(SUPPLIER, OTHER_SUPPLIER, ...MEMBERS),
  amount,
  sign: fc.constantFrom(1n, -1n),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function reference(): Escrow {
  const escrow = newEscrow(BigInt(DSO), BigInt(COLLECTOR));
  for (const service of [DSO, COLLECTOR, SUPPLIER, OTHER_SUPPLIER]) openAccount(escrow, BigInt(service));
  for (const member of MEMBERS) openAccount(escrow, BigInt(member), BigInt(leg(member).supplier));
  return escrow;
}

/** Does the same to the contract and to the model. */
async function run(lab: Lab, model: Escrow, { kind, member, account, amount, sign }: Operation) {
  const { escrow, anna, bela, carl, supplier, otherSupplier, stranger, asSettlement } = lab;
  const owners = new Map([
    [ANNA, anna],
    [BELA, bela],
    [CARL, carl],
    [SUPPLIER, supplier],
    [OTHER_SUPPLIER, otherSupplier],
  ]);
  const ownerOf = (index: number) => owners.get(index) ?? stranger;
  const id = BigInt(member);
  const supplierOf = leg(member).supplier;
  const { free, due } = accountOf(model, BigInt(kind === "withdraw" ? account : member));
  switch (kind) {
    case "deposit":
      await fund(lab, account, amount);
      deposit(model, BigInt(account), amount);
      break;
    case "withdraw": {
      const all = smaller(amount, free);
      await escrow.connect(ownerOf(account)).withdraw(0, account, stranger.address, all);
      withdraw(model, BigInt(account), all);
      break;
    }
    case "settle": {
      const settled = { reserved: 0n, lost: 0n, paid: 0n, received: 0n, networkFee: 0n, settlementFee: 0n };
      await lab.settle(100, leg(member, { gridLeg: sign * amount }));
      settleLeg(model, 100n, { member: id, gridLeg: sign * amount, ...settled }, stranger.address);
      break;
    }
    case "correct":
      await asSettlement.correct(0, 100, member, supplierOf, sign * amount);
      correctLeg(model, id, sign * amount);
      break;
    case "claim":
      await escrow.claimDue(0, member);
      claimDue(model, id);
      break;
    case "markPaid": {
      const most = smaller(amount, due < 0n ? -due : due);
      await escrow.connect(ownerOf(due < 0n ? member : supplierOf)).markPaid(0, member, most);
      markPaid(model, id, most);
      break;
    }
    case "line":
      await escrow.connect(ownerOf(supplierOf)).setCreditLine(0, member, amount);
      setCreditLine(model, id, amount);
      break;
  }
}

async function expectSame(lab: Lab, model: Escrow) {
  const { escrow, coin } = lab;
  for (const index of ACCOUNTS) {
    const expected = accountOf(model, BigInt(index));
    const { free } = await escrow.account(0, index);
    const { due, creditLine } = await escrow.debt(0, index);
    const { fund: set, owed } = await escrow.dueFund(0, index);
    expect({ index, free, due, creditLine, fund: set, owed }).to.deep.equal({
      index,
      free: expected.free,
      due: expected.due,
      creditLine: expected.creditLine,
      fund: expected.fund,
      owed: expected.owed,
    });
  }
  expect(await coin.getFunction("balanceOf").staticCall(await escrow.getAddress())).to.equal(model.balance);
}

describe("PaymentEscrow against the reference model", function () {
  it("keeps the same books through any sequence of calls (rules 1 and 3)", async function () {
    this.timeout(300_000);
    const connection = await connect();
    const build = async () => await escrowLab(connection);
    const sequence = fc.array(operation, { minLength: 10, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(sequence, async (operations) => {
        const lab = await connection.networkHelpers.loadFixture(build);
        const model = reference();
        for (const one of operations) await run(lab, model, one);
        await expectSame(lab, model);
      }),
      { numRuns: 60 },
    );
  });
});
