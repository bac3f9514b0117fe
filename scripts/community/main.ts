/** The community script as a command: a file in, a community with members out, an exit code. */

import { join } from "node:path";
import {
  asSeconds,
  type CommunityIndex,
  connect,
  faultOf,
  parseDeployment,
  termsHash,
  type Wattbook,
} from "@wattbook/sdk";
import { type BrowserProvider, isError, type Signer } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { checkChain } from "../deploy/chain.ts";
import { confirm, type Terminal } from "../deploy/confirm.ts";
import { type Connection, connectTo } from "../deploy/connect.ts";
import { readEnv } from "../deploy/env.ts";
import { DeployError } from "../deploy/errors.ts";
import { type Folder, folderAt } from "../deploy/folder.ts";
import { DEPLOYMENT_FILE } from "../deploy/records.ts";
import { Rpc } from "../deploy/rpc.ts";
import { admit, type Admission, type Outcome } from "./admit.ts";
import { firstModulesOf, type Founding, foundingOf } from "../../cli/src/community/charter.ts";
import { type CommunityOptions, parseOptions } from "./cli.ts";
import { type CoinPlaces, deployCoin, knownToken } from "./coin.ts";
import { coordinatorSigner, ethersProvider } from "./coordinator.ts";
import { CommunityError } from "../../cli/src/community/errors.ts";
import { type CommunityFile, readCommunity } from "../../cli/src/community/file.ts";
import { findCommunity } from "../../cli/src/community/founding.ts";
import { announcementOf } from "../../cli/src/community/scheme.ts";
import { createCommunity } from "./founding.ts";
import { mined } from "./mined.ts";
import { prepareMessages } from "./prepare.ts";
import { readRoster } from "../../cli/src/community/roster.ts";
import { outcomeJson, outcomeText } from "./show.ts";
import { type DevKeys, devKeys } from "./signing.ts";

/** Exit codes: `incomplete` if a record was left out. */
export const EXIT = { done: 0, incomplete: 1, refused: 2 } as const;

/** Runs a command line, without node and script; returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const options = parseOptions(args, terminal.stdout);
    return options === undefined ? EXIT.done : await run(options, terminal);
  } catch (thrown) {
    const error =
      thrown instanceof DeployError || thrown instanceof CommunityError
        ? thrown
        : (faultOf(thrown) ?? nonsense(thrown));
    if (error === undefined) throw thrown;
    const { code, message } = error;
    terminal.stderr.write(`${code}: ${message}\n`);
    if (args.includes("--json")) terminal.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    return EXIT.refused;
  }
}

/** The script's own arguments are checked: what ethers cannot read is a node's answer. */
function nonsense(thrown: unknown): DeployError | undefined {
  if (!isError(thrown, "INVALID_ARGUMENT")) return undefined;
  const said = `The node answers with what is no ${thrown.argument} (${thrown.shortMessage})`;
  return new DeployError("RPC_INCONSISTENT", `${said}. Use another RPC endpoint.`, { cause: thrown });
}

async function run(options: CommunityOptions, terminal: Terminal): Promise<number> {
  readEnv(join(process.cwd(), ".env"));
  const file = await readCommunity(options.file, options.members);
  // Only now: the configuration reads the environment when it is loaded.
  const { default: hre } = await import("hardhat");
  const connection = await connectTo(hre, options.network);
  try {
    const path = options.deployment ?? join(hre.config.paths.root, "deployments", options.network);
    const folder = folderAt(path);
    const chainId = await checkChain(new Rpc(connection.provider), folder, connection.config.chainId);
    const provider = ethersProvider(connection, chainId);
    const place = { hre, folder, chainId, waitMs: options.wait * 1000 };
    return await new Run(options, terminal, file, connection, provider, place).run();
  } finally {
    await connection.close();
  }
}

class Run {
  readonly #keys: DevKeys | undefined;

  constructor(
    readonly options: CommunityOptions,
    readonly terminal: Terminal,
    readonly file: CommunityFile,
    readonly connection: Connection,
    readonly provider: BrowserProvider,
    readonly place: CoinPlaces & { readonly hre: HardhatRuntimeEnvironment; readonly folder: Folder },
  ) {
    const { devMnemonic } = options;
    this.#keys = devMnemonic === undefined ? undefined : devKeys(devMnemonic, BigInt(place.chainId));
  }

