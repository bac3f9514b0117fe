/** Finds and reads the data of a revert in whatever a provider, a wallet or a node threw. */
import { Interface, isHexString } from "ethers";
import type { ErrorDescription } from "ethers";
import {
  CommitBookAbi,
  CoordinatorDeskAbi,
  DoubleAuctionAbi,
  EnergySharingAbi,
  EnergyTokenAbi,
  MeteredAuctionAbi,
  PaymentEscrowAbi,
  ProsumerRegistryAbi,
  SealedAuctionAbi,
  SettlementAbi,
} from "../abi/index.js";
import type { Hex } from "../hex.ts";
import { ENTRY_REASONS, reasonOf, STRIP_REASONS } from "./reasons.ts";
import { ContractRevertError } from "./revert.ts";
import { TOKEN_ERRORS } from "./revert-names.ts";
import type { RevertName } from "./revert-names.ts";

/**
 * The revert in whatever a provider or a wallet threw; undefined where it is no revert.
 * @example
 * const thrown = await wattbook.escrow.send.claimDue(community, member).catch((error: unknown) => error);
 * revertOf(thrown)?.error;
 */
export function revertOf(thrown: unknown): ContractRevertError | undefined {
  if (thrown instanceof ContractRevertError) return thrown;
  const data = revertData(thrown, 0);
  const options = { cause: thrown };
  if (data !== undefined) return decodeRevert(data, options) ?? unknown(data, options);
  return saysReverted(thrown, 0) ? unknown("0x", options) : undefined;
}

/**
 * Reads the data of a revert; undefined for data of another kind.
 * @example decodeRevert("0x")?.error // undefined
 */
export function decodeRevert(data: Hex, options?: ErrorOptions): ContractRevertError | undefined {
  if (!isHexString(data) || data.length < SELECTOR) return undefined;
  for (const abi of interfaces()) {
    const found = describe(abi, data);
    if (found === null) continue;
    return new ContractRevertError(found.name as RevertName, argsOf(found), options);
  }
  return undefined;
}

const SELECTOR = "0x".length + 8;

/** Null for another selector, and for a known selector with arguments that do not decode. */
function describe(abi: Interface, data: Hex): ErrorDescription | null {
  try {
    return abi.parseError(data);
  } catch {
    return null;
  }
}

function argsOf({ name, fragment, args }: ErrorDescription): Record<string, unknown> {
  const named = fragment.inputs.map((input, index): [string, unknown] => [input.name, args[index]]);
  const values = Object.fromEntries(named);
  if (name === "Error") return { reason: args[0] as unknown };
  if (name === "Panic") return { panic: args[0] as unknown, meaning: PANICS[String(args[0])] ?? "unknown" };
  if (name === "StripRefused") return { ...values, reason: reasonOf(STRIP_REASONS, values["reason"] as bigint) };
  if (name === "EntryRefused") return { ...values, reason: reasonOf(ENTRY_REASONS, values["reason"] as bigint) };
  return values;
}

/** https://docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require */
const PANICS: Readonly<Record<string, string>> = {
  "1": "assertion failed",
  "17": "arithmetic overflow",
  "18": "division by zero",
  "33": "value outside an enum",
  "34": "damaged storage bytes",
  "49": "pop of an empty array",
  "50": "index outside an array",
  "65": "too much memory",
  "81": "call of an unset function",
};

let parsed: Interface[] | undefined;
function interfaces(): Interface[] {
  const markets = [DoubleAuctionAbi, SealedAuctionAbi, CommitBookAbi, EnergySharingAbi, MeteredAuctionAbi];
  const others = [EnergyTokenAbi, PaymentEscrowAbi, ProsumerRegistryAbi, SettlementAbi, CoordinatorDeskAbi];
  const abis = [...markets, ...others, TOKEN_ERRORS];
  parsed ??= abis.map((abi) => new Interface(abi));
  return parsed;
}

function unknown(data: Hex, options: ErrorOptions): ContractRevertError {
  return new ContractRevertError("Unknown", { data }, options);
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === "object" && value !== null ? (value as Fields) : undefined;

/** Providers wrap each other's errors: the data stands in a `data` field, some levels down. */
function revertData(error: unknown, depth: number): Hex | undefined {
  const fields = fieldsOf(error);
  if (fields === undefined || depth > MOST_DEPTH) return undefined;
  const { data } = fields;
  if (isHexString(data) && data.length >= SELECTOR) return data;
  for (const next of [data, ...innerOf(fields)]) {
    const found = revertData(next, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
const MOST_DEPTH = 6;

/** A revert without data: of ethers' CALL_EXCEPTION or of JSON-RPC (geth's code 3). */
function saysReverted(error: unknown, depth: number): boolean {
  const fields = fieldsOf(error);
  if (fields === undefined || depth > MOST_DEPTH) return false;
  const { code, message } = fields;
  // Ethers makes a CALL_EXCEPTION of whatever a node answers to eth_call, also "too many requests".
  const answered = fieldsOf(fieldsOf(fields["info"])?.["error"]);
  if (code === "CALL_EXCEPTION" && answered !== undefined) return answersReverted(answered, depth);
  if (code === "CALL_EXCEPTION" || code === 3) return true;
  if (typeof message === "string" && /\bexecution reverted\b|reverted without a reason/i.test(message)) return true;
  return innerOf(fields).some((inner) => saysReverted(inner, depth + 1));
}

/** Whether a node's error to a call comes from running the code. */
function answersReverted(answer: Fields, depth: number): boolean {
  const { code, message, data } = answer;
  if (code === 3 || [message, data].some((text) => typeof text === "string" && RAN.test(text))) return true;
  return [data, ...innerOf(answer)].some((inner) => saysReverted(inner, depth + 1));
}
const RAN = /revert|\bVM (execution|exception)|invalid (opcode|jump)|out of gas|stack (under|over)flow/i;

function innerOf({ info, error, cause }: Fields): unknown[] {
  return [info, error, cause];
}
