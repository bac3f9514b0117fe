/** Deployments in this process, on a chain of its own, with interruptions at chosen calls and writes. */

import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HDNodeWallet } from "ethers";
import hre from "hardhat";
import { type Account, keyAccount, unlockedAccount } from "../../../scripts/deploy/account.ts";
import { type Build, readBuild } from "../../../scripts/deploy/build.ts";
import { type Deployed, type Deploying, execute, prepare } from "../../../scripts/deploy/deploy.ts";
import { DeployError, type DeployErrorCode } from "../../../scripts/deploy/errors.ts";
import { type Folder, folderAt } from "../../../scripts/deploy/folder.ts";
import { type Provider, Rpc } from "../../../scripts/deploy/rpc.ts";

const DEVELOPMENT = "test test test test test test test test test test test junk";
/** Hardhat's and Anvil's account `index`. */
export const developer = (index: number) => HDNodeWallet.fromPhrase(DEVELOPMENT, "", `m/44'/60'/0'/0/${String(index)}`);

/** A folder that is gone after the tests. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "wattbook-deploy-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Something that a deployment does outside of its process. */
export interface Operation {
  /** Method of a call, or name of a written file. */
  readonly name: string;
  readonly kind: "call" | "write";
}

/** The process "died". */
export class Interrupted extends Error {}

/** Dies at one operation, before or after it is done, and does nothing from then on. */
export class Interrupter {
  readonly seen: Operation[] = [];
  #dead = false;

  constructor(
    readonly at?: number,
    readonly when?: "before" | "after",
  ) {}

  async around<T>(operation: Operation, act: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new Interrupted("dead already");
    const hit = this.seen.push(operation) - 1 === this.at;
    if (hit && this.when === "before") this.#die();
    const result = await act();
    if (hit) this.#die();
    return result;
  }

  #die(): never {
    this.#dead = true;
    throw new Interrupted("now");
  }
}

/** What an in-process deployment can be told. */
export interface Options {
  readonly path: string;
  readonly provider: Provider;
  readonly signer?: "key" | "node";
  readonly interrupter?: Interrupter;
  readonly expectedChainId?: number;
  readonly account?: () => Promise<Account>;
  readonly build?: Build;
  readonly timeoutMs?: number;
  readonly waitMs?: number;
}

let built: Build | undefined;
/** The build, without the compiler's inputs: they are large, and written many times here. */
export async function theBuild(): Promise<Build> {
  built ??= await readBuild(hre.artifacts);
  const contracts = Object.entries(built.contracts).map(([name, contract]) => [name, { ...contract, solcInput: "{}" }]);
  return { ...built, contracts: Object.fromEntries(contracts) as Build["contracts"] };
}

export async function deploying(options: Options): Promise<Deploying> {
  const { provider, interrupter = new Interrupter(), signer = "key" } = options;
  const rpc = new Rpc(interrupted(provider, interrupter), options.timeoutMs);
  return {
    network: "test",
    expectedChainId: options.expectedChainId,
    version: "0.1.0",
    rpc,
    folder: interruptedFolder(folderAt(options.path), interrupter),
    build: options.build ?? (await theBuild()),
    account:
      options.account ??
      (() => (signer === "key" ? Promise.resolve(keyAccount(developer(0))) : unlockedAccount(rpc, "test"))),
    patience: { pollMs: 5, waitMs: options.waitMs ?? 2_000 },
    note: () => undefined,
  };
}

/** A run from its start, as a new process would do it. */
export async function deploy(options: Options): Promise<Deployed> {
  const run = await deploying(options);
  return execute(run, await prepare(run));
}

function interrupted(provider: Provider, interrupter: Interrupter): Provider {
  const around = ["eth_sendRawTransaction", "eth_sendTransaction", "eth_getTransactionReceipt"];
  return {
    request: (call) =>
      around.includes(call.method)
        ? interrupter.around({ kind: "call", name: call.method }, () => provider.request(call))
        : provider.request(call),
  };
}

function interruptedFolder(folder: Folder, interrupter: Interrupter): Folder {
  return {
    ...folder,
    write: (name, text) => interrupter.around({ kind: "write", name }, () => folder.write(name, text)),
  };
}

/** Whether a run ended because it was interrupted. */
export async function died(run: Promise<unknown>): Promise<boolean> {
  try {
    await run;
    return false;
  } catch (error) {
    if (error instanceof Interrupted || (error as Error).cause instanceof Interrupted) return true;
    throw error;
  }
}

/** Code of whatever a run was refused with; undefined if it went through. */
export async function codeOf(run: Promise<unknown>): Promise<DeployErrorCode | undefined> {
  try {
    await run;
    return undefined;
  } catch (error) {
    if (error instanceof DeployError) return error.code;
    throw error;
  }
}

/** All files of a folder, by path. */
export async function filesIn(path: string): Promise<Map<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (file) => [file.slice(path.length + 1), await readFile(file, "utf8")] as const);
  return new Map(await Promise.all(read));
}

export const copyFolder = (from: string, to: string) => cp(from, to, { recursive: true });