  async run(): Promise<number> {
    const deployment = await this.#deployment();
    if (this.options.prepare !== undefined) return this.#prepare(await connect(this.provider, deployment));
    const signer = await this.#signer();
    const wattbook = await connect(signer, deployment);
    const { listed, community: input } = this.file;
    const question = `Enrol up to ${listed.length} members of ${input.name} on ${this.options.network}, at the coordinator's cost?`;
    await confirm(question, this.place.chainId, this.options.yes, this.terminal);
    const token = (await this.#token()) ?? (await deployCoin(this.place, signer));
    const founding = this.#founding(token, wattbook);
    const found = await findCommunity(wattbook, founding);
    const community = found ?? (await createCommunity(wattbook, founding.charter, founding.tariff, this.place.waitMs));
    this.#say(`Community ${community} ${found === undefined ? "created" : "is there"}: ${input.name}`);
    await this.#announce(wattbook, community, founding, signer);
    const admission = await this.#admission(wattbook, community, founding);
    const outcomes: Outcome[] = [];
    for (const entry of listed) outcomes.push(await admit(admission, entry));
    const json = JSON.stringify(outcomeJson(community, found === undefined, outcomes), undefined, 2);
    this.terminal.stdout.write(`${this.options.json ? json : outcomeText(community, outcomes)}\n`);
    return outcomes.some(({ fault }) => fault !== undefined) ? EXIT.incomplete : EXIT.done;
  }

  /** How it trades after the fact, where the file says so and nothing is announced yet. */
  async #announce(wattbook: Wattbook, community: CommunityIndex, { charter }: Founding, signer: Signer): Promise<void> {
    const now = asSeconds(BigInt((await this.provider.getBlock("latest"))?.timestamp ?? 0));
    const found = await announcementOf(wattbook, this.file.community, community, now, charter.terms);
    if (found === undefined) return;
    await mined(await signer.sendTransaction(found.call(community)), this.place.waitMs);
    for (const line of found.details) this.#say(`From period ${found.fromPeriod} on: ${line}`);
  }

  async #prepare(wattbook: Wattbook): Promise<number> {
    const token = await this.#token();
    const founding = token === undefined ? undefined : this.#founding(token, wattbook);
    const community = founding === undefined ? undefined : await findCommunity(wattbook, founding);
    if (founding === undefined || community === undefined) {
      const advice = "Consents name the community: create it first, by running this without --prepare.";
      throw new CommunityError("COMMUNITY_MISSING", `${this.file.community.name} is not on this chain. ${advice}`);
    }
    const admission = await this.#admission(wattbook, community, founding);
    const path = this.options.prepare ?? "";
    const written = await prepareMessages(admission, this.file.listed, folderAt(path));
    const bad = this.file.listed.filter(({ fault }) => fault !== undefined);
    for (const { fault } of bad) this.#say(`${fault?.code ?? ""}: ${fault?.message ?? ""}`);
    const result = { community: Number(community), folder: path, files: written };
    const text = `${written.length} files in ${path}: each message is signed by its signer, the signature goes into the file.`;
    this.terminal.stdout.write(`${this.options.json ? JSON.stringify(result, undefined, 2) : text}\n`);
    return bad.length > 0 ? EXIT.incomplete : EXIT.done;
  }

  async #deployment(): Promise<unknown> {
    const text = await this.place.folder.read(DEPLOYMENT_FILE);
    if (text !== undefined) return parseDeployment(text);
    const advice = `Deploy first: npm run deploy -- --network ${this.options.network}`;
    throw new CommunityError("DEPLOYMENT_MISSING", `${this.place.folder.path} has no ${DEPLOYMENT_FILE}. ${advice}`);
  }

  async #signer(): Promise<Signer> {
    const { connection, provider, options } = this;
    const places = { hre: this.place.hre, connection, provider, network: options.network, keys: this.#keys };
    return coordinatorSigner(places, this.file.community.terms.coordinator);
  }

  async #token(): Promise<string | undefined> {
    return knownToken(this.file.community, this.place, (address) => this.provider.getCode(address));
  }

  #founding(token: string, wattbook: Wattbook): Founding {
    return foundingOf(this.file.community, this.options.file, token, firstModulesOf(wattbook));
  }

  async #admission(wattbook: Wattbook, community: CommunityIndex, { charter }: Founding): Promise<Admission> {
    return {
      wattbook,
      community,
      termsHash: termsHash(charter),
      coordinator: charter.terms.coordinator,
      roster: await readRoster(wattbook, community),
      keys: this.#keys,
      waitMs: this.place.waitMs,
    };
  }

  #say(text: string): void {
    this.terminal.stderr.write(`${text}\n`);
  }
}
