import { expect } from "chai";
import { Signature, type BaseWallet, type Signer } from "ethers";
import { SKIP_REASONS, VOID_REASONS } from "../../sdk/src/clients/reasons.ts";
import type { DoubleAuction } from "../../types/ethers-contracts/index.ts";
import { afterRecord } from "../reference/journal.ts";
import { at } from "./lists.ts";
import {
  CONSENT_TYPES,
  NEVER,
  buy,
  flatValues,
  sell,
  type Entry,
  type HomeKeys,
  type Market,
  type ReadingInput,
  type TermsOverride,
  postArguments,
} from "./market.ts";
import { packed, unpacked } from "./modules.ts";
import { reservedOf, reserves } from "./reserves.ts";

/** The numbers of an enum by its names, in their order. */
const numbered = <N extends string>(names: readonly N[]) =>
  Object.fromEntries(names.map((name, index) => [name, index])) as Record<N, number>;

/** `ISettlement.Skip`. */
export const Skip = numbered(SKIP_REASONS);

/** `ISettlement.Void`. */
export const Void = numbered(VOID_REASONS);

/** States of a journal. */
export const State = { Open: 0n, Metered: 1n, Settled: 2n, Estimated: 3n, Claimed: 4n } as const;

export const HOUR = 3600;

/** Periods of one hour with four slots, and windows of a few hours: the ring has nine periods. */
export const hourly: TermsOverride = {
  slotsPerPeriod: 4,
  readingDeadline: HOUR,
  correctionWindow: 3 * HOUR,
  claimWindow: 5 * HOUR,
  tariffNotice: 1,
};

/** [import, export] in Wh per slot. */
export type Values = readonly (readonly [number, number])[];

const totals = (values: Values): [bigint, bigint] => [
  values.reduce((sum, [imported]) => sum + BigInt(imported), 0n),
  values.reduce((sum, [, exported]) => sum + BigInt(exported), 0n),
];

/** Values of an hourly period: the given slots, nothing elsewhere. */
export function valuesAt(slots: Record<number, readonly [number, number]>, count = 4): Values {
  return flatValues(count, 0, 0).map((none, slot) => slots[slot] ?? none);
}

/** True registers of the homes, so that every reading starts where the one before it ended. */
export class Registers {
  readonly #market: Market;
  readonly #now = new Map<number, readonly [bigint, bigint]>();

  constructor(market: Market) {
    this.#market = market;
  }

  of(home: HomeKeys): readonly [bigint, bigint] {
    return this.#now.get(home.member) ?? [0n, 0n];
  }

  set(home: HomeKeys, imported: bigint, exported: bigint): void {
    this.#now.set(home.member, [imported, exported]);
  }

  /** What the meter counts in a period; returns the signed reading of it. */
  async read(home: HomeKeys, period: number, values: Values, extra: Partial<ReadingInput> = {}) {
    const [startImport, startExport] = this.of(home);
    const [imported, exported] = totals(values);
    this.set(home, startImport + imported, startExport + exported);
    return await this.#market.signReading({ home, period, values, startImport, startExport, ...extra });
  }
}

export type SignedReading = Awaited<ReturnType<Market["signReading"]>>;

/** An item of `meter` and `meterAndSettle` with the member's records out of the logs. */
export async function metered(m: Market, home: HomeKeys, period: number, reading: SignedReading) {
  return { member: home.member, reading, records: await m.recordsOf(home.member, period) };
}

/** An item of `settleEstimated`. */
export async function missing(m: Market, home: HomeKeys, period: number) {
  return { member: home.member, records: await m.recordsOf(home.member, period) };
}

/** Signs and posts one strip per home. */
export async function post(m: Market, period: number, orders: readonly (readonly [HomeKeys, readonly Entry[]])[]) {
  const strips = await Promise.all(orders.map(async ([home, entries]) => await m.signStrip({ home, period, entries })));
  await m.auction.post(...postArguments(m.community, period, strips));
}

export { buy, sell };

/** Moves to the second `after` seconds behind the end of a period: the next transaction is mined in it. */
export async function goBehind(m: Market, period: number, after: number) {
  await m.goTo(m.periodStart(period + 1) + after - 1);
}

export const freeOf = async (m: Market, member: number) => (await m.escrow.account(m.community, member)).free;
export { reservedOf };
export const dueOf = async (m: Market, member: number) => (await m.escrow.debt(m.community, member)).due;
export const stateOf = async (m: Market, home: HomeKeys, period: number) =>
  (await m.escrow.journal(m.community, home.member, period)).state;

/** A new meter key for a home, with the consent of its owner; it counts from the next period on. */
export async function rotateMeter(m: Market, home: HomeKeys, meter: BaseWallet): Promise<HomeKeys> {
  const fields = { community: m.community, member: home.member, meterKey: meter.address, deadline: NEVER };
  const types = { MeterRotation: CONSENT_TYPES.MeterRotation };
  const nonce = await m.registry.nonces(home.owner.address);
  const proof = await meter.signTypedData(m.domains.registry, types, { ...fields, nonce });
  const consent = await m.consent("MeterRotation", home.owner, fields);
  const binding = { meterKey: meter.address, startImport: 0n, startExport: 0n, deadline: NEVER };
  await m.registry.connect(m.coordinator).rotateMeterKey(m.community, home.member, binding, consent, proof);
  return { ...home, meter };
}

