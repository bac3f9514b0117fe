import type { Connection } from "./market.ts";
import { escrowLab, fund, type Lab } from "./escrow-lab.ts";

export const DAY = 86_400;
/** Day-ahead trading: the gate closes an hour before midnight, and 800 seconds are for the reveal. */
export const CLOSURE = 3_600;
export const WINDOW = 800;
export const dayAhead = { gateClosure: CLOSURE, revealWindow: WINDOW, horizon: 1, bond: 5_000 };

export type SealedLab = Awaited<ReturnType<typeof sealedLab>>;

/** The escrow of a sealed community, at the start of a day. Orders of `next` have their gate in it, 23 hours later. */
export async function sealedLab(connection: Connection, terms: Partial<typeof dayAhead> = {}) {
  const { ethers, networkHelpers } = connection;
  const lab = await escrowLab(connection, undefined, { ...dayAhead, ...terms });
  const taker = await ethers.getContractAt("PledgeTaker", await lab.escrow.getAddress());
  const [firstModule, secondModule] = await Promise.all(
    lab.modules.map(async (module) => await ethers.getImpersonatedSigner(await module.getAddress())),
  );
  if (!firstModule || !secondModule) throw new Error("too few modules");
  for (const { address } of [firstModule, secondModule]) await networkHelpers.setBalance(address, 10n ** 20n);
  const next = Math.floor((await networkHelpers.time.latest()) / DAY) + 2;
  await networkHelpers.time.increaseTo((next - 1) * DAY);
  const gateOf = (period: number) => period * DAY - CLOSURE;
  return {
    ...lab,
    taker,
    firstModule,
    secondModule,
    next,
    gateOf,
    /** The next transaction is mined in this second. */
    at: async (second: number) => {
      await networkHelpers.time.setNextBlockTimestamp(second);
    },
    pledgedFor: async (member: number, period: number) => (await lab.escrow.standingAtGate(0, member, period)).pledged,
  };
}

/** Deposits and pledges `amount`. */
export async function pledgeFrom(lab: Lab, owner: Lab["anna"], member: number, amount: bigint) {
  await fund(lab, member, amount);
  await lab.escrow.connect(owner).pledge(lab.community, member, amount);
}
