import { network } from "hardhat";
import {
  AbiCoder,
  concat,
  getBytes,
  HDNodeWallet,
  hexlify,
  keccak256,
  Mnemonic,
  Signature,
  toBeHex,
  toUtf8Bytes,
  ZeroAddress,
  type BaseWallet,
} from "ethers";
import { deployContracts, type Deployment } from "../../scripts/lib/deployment.ts";
import type { DoubleAuction } from "../../types/ethers-contracts/index.ts";
import { CONSENT_TYPES, READING_TYPES, STRIP_TYPES } from "./typed-data.ts";

/** One connection for a test file: chain, helpers and signers. */
export const connect = async () => await network.create();
export type Connection = Awaited<ReturnType<typeof connect>>;

const root = HDNodeWallet.fromMnemonic(
  Mnemonic.fromPhrase("test test test test test test test test test test test junk"),
  "m/44'/60'/1'",
);
/** A key that exists nowhere but in tests; the same index gives the same key. */
export const key = (index: number): BaseWallet => root.derivePath(`0/${String(index)}`);

/** Parameters of the default community; override what a test is about. */
export const defaultTerms = {
  slotDuration: 900,
  slotsPerPeriod: 96,
  lotWh: 10,
  floorPrice: 60,
  tickSize: 4,
  tickCount: 64,
  wideTicks: false,
  gateClosure: 300,
  horizon: 2,
  readingDeadline: 86_400,
  correctionWindow: 3 * 86_400,
  claimWindow: 7 * 86_400,
  tariffNotice: 2,
  maxImport: 600,
  maxNetworkFee: 100,
  settlementFee: 2000,
  revealWindow: 0,
  bond: 0,
};
export type TermsOverride = Partial<typeof defaultTerms>;

/** Prices of one class in every slot, base units per Wh. */
export interface FlatTariff {
  readonly importPrice: number;
  readonly exportPrice: number;
}

/** Tariff bytes with the same prices in every slot: network fee, then import and export per class and slot. */
export function flatTariff(slots: number, networkFee: number, classes: readonly FlatTariff[]): string {
  const parts = [toBeHex(networkFee, 2)];
  for (const { importPrice, exportPrice } of classes) {
    for (let slot = 0; slot < slots; slot++) parts.push(toBeHex(importPrice, 2), toBeHex(exportPrice, 2));
  }
  return concat(parts);
}

export interface Entry {
  readonly slot: number;
  readonly side: "buy" | "sell";
  readonly tick: number;
  readonly lots: number;
}

export const buy = (slot: number, tick: number, lots: number): Entry => ({ slot, side: "buy", tick, lots });
export const sell = (slot: number, tick: number, lots: number): Entry => ({ slot, side: "sell", tick, lots });

/** Four bytes per entry: slot offset 8, side 1, tick 7, lots 16. No check of any kind: tests need bad ones too. */
export const encodeEntries = (entries: readonly Entry[]): string =>
  concat(
    entries.map(({ slot, side, tick, lots }) =>
      toBeHex(slot * 2 ** 24 + (side === "sell" ? 2 ** 23 : 0) + tick * 2 ** 16 + lots, 4),
    ),
  );

export interface HomeKeys {
  readonly member: number;
  readonly owner: BaseWallet;
  readonly trading: BaseWallet;
  readonly meter: BaseWallet;
}

/** What `signStrip` needs; everything but the entries has a default that is accepted. */
export interface StripInput {
  readonly home: HomeKeys;
  readonly period: number;
  readonly entries: readonly Entry[] | string;
  readonly after?: number;
  readonly epoch?: number;
  readonly deadline?: number;
  readonly maxReserve?: bigint;
  readonly feePerEntry?: number;
  readonly feeTo?: string;
  readonly signer?: BaseWallet;
}

export interface ReadingInput {
  readonly home: HomeKeys;
  readonly period: number;
  /** [import, export] in Wh per slot. */
  readonly values: readonly (readonly [number, number])[];
  readonly startImport?: bigint;
  readonly startExport?: bigint;
  readonly closesGap?: boolean;
  readonly signer?: BaseWallet;
}

