import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asSeconds } from "@wattbook/sdk/pure";
import { makeAdapter } from "../../../services/src/gateway/config/adapters.ts";
import { rulesOf } from "../../../services/src/gateway/config/load.ts";
import { AdapterConfig } from "../../../services/src/gateway/config/adapter-schema.ts";
import { readGatewayConfig } from "../../../services/src/gateway/config/read.ts";
import { Secrets } from "../../../services/src/operation/index.ts";
import { eventually, expectRefusal, expectRejection, freePort, Memory, temporaryFolder } from "./support.ts";

const KEY = { file: "meter.json", passwordFile: "password" };
const CONFIG = {
  queue: "gateway.sqlite",
  deployment: "deployment.json",
  node: { urls: ["http://127.0.0.1:8545"] },
  relayer: { url: "https://relayer.example" },
  meters: [
    { name: "north", maxW: 17_250 },
    { name: "south", maxW: "11000", registers: ["import"] },
  ],
  members: [{ community: 0, member: 4, meter: "north", meterKey: KEY }],
  adapters: [{ type: "p1-tcp", meter: "north", host: "192.168.1.20", port: 23 }],
};

describe("configuration", function () {
  const folder = temporaryFolder();
  after(function () {
    folder.remove();
  });
  const parseText = (text: string) => {
    const path = join(folder.path, "gateway.json");
    writeFileSync(path, text);
    return readGatewayConfig({ path, env: {} }, new Secrets());
  };
  const parse = (changes: object = {}) => parseText(JSON.stringify({ ...CONFIG, ...changes }));

  it("has defaults for what is left out", function () {
    const config = parse();
    expect(config.adapters[0]).to.include({ every: 60, winterHours: 1 });
    const [north, south] = config.meters.map((meter) => rulesOf(meter, asSeconds(900n)));
    expect(north).to.deep.include({
      maxW: 17_250n,
      onFall: "refuse",
      maxGap: 7_200n,
      counts: { import: true, export: true },
    });
    expect(south).to.deep.include({ maxW: 11_000n, counts: { import: true, export: false } });
  });

  const topic = { topic: "a/b", meter: "north", import: { unit: "kWh" } };
  const mqtt = { type: "mqtt", url: "mqtt://broker", clientId: "g", topics: [topic] };
  const wrong: [string, object, string][] = [
    ["a field that is missing", { queue: undefined }, "queue"],
    ["a field nobody knows", { quue: "x" }, "quue: nothing of this name"],
    [
      "a field nobody knows, deep inside",
      { relayer: { url: "https://r.example", token: "x" } },
      "token in relayer: nothing of this name",
    ],
    ["a wrong type", { signAfter: "soon" }, "signAfter"],
    ["a number out of range", { adapters: [{ ...CONFIG.adapters[0], port: 70_000 }] }, "adapters[0].port"],
    ["an adapter nobody knows", { adapters: [{ type: "dlms" }] }, "adapters[0].type"],
    ["seconds that do not divide an hour", { adapters: [{ ...CONFIG.adapters[0], every: 7 }] }, "adapters[0].every"],
    ["a power that is no number", { meters: [{ name: "north", maxW: "17 kW" }] }, "meters[0].maxW"],
    ["a meter twice", { meters: [...CONFIG.meters, { name: "north", maxW: 1 }] }, "meters[2].name"],
    ["a member without its meter", { members: [{ ...CONFIG.members[0], meter: "west" }] }, "members[0].meter"],
    [
      "two members of one meter",
      { members: [CONFIG.members[0], { ...CONFIG.members[0], member: 5 }] },
      "members[1].meter",
    ],
    ["a member twice", { members: [CONFIG.members[0], { ...CONFIG.members[0], meter: "south" }] }, "members[1].member"],
    ["an adapter of an unknown meter", { adapters: [{ ...CONFIG.adapters[0], meter: "west" }] }, "adapters[0].meter"],
    [
      "a wildcard in a topic",
      { adapters: [{ ...mqtt, topics: [{ ...topic, topic: "a/#" }] }] },
      "adapters[0].topics[0].topic",
    ],
    [
      "a topic without a register",
      { adapters: [{ ...mqtt, topics: [{ topic: "a", meter: "north" }] }] },
      "adapters[0].topics[0]",
    ],
    [
      "a topic without a meter",
      { adapters: [{ ...mqtt, topics: [{ ...topic, meter: undefined }] }] },
      "adapters[0].topics[0]",
    ],
    [
      "a register without a unit",
      { adapters: [{ ...mqtt, topics: [{ ...topic, import: {} }] }] },
      "adapters[0].topics[0].import",
    ],
    [
      "a topic of an unknown meter",
      { adapters: [{ ...mqtt, topics: [{ ...topic, meter: "west" }] }] },
      "adapters[0].topics[0].meter",
    ],
    [
      "a token of an unknown meter",
      { adapters: [{ type: "http", port: 8_080, tokenFiles: { west: "t" } }] },
      "adapters[0].tokenFiles.west",
    ],
  ];
  for (const [what, changes, field] of wrong) {
    it(`names ${what}`, function () {
      const { message } = expectRefusal(() => parse(changes), "CONFIG_INVALID");
      const expected = field.includes(":") ? `  ${field}` : `  ${field} is `;
      expect(message.split("\n")[1]?.startsWith(expected), message).to.equal(true);
      expect(message, "a message of the library").not.to.match(/Invalid|expected/);
    });
  }

  it("is what the documentation shows", function () {
    const text = readFileSync(new URL("../../../docs/gateway.md", import.meta.url), "utf8");
    const config = parseText(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? "");
    expect(config.adapters.map(({ type }) => type)).to.deep.equal(["p1-serial", "mqtt"]);
  });

  it("has paths from its folder on", function () {
    const { queue, members, adapters } = parse({ adapters: [{ type: "csv", path: "a/b.csv", values: "register" }] });
    expect(queue).to.equal(join(folder.path, "gateway.sqlite"));
    expect(members[0]?.meterKey.passwordFile).to.equal(join(folder.path, "password"));
    expect(adapters[0]).to.include({ path: join(folder.path, "a/b.csv") });
  });

  it("lists every mistake at once", function () {
    const error = expectRefusal(() => parse({ queue: 5, signAfter: 0 }), "CONFIG_INVALID");
    expect(error.message).to.match(/queue is 5: .*\n {2}signAfter is 0: /);
  });

  it("says where JSON breaks off", function () {
    expectRefusal(() => parseText('{ "queue": '), "CONFIG_INVALID");
    expectRefusal(() => parseText("[]"), "CONFIG_INVALID");
  });
});

