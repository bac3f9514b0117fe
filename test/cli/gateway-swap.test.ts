import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { asSeconds } from "@wattbook/sdk/pure";
import { CONTRACT_NAMES, DEPLOYMENT_FORMAT, DEPLOYMENT_VERSION } from "../../sdk/src/clients/deployment.ts";
import { readGatewayConfig } from "../../services/src/gateway/config/read.ts";
import { Queue } from "../../services/src/gateway/queue/queue.ts";
import { swapMeter } from "../../services/src/gateway/swap.ts";
import { Secrets } from "../../services/src/operation/index.ts";
import { Lab } from "../services/gateway/queue-support.ts";
import { expectRefusal } from "../services/gateway/support.ts";
import { Folder, run } from "./support.ts";

const folders: Folder[] = [];
after(() => {
  for (const folder of folders) folder.remove();
});

const NOON = Date.UTC(2025, 10, 30, 12) / 1_000;

/** A stopped gateway's folder: its meter was read for the last time at a quarter to twelve. */
function place(more: object = {}) {
  const folder = new Folder();
  folders.push(folder);
  const queue = join(folder.path, "gateway.sqlite");
  const config = {
    deployment: "deployment.json",
    queue: "gateway.sqlite",
    node: { urls: ["http://127.0.0.1:1"] },
    relayer: { url: "http://127.0.0.1:1" },
    meters: [
      { name: "north", maxW: 10_000 },
      { name: "roof", maxW: 10_000, registers: ["export"], onFall: "reset" },
    ],
    adapters: [{ type: "csv", path: "registers.csv", values: "register" }],
    ...more,
  };
  folder.write("gateway.json", JSON.stringify(config));
  const lab = new Lab({}, queue);
  const put = (name: string, importWh: bigint, exportWh: bigint, serial?: string) => {
    const at = asSeconds(BigInt(NOON - 900));
    const registers = { at, importWh, exportWh };
    const carried = { import: false, export: false };
    const shown = serial === undefined ? registers : { ...registers, serial };
    lab.queue.samples.put(lab.queue.meters.idOf(name), { shown, counted: registers, carried, complete: true });
  };
  put("north", 5_130_000n, 12_000n, "old");
  put("roof", 0n, 700n);
  lab.queue.close();
  const sample = (name: string) => {
    const open = new Queue(queue);
    const found = open.samples.at(open.meters.idOf(name), asSeconds(BigInt(NOON)));
    open.close();
    return found;
  };
  return { folder, queue, sample, config: join(folder.path, "gateway.json") };
}

/** The line of a page that swaps a meter, with another configuration. */
function lineOf(page: string, config: string): string[] {
  const line = /wattbook (gateway swap --.*)/.exec(readFileSync(page, "utf8"))?.[1] ?? "";
  const words = line.split(" ").filter((word, at, all) => word !== "--config" && all[at - 1] !== "--config");
  return [...words, "--config", config];
}

