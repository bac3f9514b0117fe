import { AbiCoder, concat, solidityPacked, toBeHex, ZeroAddress, ZeroHash } from "ethers";
import type { HomeKeys, Market } from "./market.ts";

/** What a record of a module reserves. */
export interface HeadInput {
  readonly module?: number;
  readonly entries?: number;
  readonly reserve?: bigint;
  readonly buyWh?: bigint;
  readonly sellWh?: bigint;
}

/** `sellWh 48 | buyWh 48 | reserve 96 | entries 16 | module 8`, low bit first. */
export function packHead({ module = 1, entries = 1, reserve = 0n, buyWh = 0n, sellWh = 0n }: HeadInput): bigint {
  return sellWh | (buyWh << 48n) | (reserve << 96n) | (BigInt(entries) << 192n) | (BigInt(module) << 208n);
}

/** A record as modules hand it to the escrow; of the head all but its module. */
export const packRecord = ({ member, frontier = 0, fee = 0n, head, digest = ZeroHash, payload = "0x" }: RecordInput) =>
  solidityPacked(
    ["uint32", "uint8", "uint48", "uint208", "uint16", "bytes32", "bytes"],
    [member, frontier, fee, BigInt.asUintN(208, head), (payload.length - 2) / 2, digest, payload],
  );

export interface RecordInput {
  readonly member: number;
  readonly frontier?: number;
  readonly fee?: bigint;
  readonly head: bigint;
  readonly digest?: string;
  readonly payload?: string;
}

/** One slot of a position: bought in the high, sold in the low 32 bits. */
export const traded = (boughtWh: bigint, soldWh: bigint): bigint => (boughtWh << 32n) | soldWh;

/** A position as modules and settlement take it, eight bytes per slot. */
export const packed = (position: readonly bigint[]): string => concat(position.map((slot) => toBeHex(slot, 8)));

/** Slots of a position, the inverse of `packed`. */
export const unpacked = (position: string): bigint[] =>
  (position.slice(2).match(/.{16}/g) ?? []).map((digits) => BigInt(`0x${digits}`));

/** Wh of one slot. */
export const tradeOf = (slot: bigint) => ({ bought: slot >> 32n, sold: BigInt.asUintN(32, slot) });

export interface AnswerInput {
  readonly ready?: bigint;
  readonly paid?: bigint;
  readonly received?: bigint;
  readonly position?: readonly bigint[];
}

/** A well-formed answer of `positionOf` about four slots, nothing traded unless said. */
export function answer({ ready = 1n, paid = 0n, received = 0n, position = [0n, 0n, 0n, 0n] }: AnswerInput = {}) {
  return AbiCoder.defaultAbiCoder().encode(
    ["uint256", "uint256", "uint256", "bytes"],
    [ready, paid, received, packed(position)],
  );
}

/** `HostileModule.Act`, in its order. */
export const Act = {
  Answer: 0,
  Revert: 1,
  RevertWithBomb: 2,
  BurnGas: 3,
  Bomb: 4,
  Reenter: 5,
  Hungry: 6,
  Check: 7,
} as const;

/** Adds a module to the running community; the supplier and then the homes enable it. Returns its index. */
export async function plugIn(m: Market, module: { getAddress(): Promise<string> }, homes: readonly HomeKeys[]) {
  await m.registry.connect(m.coordinator).addModule(m.community, await module.getAddress());
  const { index } = await moduleIndex(m, module);
  const supplier = 3;
  await m.escrow.connect(m.supplier).enableModule(m.community, supplier, index, true);
  for (const home of homes) await enable(m, home, index);
  return index;
}

export async function enable(m: Market, home: HomeKeys, index: number) {
  await m.escrow.connect(home.owner.connect(m.deployer.provider)).enableModule(m.community, home.member, index, true);
}

async function moduleIndex(m: Market, module: { getAddress(): Promise<string> }) {
  const [index] = await m.registry.moduleIndex(m.community, await module.getAddress());
  return { index: Number(index) };
}

/** The hostile module of a market and how to make it append. */
export async function deployHostile(
  ethers: { deployContract(name: "HostileModule", args: unknown[]): Promise<Hostile> },
  m: Market,
  homes: readonly HomeKeys[],
) {
  const hostile = await ethers.deployContract("HostileModule", [m.escrow]);
  const index = await plugIn(m, hostile, homes);
  const append = async (home: HomeKeys, period: number, head: HeadInput, payload = "0x", frontier = 0) =>
    await hostile.append(
      m.community,
      home.member,
      period,
      packHead({ module: index, ...head }),
      payload,
      frontier,
      0,
      ZeroAddress,
    );
  return { hostile, index, append };
}

type Hostile = import("../../types/ethers-contracts/index.ts").HostileModule;