export const encodeValues = (values: readonly (readonly [number, number])[]): string =>
  concat(values.map(([imported, exported]) => concat([toBeHex(imported, 3), toBeHex(exported, 3)])));

export { CONSENT_TYPES };

export const NEVER = 2 ** 40 - 1;

export interface MarketOptions {
  readonly terms?: TermsOverride;
  readonly tariff?: { readonly networkFee: number; readonly classes: readonly FlatTariff[] };
  readonly defaultLoadWh?: number;
  /** Whether the order book is the sealed auction; the terms name a reveal window then. */
  readonly sealed?: boolean;
  /** Deploys another first module in the order book's place. */
  readonly first?: (contracts: Deployment) => Promise<{ getAddress(): Promise<string> }>;
  /** Further modules beside the order book, which comes first. */
  readonly modules?: readonly string[];
}

export interface HomeOptions {
  readonly buyCap?: number;
  readonly sellCap?: number;
  readonly tariffClass?: number;
  readonly zone?: number;
  readonly kind?: number;
  readonly modules?: number;
  readonly startImport?: bigint;
  readonly startExport?: bigint;
  /** Base units on the member's account. */
  readonly deposit?: bigint;
}

/** A deployed community with its service wallets, and what tests do with it. */
export type Market = Awaited<ReturnType<typeof deployMarket>>;

/**
 * Deploys everything and creates one community at the start of a period, with service wallets from the node's accounts:
 * 1 coordinator, 2 DSO, 3 fee collector, 4 supplier. Homes are added with `addHome` and trade from the next period on.
 */
