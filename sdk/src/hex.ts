/** Byte strings and accounts as text, the way ethers and wallets pass them. */
import { getAddress, isHexString, ZeroAddress } from "ethers";
import { InvalidAddressError, InvalidHexError } from "./errors.ts";

/** Bytes as text: "0x" and two digits per byte. */
export type Hex = string;
/** An account as text: 20 bytes with "0x"; with a checksum where the SDK returns it. */
export type Address = string;

/**
 * Checks bytes and returns them in lower case.
 * @param bytes Expected length, any if left out.
 * @throws InvalidHexError
 * @example asHex("0x0A", "salt", 1) // "0x0a"
 */
export function asHex(value: string, field: string, bytes?: number): Hex {
  if (!isHexString(value, bytes ?? true)) throw new InvalidHexError(field, value);
  return value.toLowerCase();
}

/**
 * Checks an address, zero included, and returns it with its checksum.
 * @throws InvalidAddressError
 * @example asAddress("0x00000000000000000000000000000000000000aa", "feeTo") // "0x00000000000000000000000000000000000000AA"
 */
export function asAddress(value: string, field: string): Address {
  if (!isHexString(value, 20)) throw new InvalidAddressError(field, value);
  try {
    return getAddress(value);
  } catch {
    throw new InvalidAddressError(field, value);
  }
}

/**
 * Checks the address of an account, which is not zero.
 * @throws InvalidAddressError
 * @example asAccount("0x00000000000000000000000000000000000000aa", "dso") // "0x00000000000000000000000000000000000000AA"
 */
export function asAccount(value: string, field: string): Address {
  const address = asAddress(value, field);
  if (address === ZeroAddress) throw new InvalidAddressError(field, value);
  return address;
}
