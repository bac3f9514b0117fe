import { expect } from "chai";
import fc from "fast-check";
import { connect, defaultTerms } from "./helpers/market.ts";
import { ANNA, BELA, COLLECTOR, fund, mintAndApprove, SUPPLIER } from "./helpers/escrow-lab.ts";
import { CLOSURE, DAY, dayAhead, sealedLab, WINDOW, type SealedLab } from "./helpers/sealed-lab.ts";
import { gridOf } from "./differential/grid.ts";
import { accountOf, newEscrow, openAccount, type Escrow } from "./reference/accounts.ts";
import { smaller, sum } from "./reference/arrays.ts";
import { bondOf, forfeitBond, lockBond, postBond, releaseBond, withdrawBond } from "./reference/bonds.ts";
import { periodAt, revealOf } from "./reference/community.ts";
import { deposit, withdraw } from "./reference/escrow.ts";
import { correctLeg } from "./reference/legs.ts";
import * as pledges from "./reference/pledges.ts";
import { runs } from "./reference/samples.ts";
import { solvency } from "./reference/solvency.ts";

const MEMBERS = [ANNA, BELA];
const DSO = 1;

/** Seconds of the gate and of the reveal, and how far ahead orders come in. */
const calendarOf = (gateClosure: number, revealWindow: number, horizon: number) => {
  const terms = { gateClosure, revealWindow, horizon };
  return { terms, grid: gridOf({ ...defaultTerms, ...dayAhead, ...terms }) };
};
type Calendar = ReturnType<typeof calendarOf>;
const calendars = {
  "an hour before midnight": calendarOf(CLOSURE, WINDOW, 2),
  "at the start of the day before, with a reveal that takes all of it": calendarOf(DAY, DAY, 3),
};

