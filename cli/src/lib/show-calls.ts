/** Calls before they are signed: in words for people, as JSON for programs. */
import type { Decoded } from "./decode.ts";
import { mostFee, type Fees } from "./fees.ts";
import type { LockedKey } from "./keystore.ts";
import type { Link } from "./link.ts";
import { pairsText } from "./table.ts";
import { paint } from "./terminal.ts";
import { coinText, grouped } from "./units.ts";

/** A call that was decoded and, unless it depends on others, tried. */
export interface Tried {
  /** What its packed bytes hold, in words. */
  readonly details: readonly string[];
  readonly decoded: Decoded;
  readonly gas: bigint | null;
}

/** A call as results name it; amounts and gas as decimal strings. */
export interface CallJson {
  readonly contract: string;
  readonly address: string;
  readonly function: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly valueWei: string;
  /** Null where earlier calls have to be mined first. */
  readonly gas: string | null;
  readonly feeWei: string | null;
  readonly details: readonly string[];
}

/** Everything that is about to be signed, in words. */
export function callsText(tried: readonly Tried[], fees: Fees, from: LockedKey, { terminal, wattbook }: Link): string {
  const blocks = tried.map(({ details, decoded: call, gas }, index) => {
    const title = `${tried.length > 1 ? `${index + 1}. ` : ""}${call.contract}.${call.function}`;
    const cost =
      gas === null
        ? "known once the call before it is mined"
        : `${grouped(gas)}, fee at most ${coinText(mostFee(gas, fees))} of the chain's coin`;
    const pairs: [string, string][] = [
      ["contract", call.address],
      ...call.arguments.map(({ name, shown: text }): [string, string] => [name, text]),
      ["value", `${coinText(call.value)} of the chain's coin`],
      ["gas", cost],
    ];
    return [
      paint("bold", title, terminal.stderr, terminal.env),
      pairsText(pairs, "  "),
      ...details.map((line) => `  ${line}`),
    ].join("\n");
  });
  const head = `From ${from.address} (${from.name}) on chain ${wattbook.deployment.chainId}:`;
  return [head, ...blocks].join("\n");
}

/** The same for a program. */
export function callJson({ details, decoded: call, gas }: Tried, fees: Fees): CallJson {
  return {
    contract: call.contract,
    address: call.address,
    function: call.function,
    arguments: Object.fromEntries(call.arguments.map(({ name, raw }) => [name, raw])),
    valueWei: call.value.toString(),
    gas: gas?.toString() ?? null,
    feeWei: gas === null ? null : mostFee(gas, fees).toString(),
    details,
  };
}
