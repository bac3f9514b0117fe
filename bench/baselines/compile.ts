/** Compiles contracts that are none of the project's build: those of this folder, and a package installed for comparison. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { InterfaceAbi } from "ethers";
import solc from "solc";

/** The repository's root. */
export const ROOT = join(import.meta.dirname, "../..");

/** What a deployment needs. */
export interface Compiled {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

interface Artifact {
  readonly abi: InterfaceAbi;
  readonly evm: { readonly bytecode: { readonly object: string } };
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<Record<string, Readonly<Record<string, Artifact>>>>;
}

type Imported = { readonly contents: string } | { readonly error: string };

const OUTPUT = ["abi", "evm.bytecode.object"];

const compileJson = solc.compile as (
  input: string,
  callbacks: { readonly import: (path: string) => Imported },
) => string;

/**
 * Compiles contracts with the project's compiler, through its IR and for the same fork.
 *
 * @param folder What the paths of files are relative to; below it or its `node_modules` is what they import.
 * @param files The file of each contract.
 * @param runs The optimizer's setting: how often code is expected to run.
 */
export function compile<Name extends string>(
  folder: string,
  files: Readonly<Record<Name, string>>,
  runs: number,
): Record<Name, Compiled> {
  const named = Object.entries<string>(files);
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(named.map(([, file]) => [file, { content: readFileSync(join(folder, file), "utf8") }])),
    settings: {
      optimizer: { enabled: true, runs },
      viaIR: true,
      evmVersion: "osaka",
      outputSelection: Object.fromEntries(named.map(([name, file]) => [file, { [name]: OUTPUT }])),
    },
  };
  const findImport = (path: string) => sourceOf(folder, path);
  const { errors = [], contracts } = JSON.parse(compileJson(JSON.stringify(input), { import: findImport })) as Output;
  const fatal = errors.filter(({ severity }) => severity === "error");
  if (fatal.length > 0) throw new Error(fatal.map(({ formattedMessage }) => formattedMessage).join("\n"));
  const compiled = named.map(([name, file]) => {
    const { abi, evm } = at(contracts, file, name);
    return [name, { abi, bytecode: `0x${evm.bytecode.object}` }] as const;
  });
  return Object.fromEntries(compiled) as Record<Name, Compiled>;
}

function at(contracts: Output["contracts"], file: string, name: string): Artifact {
  const artifact = contracts[file]?.[name];
  if (artifact === undefined) throw new Error(`${file} has no contract ${name}`);
  return artifact;
}

/** A file named relative to `folder`, or one of a package below it. */
function sourceOf(folder: string, path: string): Imported {
  for (const base of [folder, join(folder, "node_modules")]) {
    try {
      return { contents: readFileSync(join(base, path), "utf8") };
    } catch {
      // Not there.
    }
  }
  return { error: `${path} is not below ${folder}` };
}