export async function deployMarket(connection: Connection, options: MarketOptions = {}) {
  const { ethers, networkHelpers } = connection;
  const [deployer, coordinator, dso, feeCollector, supplier, stranger] = await ethers.getSigners();
  if (!deployer || !coordinator || !dso || !feeCollector || !supplier || !stranger) throw new Error("too few accounts");
  const anyone = stranger.address;
  const contracts: Deployment = await deployContracts(ethers, deployer);
  const euro = await ethers.deployContract("LocalEuro");
  const terms = { ...defaultTerms, ...options.terms };
  const tariff = options.tariff ?? { networkFee: 40, classes: [{ importPrice: 300, exportPrice: 80 }] };
  const { registry, escrow, settlement, auction: openAuction, sealedAuction } = contracts;
  // Both order books have in common what `auction` is used for; only an open one takes posted strips.
  const book = options.sealed === true ? sealedAuction : openAuction;
  const auction = openAuction.attach(await book.getAddress()) as DoubleAuction;
  const first = (await options.first?.(contracts)) ?? auction;
  const { chainId } = await ethers.provider.getNetwork();
  const length = terms.slotDuration * terms.slotsPerPeriod;
  // The start of a UTC day well in the future, so that every period length is aligned.
  const start = (Math.floor((await networkHelpers.time.latest()) / 86_400) + 2) * 86_400;
  await networkHelpers.time.increaseTo(start);

  await registry.createCommunity(
    {
      ...terms,
      paymentToken: await euro.getAddress(),
      coordinator: coordinator.address,
      dso: dso.address,
      feeCollector: feeCollector.address,
    },
    [supplier.address],
    tariff.classes.map(() => ({ supplier: 0, defaultLoadWh: options.defaultLoadWh ?? 250 })),
    [await first.getAddress(), ...(options.modules ?? [])],
    flatTariff(terms.slotsPerPeriod, tariff.networkFee, tariff.classes),
  );
  const community = Number(await registry.communityCount()) - 1;
  const domainOf = async (contract: { getAddress(): Promise<string> }) => ({
    name: "Wattbook",
    version: "1",
    chainId,
    verifyingContract: await contract.getAddress(),
  });
  const domains = {
    registry: await domainOf(registry),
    auction: await domainOf(auction),
    settlement: await domainOf(settlement),
  };

  const periodStart = (period: number) => period * length;
  const periodNow = async () => Math.floor((await networkHelpers.time.latest()) / length);
  const goTo = async (timestamp: number) => {
    if ((await networkHelpers.time.latest()) < timestamp) await networkHelpers.time.increaseTo(timestamp);
  };

  async function fund(member: number, amount: bigint) {
    await euro.faucet(anyone, amount);
    await euro.connect(stranger).approve(await escrow.getAddress(), amount);
    await escrow.connect(stranger).deposit(community, member, amount);
  }

  async function consent(type: keyof typeof CONSENT_TYPES, owner: BaseWallet, fields: Record<string, unknown>) {
    const nonce = await registry.nonces(owner.address);
    return await owner.signTypedData(domains.registry, { [type]: CONSENT_TYPES[type] }, { ...fields, nonce });
  }

  let homes = 0;
  /** Enrols a home with fresh keys, binds its meter and funds it. It is active from the next period on. */
  async function addHome(home: HomeOptions = {}): Promise<HomeKeys> {
    const index = homes++;
    const owner = key(3 * index);
    const trading = key(3 * index + 1);
    const meter = key(3 * index + 2);
    await networkHelpers.setBalance(owner.address, 10n ** 20n);
    await networkHelpers.setBalance(trading.address, 10n ** 20n);
    const enrolment = {
      owner: owner.address,
      tradingKey: trading.address,
      buyCap: home.buyCap ?? 431,
      sellCap: home.sellCap ?? 431,
      tariffClass: home.tariffClass ?? 0,
      zone: home.zone ?? 7,
      kind: home.kind ?? 1,
      modules: home.modules ?? 1,
      meteringPoint: keccak256(toUtf8Bytes(`salt point ${String(index)}`)),
      deadline: NEVER,
    };
    const member = Number(await registry.memberCount(community));
    const termsHash = await registry.termsHash(community);
    await registry
      .connect(coordinator)
      .enroll(community, enrolment, await consent("Enrolment", owner, { community, termsHash, ...enrolment }));
    const keys = { member, owner, trading, meter };
    await bindMeter(keys, meter, home.startImport ?? 0n, home.startExport ?? 0n);
    if (home.deposit !== 0n) await fund(member, home.deposit ?? 100_000_000n);
    return keys;
  }

  async function bindMeter(home: HomeKeys, meter: BaseWallet, startImport: bigint, startExport: bigint) {
    const binding = { meterKey: meter.address, startImport, startExport, deadline: NEVER };
    const fields = { community, member: home.member, ...binding };
    const proof = await meter.signTypedData(
      domains.registry,
      { MeterBinding: CONSENT_TYPES.MeterBinding },
      { ...fields, nonce: await registry.nonces(home.owner.address) },
    );
    await registry
      .connect(coordinator)
      .bindMeter(community, home.member, binding, await consent("MeterBinding", home.owner, fields), proof);
  }

  /** A strip as the contract takes it, signed by the home's trading key. */
  async function signStrip(input: StripInput) {
    const entries = typeof input.entries === "string" ? input.entries : encodeEntries(input.entries);
    const strip = {
      member: input.home.member,
      after_: input.after ?? 0,
      epoch: input.epoch ?? 0,
      deadline: input.deadline ?? NEVER,
      maxReserve: input.maxReserve ?? 20_000_000n,
      feePerEntry: input.feePerEntry ?? 0,
      feeTo: input.feeTo ?? anyone,
      entries,
    };
    const { after_, ...rest } = strip;
    const message = { community, period: input.period, after: after_, ...rest };
    const signer = input.signer ?? input.home.trading;
    const signature = Signature.from(await signer.signTypedData(domains.auction, STRIP_TYPES, message));
    return { ...strip, r: signature.r, vs: signature.yParityAndS };
  }

  /** A reading as the contract takes it, signed by the home's meter key. */
  async function signReading(input: ReadingInput) {
    const reading = {
      closesGap: input.closesGap ?? false,
      startImport: input.startImport ?? 0n,
      startExport: input.startExport ?? 0n,
      values: encodeValues(input.values),
    };
    const message = { community, member: input.home.member, period: input.period, ...reading };
    const signer = input.signer ?? input.home.meter;
    const signature = Signature.from(await signer.signTypedData(domains.settlement, READING_TYPES, message));
    return { ...reading, r: signature.r, vs: signature.yParityAndS };
  }

  /** Every record of a member's journal, from the logs alone. */
  async function recordsOf(member: number, period: number) {
    const logs = await escrow.queryFilter(escrow.filters.Recorded(community, period));
    return logs
      .flatMap(({ args }) => unpackRecords(args.module, args.records))
      .filter((record) => record.member === member)
      .map(({ head, digest, payload }) => ({ head, digest, payload }));
  }

  /** Lots per tick of a slot, by its index. */
  const bookAt = async (slot: number | bigint) => await contracts.lens.book(auction, community, slot);

  /** What clearing decided for a slot, by its index. */
  const resultAt = async (slot: number | bigint) => await contracts.lens.result(auction, community, slot);

  /** Clears every slot of a period. Its last gate must have passed. */
  async function clearPeriod(period: number) {
    const first = period * terms.slotsPerPeriod;
    await auction.clear(
      community,
      Array.from({ length: terms.slotsPerPeriod }, (_, offset) => first + offset),
    );
  }

  return {
    ...contracts,
    auction,
    openAuction,
    euro,
    terms,
    tariff,
    community,
    domains,
    deployer,
    coordinator,
    dso,
    feeCollector,
    supplier,
    stranger,
    addHome,
    bindMeter,
    fund,
    consent,
    signStrip,
    signReading,
    recordsOf,
    bookAt,
    resultAt,
    clearPeriod,
    periodStart,
    periodNow,
    goTo,
  };
}

