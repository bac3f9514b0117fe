/**
 * EIP-712 messages. One field table per message is the source of its type hash, of its digest and of the typed data
 * that wallets show, so the three cannot drift apart. https://eips.ethereum.org/EIPS/eip-712
 */
import { id } from "ethers";
import type { Signer, TypedDataDomain, TypedDataField } from "ethers";
import { asAddress, asHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { digitsOf, keccakDigits, uintDigits } from "./internal/words.ts";

/** Where a signature counts: one contract on one chain. */
export interface Domain {
  readonly name: "Wattbook";
  readonly version: "1";
  readonly chainId: bigint;
  /** DoubleAuction for strips, EnergySharing for budgets, Settlement for readings, ProsumerRegistry for consents, CoordinatorDesk for what it keeps. */
  readonly verifyingContract: Address;
}

/**
 * The domain of a contract of a deployment.
 * @throws InvalidAddressError
 * @example wattbookDomain(100n, market.address).name // "Wattbook"
 */
export function wattbookDomain(chainId: bigint, verifyingContract: Address): Domain {
  return {
    name: "Wattbook",
    version: "1",
    chainId,
    verifyingContract: asAddress(verifyingContract, "verifyingContract"),
  };
}

/** Field types that the messages use. */
export type FieldType = `uint${8 | 16 | 32 | 40 | 48 | 96 | 256}` | "address" | "bool" | "bytes" | "bytes32";

/** One field of a message. */
export interface MessageField {
  readonly name: string;
  readonly type: FieldType;
}

/** A message type. Make it with `messageType`. */
export interface MessageType {
  readonly name: string;
  readonly fields: readonly MessageField[];
  /** keccak256 of the type's text, such as "CapChange(uint32 community,…)". */
  readonly typeHash: Hex;
}

/** Values of a message, by field name. */
export type Message = Readonly<Record<string, bigint | boolean | string>>;

/** What `signTypedData` of a wallet takes. */
export interface TypedData {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly primaryType: string;
  readonly value: Record<string, bigint | boolean | string>;
}

/** Anything that signs typed data: every ethers signer. */
export type TypedDataSigner = Pick<Signer, "signTypedData">;

/** A message type from its field table. */
export function messageType(name: string, fields: readonly MessageField[]): MessageType {
  const typeHash = id(`${name}(${fields.map((field) => `${field.type} ${field.name}`).join(",")})`);
  return { name, fields, typeHash };
}

/** Typed data of a message, for wallets and for `signTypedData`. */
export function typedDataOf(domain: Domain, type: MessageType, message: Message): TypedData {
  return {
    domain: { ...domain },
    types: { [type.name]: type.fields.map((field) => ({ ...field })) },
    primaryType: type.name,
    value: { ...message },
  };
}

const DOMAIN_TYPE = /* @__PURE__ */ id(
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
);

/** Separators by domain: every digest needs one. */
const separators = /* @__PURE__ */ new WeakMap<Domain, Hex>();

/** The domain separator, as the contract computes it. */
export function domainSeparator(domain: Domain): Hex {
  const known = separators.get(domain);
  if (known !== undefined) return known;
  const separator = separatorOf(domain);
  separators.set(domain, separator);
  return separator;
}

function separatorOf(domain: Domain): Hex {
  return keccakDigits(
    digitsOf(DOMAIN_TYPE),
    digitsOf(id(domain.name)),
    digitsOf(id(domain.version)),
    uintDigits("chainId", domain.chainId, 256),
    addressDigits("verifyingContract", domain.verifyingContract),
  );
}

/**
 * The digest that a key signs: keccak256(0x1901, domain separator, struct hash).
 * @throws OutOfRangeError
 * @throws InvalidAddressError
 * @throws InvalidHexError naming the field, such as "Strip.deadline"
 */
export function digestOf(domain: Domain, type: MessageType, message: Message): Hex {
  const words = type.fields.map((field) => fieldDigits(`${type.name}.${field.name}`, field.type, message[field.name]));
  const structHash = keccakDigits(digitsOf(type.typeHash), ...words);
  return keccakDigits("1901", digitsOf(domainSeparator(domain)), digitsOf(structHash));
}

/**
 * One 32-byte word of an encoded message. The field table and the message come from the same place, so the types match.
 */
function fieldDigits(field: string, type: FieldType, value: bigint | boolean | string | undefined): string {
  switch (type) {
    case "address":
      return addressDigits(field, String(value));
    case "bool":
      return uintDigits(field, value === true ? 1n : 0n, 256);
    case "bytes":
      return digitsOf(keccakDigits(digitsOf(asHex(String(value), field))));
    case "bytes32":
      return digitsOf(asHex(String(value), field, 32));
    default:
      return uintDigits(field, value as bigint, Number(type.slice("uint".length))).padStart(64, "0");
  }
}

function addressDigits(field: string, value: string): string {
  return digitsOf(asAddress(value, field)).toLowerCase().padStart(64, "0");
}