/** The same signature with the other s and v: valid for `ecrecover`, refused everywhere else. */
export function malleable({ r, vs, ...rest }: SignedReading): SignedReading {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const { s, yParity } = Signature.from({ r, yParityAndS: vs });
  const other = order - BigInt(s);
  const word = (other & ((1n << 255n) - 1n)) | (BigInt(1 - yParity) << 255n);
  return { ...rest, r, vs: `0x${word.toString(16).padStart(64, "0")}` };
}

/** The journal after a member's records, out of the logs. */
export async function journalOf(m: Market, home: HomeKeys, period: number): Promise<bigint> {
  const records = await m.recordsOf(home.member, period);
  return records.reduce((hash, { head, digest, payload }) => afterRecord(hash, head, digest, payload), 0n);
}

/** The journal after a member's records, and its position by the modules' own answers. */
export async function evidence(m: Market, home: HomeKeys, period: number) {
  const records = await m.recordsOf(home.member, period);
  const journal = await journalOf(m, home, period);
  const position = Array.from({ length: m.terms.slotsPerPeriod }, () => 0n);
  const moduleOf = (head: bigint) => Number((head >> 208n) & 0xffn);
  for (const module of new Set(records.map(({ head }) => moduleOf(head)))) {
    const own = records.filter(({ head }) => moduleOf(head) === module).map(({ payload }) => payload);
    // Any module has what `IMarketModule` asks for, as the order book does.
    const contract = m.auction.attach(await m.registry.moduleAt(m.community, module)) as DoubleAuction;
    const context = [...(await contract.contextOf(m.community, period))];
    const answer = await contract.positionOf(m.community, home.member, period, context, own);
    for (const [slot, wh] of unpacked(answer.position).entries()) position[slot] = at(position, slot) + wh;
  }
  return { journal, position: packed(position) };
}

/** Every account, pot and fee of a community, and what the escrow holds. */
export async function books(m: Market, settlers: readonly (Signer | BaseWallet)[] = []) {
  const { escrow, registry, community, euro } = m;
  const members = Number(await registry.memberCount(community));
  const reservedBy = await reserves(m);
  const accounts = [];
  for (let member = 0; member < members; member++) {
    const { free } = await escrow.account(community, member);
    const reserved = reservedBy.get(member) ?? 0n;
    const { due } = await escrow.debt(community, member);
    const { fund, owed } = await escrow.dueFund(community, member);
    accounts.push({ member, free, reserved, due, fund, owed });
  }
  const now = await m.periodNow();
  const pots = [];
  for (let module = 0; (await registry.moduleAt(community, module)) !== ZERO; module++) {
    for (let period = now - 40; period <= now + m.terms.horizon; period++) {
      const { outstanding, amount } = await escrow.pot(community, module, period);
      if (outstanding !== 0n || amount !== 0n) pots.push({ module, period, outstanding, amount });
    }
  }
  const signers = [m.deployer, m.coordinator, m.dso, m.feeCollector, m.supplier, m.stranger, ...settlers];
  const addresses = new Set(await Promise.all(signers.map(async (signer) => await signer.getAddress())));
  let fees = 0n;
  for (const address of addresses) fees += await escrow.fees(euro, address);
  return { accounts, pots, fees, held: await euro.balanceOf(escrow) };
}

const ZERO = `0x${"0".repeat(40)}`;

/**
 * Rule 1, summed over every account: nothing is negative, reserves stand in pots to the unit, claims on suppliers match, and what the
 * escrow owes is exactly what it holds. Debts are never counted as money.
 */
export async function expectSolvent(m: Market, settlers: readonly (Signer | BaseWallet)[] = []) {
  const { accounts, pots, fees, held } = await books(m, settlers);
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  const outstanding = sum(pots.map((pot) => pot.outstanding));
  expect(outstanding, "outstanding = reserved").to.equal(sum(accounts.map(({ reserved }) => reserved)));
  for (const pot of pots) {
    expect(pot.amount + pot.outstanding, `pot ${String(pot.module)} of ${String(pot.period)}`).to.be.gte(0n);
  }
  const claims = sum(accounts.map(({ due }) => (due < 0n ? -due : 0n)));
  expect(sum(accounts.map(({ owed }) => owed)), "claims on suppliers").to.equal(claims);
  for (const { fund, owed } of accounts) expect(fund).to.be.lte(owed);
  const free = sum(accounts.map((account) => account.free + account.fund));
  expect(free + fees + outstanding + sum(pots.map(({ amount }) => amount)), "owed = held").to.equal(held);
}
