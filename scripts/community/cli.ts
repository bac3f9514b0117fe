/** Command line of the community script. */

import { Command, CommanderError } from "commander";
import { DeployError } from "../deploy/errors.ts";
import { DEV_MNEMONIC } from "./signing.ts";

export interface CommunityOptions {
  readonly network: string;
  readonly file: string;
  /** CSV file of further members. */
  readonly members: string | undefined;
  /** Folder of the deployment; undefined for `deployments/<network>`. */
  readonly deployment: string | undefined;
  /** Folder for what is to be signed; undefined to enrol. */
  readonly prepare: string | undefined;
  /** Test phrase that signs for everybody; undefined for the file's signatures alone. */
  readonly devMnemonic: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
  /** Seconds to wait for a block. */
  readonly wait: number;
}

/** Options of a command line, without node and script. Help goes to stdout, and undefined is returned after it. */
export function parseOptions(args: readonly string[], help: NodeJS.WritableStream): CommunityOptions | undefined {
  const command = declare(help);
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return undefined;
    const code = error.code === "commander.unknownOption" ? "OPTION_UNKNOWN" : "OPTION_INVALID";
    throw new DeployError(code, `${error.message.replace(/^error: /, "")}. See --help.`, { cause: error });
  }
  const { devMnemonic, ...options } = command.opts<Omit<CommunityOptions, "devMnemonic"> & Phrase>();
  return { ...options, devMnemonic: devMnemonic === true ? DEV_MNEMONIC : devMnemonic };
}

interface Phrase {
  readonly devMnemonic: string | true | undefined;
}

function declare(help: NodeJS.WritableStream): Command {
  return new Command("community")
    .description("Creates the community of a file and enrols its members; what is done already is skipped.")
    .requiredOption("--network <name>", "network that the contracts are deployed on, such as localhost")
    .requiredOption("--file <community.json>", "the community; see examples/community.json")
    .option("--members <members.csv>", "further members, one per line")
    .option("--deployment <folder>", "folder of the deployment (default: deployments/<network>)")
    .option("--prepare <folder>", "write what owners and meters have to sign there, send nothing")
    .option("--dev-mnemonic [phrase]", "on a local chain, sign for everybody with a test phrase's keys")
    .option("--yes", "do not ask before spending", false)
    .option("--wait <seconds>", "longest wait for a block", seconds, 300)
    .option("--json", "one JSON object on stdout, everything else on stderr", false)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void help.write(text), writeErr: () => undefined });
}

function seconds(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new DeployError("OPTION_INVALID", `--wait ${text}: whole seconds from 1 to 99999 are needed.`);
}