const kinds = ["deposit", "withdraw", "leg", "pledge", "pledge", "unpledge", "unpledge", "release", "release"] as const;
const others = [
  "take",
  "take",
  "take",
  "order",
  "order",
  "epoch",
  "module",
  "post",
  "withdrawBond",
  "lock",
  "releaseBond",
  "forfeit",
] as const;
const operation = fc.record({
  kind: fc.constantFrom(...kinds, ...others),
  member: fc.constantFrom(...MEMBERS),
  amount: fc.oneof(fc.bigInt(0n, 1000n), fc.bigInt(0n, 40n), fc.constant(10_000n)),
  /** Where in the day of a gate the next second lies; the very next second where it is undefined. */
  moment: fc.constantFrom(undefined, undefined, "before", "gate", "behind", "last", "over", "midnight"),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Seconds from the gate. */
const momentOf = ({ terms }: Calendar, moment: Exclude<Operation["moment"], undefined>): number =>
  ({
    before: -1,
    gate: 0,
    behind: 1,
    last: terms.revealWindow - 1,
    over: terms.revealWindow,
    midnight: terms.gateClosure,
  })[moment];

function reference(): Escrow {
  const escrow = newEscrow(BigInt(DSO), BigInt(COLLECTOR));
  for (const service of [DSO, COLLECTOR, SUPPLIER]) openAccount(escrow, BigInt(service));
  for (const member of MEMBERS) openAccount(escrow, BigInt(member), BigInt(SUPPLIER));
  return escrow;
}

/** The period whose orders are revealed at `now`; undefined between two reveals. */
function revealedAt({ grid }: Calendar, now: bigint): bigint | undefined {
  const period = periodAt(grid, now) + 1n;
  const { gate, end } = revealOf(grid, period);
  return now >= gate && now < end ? period : undefined;
}

/** The first second after `now` that is at `moment` of a gate. */
function secondAt(calendar: Calendar, moment: Operation["moment"], now: bigint): bigint {
  if (moment === undefined) return now + 1n;
  const [day, inDay] = [BigInt(DAY), BigInt(2 * DAY - calendar.terms.gateClosure + momentOf(calendar, moment))];
  const today = now - (now % day) + (inDay % day);
  return today > now ? today : today + day;
}

/** Does the same to the contract and to the model, in the same second. */
async function run(
  calendar: Calendar,
  lab: SealedLab,
  model: Escrow,
  { kind, member, amount }: Operation,
  now: bigint,
) {
  const { grid, terms } = calendar;
  const { escrow, taker, payer, stranger, firstModule, asSettlement } = lab;
  const owner = escrow.connect(member === ANNA ? lab.anna : lab.bela);
  const id = BigInt(member);
  const account = accountOf(model, id);
  const bond = bondOf(model, payer.address);
  const module = escrow.connect(firstModule);
  const next = async () => {
    await lab.at(Number(now));
  };
  switch (kind) {
    case "deposit":
      await next();
      await escrow.connect(payer).deposit(0, member, amount);
      deposit(model, id, amount);
      break;
    case "withdraw": {
      const most = smaller(amount, account.free);
      await next();
      await owner.withdraw(0, member, stranger.address, most);
      withdraw(model, id, most);
      break;
    }
    case "leg":
      await next();
      await asSettlement.correct(0, 100, member, SUPPLIER, amount);
      correctLeg(model, id, amount);
      break;
    case "pledge": {
      if (account.due > account.creditLine) break;
      const most = smaller(amount, account.free);
      await next();
      await owner.pledge(0, member, most);
      pledges.pledge(model, id, most, now);
      break;
    }
    case "unpledge": {
      const most = smaller(amount, account.pledged - account.leaving);
      await next();
      await owner.unpledge(0, member, most);
      pledges.unpledge(model, grid, id, most, now);
      break;
    }
    case "release":
      await next();
      await escrow.connect(stranger).releasePledge(0, member);
      pledges.releasePledge(model, id, now);
      break;
    case "take":
    case "order": {
      // An own order is of the period with the next gate.
      const period = kind === "take" ? revealedAt(calendar, now) : periodAt(grid, now + BigInt(terms.gateClosure)) + 1n;
      if (period === undefined) break;
      const { pledged, modules } = pledges.standingAt(grid, account, period, now);
      const most = smaller(amount, pledged);
      await next();
      if (modules === 0n) {
        await lab.connection.networkHelpers.mine();
        await expect(taker.take.staticCall(0, member, period, most))
          .to.be.revertedWithCustomError(taker, "ModuleNotEnabled")
          .withArgs(0, member, 0);
        break;
      }
      await expectInsufficient(lab, member, period, pledged);
      await taker.take(0, member, period, most);
      pledges.takePledged(model, grid, { member: id, period, amount: most }, now);
      break;
    }
    case "epoch":
      await next();
      await owner.bumpEpoch(0, member);
      pledges.bumpEpoch(model, id, now);
      break;
    case "module":
      await next();
      await owner.enableModule(0, member, 0, account.modules === 0n);
      pledges.setModules(model, id, 1n - account.modules, now);
      break;
    case "post":
      await next();
      await escrow.connect(payer).postBond(0, amount);
      postBond(model, payer.address, amount);
      break;
    case "withdrawBond": {
      const most = smaller(amount, bond.balance - bond.locked);
      await next();
      await escrow.connect(payer).withdrawBond(0, payer.address, most);
      withdrawBond(model, payer.address, most);
      break;
    }
    case "lock": {
      const most = smaller(amount, bond.balance - bond.locked);
      await next();
      await module.lockBond(0, payer.address, most);
      lockBond(model, payer.address, most);
      break;
    }
    case "releaseBond":
      await next();
      await module.releaseBond(0, payer.address, smaller(amount, bond.locked));
      releaseBond(model, payer.address, smaller(amount, bond.locked));
      break;
    case "forfeit":
      await next();
      await module.forfeitBond(0, payer.address, smaller(amount, bond.locked));
      forfeitBond(model, payer.address, smaller(amount, bond.locked));
      break;
  }
}

/** A unit more than there is would not be taken, in the second that was set. */
async function expectInsufficient({ taker }: SealedLab, member: number, period: bigint, pledged: bigint) {
  const block = { blockTag: "pending" };
  await expect(taker.take.staticCall(0, member, period, pledged + 1n, block))
    .to.be.revertedWithCustomError(taker, "InsufficientPledge")
    .withArgs(pledged + 1n, pledged);
}

async function expectSame(calendar: Calendar, { escrow, taker, coin, payer }: SealedLab, model: Escrow, now: bigint) {
  for (const index of [COLLECTOR, SUPPLIER, ...MEMBERS]) {
    const expected = accountOf(model, BigInt(index));
    const [free, epoch, modules] = await escrow.account(0, index);
    const [pledged, leaving] = await escrow.pledgeOf(0, index);
    const { due } = await escrow.debt(0, index);
    expect({ index, free, pledged, leaving, due }).to.deep.equal({
      index,
      free: expected.free,
      pledged: expected.pledged,
      leaving: expected.leaving,
      due: expected.due,
    });
    const period = revealedAt(calendar, now);
    if (!MEMBERS.includes(index)) continue;
    expect([epoch, modules]).to.deep.equal([expected.epoch, expected.modules]);
    if (period === undefined) continue;
    const standing = pledges.standingAtGate(calendar.grid, expected, period);
    expect(await escrow.standingAtGate(0, index, period)).to.deep.equal([
      standing.pledged,
      standing.epoch,
      standing.modules,
    ]);
  }
  const { balance, locked } = bondOf(model, payer.address);
  expect(await escrow.bond(0, payer)).to.deep.equal([balance, locked]);
  expect(await taker.taken()).to.equal(sum([...model.accounts.values()].map(({ reserved }) => reserved)));
  expect(await coin.getFunction("balanceOf").staticCall(await escrow.getAddress())).to.equal(model.balance);
  expect(solvency(model)).to.deep.equal({ liabilities: model.balance, broken: [] });
  expect(await escrow.shortfall(coin)).to.equal(0n);
}

describe("PaymentEscrow of a sealed community against the reference model", function () {
  for (const [when, calendar] of Object.entries(calendars))
    describe(`with gates ${when}`, function () {
      it("keeps the same pledges, bonds and standings at the gate through any sequence of calls (rules 1 and 8)", async function () {
        this.timeout(300_000);
        const connection = await connect();
        const build = async () => {
          const lab = await sealedLab(connection, calendar.terms);
          for (const member of MEMBERS) await fund(lab, member, 2000n);
          await mintAndApprove(lab, 1_000_000n);
          return lab;
        };
        let reveals = 0;
        const check = async (operations: readonly Operation[]) => {
          const lab = await connection.networkHelpers.loadFixture(build);
          const model = reference();
          for (const member of MEMBERS) deposit(model, BigInt(member), 2000n);
          let now = BigInt(await connection.networkHelpers.time.latest());
          for (const one of operations) {
            now = secondAt(calendar, one.moment, now);
            await run(calendar, lab, model, one, now);
            if (revealedAt(calendar, now) !== undefined) reveals++;
            await expectSame(calendar, lab, model, now);
          }
        };
        await fc.assert(fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 30 }), check), runs(40));
        expect(reveals).to.be.greaterThan(200);
      });
    });
});
