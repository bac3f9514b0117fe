/** Money into the escrow and out of it. */

import { type Amount, asAmount, asMember, LocalEuroAbi, type MemberIndex, signPermit } from "@wattbook/sdk";
import { Interface, type Wallet } from "ethers";
import { type Member, NEVER } from "./members.ts";
import { SERVICES, type World } from "./world.ts";

const COIN = new Interface(LocalEuroAbi);
const EURO = 1_000_000n;

/** Draws coins from the faucet and deposits them with a permit of the owner. */
export async function deposit(world: World, member: MemberIndex, owner: Wallet, amount: Amount): Promise<void> {
  const { chain, euro, escrow, community } = world;
  const data = COIN.encodeFunctionData("faucet", [owner.address, amount]);
  await chain.send(owner, { to: euro.address, data, value: 0n });
  const nonce = await euro.nonceOf(owner.address);
  const input = { owner: owner.address, spender: escrow.address, value: amount, nonce, deadline: NEVER };
  const permit = await signPermit(await euro.domain(), input, owner);
  await chain.send(owner, escrow.calls.depositWithPermit(community, member, amount, permit));
}

/** Whole euros that cover `baseUnits`. */
export function wholeEuros(baseUnits: bigint): Amount {
  return asAmount(((baseUnits + EURO - 1n) / EURO) * EURO);
}

/** Everybody takes out what is free, members and services, relayer and keeper. */
export async function withdrawAll(world: World, members: readonly Member[]): Promise<void> {
  const { chain, escrow, euro, community, roles } = world;
  const owners = [...SERVICES.map((role) => roles[role]), ...members.map(({ owner }) => owner)];
  for (const { owner, member } of accountsOf(owners)) {
    const { free } = await escrow.account(community, member);
    if (free > 0n) await chain.send(owner, escrow.calls.withdraw(community, member, owner.address, free));
  }
  for (const earner of [roles.relayer, roles.keeper]) {
    const fees = await escrow.fees(euro.address, earner.address);
    if (fees > 0n) await chain.send(earner, escrow.calls.withdrawFees(euro.address, earner.address));
  }
}

/** Owners in the order of their member index. */
function accountsOf(owners: readonly Wallet[]): { owner: Wallet; member: MemberIndex }[] {
  return owners.map((owner, index) => ({ owner, member: asMember(BigInt(index)) }));
}
