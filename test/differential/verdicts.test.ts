import { expect } from "chai";
import fc from "fast-check";
import { VOID_REASONS } from "../../sdk/src/clients/reasons.ts";
import { voidReasonOf } from "../../sdk/src/market-module.ts";
import { asAmount, asPrice, asSignedAmount, asWh } from "../../sdk/src/units.ts";
import { connect, deployMarket, type Connection } from "../helpers/market.ts";
import { Act, answer as encodeAnswer, deployHostile, traded } from "../helpers/modules.ts";
import { HOUR, goBehind, hourly, missing } from "../helpers/settling.ts";
import { range } from "../reference/arrays.ts";
import type { Head } from "../reference/head.ts";
import { judge, type ModuleClaim, type VoidReason } from "../reference/modules.ts";
import { runs } from "../reference/samples.ts";
import { anyTrial, IMPORT, NETWORK_FEE, OTHER_RESERVE, SETTLEMENT_FEE, type Trial } from "./verdicts.scenario.ts";

const EXPORT = 80n;
const prices = {
  networkFee: NETWORK_FEE,
  slots: range(4n).map(() => ({ importPrice: IMPORT, exportPrice: EXPORT })),
};

/** Two homes that trade with a module, and a third one whose journal keeps the period open. */
async function openWorld(connection: Connection) {
  const m = await deployMarket(connection, { terms: hourly });
  const home = await m.addHome({ deposit: 10n ** 12n });
  const other = await m.addHome();
  const third = await m.addHome();
  const { hostile, index, append } = await deployHostile(connection.ethers, m, [home, other, third]);
  const period = (await m.periodNow()) + 1;
  await m.goTo(m.periodStart(period));
  await append(third, period, {});
  await append(other, period, { reserve: OTHER_RESERVE });
  return { m, home, other, hostile, index, append, period };
}
type World = Awaited<ReturnType<typeof openWorld>>;

/** Settles the home and says what became of its records. */
async function verdictOf({ m, home, period, index }: World): Promise<VoidReason> {
  const sent = await m.settlement.settleEstimated(m.community, period, [await missing(m, home, period)]);
  const receipt = await sent.wait();
  const events = (receipt?.logs ?? []).map((log) => m.settlement.interface.parseLog(log));
  expect(events.map((event) => event?.name)).not.to.include("ItemSkipped");
  const voids = events.filter((event) => event?.name === "RecordsVoided");
  expect(voids.map((event) => event?.args["module"] as bigint)).to.deep.equal(voids.map(() => BigInt(index)));
  return VOID_REASONS[Number(voids[0]?.args["reason"] ?? 0n)] ?? expect.fail("an unknown reason");
}

/** What the SDK makes of it, in its own types. */
function sdkVerdict({ answer }: Trial, head: Head, pot: { outstanding: bigint; amount: bigint }): VoidReason {
  const price = { importPrice: asPrice(IMPORT), exportPrice: asPrice(EXPORT) };
  const { reserve, buyWh, sellWh } = head;
  const said = answer !== "CallFailed" && {
    paid: asAmount(answer.paid),
    received: asAmount(answer.received),
    position: answer.position.map(({ bought, sold }) => ({ bought: asWh(bought), sold: asWh(sold) })),
  };
  const reason = voidReasonOf(said || null, {
    tariff: { networkFee: asPrice(NETWORK_FEE), classes: [prices.slots.map(() => price)] },
    tariffClass: 0n,
    heads: [{ ...head, reserve: asAmount(reserve), buyWh: asWh(buyWh), sellWh: asWh(sellWh) }],
    release: asAmount(reserve + SETTLEMENT_FEE),
    pot: { outstanding: asAmount(pot.outstanding), amount: asSignedAmount(pot.amount) },
  });
  return reason ?? "None";
}

describe("Rule 1: a module's answer is judged alike on chain, by the reference model and by the SDK", function () {
  it("at every bound and one unit to either side, with every reason", async function () {
    this.timeout(300_000);
    const connection = await connect();
    const { time } = connection.networkHelpers;
    const world = await openWorld(connection);
    const { m, home, other, hostile, index, append, period } = world;
    const snapshot = await connection.networkHelpers.takeSnapshot();
    const seen = new Map<VoidReason, number>();

    async function tell(member: number, answer: ModuleClaim["answer"]) {
      if (answer === "CallFailed") return await hostile.set(member, Act.Revert, "0x");
      const position = answer.position.map(({ bought, sold }) => traded(bought, sold));
      return await hostile.set(member, Act.Answer, encodeAnswer({ ...answer, position }));
    }
    const potNow = async () => {
      const { outstanding, amount } = await m.escrow.pot(m.community, index, period);
      return { outstanding, amount };
    };

    await fc.assert(
      fc.asyncProperty(anyTrial, async (trial) => {
        await snapshot.restore();
        await time.setNextBlockTimestamp((await time.latest()) + 1);
        const { reserve, buyWh, sellWh, received, answer } = trial;
        await append(home, period, { reserve, buyWh, sellWh });
        await tell(home.member, answer);
        await goBehind(m, period, HOUR);
        if (received !== undefined) {
          await tell(other.member, { paid: 0n, received, position: range(4n).map(() => ({ bought: 0n, sold: 0n })) });
          await m.settlement.settleEstimated(m.community, period, [await missing(m, other, period)]);
        }
        const pot = await potNow();
        const head: Head = { reserve, buyWh, sellWh, entries: 1n, module: BigInt(index) };
        const bySdk = sdkVerdict(trial, head, pot);
        const claim = { module: BigInt(index), heads: [head], release: reserve + SETTLEMENT_FEE, answer };
        const byModel = judge(claim, prices, pot).reason;
        const onChain = await verdictOf(world);
        expect([byModel, bySdk]).to.deep.equal([onChain, onChain]);
        expect(await potNow()).to.deep.equal(pot);
        seen.set(onChain, (seen.get(onChain) ?? 0) + 1);
      }),
      { ...runs(200), endOnFailure: true },
    );
    for (const reason of VOID_REASONS) expect(seen.get(reason) ?? 0, reason).to.be.greaterThan(0);
  });
});
