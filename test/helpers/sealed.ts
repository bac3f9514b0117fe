/** A sealed community: homes with pledges, relayers with bonds, commits, reveals and receipts. */
import { expect } from "chai";
import { Signature, type BytesLike } from "ethers";
import { join, keccak } from "../reference/bytes.ts";
import { chunkHash, packChunk } from "../reference/chunks.ts";
import { rootOf, shown } from "../reference/chunk-chain.ts";
import { stripDigest } from "../reference/digests.ts";
import { domainOf, messageOf, openDay, outcomeOf, type Day, type SignedStrip } from "./auction.ts";
import { at } from "./lists.ts";
import { packStrips, type Connection, type HomeKeys, type HomeOptions, type MarketOptions } from "./market.ts";
import { books, hourly, metered, Registers, valuesAt, type Values } from "./settling.ts";

/** The gate of an hour closes 20 minutes before it; eight turns of 100 seconds. */
export const CLOSURE = 1_200;
export const TURN = 100;
export const WINDOW = 8 * TURN;
export const BOND = 5_000_000n;
export const sealedTerms = {
  ...hourly,
  horizon: 1,
  gateClosure: CLOSURE,
  revealWindow: WINDOW,
  bond: Number(BOND),
};

/** What a home pledges of its deposit, unless it says otherwise; base units. */
export const PLEDGE = 50_000_000n;

export interface SealedHome extends HomeOptions {
  readonly pledge?: bigint;
}

export type SealedDay = Awaited<ReturnType<typeof openSealedDay>>;
export type Relayer = SealedDay["relayers"][number];

/**
 * A sealed community at the start of the first period in which its homes trade. Orders of `period` have their gate in it. Ten
 * relayers have bonds for four commits each.
 */
export async function openSealedDay(
  connection: Connection,
  homes: readonly SealedHome[],
  { terms, ...options }: MarketOptions = {},
) {
  const { ethers, networkHelpers } = connection;
  const day = await openDay(connection, homes, { ...options, sealed: true, terms: { ...sealedTerms, ...terms } });
  const { community, escrow, euro } = day;
  const relayers = (await ethers.getSigners()).slice(6, 16);
  for (const relayer of relayers) {
    await euro.faucet(relayer, 4n * BOND);
    await euro.connect(relayer).approve(escrow, 4n * BOND);
    await escrow.connect(relayer).postBond(community, 4n * BOND);
  }
  const as = (home: HomeKeys) => home.owner.connect(ethers.provider);
  for (const [index, { pledge }] of homes.entries()) {
    const home = day.home(index);
    await escrow.connect(as(home)).pledge(community, home.member, pledge ?? PLEDGE);
  }
  const period = day.period + 1;
  const gateOf = (of = period) => day.periodStart(of) - day.terms.gateClosure;
  return {
    ...day,
    ethers,
    relayers,
    relayer: (index: number) => at(relayers, index),
    /** A home's owner, who can send. */
    as,
    period,
    slot: (offset: number, of = period) => day.slot(offset, of),
    gate: (_: number, of = period) => gateOf(of),
    gateOf,
    revealEnd: (of = period) => gateOf(of) + day.terms.revealWindow,
    /** The next transaction is mined in this second. */
    at: async (second: number) => {
      await networkHelpers.time.setNextBlockTimestamp(second);
    },
    /** The next transaction is mined in the first second after the gate, or of a place's turn. */
    atTurn: async (place = 0, of = period) => {
      await networkHelpers.time.setNextBlockTimestamp(gateOf(of) + (place * day.terms.revealWindow) / 8);
    },
    pledgeOf: async (home: HomeKeys) => (await escrow.pledgeOf(community, home.member)).pledged,
    bondOf: async (relayer: { readonly address: string }) => await escrow.bond(community, relayer.address),
  };
}

/** Chunks of strips under one root, as a relayer keeps them. */
export interface Bundle {
  readonly chunks: readonly { readonly bytes: string; readonly hash: string; readonly strips: number }[];
  readonly root: string;
  readonly strips: number;
}

export const chunkOf = (strips: readonly SignedStrip[]) => {
  const bytes = packChunk(at(strips, 0).feeTo, [packStrips(strips)]);
  return { bytes, hash: chunkHash(bytes), strips: strips.length };
};

