/**
 * Consents: what an owner signs before the coordinator may change anything of its member, verified by
 * `ProsumerRegistry`.
 */
import { toUtf8Bytes } from "ethers";
import { asHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { digitsOf, keccakDigits, uintDigits } from "./internal/words.ts";
import { signatureBytes, signMessage, verifyMessage } from "./signature.ts";
import { digestOf, messageType, typedDataOf } from "./typed-data.ts";
import type { Domain, Message, MessageType, TypedData, TypedDataSigner } from "./typed-data.ts";
import type { CommunityIndex, Lots, MemberIndex, Seconds, Wh } from "./units.ts";

interface Consent {
  readonly community: CommunityIndex;
  /** Unix time after which the consent is void. */
  readonly deadline: Seconds;
  /** `ProsumerRegistry.nonces(owner)`: each consent counts once. */
  readonly nonce: bigint;
}

/** Joining a community. */
export interface Enrolment extends Consent {
  /** Everything fixed at creation: `termsHash(charter)`. */
  readonly termsHash: Hex;
  /** Wallet that will own the member's money. */
  readonly owner: Address;
  /** Plain key that signs strips. */
  readonly tradingKey: Address;
  /** Largest bought volume per slot: the rated import power, rounded up; 16 bits. */
  readonly buyCap: Lots;
  /** Largest sold volume per slot, 0 for a consumer; 16 bits. */
  readonly sellCap: Lots;
  /** Index into the community's classes. */
  readonly tariffClass: bigint;
  /** Grid zone, a label of energy tokens; 16 bits. */
  readonly zone: bigint;
  /** Source of the member's energy, a label of energy tokens (0 = mixed); 8 bits. */
  readonly kind: bigint;
  /** Bit i enables module i. */
  readonly modules: bigint;
  /** `meteringPointHash(salt, id)`. */
  readonly meteringPoint: Hex;
}

/** Binding a meter. The meter key signs the same message as proof that nobody claims another's key. */
export interface MeterBinding extends Consent {
  readonly member: MemberIndex;
  /** Key in the meter or gateway, never used before on the deployment. */
  readonly meterKey: Address;
  /** Import register at binding, 96 bits. */
  readonly startImport: Wh;
  /** Export register at binding, 96 bits. */
  readonly startExport: Wh;
}

/** Replacing a meter key; the registers go on. The new key signs the same message as proof. */
export interface MeterRotation extends Consent {
  readonly member: MemberIndex;
  readonly meterKey: Address;
}

/** Changing a member's caps, lots per slot and side, 16 bits each. */
export interface CapChange extends Consent {
  readonly member: MemberIndex;
  readonly buyCap: Lots;
  readonly sellCap: Lots;
}

/** Changing a member's tariff class; the supplier stays. */
export interface ClassChange extends Consent {
  readonly member: MemberIndex;
  readonly tariffClass: bigint;
}

/** Consents by the name of their message. */
export interface Consents {
  readonly Enrolment: Enrolment;
  readonly MeterBinding: MeterBinding;
  readonly MeterRotation: MeterRotation;
  readonly CapChange: CapChange;
  readonly ClassChange: ClassChange;
}

/** Name of a consent's message. */
export type ConsentName = keyof Consents;

const COMMUNITY = { name: "community", type: "uint32" } as const;
const MEMBER = { name: "member", type: "uint32" } as const;
const METER_KEY = { name: "meterKey", type: "address" } as const;
const CAPS = [
  { name: "buyCap", type: "uint16" },
  { name: "sellCap", type: "uint16" },
] as const;
const TARIFF_CLASS = { name: "tariffClass", type: "uint8" } as const;
const ONCE = [
  { name: "deadline", type: "uint40" },
  { name: "nonce", type: "uint256" },
] as const;

/** The messages' types. */
export const CONSENT_TYPES: Readonly<Record<ConsentName, MessageType>> = {
  Enrolment: /* @__PURE__ */ messageType("Enrolment", [
    COMMUNITY,
    { name: "termsHash", type: "bytes32" },
    { name: "owner", type: "address" },
    { name: "tradingKey", type: "address" },
    ...CAPS,
    TARIFF_CLASS,
    { name: "zone", type: "uint16" },
    { name: "kind", type: "uint8" },
    { name: "modules", type: "uint16" },
    { name: "meteringPoint", type: "bytes32" },
    ...ONCE,
  ]),
  MeterBinding: /* @__PURE__ */ messageType("MeterBinding", [
    COMMUNITY,
    MEMBER,
    METER_KEY,
    { name: "startImport", type: "uint96" },
    { name: "startExport", type: "uint96" },
    ...ONCE,
  ]),
  MeterRotation: /* @__PURE__ */ messageType("MeterRotation", [COMMUNITY, MEMBER, METER_KEY, ...ONCE]),
  CapChange: /* @__PURE__ */ messageType("CapChange", [COMMUNITY, MEMBER, ...CAPS, ...ONCE]),
  ClassChange: /* @__PURE__ */ messageType("ClassChange", [COMMUNITY, MEMBER, TARIFF_CLASS, ...ONCE]),
};

/**
 * Typed data of a consent, for wallets.
 * @param domain Of `ProsumerRegistry`.
 * @example
 * const nonce = await registry.nonceOf(wallet.address);
 * const caps = { buyCap: asLots(200n), sellCap: asLots(200n) };
 * const deadline = periodEnd(terms, period);
 * const { types } = consentTypedData(registryDomain, "CapChange", { community, member, ...caps, deadline, nonce });
 * Object.keys(types) // ["CapChange"]
 */
export function consentTypedData<N extends ConsentName>(domain: Domain, name: N, consent: Consents[N]): TypedData {
  return typedDataOf(domain, CONSENT_TYPES[name], messageOf(name, consent));
}

/**
 * The digest that the owner signs.
 * @throws OutOfRangeError
 * @throws InvalidAddressError
 * @throws InvalidHexError
 */
export function consentDigest<N extends ConsentName>(domain: Domain, name: N, consent: Consents[N]): Hex {
  return digestOf(domain, CONSENT_TYPES[name], messageOf(name, consent));
}

/**
 * Signs a consent with a plain key: the owner's, or the meter key's as proof. 64 bytes, as the registry takes them.
 * An EIP-1271 wallet signs `consentTypedData` itself and passes its bytes on unchanged.
 * @throws BadSignatureError
 * @example
 * const nonce = await registry.nonceOf(wallet.address);
 * const change = { community, member, tariffClass: 0n, deadline: periodEnd(terms, period), nonce };
 * const consent = await signConsent(registryDomain, "ClassChange", change, wallet);
 * const call = registry.calls.changeClass(change, consent);
 */
export async function signConsent<N extends ConsentName>(
  domain: Domain,
  name: N,
  consent: Consents[N],
  signer: TypedDataSigner,
): Promise<Hex> {
  return signatureBytes(await signMessage(domain, CONSENT_TYPES[name], messageOf(name, consent), signer));
}

/**
 * Whether the plain key of `account` signed a consent, in 64 or 65 bytes. EIP-1271 wallets: ask their contract instead.
 */
export function verifyConsent<N extends ConsentName>(
  domain: Domain,
  name: N,
  consent: Consents[N],
  signature: Hex,
  account: Address,
): boolean {
  return verifyMessage(domain, CONSENT_TYPES[name], messageOf(name, consent), signature, account);
}

/** Only the fields of the message, so that a consent with further properties signs the same. */
function messageOf<N extends ConsentName>(name: N, consent: Consents[N]): Message {
  const values = consent as unknown as Message;
  return Object.fromEntries(
    CONSENT_TYPES[name].fields.flatMap((field) => {
      const value = values[field.name];
      return value === undefined ? [] : [[field.name, value]];
    }),
  );
}

/**
 * The salted hash under which a metering point stands on chain: keccak256(salt, UTF-8 of the id). Keep the salt
 * secret: ids can be guessed, 32 random bytes cannot.
 * @param salt 32 bytes.
 * @throws InvalidHexError
 * @example
 * const salt = hexlify(randomBytes(32));
 * meteringPointHash(salt, "AT0010000000000000001000012345678").length // 66
 */
export function meteringPointHash(salt: Hex, id: string): Hex {
  const text = Array.from(toUtf8Bytes(id), (byte) => uintDigits("id", BigInt(byte), 8));
  return keccakDigits(digitsOf(asHex(salt, "salt", 32)), ...text);
}
