import { join, keccak, number, text, word, type Hex } from "./bytes.ts";

/** One field of an EIP-712 struct: type, name, value. */
export type Field =
  | readonly [type: "bytes" | "bytes32" | "address", name: string, value: Hex]
  | readonly [type: "bool", name: string, value: boolean]
  | readonly [type: `uint${number}`, name: string, value: bigint];

export interface Domain {
  chainId: bigint;
  verifyingContract: Hex;
}

export function typeHash(name: string, fields: readonly Field[]): Hex {
  return keccak(text(`${name}(${fields.map(([type, field]) => `${type} ${field}`).join(",")})`));
}

function encodeField([type, , value]: Field): Hex {
  if (typeof value === "bigint") return word(value);
  if (typeof value === "boolean") return word(value ? 1n : 0n);
  return type === "bytes" ? keccak(value) : word(number(value));
}

export function structHash(name: string, fields: readonly Field[]): Hex {
  return keccak(join([typeHash(name, fields), ...fields.map(encodeField)]));
}

export function domainSeparator({ chainId, verifyingContract }: Domain): Hex {
  const type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
  const hashes = [type, "Wattbook", "1"].map((part) => keccak(text(part)));
  return keccak(join([...hashes, word(chainId), word(number(verifyingContract))]));
}

export function digest(domain: Domain, name: string, fields: readonly Field[]): Hex {
  return keccak(join(["0x1901", domainSeparator(domain), structHash(name, fields)]));
}
