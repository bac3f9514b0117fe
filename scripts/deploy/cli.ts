/** Command line of the deployment. */

import { Command, CommanderError } from "commander";
import { DeployError } from "./errors.ts";

export interface DeployOptions {
  readonly network: string;
  /** Folder of the deployment; undefined for `deployments/<network>`. */
  readonly out: string | undefined;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly restart: boolean;
  readonly verify: boolean;
  readonly json: boolean;
  /** Seconds to wait for a block. */
  readonly wait: number;
  /** Seconds to wait for an answer of the node. */
  readonly timeout: number;
}

const MOST_SECONDS = 86_400;

/** Options of a command line, without node and script. Help goes to stdout, and undefined is returned after it. */
export function parseOptions(args: readonly string[], help: NodeJS.WritableStream): DeployOptions | undefined {
  const command = declare(help);
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof DeployError || !(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return undefined;
    const code = error.code === "commander.unknownOption" ? "OPTION_UNKNOWN" : "OPTION_INVALID";
    throw new DeployError(code, `${error.message.replace(/^error: /, "")}. See --help.`, { cause: error });
  }
  return command.opts<DeployOptions>();
}

function declare(help: NodeJS.WritableStream): Command {
  return new Command("deploy")
    .description("Deploys the contracts, or goes on where an earlier run stopped. See docs/deploy.md.")
    .requiredOption("--network <name>", "network of hardhat.config.ts or .env, such as localhost or sepolia", name)
    .option("--out <folder>", "folder of the deployment (default: deployments/<network>)")
    .option("--dry-run", "show the plan and what it costs, send nothing", false)
    .option("--yes", "do not ask before spending", false)
    .option("--restart", "put an earlier deployment's folder aside and deploy anew", false)
    .option("--no-verify", "do not publish the sources on the network's explorer")
    .option("--wait <seconds>", "longest wait for a block", seconds("--wait"), 300)
    .option("--timeout <seconds>", "longest wait for an answer of the node", seconds("--timeout"), 30)
    .option("--json", "one JSON object on stdout, everything else on stderr", false)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void help.write(text), writeErr: () => undefined });
}

function name(text: string): string {
  if (/^[A-Za-z0-9][\w-]*$/.test(text)) return text;
  throw new DeployError("OPTION_INVALID", `--network ${text}: the name of a network is needed.`);
}

function seconds(option: string): (text: string) => number {
  return (text) => {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    if (value >= 1 && value <= MOST_SECONDS) return value;
    throw new DeployError("OPTION_INVALID", `${option} ${text}: whole seconds from 1 to ${MOST_SECONDS} are needed.`);
  };
}
