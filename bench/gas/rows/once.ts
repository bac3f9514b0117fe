/** What a member does now and then: enrol, deposit, withdraw, claim. */
import { tradeOf, unpacked } from "../../../test/helpers/modules.ts";
import { MaxUint256 } from "ethers";
import { encodeValues } from "../../../test/helpers/market.ts";
import { evidence } from "../../../test/helpers/settling.ts";
import { dayOf } from "../day.ts";
import { callOf } from "../evidence.ts";
import { capsOf, countedBy, SLOTS } from "../homes.ts";
import { bound, claimed, deposited, enrolled, withdrawn } from "../limits/once.ts";
import { latestReceipt, receiptOf } from "../market.ts";
import { OPERATIONS as OP } from "../operations.ts";
import type { Measured, Measurement } from "../types.ts";
import type { World } from "../world.ts";
import type { RowSource } from "./source.ts";

/** Keys of a home that no other file enrols. */
const NEWCOMER = 7;
const AMOUNT = 1_000_000n;
/** Homes of the day whose tokens are claimed; the first to claim makes the words of the kind, the second is measured. */
const HOMES = 10;
const CLAIMANTS = [0, 2];

export const once: RowSource = {
  name: "once",
  needs: () => HOMES,
  async measure({ world, progress }) {
    progress(`${String(world.ticks)} ticks: enrolment, deposit, withdrawal, claim`);
    const row = (operation: string, per: string, calls: Measured[]): Measurement => ({
      ...{ operation, homes: 1, ticks: world.ticks, per, units: 1, calls, makesWords: true },
    });
    return [
      row(OP.enrol, "member", await enrolment(world)),
      row(OP.deposit, "deposit", await deposit(world)),
      row(OP.withdraw, "withdrawal", await withdrawal(world)),
      row(OP.claim, "claim", await claim(world)),
    ];
  },
};

async function enrolment({ gas, homes, restore }: World): Promise<Measured[]> {
  await restore();
  const keys = gas.keysOf(NEWCOMER);
  const member = await gas.members.enrol(keys, capsOf(homes.length));
  const enroll = enrolled(await callOf(gas, "enroll", await latestReceipt(gas)));
  await gas.members.bind(member, keys);
  return [enroll, bound(await callOf(gas, "bindMeter", await latestReceipt(gas)))];
}

async function deposit({ gas, homes: [home], restore }: World): Promise<Measured[]> {
  if (home === undefined) throw new Error("no home");
  await restore();
  const { euro, escrow, stranger, community } = gas.market;
  await euro.faucet(stranger.address, 2n * AMOUNT);
  await euro.connect(stranger).approve(await escrow.getAddress(), MaxUint256);
  const receipt = await receiptOf(escrow.connect(stranger).deposit(community, home.member, AMOUNT));
  return [deposited(await callOf(gas, "deposit", receipt))];
}

async function withdrawal({ gas, homes: [home], restore }: World): Promise<Measured[]> {
  if (home === undefined) throw new Error("no home");
  await restore();
  const { euro, escrow, community } = gas.market;
  await euro.faucet(home.owner.address, AMOUNT);
  const owned = escrow.connect(gas.asSigner(home));
  const receipt = await receiptOf(owned.withdraw(community, home.member, home.owner.address, AMOUNT));
  return [withdrawn(await callOf(gas, "withdraw", receipt))];
}

async function claim(world: World): Promise<Measured[]> {
  const { gas, homes, period } = world;
  const { market } = gas;
  await dayOf(world, HOMES);
  await market.goTo(market.periodStart(period + 1) + market.terms.correctionWindow);
  let last: Measured[] = [];
  for (const index of CLAIMANTS) {
    const home = homes[index];
    if (home === undefined) throw new Error("no home");
    const { values } = countedBy(home, world.dayOf(period));
    const proof = await evidence(market, home, period);
    const item = { member: home.member, ...proof, values: encodeValues(values), gapLeg: 0n };
    const settlement = market.settlement.connect(gas.asSigner(home));
    const receipt = await receiptOf(settlement.claim(market.community, period, item, home.owner.address));
    const bought = unpacked(proof.position).filter((slot) => tradeOf(slot).bought !== 0n).length;
    last = [claimed(await callOf(gas, "claim", receipt), bought, SLOTS)];
  }
  return last;
}