describe("wattbook gateway swap", function () {
  for (const page of ["docs/pilot.md", "docs/cli.md"]) {
    it(`does what ${page} says`, async function () {
      const { sample, config } = place();
      const { code, stdout, stderr } = await run([...lineOf(page, config), "--yes"]);
      expect(stderr).to.include("5130.5 kWh");
      expect([code, stdout]).to.deep.equal([
        0,
        "Meter north is swapped. Start the gateway; where its configuration names a serial for north, set it to E0047000000002 first.\n",
      ]);
      const { shown, counted, complete } = sample("north") ?? {};
      expect([shown?.serial, complete, counted?.importWh, counted?.exportWh]).to.deep.equal([
        "E0047000000002",
        true,
        5_130_500n,
        12_000n,
      ]);
      expect(shown?.importWh).to.equal(page === "docs/pilot.md" ? 200n : 0n);
      // Once is enough.
      const again = await run([...lineOf(page, config), "--yes"]);
      expect([again.code, again.stderr.split(":")[0]]).to.deep.equal([1, "SWAP_TOO_LATE"]);
    });
  }

  it("shows what would change, and writes nothing without a yes", async function () {
    const { sample, config } = place();
    const line = lineOf("docs/pilot.md", config);
    const dry = await run([...line, "--dry-run"]);
    expect(dry.code).to.equal(0);
    expect(dry.stdout).to.match(/old meter, last sample +5130 kWh +12 kWh +at 2025-11-30T11:45:00Z number old/);
    expect(dry.stdout).to.match(/counted since that sample +0\.5 kWh +0 kWh/);
    expect(dry.stdout).to.match(/new meter, first registers +0\.2 kWh +0 kWh +number E0047000000002/);
    expect(dry.stdout).to.include("Nothing was written.");
    const json = JSON.parse((await run([...line, "--dry-run", "--json"])).stdout) as Record<string, unknown>;
    expect(json).to.deep.include({
      meter: "north",
      dryRun: true,
      since: { importWh: "500", exportWh: "0" },
      counted: { importWh: "5130500", exportWh: "12000" },
    });
    for (const given of [{}, { answers: ["n"] }]) {
      const { code, stderr } = await run(line, given);
      expect(code).to.equal(1);
      expect(stderr).to.include("CONFIRMATION_NEEDED").and.to.not.include("signed");
    }
    expect(sample("north") === undefined).to.equal(true);
    expect((await run(line, { answers: ["y"] })).code).to.equal(0);
    expect(sample("north") !== undefined).to.equal(true);
  });

  it("leaves out a register that the meter has not, and takes no reset for what a person says", async function () {
    const { sample, config } = place();
    const roof = ["gateway", "swap", "--config", config, "--meter", "roof", "--at", "2025-11-30T12:00Z", "--yes"];
    const low = await run([...roof, "--last-export", "600Wh", "--first-export", "0Wh"]);
    expect(low.stderr.split(":")[0]).to.equal("REGISTER_FELL");
    expect((await run([...roof, "--last-export", "800Wh", "--first-export", "5Wh"])).code).to.equal(0);
    expect(sample("roof")?.counted.exportWh).to.equal(800n);
  });

  it("names what is missing or wrong", async function () {
    const { config, queue } = place();
    const base = ["gateway", "swap", "--config", config, "--yes"];
    const registers = ["--last-import", "5131kWh", "--last-export", "12kWh", "--first-import", "0kWh"];
    const north = [...base, "--meter", "north"];
    const noon = ["--at", "2025-11-30T12:00Z"];
    const cases: [string, string[]][] = [
      ["OPTION_INVALID", [...north, ...noon, ...registers]],
      ["OPTION_INVALID", [...north, ...noon, ...registers, "--first-export", "12"]],
      ["OPTION_INVALID", [...north, "--at", "2025-11-30T12:00", ...registers, "--first-export", "0kWh"]],
      ["OPTION_INVALID", [...north, ...noon, ...registers, "--first-export", "0kWh", "--check"]],
      ["NOT_A_NUMBER", [...north, ...noon, ...registers, "--first-export", "zerokWh"]],
      ["METER_UNKNOWN", [...base, "--meter", "south", ...noon]],
      ["CLOCK_AHEAD", [...north, "--at", "2226-11-30T12:00Z", ...registers, "--first-export", "0kWh"]],
      ["ADVANCE_IMPLAUSIBLE", [...north, ...noon, ...registers, "--last-import", "6000kWh", "--first-export", "0kWh"]],
    ];
    for (const [code, args] of cases) {
      const { stderr } = await run(args);
      expect(stderr.split(":")[0], args.join(" ")).to.equal(code);
    }
    const running = new Queue(queue);
    const busy = await run([...north, ...noon, ...registers, "--first-export", "0kWh"]);
    running.close();
    expect(busy.stderr.split(":")[0]).to.equal("STORE_IN_USE");
  });

  it("makes no queue where there is none, and needs terms that the queue knows", function () {
    const member = { community: 0, member: 4, meter: "north", meterKey: { file: "meter.json" } };
    const { config, folder } = place({ members: [member] });
    const registers = { importWh: 5_130_000n, exportWh: 12_000n };
    const swap = { meter: "north", at: asSeconds(BigInt(NOON)), last: registers, first: registers };
    const read = readGatewayConfig({ path: config, env: {} }, new Secrets());
    const none = { ...read, queue: join(folder.path, "none.sqlite") };
    const clock = () => asSeconds(BigInt(NOON));
    expectRefusal(() => swapMeter(none, swap, { apply: true, clock }), "FILE_UNREADABLE");
    expect(existsSync(none.queue)).to.equal(false);
    const contracts = CONTRACT_NAMES.map((name, at) => [name, `0x${(at + 1).toString(16).repeat(40)}`] as const);
    const version = { format: DEPLOYMENT_FORMAT, version: `${DEPLOYMENT_VERSION}.0`, chainId: 1, fromBlock: 0 };
    folder.write("deployment.json", JSON.stringify({ ...version, contracts: Object.fromEntries(contracts) }));
    expectRefusal(() => swapMeter(read, swap, { apply: true, clock }), "TERMS_UNKNOWN");
  });
});
