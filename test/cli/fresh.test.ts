/** A set-up from nothing, as `docs/pilot.md` tells it: what `doctor` says on the way, and in the end. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Interface } from "ethers";
import { LocalEuroAbi } from "@wattbook/sdk";
import { CommunityWorld } from "../services/relayer/world.ts";
import { Folder, PASSWORD, run } from "./support.ts";

const sample = JSON.parse(readFileSync("examples/community.json", "utf8")) as {
  readonly terms: object;
  readonly members: readonly object[];
};
const HOUR = { slotsPerPeriod: 4, readingDeadline: 3_600, correctionWindow: 7_200, claimWindow: 36_000 };
const COIN = "0x8ac7230489e80000"; // ten

interface Diagnosis {
  readonly healthy: boolean;
  readonly checks: readonly { readonly check: string; readonly state: string; readonly advice?: string }[];
}

describe("a fresh set-up", function () {
  this.timeout(180_000);
  let world: CommunityWorld;
  const folder = new Folder();
  const config = folder.at("home/wattbook.json");

  before(async () => {
    world = await CommunityWorld.start();
    const { chainId, ...deployment } = world.deployment;
    folder.write("deployment.json", { ...deployment, chainId: Number(chainId) });
    folder.write("password", `${PASSWORD}\n`);
  });

  after(async () => {
    folder.remove();
    await world.stop();
  });

  async function cli<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await run([...args, "--json"]);
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as T;
  }
  /** Checks that are not ok, by name. */
  async function diagnosis(): Promise<{ code: number | null; healthy: boolean; states: Record<string, string> }> {
    const { code, stdout } = await run(["doctor", "--config", config, "--json"]);
    const { healthy, checks } = JSON.parse(stdout) as Diagnosis;
    const notable = checks.filter(({ state }) => state !== "ok");
    return { code, healthy, states: Object.fromEntries(notable.map(({ check, state }) => [check, state])) };
  }
  function configure(more: object): void {
    folder.write("home/wattbook.json", { ...(JSON.parse(readFileSync(config, "utf8")) as object), ...more });
  }

  it("is sound in the end, and until then doctor says what is missing", async () => {
    const made = await cli<{ keys: Record<string, { address: string }> }>(
      ...["init", folder.at("home"), "--node", world.node.url, "--deployment", folder.at("deployment.json")],
      ...["--keys", "coordinator,owner,trading,meter", "--password-file", folder.at("password")],
    );
    const addressOf = (role: string) => made.keys[role]?.address ?? "";
    expect(await diagnosis()).to.deep.equal({
      ...{ code: 0, healthy: true },
      states: { community: "warn", "gas: owner": "warn", "gas: coordinator": "warn" },
    });

    for (const role of ["coordinator", "owner"]) await world.ask("hardhat_setBalance", addressOf(role), COIN);
    const file = folder.write("community.json", {
      ...sample,
      terms: { ...sample.terms, ...HOUR, coordinator: addressOf("coordinator") },
    });
    const options = ["--config", config, "--yes"];
    const token = ["--token", world.terms.paymentToken];
    const { community } = await cli<{ community: number }>("community", "create", "--file", file, ...token, ...options);
    configure({ community });
    const record = folder.write("member.json", {
      ...sample.members[0],
      ...{ owner: addressOf("owner"), tradingKey: addressOf("trading"), meterKey: addressOf("meter") },
    });
    const { members } = await cli<{ members: readonly { member: number }[] }>(
      ...["member", "enroll", "--file", record, ...options],
    );
    const member = members[0]?.member ?? 0;
    configure({ community, member });
    expect(await diagnosis()).to.deep.equal({
      ...{ code: 0, healthy: true },
      states: { member: "warn", "role: meter": "warn", money: "warn", allowance: "warn" },
    });
    const { stdout } = await run(["doctor", "--config", config]);
    expect(stdout).to.match(/^warn +money .*\n +Orders reserve money: deposit some with wattbook deposit/m);

    const coin = new Interface(LocalEuroAbi);
    const data = coin.encodeFunctionData("faucet", [addressOf("owner"), 50_000_000n]);
    await world.send({ to: world.terms.paymentToken, data, value: 0n });
    await cli("deposit", "50", ...options);
    await world.advanceTo(((await world.now()) / 3_600n + 1n) * 3_600n);

    expect(await diagnosis()).to.deep.equal({ code: 0, healthy: true, states: { clock: "warn" } });
  });
});