export interface SignedStrip {
  readonly member: number;
  readonly after_: number;
  readonly epoch: number;
  readonly deadline: number;
  readonly maxReserve: bigint;
  readonly feePerEntry: number;
  readonly feeTo: string;
  readonly entries: string;
  readonly r: string;
  readonly vs: string;
}

/** Strips as `DoubleAuction.post` takes them: one behind the other. */
export const packStrips = (strips: readonly SignedStrip[]): string =>
  concat(
    strips.map((strip) =>
      concat([
        toBeHex(strip.member, 4),
        toBeHex(strip.after_, 1),
        toBeHex(strip.epoch, 4),
        toBeHex(strip.deadline, 5),
        toBeHex(strip.maxReserve, 12),
        toBeHex(strip.feePerEntry, 4),
        strip.r,
        strip.vs,
        toBeHex((strip.entries.length - 2) / 8, 2),
        strip.entries,
      ]),
    ),
  );

/** The arguments of `post`; every strip of a call is signed for the same `feeTo`. */
export const postArguments = (
  community: number,
  period: number,
  strips: readonly SignedStrip[],
): [number, number, string, string] => [community, period, strips[0]?.feeTo ?? ZeroAddress, packStrips(strips)];

/** The records of a `Recorded` event, heads with their module. */
export function unpackRecords(module: bigint, records: string) {
  const bytes = getBytes(records);
  const number = (from: number, length: number) => BigInt(hexlify(bytes.subarray(from, from + length)));
  const all = [];
  for (let pos = 0; pos < bytes.length;) {
    const size = Number(number(pos + 37, 2));
    all.push({
      member: Number(number(pos, 4)),
      frontier: Number(number(pos + 4, 1)),
      fee: number(pos + 5, 6),
      head: number(pos + 11, 26) | (module << 208n),
      digest: hexlify(bytes.subarray(pos + 39, pos + 71)),
      payload: hexlify(bytes.subarray(pos + 71, pos + 71 + size)),
    });
    pos += 71 + size;
  }
  return all;
}

/** The same [import, export] in every slot. */
export const flatValues = (slots: number, imported: number, exported: number) =>
  Array.from({ length: slots }, (): [number, number] => [imported, exported]);

export { AbiCoder, getBytes, hexlify, keccak256 };