describe("adapters from the configuration", function () {
  const meters = new Set(["north"]);
  const parts = { field: "adapters[0]", meters, secrets: new Secrets() };

  it("are made of every type", function () {
    const folder = temporaryFolder();
    writeFileSync(join(folder.path, "secret"), "secret\n", { mode: 0o600 });
    writeFileSync(join(folder.path, "ca.pem"), "…");
    const topics = [{ topic: "a", meter: "north", import: { unit: "kWh" } }];
    const configs = [
      { type: "p1-tcp", meter: "north", host: "h", port: 23 },
      { type: "p1-serial", meter: "north", path: "/dev/p1" },
      { type: "sunspec", meter: "north", host: "h", model: 203 },
      {
        type: "mqtt",
        url: "mqtts://h",
        clientId: "g",
        username: "u",
        passwordFile: join(folder.path, "secret"),
        caFile: join(folder.path, "ca.pem"),
        topics,
      },
      { type: "csv", path: "r.csv", values: "register" },
    ];
    const made = configs.map((each) => makeAdapter(AdapterConfig.parse(each), parts));
    expect(made.map(({ constructor }) => constructor.name)).to.deep.equal([
      "P1TcpAdapter",
      "P1SerialAdapter",
      "SunSpecAdapter",
      "MqttAdapter",
      "CsvReplayAdapter",
    ]);
    writeFileSync(join(folder.path, "open"), "secret", { mode: 0o644 });
    const open = AdapterConfig.parse({
      type: "mqtt",
      url: "mqtt://h",
      clientId: "g",
      passwordFile: join(folder.path, "open"),
      topics,
    });
    const error = expectRefusal(() => makeAdapter(open, parts), "FILE_OPEN");
    expect(error.message).to.include("adapters[0].passwordFile");
    folder.remove();
  });

  it("listen for pushes with the tokens of their files", async function () {
    const folder = temporaryFolder();
    writeFileSync(join(folder.path, "north.token"), "secret\n", { mode: 0o600 });
    const port = await freePort();
    const config = AdapterConfig.parse({ type: "http", port, tokenFiles: { north: join(folder.path, "north.token") } });
    const adapter = makeAdapter(config, parts);
    const memory = new Memory();
    await adapter.start(memory.sink, memory.report);
    const answer = await fetch(`http://127.0.0.1:${port}/v1/meters/north/samples`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer secret" },
      body: JSON.stringify({ at: 1_774_516_500, import: 5 }),
    });
    expect(answer.status).to.equal(201);
    await eventually(() => memory.samples.length === 1, "a sample");
    const taken = makeAdapter(config, parts);
    await expectRejection(taken.start(memory.sink, memory.report), "LINK_DOWN");
    await taken.stop();
    await adapter.stop();
    folder.remove();
  });
});
