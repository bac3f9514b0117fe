import { chmodSync, existsSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { network } from "hardhat";
import stripJsonComments from "strip-json-comments";
import { AdapterConfig } from "../../services/src/gateway/config/adapter-schema.ts";
import { readGatewayConfig } from "../../services/src/gateway/config/read.ts";
import { MemberConfig } from "../../services/src/gateway/config/schema.ts";
import { Secrets } from "../../services/src/operation/index.ts";
import { readRelayerConfig } from "../../services/src/relayer/config.ts";
import { hours } from "../helpers/hours.ts";
import type { Connection } from "../helpers/market.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { freePort } from "../services/gateway/support.ts";
import { State, stateOf } from "../helpers/settling.ts";
import { BEGINNING, door, placeFor, readiness, RELAYER, TOKEN } from "./place.ts";
import { eventually, Services } from "./running.ts";
import { Folder, PASSWORD, run, spawned } from "./support.ts";

/** Stands in the node's address, as keys of providers do. */
const NODE_KEY = "node-key-secret";
let connection: Connection;
let bridge: Bridge;
const services = new Services();
const folders: Folder[] = [];

before(async () => {
  connection = await network.create({ override: { initialDate: new Date(BEGINNING) } });
  bridge = await bridgeTo(connection);
});

after(async () => {
  await services.stopAll();
  await bridge.close();
  for (const folder of folders) folder.remove();
});

const { hour } = hours(() => connection);

async function place() {
  const w = await hour();
  const folder = new Folder();
  folders.push(folder);
  return placeFor(connection, w, `${bridge.url}/v3/${NODE_KEY}`, services, folder);
}

function expectNoSecret(...logs: string[]): void {
  for (const secret of [PASSWORD, TOKEN, NODE_KEY, RELAYER.privateKey.slice(2)]) {
    for (const text of logs) expect(text.toLowerCase()).not.to.include(secret.toLowerCase());
  }
}

/** The configuration of the command line, with the doors of services that are up. */
function withServices(config: string, up: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string {
  const doors = Object.entries(up).map(([name, { operation }]) => [name.replace("Up", ""), operation] as const);
  const json = JSON.parse(readFileSync(config, "utf8")) as object;
  const folder = folders.at(-1);
  if (folder === undefined) throw new Error("no folder");
  return folder.write("wattbook.json", { ...json, services: Object.fromEntries<unknown>(doors) });
}

describe("Services by the command line", function () {
  this.timeout(180_000);

  it("bring a reading from a meter to the chain, and stop when they are told to", async function () {
    const { m, seller, period, relayer, gateway, start, sample, config } = await place();
    await m.goTo(m.periodStart(period + 1) + 60);
    await connection.networkHelpers.mine();

    const relaying = start("relayer", relayer);
    const relayerUp = await relaying.says("relayer is up");
    const relayerUrl = `http://127.0.0.1:${String(relayerUp["port"])}`;
    const reading = start("gateway", { ...gateway, relayer: { url: relayerUrl } });
    const gatewayUp = await reading.says("gateway is up");
    const ready = await eventually(
      () => readiness(gatewayUp["operation"]),
      (found) => found.ready,
    );
    expect(ready.checks).to.deep.equal({ node: "ok", queue: "ok", relayer: "ok", "adapters[0]": "ok" });

    for (let slot = 0; slot <= 4; slot++) {
      const answer = await sample(m.periodStart(period) + slot * 900, slot * 250);
      expect(answer.status, await answer.text()).to.equal(201);
    }
    const handed = await reading.says("handed over");
    expect(handed).to.include({ kind: "reading", member: seller.member, period, outcome: "accepted" });
    await eventually(
      async () => String(await stateOf(m, seller, period)),
      (state) => state === String(State.Settled),
    );
    const numbers = (await door(gatewayUp["operation"], "/metrics")).text;
    expect(numbers).to.include('wattbook_gateway_samples_total{result="kept",service="gateway"} 5');
    expect(numbers).to.include('wattbook_gateway_messages_total{kind="reading",step="accepted",service="gateway"} 1');
    expect(numbers).to.include('wattbook_gateway_queued{kind="reading",state="accepted",service="gateway"} 1');
    expect(numbers).to.include('wattbook_gateway_oldest_unsent_seconds{service="gateway"} 0');
    const taken = (await door(relayerUp["operation"], "/metrics")).text;
    expect(taken).to.include('wattbook_relayer_messages_total{kind="reading",answer="accepted",service="relayer"} 1');

    const keeping = services.start(["keeper", "--yes", "--every", "1", "--listen", "127.0.0.1:0", "--config", config]);
    const keeperUp = await keeping.says("keeper is up");
    const kept = await eventually(
      () => readiness(keeperUp["operation"]),
      (found) => found.ready,
    );
    expect(kept.checks).to.deep.equal({ node: "ok", outbox: "ok", logs: "ok", pass: "ok" });
    const passes = (await door(keeperUp["operation"], "/metrics")).text;
    expect(passes).to.match(/wattbook_keeper_passes_total\{result="ok",service="keeper"\} [1-9]/);
    expect(passes).to.match(/wattbook_keeper_balance_wei\{service="keeper"\} [1-9]/);
    expect(passes).to.include('wattbook_keeper_jobs{state="queued",service="keeper"} 0');

    const doctor = await run([
      "doctor",
      "--json",
      "--config",
      withServices(config, { gatewayUp, relayerUp, keeperUp }),
    ]);
    const { checks } = JSON.parse(doctor.stdout) as { checks: { check: string; state: string; found: string }[] };
    const asked = checks.filter(({ check }) => check.startsWith("service: "));
    expect(asked.map(({ check, state, found }) => `${state} ${check}, ${found}`)).to.deep.equal([
      "ok service: gateway, ready: node, queue, relayer, adapters[0]",
      "ok service: relayer, ready: node, store",
      "ok service: keeper, ready: node, outbox, logs, pass",
    ]);

    const said: string[] = [];
    for (const each of [keeping, reading, relaying]) {
      const { code, stdout } = await each.stop();
      expect(code, each.text()).to.equal(0);
      said.push(stdout);
    }
    expect(said[1]).to.match(/^Stopped after .*samples kept: 5, .*readings accepted: 1\. What waits/);
    expect(said[2]).to.match(/^Stopped after .*received: 1, /);
    for (const [name, each] of Object.entries({ keeper: keeping, gateway: reading, relayer: relaying })) {
      await each.says(`${name} is down`);
    }
    expectNoSecret(keeping.text(), reading.text(), relaying.text());
  });

  it("wait for a broker and a relayer that are away, and say so, and stop all the same", async function () {
    const { gateway, start } = await place();
    const topic = { topic: "meters/{meter}", import: { path: "import", unit: "kWh" } };
    const broker = { type: "mqtt", url: `mqtt://127.0.0.1:${await freePort()}`, clientId: "g", topics: [topic] };
    const reading = start("gateway", { ...gateway, adapters: [broker] });
    const { operation } = await reading.says("gateway is up");
    const found = await eventually(
      () => readiness(operation),
      ({ checks }) => checks["adapters[0]"]?.includes("ECONNREFUSED") === true,
    );
    expect(found).to.deep.include({ status: 503, ready: false });
    expect(found.checks).to.deep.include({ node: "ok", queue: "ok" });
    expect(found.checks["adapters[0]"]).to.include(broker.url).and.to.include("check address and network");
    expect(found.checks["relayer"]).to.include("http://127.0.0.1:1").and.to.include("messages are kept");
    expect((await door(operation, "/healthz")).status).to.equal(200);
    const said = reading.text().match(/"code":"LINK_DOWN"/g) ?? [];
    expect(said, "once a minute, however often it tries").to.have.length(1);
    expect((await reading.stop("SIGINT")).code, reading.text()).to.equal(0);
    expectNoSecret(reading.text());
  });

  it("wait for a node that is away, and can be stopped meanwhile", async function () {
    const { relayer, gateway, start, config, folder } = await place();
    const urls = [`http://127.0.0.1:1/v3/${NODE_KEY}`];
    const ports = { gateway: await freePort(), relayer: await freePort(), keeper: await freePort() };
    const operation = (name: keyof typeof ports) => ({ host: "127.0.0.1", port: ports[name] });
    const json = JSON.parse(readFileSync(config, "utf8")) as object;
    const away = folder.write("away.json", { ...json, node: { url: urls[0] } });
    const waiting = {
      gateway: start("gateway", { ...gateway, node: { urls }, operation: operation("gateway") }),
      relayer: start("relayer", { ...relayer, node: { urls }, operation: operation("relayer") }),
      keeper: services.start(["keeper", "--yes", "--config", away, "--listen", `127.0.0.1:${ports.keeper}`]),
    };
    for (const [name, each] of Object.entries(waiting)) {
      await each.says("no node answers; trying again until one does");
      const { status, checks } = await readiness(`http://127.0.0.1:${ports[name as keyof typeof ports]}`);
      expect(status).to.equal(503);
      expect(checks["start"]).to.equal("It is starting.");
      expect((await each.stop()).code, each.text()).to.equal(0);
      expectNoSecret(each.text());
    }
  });

  it("are refused with keys that others can read or whose password is another one", async function () {
    const { relayer, gateway, folder } = await place();
    for (const [name, json, file] of [
      ["gateway", gateway, "meter-key.json"],
      ["relayer", relayer, "relayer-key.json"],
    ] as const) {
      const path = folder.write(`${name}.json`, json);
      const tried = () => spawned([name, "--config", path]);
      chmodSync(folder.at(file), 0o644);
      const open = await tried();
      expect([open.code, open.stdout, open.stderr.split(":")[0]]).to.deep.equal([2, "", "FILE_OPEN"]);
      expect(open.stderr).to.include(`chmod 600 ${folder.at(file)}`);
      chmodSync(folder.at(file), 0o600);
      folder.write("password", "another password");
      const wrong = await tried();
      expect([wrong.code, wrong.stderr.split(":")[0]]).to.deep.equal([1, "KEY_PASSWORD_WRONG"]);
      expect(wrong.stderr).to.include("assword").and.not.to.include("another password");
      folder.write("password", `${PASSWORD}\n`);
    }
  });

  it("take the password of --password-file or KEY_PASSWORD_FILE, ask for it, or say that they need one", async function () {
    const { relayer, folder } = await place();
    const path = folder.write("relayer.json", { ...relayer, key: { file: "relayer-key.json" } });
    const check = ["relayer", "--config", path, "--check"];
    const password = folder.at("password");
    for (const ran of [
      await spawned([...check, "--password-file", password]),
      await spawned(check, { env: { KEY_PASSWORD_FILE: password } }),
      await run(check, { answers: [PASSWORD] }),
    ]) {
      expect(ran.code, ran.stderr).to.equal(0);
      expect(ran.stdout).to.equal("ok    configuration, keys and files\nok    node\nok    contracts\n");
      expectNoSecret(ran.stdout, ran.stderr);
    }
    const nobody = await spawned(check);
    expect([nobody.code, nobody.stderr.split(":")[0]]).to.deep.equal([2, "PASSWORD_NEEDED"]);
  });

  it("name every field of a configuration that is wrong", async function () {
    const { relayer, gateway, folder } = await place();
    for (const [name, json, fields] of [
      [
        "gateway",
        { ...gateway, queue: 5, adapters: [{ type: "dlms" }], more: 1 },
        ["queue is 5", "adapters[0].type", "more"],
      ],
      [
        "relayer",
        { ...relayer, lead: -1, key: { keystore: "a" } },
        ["lead is -1", "key.file is missing", "keystore in key"],
      ],
    ] as const) {
      const ran = await spawned([name, "--config", folder.write("wrong.json", json)]);
      expect([ran.code, ran.stdout, ran.stderr.split(":")[0]]).to.deep.equal([2, "", "CONFIG_INVALID"]);
      for (const field of fields) expect(ran.stderr).to.include(`  ${field}`);
    }
    const path = folder.write("away.json", { ...gateway, members: [{ ...gateway.members[0], community: 77 }] });
    const missing = await spawned(["gateway", "--config", path]);
    expect([missing.code, missing.stderr.split("\n").at(-2)?.split(":")[0]]).to.deep.equal([2, "CONFIG_INVALID"]);
    expect(missing.stderr).to.include("members[0].community is 77");
  });

  it("are looked at by --check, without being started", async function () {
    const { gateway, folder, sample, m, period } = await place();
    const path = folder.write("gateway.json", gateway);
    const { code, stdout, stderr } = await spawned(["gateway", "--config", path, "--check", "--json"]);
    expect([code, stderr]).to.deep.equal([1, ""]);
    const { ready, checks } = JSON.parse(stdout) as { ready: boolean; checks: Record<string, string | null> };
    expect(ready).to.equal(false);
    expect(checks).to.deep.include({ node: null, contracts: null });
    expect(checks["relayer"]).to.include("http://127.0.0.1:1");
    expect(existsSync(folder.at("gateway.sqlite"))).to.equal(false);
    const refused = await sample(m.periodStart(period), 0).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(TypeError);
  });

  it("do not start twice on the same files and doors", async function () {
    const { gateway, relayer, folder } = await place();
    const path = folder.write("gateway.json", gateway);
    const reading = services.start(["gateway", "--json", "--config", path]);
    const { operation } = await reading.says("gateway is up");
    const again = await spawned(["gateway", "--config", folder.at("gateway.json")]);
    expect([again.code, again.stderr.split(":")[0]]).to.deep.equal([1, "STORE_IN_USE"]);
    const port = Number(new URL(String(operation)).port);
    const taken = folder.write("relayer.json", { ...relayer, operation: { port } });
    const blocked = await spawned(["relayer", "--config", taken]);
    expect([blocked.code, blocked.stderr.split(":")[0]]).to.deep.equal([2, "LISTEN_FAILED"]);
    expect(blocked.stderr).to.include(`operation is 127.0.0.1:${port}`).and.to.include("EADDRINUSE");
    const { code, stdout } = await reading.stop();
    expect([code, JSON.parse(stdout)]).to.deep.equal([0, { stopped: true, did: {} }]);
  });

  it("have a configuration to begin with, whose values are the defaults", async function () {
    const folder = new Folder();
    folders.push(folder);
    const read = { gateway: readGatewayConfig, relayer: readRelayerConfig };
    const least = {
      gateway: ["deployment", "node", "queue", "relayer", "meters", "members", "adapters"],
      relayer: ["deployment", "folder", "node", "key", "communities"],
    };
    const pass = { env: {} };
    for (const name of ["gateway", "relayer"] as const) {
      const { code, stdout } = await run([name, "--print-config"]);
      expect(code).to.equal(0);
      const path = folder.write(`${name}.json`, stdout);
      const config = read[name]({ path, ...pass }, new Secrets());
      const json = JSON.parse(stripJsonComments(stdout)) as Record<string, unknown>;
      const bare = Object.fromEntries(least[name].map((field) => [field, json[field]]));
      bare["node"] = { urls: (json["node"] as { urls: string[] }).urls };
      if (name === "gateway") bare["meters"] = [{ name: "home", maxW: 17_250 }];
      const plain = folder.write(`${name}-bare.json`, bare);
      expect(read[name]({ path: plain, ...pass }, new Secrets())).to.deep.equal(config);
    }
  });

  it("show adapters in comments of it that are sound as well", async function () {
    const { stdout } = await run(["gateway", "--print-config"]);
    const [, adapters = ""] = stdout.split('"adapters"');
    const lines = adapters.split("\n").flatMap((line) => /^ {4}\/\/ ([{} ].*)$/.exec(line)?.[1] ?? []);
    const shown = JSON.parse(`[${lines.join("\n").replace(/\}\n\{/g, "},{")}]`) as unknown[];
    const types = shown.map((each) => AdapterConfig.parse(each).type);
    expect(types).to.deep.equal(["p1-serial", "sunspec", "http", "csv", "mqtt"]);
    const [, trade = ""] = /\/\/ ("trade": .*)/.exec(stdout) ?? [];
    const member = { community: 0, member: 4, meter: "home", meterKey: { file: "k" } };
    MemberConfig.parse({ ...member, ...(JSON.parse(`{${trade}}`) as object) });
  });
});
