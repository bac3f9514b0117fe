/** Custom errors of the contracts: where they come from, what the contracts' comments say, and the SDK's hint. */
import { readdirSync, readFileSync } from "node:fs";
import { HINTS, type RevertName } from "@wattbook/sdk";
import * as abis from "@wattbook/sdk/abi";
import { Interface } from "ethers";

/** Contracts of a deployment, in the order of the page. */
const CONTRACTS = [
  "ProsumerRegistry",
  "PaymentEscrow",
  "DoubleAuction",
  "SealedAuction",
  "CommitBook",
  "OrderBookLens",
  "EnergySharing",
  "MeteredAuction",
  "Settlement",
  "EnergyToken",
  "CoordinatorDesk",
] as const;

export interface ContractError {
  readonly signature: string;
  readonly contracts: readonly string[];
  /** What the contracts' comment says; empty where the name says it all. */
  readonly when: string;
  readonly hint: string;
}

/** Every custom error, by name. */
export function contractErrors(contracts: URL): ContractError[] {
  const comments = commentsIn(contracts);
  const found = new Map<string, { readonly name: string; readonly count: number; readonly contracts: string[] }>();
  for (const contract of CONTRACTS) {
    Interface.from(abis[`${contract}Abi`]).forEachError(({ name, inputs }) => {
      const signature = `${name}(${inputs.map((input) => `${input.type} ${input.name}`).join(", ")})`;
      const known = found.get(signature) ?? { name, count: inputs.length, contracts: [] };
      known.contracts.push(contract);
      found.set(signature, known);
    });
  }
  return [...found]
    .map(([signature, { name, count, contracts: from }]) => {
      const when = comments.get(`${name}/${count}`) ?? "";
      return { signature, contracts: from, when, hint: HINTS[name as RevertName] };
    })
    .sort((a, b) => (a.signature < b.signature ? -1 : 1));
}

/** NatSpec right above errors, by name and number of arguments. */
function commentsIn(contracts: URL): Map<string, string> {
  const comments = new Map<string, string>();
  for (const path of readdirSync(contracts, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".sol")) continue;
    const text = readFileSync(new URL(path, contracts), "utf8");
    const errors = text.matchAll(/((?:^ *\/\/\/.*\n)+) *error (\w+)\(([^)]*)\)/gm);
    for (const [, comment = "", name = "", inputs = ""] of errors) {
      const count = inputs.split(",").filter((input) => input.trim() !== "").length;
      comments.set(
        `${name}/${count}`,
        comment
          .replace(/^ *\/\/\/ ?(@(notice|dev) )?/gm, "")
          .replace(/\s+/g, " ")
          .trim(),
      );
    }
  }
  return comments;
}
