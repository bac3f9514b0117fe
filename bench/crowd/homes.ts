/** Many homes: their keys, what they order, and how they are enrolled without waiting for thousands of estimates. */
import { id, Wallet, type BaseWallet } from "ethers";
import { CONSENT_TYPES, type Entry, type HomeKeys } from "../../test/helpers/market.ts";
import { bindingOf, enrolmentOf } from "../../test/helpers/membership.ts";
import { ALL_SLOTS } from "../gas/homes.ts";
import type { Market } from "../gas/market.ts";
import type { Progress } from "../gas/types.ts";

/** Lots per slot and side: far more than a tick of 16 bits has room for, for all homes together. */
const CAP = 2_000;
/** Lots of an entry: from the least, over so many. */
const LOTS = { least: 600, span: 900 };
/** Base units: what a home deposits, and what it pledges of that where orders are sealed. */
const DEPOSIT = 4_000_000_000n;
const PLEDGE = 3_000_000_000n;
const PROGRESS_EVERY = 1_000;
/** More than any of these calls takes. Named, so that the node does not run each many times to estimate it. */
const GAS = "0x200000";

const ticksOf = ({ market }: Market) => market.terms.tickCount;

/** Even members buy, odd ones sell, one entry per slot, spread over the ticks; other lots on every day. */
export function ordersOf(gas: Market, home: HomeKeys, day: number): Entry[] {
  const side = home.member % 2 === 0 ? "buy" : "sell";
  return ALL_SLOTS.map((slot) => ({
    slot,
    side,
    tick: (home.member * 7 + slot * 3) % ticksOf(gas),
    lots: LOTS.least + ((home.member * 37 + slot * 11 + day) % LOTS.span),
  }));
}

const walletOf = (index: number, role: string): BaseWallet => new Wallet(id(`crowd ${String(index)} ${role}`));

/** Enrols, binds, funds and, where orders are sealed, pledges. */
export async function enrolAll(gas: Market, count: number, sealed: boolean, progress: Progress): Promise<HomeKeys[]> {
  const { market, connection } = gas;
  const { registry, escrow, euro, community, coordinator, stranger } = market;
  const raw = async (from: string, to: { getAddress(): Promise<string> }, data: string): Promise<void> => {
    await connection.provider.request({
      method: "eth_sendTransaction",
      params: [{ from, to: await to.getAddress(), data, gas: GAS }],
    });
  };
  const total = DEPOSIT * BigInt(count);
  await euro.faucet(stranger, total);
  await euro.connect(stranger).approve(escrow, total);
  const termsHash = await registry.termsHash(community);
  const first = Number(await registry.memberCount(community));
  const homes: HomeKeys[] = [];
  for (let index = 0; index < count; index++) {
    const keys = {
      owner: walletOf(index, "owner"),
      trading: walletOf(index, "trading"),
      meter: walletOf(index, "meter"),
    };
    const home = { member: first + index, ...keys };
    const enrolment = enrolmentOf(keys, { buyCap: CAP, sellCap: CAP });
    const binding = bindingOf(keys.meter.address);
    const fields = { community, member: home.member, ...binding, nonce: 1n };
    const sign = async (signer: BaseWallet, type: "Enrolment" | "MeterBinding", value: Record<string, unknown>) =>
      await signer.signTypedData(market.domains.registry, { [type]: CONSENT_TYPES[type] }, value);
    const consent = await sign(keys.owner, "Enrolment", { community, termsHash, ...enrolment, nonce: 0n });
    await raw(
      coordinator.address,
      registry,
      registry.interface.encodeFunctionData("enroll", [community, enrolment, consent]),
    );
    const proofs = [
      await sign(keys.owner, "MeterBinding", fields),
      await sign(keys.meter, "MeterBinding", fields),
    ] as const;
    const bind = registry.interface.encodeFunctionData("bindMeter", [community, home.member, binding, ...proofs]);
    await raw(coordinator.address, registry, bind);
    const deposit = escrow.interface.encodeFunctionData("deposit", [community, home.member, DEPOSIT]);
    await raw(stranger.address, escrow, deposit);
    if (sealed) {
      await connection.networkHelpers.setBalance(keys.owner.address, 10n ** 20n);
      await connection.networkHelpers.impersonateAccount(keys.owner.address);
      const pledge = escrow.interface.encodeFunctionData("pledge", [community, home.member, PLEDGE]);
      await raw(keys.owner.address, escrow, pledge);
    }
    homes.push(home);
    if (homes.length % PROGRESS_EVERY === 0) progress(`${String(homes.length)} of ${String(count)} homes enrolled`);
  }
  return homes;
}
