import { expect } from "chai";
import type { HostileModule } from "../../types/ethers-contracts/index.ts";
import { connect, deployMarket, type Connection } from "../helpers/market.ts";
import { Act, answer, packHead, traded } from "../helpers/modules.ts";
import {
  HOUR,
  Registers,
  Void,
  expectSolvent,
  freeOf,
  hourly,
  metered,
  missing,
  valuesAt,
} from "../helpers/settling.ts";

const FUNDS = 100_000_000n;
const FEE = 2_000n;
const IMPORT = 300n;
const EXPORT = 80n;

/**
 * A community's first module may sell what the meter has measured without a reserve for its replacement. What it can take from a member is
 * what that would have fetched at the export price, and only within the reserve.
 */
describe("A first module that sells a member's surplus for nothing", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function world() {
    let module: HostileModule | undefined;
    const m = await deployMarket(connection, {
      terms: hourly,
      first: async ({ escrow }) => {
        module = await connection.ethers.deployContract("HostileModule", [escrow]);
        return module;
      },
    });
    if (!module) throw new Error("no module");
    const hostile = module;
    await m.fund(3, 1_000_000_000n);
    const home = await m.addHome();
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    const registers = new Registers(m);
    /** Reserves money for a sale of 500 Wh in slot 1, and settles a surplus there. */
    async function settle(reserve: bigint, surplus: readonly [number, number], received = 0n) {
      const head = packHead({ module: 0, reserve, sellWh: 500n });
      await hostile.append(m.community, home.member, period, head, "0x", 0, 0, m.stranger);
      const position = [0n, traded(0n, 500n), 0n, 0n];
      await hostile.set(home.member, Act.Answer, answer({ position, received }));
      await m.goTo(m.periodStart(period + 1));
      const reading = await registers.read(home, period, valuesAt({ 1: surplus }));
      const call = m.settlement.meterAndSettle(m.community, period, [await metered(m, home, period, reading)]);
      await call;
      return { call, paid: FUNDS - FEE - (await freeOf(m, home.member)) };
    }
    return { m, hostile, home, period, settle };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(world);

  for (const [what, surplus, cost] of [
    ["measured", [0, 500], 500n * EXPORT],
    ["measured in part", [100, 500], 400n * EXPORT + 100n * IMPORT],
    ["not measured", [500, 0], 500n * IMPORT],
  ] as const) {
    it(`needs a reserve for what was ${what}`, async function () {
      const grid = BigInt(surplus[0]) * IMPORT;
      const { m, period, home, settle } = await fixture();
      const enough = await settle(cost, surplus);
      await expect(enough.call).not.to.emit(m.settlement, "RecordsVoided");
      const sold = surplus[1] > surplus[0] ? BigInt(500 - (surplus[1] - surplus[0])) * IMPORT : grid + 500n * IMPORT;
      expect(enough.paid).to.equal(sold);
      await expectSolvent(m);

      const again = await fixture();
      const { call, paid } = await again.settle(cost - 1n, surplus);
      await expect(call)
        .to.emit(m.settlement, "RecordsVoided")
        .withArgs(m.community, home.member, period, 0, Void.ChargeAboveReserve);
      const net = BigInt(surplus[0] - surplus[1]);
      expect(paid).to.equal(net > 0n ? net * IMPORT : net * EXPORT);
      await expectSolvent(again.m);
    });
  }

  it("needs one for all of it where no reading came", async function () {
    const { m, hostile, home, period } = await fixture();
    const other = await m.addHome();
    const next = period + 1;
    await m.goTo(m.periodStart(next));
    for (const { member } of [home, other]) {
      const head = packHead({ module: 0, reserve: 500n * EXPORT, sellWh: 500n });
      await hostile.append(m.community, member, next, head, "0x", 0, 0, m.stranger);
      await hostile.set(member, Act.Answer, answer({ position: [0n, traded(0n, 500n), 0n, 0n] }));
    }
    await m.goTo(m.periodStart(next + 1) + HOUR);
    await m.settlement.settleEstimated(m.community, period, [await missing(m, home, period)]);
    const items = [await missing(m, home, next), await missing(m, other, next)];
    const call = m.settlement.settleEstimated(m.community, next, items);
    for (const { member } of [home, other]) {
      await expect(call)
        .to.emit(m.settlement, "RecordsVoided")
        .withArgs(m.community, member, next, 0, Void.ChargeAboveReserve);
    }
    await expectSolvent(m);
  });
});
