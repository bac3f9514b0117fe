import { expect } from "chai";
import { ContractFactory, JsonRpcProvider, type TypedDataDomain, type TypedDataField, Wallet } from "ethers";
import hre from "hardhat";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { developer, temporaryFolder } from "../deploy/harness.ts";
import { type Ended, NODES, type RunningNode, runScript } from "../deploy/nodes.ts";

/** Not a local chain: no test phrase signs here. */
const CHAIN_ID = 777_002;

interface Member {
  readonly name: string;
  readonly owner: string;
  signatures?: Record<string, string>;
}

interface Community {
  readonly terms: { paymentToken: string };
  readonly members: Member[];
}

/** What `--prepare` writes for one member. */
interface Prepared {
  readonly name: string;
  readonly requests: readonly {
    readonly signer: string;
    readonly signature: string;
    readonly typedData: {
      readonly domain: TypedDataDomain;
      readonly types: Record<string, TypedDataField[]>;
      readonly message: Record<string, unknown>;
    };
  }[];
}

describe("npm run community -- --prepare", function () {
  this.timeout(180_000);
  let node: RunningNode;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let file: string;
  let community: Community;

  before(async function () {
    const [kind] = NODES;
    if (kind === undefined) throw new Error("no node");
    node = await kind.start(CHAIN_ID);
    folder = await temporaryFolder();
    const deployed = await run("scripts/deploy.ts", ["--network", "lab", "--out", folder.path, "--yes", "--no-verify"]);
    expect(deployed.code, deployed.stderr).to.equal(0);
    const coin = await hre.artifacts.readArtifact("LocalEuro");
    const provider = new JsonRpcProvider(node.url);
    const signer = developer(5).connect(provider);
    const token = await new ContractFactory(coin.abi, coin.bytecode, signer).deploy();
    await token.waitForDeployment();
    community = JSON.parse(await readFile("examples/community.json", "utf8")) as Community;
    community.terms.paymentToken = await token.getAddress();
    provider.destroy();
    file = join(folder.path, "community.json");
    await writeFile(file, JSON.stringify(community));
  });
  after(async function () {
    await node.stop();
    await folder.remove();
  });

  const run = (script: string, args: readonly string[]): Promise<Ended> =>
    runScript(script, args, {
      LAB_RPC_URL: node.url,
      LAB_CHAIN_ID: `${CHAIN_ID}`,
      DEPLOYER_KEY: developer(0).privateKey,
      COORDINATOR_KEY: developer(1).privateKey,
    }).ended;
  const script = (...more: string[]) =>
    run("scripts/community.ts", [
      ...["--network", "lab", "--deployment", folder.path, "--file", file, "--json"],
      ...more,
    ]);
  const codes = ({ stdout }: Ended) =>
    (JSON.parse(stdout) as { members: { fault: { code: string } | null }[] }).members.map(({ fault }) => fault?.code);
  const refusal = ({ stdout }: Ended) => (JSON.parse(stdout) as { error: { code: string } }).error.code;

  /** Signs what `--prepare` wrote, as owners and meters would with their wallets. */
  async function signAll(): Promise<void> {
    const prepared = join(folder.path, "to-sign");
    for (const name of await readdir(prepared)) {
      const { name: member, requests } = JSON.parse(await readFile(join(prepared, name), "utf8")) as Prepared;
      const signatures: Record<string, string> = {};
      for (const { signer, signature, typedData } of requests) {
        // Ethers knows the domain's type itself; wallets want it spelt out.
        const types = Object.fromEntries(Object.entries(typedData.types).filter(([type]) => type !== "EIP712Domain"));
        const wallet = walletOf(signer);
        signatures[signature] = await wallet.signTypedData(typedData.domain, types, typedData.message);
      }
      const found = community.members.find((each) => each.name === member);
      if (found === undefined) throw new Error(`nobody is called ${member}`);
      found.signatures = signatures;
    }
    await writeFile(file, JSON.stringify(community));
  }

  function walletOf(address: string): Wallet {
    for (let index = 0; index < 40; index++) {
      if (developer(index).address === address) return new Wallet(developer(index).privateKey);
    }
    throw new Error(`no key of ${address}`);
  }

  it("refuses while the community is not there, and everybody's keys on a chain that is not local", async function () {
    const prepare = await script("--prepare", join(folder.path, "to-sign"));
    expect([prepare.code, refusal(prepare)]).to.deep.equal([2, "COMMUNITY_MISSING"]);
    const dev = await script("--yes", "--dev-mnemonic");
    expect([dev.code, refusal(dev)]).to.deep.equal([2, "DEV_KEYS_REFUSED"]);
  });

  it("asks before it spends, and has nobody to ask here", async function () {
    const ended = await script();
    expect([ended.code, refusal(ended)]).to.deep.equal([2, "CONFIRMATION_NEEDED"]);
  });

  it("writes what each member has to sign, and the signatures enrol them", async function () {
    const unsigned = await script("--yes");
    expect(unsigned.code).to.equal(1);
    expect(codes(unsigned)).to.deep.equal(Array(6).fill("SIGNATURE_MISSING"));
    const prepared = await script("--prepare", join(folder.path, "to-sign"));
    expect(prepared.code, prepared.stderr).to.equal(0);
    await signAll();
    const signed = await script("--yes");
    expect(signed.code, signed.stderr).to.equal(0);
    expect(codes(signed)).to.deep.equal(Array(6).fill(undefined));
  });

  it("finds nothing left to sign", async function () {
    const path = join(folder.path, "nothing");
    const ended = await script("--prepare", path);
    expect(ended.code, ended.stderr).to.equal(0);
    expect((JSON.parse(ended.stdout) as { files: string[] }).files).to.deep.equal([]);
  });
});
