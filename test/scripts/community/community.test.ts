import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { developer, temporaryFolder } from "../deploy/harness.ts";
import { type Ended, NODES, type RunningNode, runScript } from "../deploy/nodes.ts";

const SAMPLE = "examples/community.json";
const LOCAL_CHAIN = 31_337;

interface Result {
  readonly community: number;
  readonly created: boolean;
  readonly members: readonly {
    readonly name: string;
    readonly member: number | null;
    readonly did: readonly string[];
    readonly fault: { readonly code: string; readonly message: string } | null;
  }[];
}

interface Sample {
  members: Record<string, unknown>[];
}

for (const kind of NODES) {
  const { missing } = kind;
  describe(`npm run community against ${kind.name}`, function () {
    this.timeout(180_000);
    let node: RunningNode;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;

    before(async function () {
      if (missing !== undefined) {
        console.log(`      not tried: ${missing}`);
        this.skip();
      }
      node = await kind.start(LOCAL_CHAIN);
      folder = await temporaryFolder();
      const deployed = await run("scripts/deploy.ts", ["--network", "lab", "--out", folder.path]);
      expect(deployed.code, deployed.stderr).to.equal(0);
    });
    after(async function () {
      if (missing !== undefined) return;
      await node.stop();
      await folder.remove();
    });

    const run = (script: string, args: readonly string[]): Promise<Ended> =>
      runScript(script, args, {
        LAB_RPC_URL: node.url,
        LAB_CHAIN_ID: `${LOCAL_CHAIN}`,
        DEPLOYER_KEY: developer(0).privateKey,
        COORDINATOR_KEY: developer(1).privateKey,
      }).ended;
    const community = (file: string, ...more: string[]): Promise<Ended> =>
      run("scripts/community.ts", [
        ...["--network", "lab", "--deployment", folder.path, "--file", file, "--json"],
        ...more,
      ]);
    const parsed = ({ stdout }: Ended) => JSON.parse(stdout) as Result;
    const variant = async (name: string, change: (sample: Sample) => void): Promise<string> => {
      const sample = JSON.parse(await readFile(SAMPLE, "utf8")) as Sample;
      change(sample);
      const path = join(folder.path, name);
      await writeFile(path, JSON.stringify(sample));
      return path;
    };

    it("creates the sample's community and enrols its homes, but a bad one and a double one", async function () {
      const file = await variant("bad.json", ({ members }) => {
        const [first = {}, , , , fifth = {}] = members;
        fifth["tradingKey"] = "0x12";
        members[5] = { ...members[5], meterKey: first["meterKey"] };
      });
      const ended = await community(file, "--dev-mnemonic");
      expect(ended.code, ended.stderr).to.equal(1);
      const { created, members } = parsed(ended);
      expect(created).to.equal(true);
      expect(members.map(({ member }) => member)).to.deep.equal([4, 5, 6, 7, null, null]);
      expect(members.slice(0, 4).map(({ did }) => did)).to.deep.equal(Array(4).fill(["enrolled", "metered"]));
      expect(members.map(({ fault }) => fault?.code)).to.deep.equal([
        ...Array<undefined>(4).fill(undefined),
        "RECORD_INVALID",
        "RECORD_DUPLICATE",
      ]);
      expect(members[4]?.fault?.message).to.include("members[4]: tradingKey");
      expect(members[5]?.fault?.message).to.include("meterKey");
    });

    it("adds those who are missing when the file is right, and leaves the others alone", async function () {
      const ended = await community(SAMPLE, "--dev-mnemonic");
      expect(ended.code, ended.stderr).to.equal(0);
      const { created, members } = parsed(ended);
      expect(created).to.equal(false);
      expect(members.map(({ member }) => member)).to.deep.equal([4, 5, 6, 7, 8, 9]);
      expect(members.map(({ did }) => did.length)).to.deep.equal([0, 0, 0, 0, 2, 2]);
    });

    it("does nothing the third time, and needs no signature for it", async function () {
      const ended = await community(SAMPLE);
      expect(ended.code, ended.stderr).to.equal(0);
      expect(parsed(ended).members.flatMap(({ did }) => did)).to.deep.equal([]);
    });

    it("skips a consent that somebody else signed, with the contract's reason", async function () {
      const file = await variant("forged.json", ({ members }) => {
        const [first = {}] = members;
        const point = { id: "another", salt: `0x${"11".repeat(32)}` };
        const signatures = { enrolment: `0x${"22".repeat(65)}` };
        members.push({ ...first, name: "Forged", meterKey: developer(90).address, meteringPoint: point, signatures });
      });
      const ended = await community(file, "--dev-mnemonic");
      expect(ended.code, ended.stderr).to.equal(1);
      const { fault, member } = parsed(ended).members[6] ?? {};
      expect(member).to.equal(null);
      expect(fault?.code).to.equal("CONTRACT_REVERTED");
      expect(fault?.message).to.include("ConsentInvalid");
    });
  });
}