/** A bundle of chunks, each of so many strips of one `feeTo`. */
export function bundleOf(...chunks: readonly (readonly SignedStrip[])[]): Bundle {
  const packed = chunks.map(chunkOf);
  const strips = packed.reduce((sum, chunk) => sum + chunk.strips, 0);
  return { chunks: packed, root: rootOf(packed.map(({ hash }) => hash)), strips };
}

/** Commits a relayer to a bundle. */
export const commit = async (day: SealedDay, relayer: Relayer, bundle: Bundle, period = day.period) =>
  await day.commitBook.connect(relayer).commit(day.community, period, bundle.root, bundle.chunks.length, bundle.strips);

export interface RevealOptions {
  readonly index?: number;
  readonly clears?: boolean;
  readonly period?: number;
  /** Other bytes than the chunk's, or another place in the chain. */
  readonly bytes?: BytesLike;
  readonly before?: readonly string[];
  readonly rest?: string;
}

/** Reveals a chunk of a bundle, as anyone. */
export async function reveal(day: SealedDay, place: number, bundle: Bundle, options: RevealOptions = {}) {
  const { index = 0, clears = false, period = day.period } = options;
  const { before, rest } = shown(
    bundle.chunks.map(({ hash }) => hash),
    index,
  );
  return await day.sealedAuction.reveal(
    day.community,
    period,
    place,
    options.bytes ?? at(bundle.chunks, index).bytes,
    [...(options.before ?? before)],
    options.rest ?? rest,
    clears,
    { gasLimit: 2 ** 24 },
  );
}

/** Reveals a chunk and reads what came of it. */
export const revealed = async (day: SealedDay, place: number, bundle: Bundle, options: RevealOptions = {}) =>
  await outcomeOf(day, reveal(day, place, bundle, options));

/** What receipts call a strip, by the reference model: its digest and the signature that it came with. */
export async function nameOf(day: Day, strip: SignedStrip, period: number): Promise<string> {
  const digest = stripDigest(await domainOf(day), messageOf(day.community, period, strip));
  return keccak(join([digest, strip.r, strip.vs]));
}

const RECEIPT_TYPES = {
  Receipt: [
    { name: "community", type: "uint32" },
    { name: "period", type: "uint32" },
    { name: "strip", type: "bytes32" },
  ],
};

/** A relayer's receipt for a strip. */
export async function receiptFor(day: SealedDay, relayer: Relayer, strip: SignedStrip, period = day.period) {
  const { chainId } = day.domains.auction;
  const domain = { name: "Wattbook", version: "1", chainId, verifyingContract: await day.commitBook.getAddress() };
  const message = { community: day.community, period, strip: await nameOf(day, strip, period) };
  const { r, yParityAndS } = Signature.from(await relayer.signTypedData(domain, RECEIPT_TYPES, message));
  return { name: message.strip, r, vs: yParityAndS };
}

/** Rule 1 of a sealed community: what it owes in accounts, pots, fees, pledges and bonds is what it holds, to the unit. */
export async function expectBacked(day: SealedDay): Promise<void> {
  const { accounts, pots, fees, held } = await books(day, day.relayers);
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  const pledges = await Promise.all(accounts.map(async (a) => (await day.escrow.pledgeOf(day.community, a.member))[0]));
  const bonds = await Promise.all(day.relayers.map(async (relayer) => (await day.bondOf(relayer)).balance));
  const inPots = sum(pots.map(({ amount, outstanding }) => amount + outstanding));
  const free = sum(accounts.map((account) => account.free + account.fund));
  expect(free + fees + inPots + sum(pledges) + sum(bonds), "owed = held").to.equal(held);
}

/** Goes past the period's end and settles it with true readings, after those of the one before, in which nothing was used. */
export async function settle(day: SealedDay, values: readonly (readonly [HomeKeys, Values])[]) {
  const { settlement, community, period } = day;
  await day.goTo(day.periodStart(period + 1));
  const registers = new Registers(day);
  const read = async (home: HomeKeys, of: number, used: Values) =>
    await metered(day, home, of, await registers.read(home, of, used));
  const before = values.map(async ([home]) => await read(home, period - 1, valuesAt({})));
  await settlement.meterAndSettle(community, period - 1, await Promise.all(before));
  const items = values.map(async ([home, used]) => await read(home, period, used));
  await settlement.meterAndSettle(community, period, await Promise.all(items));
}
