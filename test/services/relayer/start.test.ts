import { spawn } from "node:child_process";
import { expect } from "chai";
import { asLots, asPeriod, asSlotOffset, asTick } from "@wattbook/sdk";
import { encryptKeystoreJsonSync, type Wallet } from "ethers";
import { join } from "node:path";
import { Folder } from "../operation/folder.ts";
import { RelayerBenches, stripBody } from "./bench.ts";
import { CommunityWorld } from "./world.ts";

const PASSWORD = "correct horse battery";

describe("relayer: the program", function () {
  this.timeout(180_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let folder: Folder;
  let wallet: Wallet;

  before(async () => {
    world = await CommunityWorld.start();
    await world.enrol(1);
    await world.nextPeriod();
    benches = new RelayerBenches(world);
    folder = new Folder();
    wallet = await benches.account("program");
  });
  after(async () => {
    await benches.remove();
    folder.remove();
    await world.stop();
  });

  const configure = (override: object = {}, password = PASSWORD): string => {
    const deployment = JSON.stringify(world.deployment, (_, value: unknown) => {
      return typeof value === "bigint" ? Number(value) : value;
    });
    const keystore = encryptKeystoreJsonSync(wallet, PASSWORD, { scrypt: { N: 16, r: 8, p: 1 } });
    const config = {
      deployment: folder.write("deployment.json", deployment),
      folder: join(folder.path, "files"),
      // Ports of development nodes take no path: what looks like a key goes into the query.
      node: { urls: [`${world.node.url}/?key=node-secret`], pollMs: 50, confirmations: 1 },
      key: { file: folder.write("key.json", keystore), passwordFile: folder.write("password", password) },
      ...{ communities: [0], lead: 1_000_000, margin: 0, listen: { port: 0 }, operation: { port: 0 }, log: "trace" },
      ...override,
    };
    return folder.write("relayer.json", JSON.stringify(config));
  };

  const run = (path: string) => {
    const child = spawn(process.execPath, ["--import", "tsx", "services/src/relayer/main.ts", path], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    const waiting: { pattern: RegExp; resolve: (found: RegExpExecArray) => void }[] = [];
    child.stderr.on("data", (data: Buffer) => {
      text += data.toString();
      for (const { pattern, resolve } of waiting) {
        const found = pattern.exec(text);
        if (found !== null) resolve(found);
      }
    });
    const ended = new Promise<number | null>((resolve) => {
      child.once("exit", (code) => {
        resolve(code);
      });
    });
    const says = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        waiting.push({ pattern, resolve });
        void ended.then(() => {
          reject(new Error(`it ended without saying ${String(pattern)}: ${text}`));
        });
      });
    return { child, ended, says, text: () => text };
  };

  it("serves, tells how it is, and finishes when it is asked to stop, without a secret in its logs", async () => {
    const { child, ended, says, text } = run(configure());
    const [, port] = await says(/"port":(\d+),"operation":"[^"]*","msg":"relayer is up"/);
    const operation = /"operation":"(http[^"]*)"/.exec(text())?.[1] ?? "";
    const ready = await fetch(`${operation}/readyz`);
    expect(await ready.json()).to.deep.equal({ ready: true, checks: { node: "ok", store: "ok" } });

    const home = world.home(0);
    const period = asPeriod((await world.period()) + 1n);
    const entry = { offset: asSlotOffset(1n), side: "sell", tick: asTick(10n), lots: asLots(5n) } as const;
    const body = JSON.stringify(stripBody(await world.sign(home, world.strip(home, period, wallet.address, [entry]))));
    const headers = { "content-type": "application/json", authorization: "Bearer header-secret" };
    const url = `http://127.0.0.1:${port}/v1/communities/0/strips`;
    expect((await fetch(url, { method: "POST", headers, body })).status).to.equal(202);
    await says(/"outcome":"posted"/);
    const metrics = await (await fetch(`${operation}/metrics`)).text();
    expect(metrics).to.contain('wattbook_relayer_messages_total{kind="strip",answer="accepted",service="relayer"} 1');
    expect(metrics).to.contain('wattbook_relayer_strips_total{outcome="posted",service="relayer"} 1');
    expect(metrics).to.contain('wattbook_relayer_strips_total{outcome="missed",service="relayer"} 0');
    expect(metrics).to.match(/wattbook_relayer_jobs\{state="(sent|mined|done)",service="relayer"\} 1/);
    expect(metrics).to.match(/wattbook_relayer_balance_wei\{service="relayer"\} [1-9]/);
    expect(metrics).to.contain('wattbook_check_ok{check="store",service="relayer"} 1');

    child.kill("SIGTERM");
    expect(await ended, text()).to.equal(0);
    expect(text()).to.contain("relayer is down");
    for (const secret of [wallet.privateKey.slice(2), PASSWORD, "node-secret", "header-secret"]) {
      expect(text().toLowerCase(), secret).not.to.contain(secret.toLowerCase());
    }
  });

  it("says what is wrong with its configuration, and ends", async () => {
    const wrong = run(configure({ communities: [], lead: -1 }));
    expect(await wrong.ended).to.equal(1);
    expect(wrong.text()).to.match(/^CONFIG_INVALID: .*relayer\.json is not sound/);
    expect(wrong.text()).to.contain("communities is []: name at least one community.").and.to.contain("lead is -1");
    const locked = run(configure({}, "another password"));
    expect(await locked.ended).to.equal(1);
    expect(locked.text())
      .to.match(/^KEY_PASSWORD_WRONG: key\.passwordFile/)
      .and.not.to.contain("another password");
  });
});
