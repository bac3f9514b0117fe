/** Reverts with their custom error: one class, the error's name and its named arguments. */
import { Interface, isHexString } from "ethers";
import {
  DoubleAuctionAbi,
  EnergyTokenAbi,
  PaymentEscrowAbi,
  ProsumerRegistryAbi,
  SettlementAbi,
} from "../abi/index.js";
import { WattbookError } from "../errors.ts";
import type { Hex } from "../hex.ts";

const ABIS = [DoubleAuctionAbi, EnergyTokenAbi, PaymentEscrowAbi, ProsumerRegistryAbi, SettlementAbi] as const;

/** Name of any custom error of the deployment's contracts. */
export type RevertName = Extract<(typeof ABIS)[number][number], { readonly type: "error" }>["name"];

/** A call that a contract refuses with a custom error. Errors of inner calls come through unchanged. */
export class ContractRevertError extends WattbookError {
  readonly code = "CONTRACT_REVERTED";

  constructor(
    /** Name of the custom error. */
    readonly error: RevertName,
    /** Its arguments by name; integers are bigints. */
    readonly args: Readonly<Record<string, unknown>>,
    options?: ErrorOptions,
  ) {
    const text = Object.entries(args).map(([name, value]) => `${name} ${String(value)}`);
    super(`The contract refused the call: ${error}(${text.join(", ")}).`, options);
  }
}

/**
 * Whether a contract refused a call, with the custom error `name` if one is given.
 * @example if (isRevert(error, "InsufficientFree")) suggest(error.args.free);
 */
export function isRevert(error: unknown, name?: RevertName): error is ContractRevertError {
  return error instanceof ContractRevertError && (name === undefined || error.error === name);
}

/**
 * The revert in whatever a provider or a wallet threw; undefined where there is no custom error of ours in it.
 * @example catch (error) { throw revertOf(error) ?? error; }
 */
export function revertOf(thrown: unknown): ContractRevertError | undefined {
  if (thrown instanceof ContractRevertError) return thrown;
  const data = revertData(thrown, 0);
  return data === undefined ? undefined : decodeRevert(data, { cause: thrown });
}

/**
 * Reads the data of a revert; undefined for data of another kind.
 * @example decodeRevert(receipt.revertData)?.error // "NotOwner"
 */
export function decodeRevert(data: Hex, options?: ErrorOptions): ContractRevertError | undefined {
  for (const abi of interfaces()) {
    const found = abi.parseError(data);
    if (found === null || BUILT_IN.has(found.name)) continue;
    const names = found.fragment.inputs.map((input) => input.name);
    const args = Object.fromEntries(names.map((name, index): [string, unknown] => [name, found.args[index]]));
    return new ContractRevertError(found.name as RevertName, args, options);
  }
  return undefined;
}

/** Solidity's own, which ethers reads with any ABI. */
const BUILT_IN = new Set(["Error", "Panic"]);

let parsed: Interface[] | undefined;
function interfaces(): Interface[] {
  parsed ??= ABIS.map((abi) => new Interface(abi));
  return parsed;
}

/** Providers wrap each other's errors: the data stands in a `data` field, some levels down. */
function revertData(error: unknown, depth: number): Hex | undefined {
  if (typeof error !== "object" || error === null || depth > MOST_DEPTH) return undefined;
  const { data, info, error: inner, cause } = error as Readonly<Record<string, unknown>>;
  if (isHexString(data) && data.length >= 10) return data;
  for (const next of [data, info, inner, cause]) {
    const found = revertData(next, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
const MOST_DEPTH = 6;
