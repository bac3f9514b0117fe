/** The deployment as a command: options in, contracts and files out, an exit code. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { type Account, accountOf } from "./account.ts";
import { readBuild } from "./build.ts";
import { type DeployOptions, parseOptions } from "./cli.ts";
import { confirm, type Terminal } from "./confirm.ts";
import { type Connection, connectTo } from "./connect.ts";
import { coin } from "./cost.ts";
import { type Deploying, execute, prepare } from "./deploy.ts";
import { readEnv } from "./env.ts";
import { DeployError } from "./errors.ts";
import { folderAt, renewed } from "./folder.ts";
import { Rpc } from "./rpc.ts";
import { planJson, planText, resultText } from "./show.ts";
import { explorersOf, type Verification, verifyAll } from "./verify.ts";

/** Exit codes: `unverified` if everything is deployed and sources are not published. */
export const EXIT = { done: 0, unverified: 1, refused: 2 } as const;

const POLL_MS = 500;

/** Runs a command line, without node and script; returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const json = args.includes("--json");
  try {
    const options = parseOptions(args, terminal.stdout);
    return options === undefined ? EXIT.done : await run(options, terminal);
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    const { code, message } = error;
    terminal.stderr.write(`${code}: ${message}\n`);
    if (json) terminal.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    return EXIT.refused;
  }
}

async function run(options: DeployOptions, terminal: Terminal): Promise<number> {
  readEnv(join(process.cwd(), ".env"));
  // The network that Hardhat's verification connects to.
  process.env["HARDHAT_NETWORK"] = options.network;
  // Only now: the configuration reads the environment when it is loaded.
  const { default: hre } = await import("hardhat");
  const connection = await connectTo(hre, options.network, options.timeout * 1000);
  try {
    return await runOn(hre, connection, options, terminal);
  } finally {
    await connection.close();
  }
}

async function runOn(
  hre: HardhatRuntimeEnvironment,
  { config, provider }: Connection,
  options: DeployOptions,
  terminal: Terminal,
): Promise<number> {
  const { root } = hre.config.paths;
  const rpc = new Rpc(provider, options.timeout * 1000);
  const path = options.out ?? join(root, "deployments", options.network);
  const say = (text: string) => void terminal.stderr.write(`${text}\n`);
  const announce = (aside: string) => {
    say(`The earlier deployment is in ${aside} now. If this run is interrupted, go on without --restart.`);
  };
  const deploying: Deploying = {
    network: options.network,
    expectedChainId: config.chainId,
    version: await versionOf(root),
    rpc,
    folder: options.restart ? renewed(folderAt(path), announce) : folderAt(path),
    build: await readBuild(hre.artifacts),
    account: once(() => accountOf(config, options.network, rpc)),
    patience: { pollMs: POLL_MS, waitMs: options.wait * 1000 },
    note: say,
  };
  const prepared = await prepare(deploying);
  say(planText(prepared));
  if (options.dryRun) {
    if (options.json) terminal.stdout.write(`${JSON.stringify(planJson(prepared), undefined, 2)}\n`);
    return EXIT.done;
  }
  if (prepared.cost !== undefined) {
    const question = `Spend about ${coin(prepared.cost.expected)} coins on ${options.network}?`;
    await confirm(question, prepared.plan.chainId, options.yes, terminal);
  }
  const deployed = await execute(deploying, prepared);
  const verified: Verification[] = [];
  for (const explorer of options.verify ? explorersOf(hre, prepared.plan.chainId) : []) {
    verified.push(...(await verifyAll(hre, prepared.plan, deploying.build, explorer, say)));
  }
  const result = { ...planJson(prepared), sent: deployed.sent, deployment: deployed.file, verified };
  terminal.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : `${resultText(deployed, path)}\n`);
  return verified.some(({ fault }) => fault !== undefined) ? EXIT.unverified : EXIT.done;
}

function once(find: () => Promise<Account>): () => Promise<Account> {
  let found: Promise<Account> | undefined;
  return () => (found ??= find());
}

async function versionOf(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { readonly version: string };
  return version;
}
