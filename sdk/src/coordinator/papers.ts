/**
 * What two parties of a community sign for the coordinator's desk: member agreements, the binding of the PCC meter, prices of the
 * supplier. Owners sign them, with a plain key or an EIP-1271 wallet.
 */
import type { Address, Hex } from "../hex.ts";
import { signatureBytes, signMessage, verifyMessage } from "../signature.ts";
import { encodeTariff } from "../tariff.ts";
import type { GridPrice } from "../tariff.ts";
import { digestOf, messageType, typedDataOf } from "../typed-data.ts";
import type { Domain, Message, MessageType, TypedData, TypedDataSigner } from "../typed-data.ts";
import { asPrice } from "../units.ts";
import type { CommunityIndex, MemberIndex, Period, Seconds, Wh } from "../units.ts";
import { BATTERY_MANDATE_TYPE } from "./mandate.ts";
import type { BatteryMandate } from "./mandate.ts";

/** What coordinator and member agreed on beyond the terms of the community. Both sign it. */
export interface Agreement {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  /** Hash of the text, which stays between the two; not zero. */
  readonly termsHash: Hex;
  readonly fromPeriod: Period;
  /** Above that of the agreement before, which it replaces; 32 bits. */
  readonly sequence: bigint;
  /** Unix time after which it is no longer taken. */
  readonly deadline: Seconds;
}

/** The meter at the point of common coupling (PCC). The DSO and the meter key sign it. */
export interface PccBinding {
  readonly community: CommunityIndex;
  readonly meterKey: Address;
  /** Register of energy into the community at the start of the first period. The first reading may start above. */
  readonly startImport: Wh;
  readonly startExport: Wh;
  /** What the connection carries in a slot, each way; 32 bits. */
  readonly mostWh: Wh;
  /** Above that of the binding before; 32 bits. */
  readonly sequence: bigint;
  readonly deadline: Seconds;
}

/** Prices at the PCC from a period on. The supplier signs them. */
export interface SupplyTariff {
  readonly community: CommunityIndex;
  readonly supplier: MemberIndex;
  readonly fromPeriod: Period;
  /** One per slot of the period. */
  readonly prices: readonly GridPrice[];
  readonly deadline: Seconds;
}

/** Papers by the names of their messages. */
export interface Papers {
  readonly MembershipAgreement: Agreement;
  readonly BatteryMandate: BatteryMandate;
  readonly PccBinding: PccBinding;
  readonly SupplyTariff: SupplyTariff;
}

/** Name of a paper's message. */
export type PaperName = keyof Papers;

const COMMUNITY = { name: "community", type: "uint32" } as const;
const DEADLINE = { name: "deadline", type: "uint40" } as const;
const SEQUENCE = { name: "sequence", type: "uint32" } as const;

/** The messages' types. */
export const PAPER_TYPES: Readonly<Record<PaperName, MessageType>> = {
  MembershipAgreement: /* @__PURE__ */ messageType("MembershipAgreement", [
    COMMUNITY,
    { name: "member", type: "uint32" },
    { name: "termsHash", type: "bytes32" },
    { name: "fromPeriod", type: "uint32" },
    SEQUENCE,
    DEADLINE,
  ]),
  BatteryMandate: BATTERY_MANDATE_TYPE,
  PccBinding: /* @__PURE__ */ messageType("PccBinding", [
    COMMUNITY,
    { name: "meterKey", type: "address" },
    { name: "startImport", type: "uint96" },
    { name: "startExport", type: "uint96" },
    { name: "mostWh", type: "uint32" },
    SEQUENCE,
    DEADLINE,
  ]),
  SupplyTariff: /* @__PURE__ */ messageType("SupplyTariff", [
    COMMUNITY,
    { name: "supplier", type: "uint32" },
    { name: "fromPeriod", type: "uint32" },
    { name: "tariff", type: "bytes" },
    DEADLINE,
  ]),
};

/**
 * Prices at the PCC as the desk takes them: a tariff of one class without a network fee.
 * @throws OutOfRangeError
 * @example encodeSupply(pricesOf(tariff, 0n)).slice(0, 14) // "0x0000012c0050": no fee, import at 300, export at 80
 */
export function encodeSupply(prices: readonly GridPrice[]): Hex {
  return encodeTariff({ networkFee: asPrice(0n), classes: [prices] });
}

function messageOf<N extends PaperName>(name: N, paper: Papers[N]): Message {
  const values: Message = "prices" in paper ? { ...plain(paper), tariff: encodeSupply(paper.prices) } : plain(paper);
  return Object.fromEntries(
    PAPER_TYPES[name].fields.flatMap((field) => {
      const value = values[field.name];
      return value === undefined ? [] : [[field.name, value]];
    }),
  );
}

function plain(paper: object): Message {
  return paper as Message;
}

/**
 * Typed data of a paper, for wallets.
 * @param domain Of `CoordinatorDesk`.
 */
export function paperTypedData<N extends PaperName>(domain: Domain, name: N, paper: Papers[N]): TypedData {
  return typedDataOf(domain, PAPER_TYPES[name], messageOf(name, paper));
}

/**
 * The digest that is signed.
 * @throws OutOfRangeError naming a field
 * @throws InvalidHexError
 * @throws InvalidAddressError
 */
export function paperDigest<N extends PaperName>(domain: Domain, name: N, paper: Papers[N]): Hex {
  return digestOf(domain, PAPER_TYPES[name], messageOf(name, paper));
}

/**
 * Signs a paper with a plain key, in 64 bytes as the desk takes them.
 * @throws BadSignatureError
 * @example
 * const deadline = periodEnd(terms, period);
 * const agreement = { community, member, termsHash: `0x${"17".repeat(32)}`, fromPeriod: period, sequence: 1n, deadline };
 * const byMember = await signPaper(deskDomain, "MembershipAgreement", agreement, wallet);
 * verifyPaper(deskDomain, "MembershipAgreement", agreement, byMember, wallet.address) // true
 */
export async function signPaper<N extends PaperName>(
  domain: Domain,
  name: N,
  paper: Papers[N],
  signer: TypedDataSigner,
): Promise<Hex> {
  return signatureBytes(await signMessage(domain, PAPER_TYPES[name], messageOf(name, paper), signer));
}

/** Whether the plain key of `account` signed a paper, in 64 or 65 bytes. EIP-1271 wallets: ask their contract instead. */
export function verifyPaper<N extends PaperName>(
  domain: Domain,
  name: N,
  paper: Papers[N],
  signature: Hex,
  account: Address,
): boolean {
  return verifyMessage(domain, PAPER_TYPES[name], messageOf(name, paper), signature, account);
}
