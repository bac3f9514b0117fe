import { chmodSync, readFileSync, statSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { expect } from "chai";
import { Wallet } from "ethers";
import { CONTRACT_NAMES, DEPLOYMENT_FORMAT } from "../../sdk/src/clients/deployment.ts";
import { clockFinding } from "../../cli/src/doctor/chain.ts";
import { nodeVersion } from "../../cli/src/doctor/local.ts";
import { isServiceError, type ServiceError, type ServiceErrorCode } from "@wattbook/services/files";
import { readKey, unlock } from "../../cli/src/lib/keystore.ts";
import { withoutKeys } from "../../cli/src/lib/text.ts";
import { Folder, keystoreOf, PASSWORD, run } from "./support.ts";

const SECRET = "0123456789abcdef";
const DEPLOYMENT = {
  format: DEPLOYMENT_FORMAT,
  version: "0.1.0",
  chainId: 31_337,
  fromBlock: 0,
  contracts: Object.fromEntries(CONTRACT_NAMES.map((name, at) => [name, `0x${(at + 1).toString(16).repeat(40)}`])),
};

/** What a check of `wattbook doctor` found. */
interface Check {
  readonly check: string;
  readonly state: string;
  readonly found: string;
  readonly advice: string | null;
}

describe("The configuration of wattbook", function () {
  const folder = new Folder();
  after(() => {
    folder.remove();
  });
  const config = (json: unknown) => folder.write("wattbook.json", json);
  const good = { format: 1, node: { url: "http://127.0.0.1:1" }, deployment: "deployment.json", community: 0 };
  const deployed = () => folder.write("deployment.json", DEPLOYMENT);

  it("is looked for in three places, and made by init", async function () {
    const none = await run(["member", "show"]);
    expect([none.code, none.stdout]).to.deep.equal([2, ""]);
    expect(none.stderr).to.match(/^CONFIG_MISSING: .*wattbook init/);
    const missing = await run(["member", "show"], { env: { WATTBOOK_CONFIG: folder.at("none.json") } });
    expect(missing.stderr).to.match(/^FILE_UNREADABLE: configuration: .*none\.json/);
    const named = await run(["member", "show", "--config", folder.at("other.json")], { env: { WATTBOOK_CONFIG: "x" } });
    expect(named.stderr).to.include("other.json");
  });

  it("names every field that is wrong, with its value and what to do, but no address of a node", async function () {
    const node = { url: `ftp://node/${SECRET}`, timeoutMs: 1 };
    const path = config({ format: 2, node, deployment: "", keys: { boss: "x" }, more: 1 });
    const { code, stderr } = await run(["bill", "--config", path]);
    expect(code).to.equal(2);
    for (const words of [
      "format is 2",
      "node.url is not shown",
      "node.timeoutMs is 1",
      'deployment is ""',
      "boss in keys",
      "more",
    ]) {
      expect(stderr).to.include(words);
    }
    expect(stderr).not.to.include(SECRET);
    expect(stderr, "the advice is no secret").to.include("such as http://127.0.0.1:8545.");
    const broken = await run(["bill", "--config", config("{")]);
    expect([broken.code, broken.stderr.split(":")[0]]).to.deep.equal([2, "CONFIG_INVALID"]);
  });

  it("takes the node's address from a variable, a file, or itself", async function () {
    deployed();
    folder.write("url", `http://127.0.0.1:1/${SECRET}\n`);
    const tried = async (node: object, env: Record<string, string> = {}) =>
      run(["member", "show", "--config", config({ ...good, node })], { env });
    expect((await tried({})).stderr).to.match(/^NODE_URL_MISSING: .*WATTBOOK_NODE_URL/);
    expect((await tried({ urlEnv: "MY_NODE" })).stderr).to.match(/^NODE_URL_MISSING: .*MY_NODE/);
    const wrong = await tried({}, { WATTBOOK_NODE_URL: `nonsense ${SECRET}` });
    expect([wrong.code, wrong.stderr.split(":")[0]]).to.deep.equal([2, "CONFIG_INVALID"]);
    expect(wrong.stderr).not.to.include(SECRET);
    for (const [node, env] of [
      [{ urlFile: "url" }, {}],
      [{}, { RPC_URL_FILE: folder.at("url") }],
      [{ url: `http://127.0.0.1:1/${SECRET}` }, {}],
      [{}, { WATTBOOK_NODE_URL: `http://127.0.0.1:1/${SECRET}` }],
    ] as const) {
      const { code, stdout, stderr } = await tried(node, env);
      expect([code, stdout]).to.deep.equal([3, ""]);
      expect(stderr).to.match(/^RPC_UNAVAILABLE: /);
      expect(stderr).not.to.include(SECRET);
    }
  });

  it("leads to a deployment file, or to an error that names its field", async function () {
    folder.write("deployment.json", { ...DEPLOYMENT, contracts: {} });
    const { code, stderr } = await run(["member", "show", "--config", config(good)]);
    expect(code).to.equal(2);
    expect(stderr).to.match(/^DEPLOYMENT_INVALID: contracts\.ProsumerRegistry/);
  });

  it("is examined by doctor, which goes on where it can and hides the node's path", async function () {
    deployed();
    folder.write("open.json", await keystoreOf(new Wallet(`0x${"11".repeat(32)}`)), 0o644);
    chmodSync(folder.at("open.json"), 0o644);
    folder.write("raw.json", `0x${"22".repeat(32)}`);
    const other = await somethingElse();
    const path = config({
      ...good,
      node: { url: `http://127.0.0.1:1/${SECRET}` },
      keys: { owner: "open.json", meter: "raw.json" },
      services: { relayer: "http://127.0.0.1:1", keeper: other.url },
    });
    const { code, stdout, stderr } = await run(["doctor", "--json", "--config", path]);
    expect(stderr).to.equal("");
    expect(stdout).not.to.include(SECRET);
    expect(stdout).not.to.include("22".repeat(32));
    const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: Check[] };
    const states = Object.fromEntries(checks.map(({ check, state }) => [check, state]));
    expect(healthy).to.equal(false);
    expect(states).to.deep.include({
      "Node.js": "ok",
      configuration: "ok",
      "deployment file": "ok",
      "node address": "ok",
    });
    expect(states).to.deep.include({ "key: owner": "fail", "key: meter": "fail", node: "fail", community: "skip" });
    const found = (name: string) => checks.find(({ check }) => check === name);
    expect(found("key: owner")?.advice).to.include(`chmod 600 ${folder.at("open.json")}`);
    expect(found("key: meter")?.found).to.equal("KEY_FILE_INVALID");
    expect(found("node")?.found).to.equal("RPC_UNAVAILABLE");
    expect(found("service: relayer")?.found).to.equal("http://127.0.0.1:1 does not answer");
    expect(found("service: keeper")?.found).to.include("is not its door");
    expect(found("service: gateway")).to.equal(undefined);
    other.close();
    // The first failure decides: a key file that is open.
    expect(code).to.equal(2);
  });
});

/** A server that is no service of ours. */
async function somethingElse() {
  const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

describe("Keys of wattbook", function () {
  const folder = new Folder();
  after(() => {
    folder.remove();
  });
  const wallet = new Wallet(`0x${"11".repeat(32)}`);
  const terminal = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {} };

  async function expectCode(work: () => unknown, code: ServiceErrorCode): Promise<ServiceError> {
    try {
      await work();
    } catch (error) {
      if (!isServiceError(error)) throw error;
      expect(error.code).to.equal(code);
      expect(error.message).not.to.include("11".repeat(32));
      expect(error.message).not.to.include(PASSWORD);
      return error;
    }
    throw new Error(`no ${code}`);
  }

  it("show their address while they are locked, and open with their password", async function () {
    const key = readKey("keys.owner", {
      file: folder.write("key.json", await keystoreOf(wallet)),
      passwordFile: undefined,
    });
    expect(key.address).to.equal(wallet.address);
    const password = folder.write("password", `${PASSWORD}\n`);
    expect((await unlock(key, password, terminal)).address).to.equal(wallet.address);
  });

  it("are refused where others can read them or their password", async function () {
    const file = folder.write("open.json", await keystoreOf(wallet));
    chmodSync(file, 0o640);
    const error = await expectCode(() => readKey("keys.owner", { file, passwordFile: undefined }), "FILE_OPEN");
    expect(error.message).to.include("mode 0640").and.to.include(`chmod 600 ${file}`);
    chmodSync(file, 0o600);
    const key = readKey("keys.owner", { file, passwordFile: undefined });
    const password = folder.write("open-password", PASSWORD);
    chmodSync(password, 0o604);
    await expectCode(() => unlock(key, password, terminal), "FILE_OPEN");
  });

  it("are refused in the open, damaged, or with a wrong, empty or missing password", async function () {
    const locked = (name: string, text: string) =>
      readKey("keys.owner", { file: folder.write(name, text), passwordFile: undefined });
    await expectCode(() => locked("raw.json", wallet.privateKey), "KEY_FILE_INVALID");
    const json = await keystoreOf(wallet);
    const changed = JSON.stringify({ ...(JSON.parse(json) as object), address: "22".repeat(20) });
    const password = folder.write("password", PASSWORD);
    await expectCode(() => unlock(locked("changed.json", changed), password, terminal), "KEY_FILE_INVALID");
    const key = locked("good.json", json);
    await expectCode(() => unlock(key, folder.write("wrong", "something else"), terminal), "KEY_PASSWORD_WRONG");
    await expectCode(() => unlock(key, folder.write("empty", ""), terminal), "FILE_UNREADABLE");
    const deaf = { ...terminal, stdin: Readable.from([]) };
    await expectCode(() => unlock(key, undefined, deaf), "PASSWORD_NEEDED");
  });
});

describe("wattbook init", function () {
  this.timeout(60_000);
  const folder = new Folder();
  after(() => {
    folder.remove();
  });

  it("writes a configuration that is sound, and keys that only their owner can read", async function () {
    const password = folder.write("password", "long enough");
    const target = folder.at("pilot");
    const options = ["--node-env", "MY_NODE", "--deployment", folder.at("deployment.json"), "--community", "3"];
    const args = ["init", target, ...options, "--keys", "owner,keeper", "--password-file", password, "--json"];
    const { code, stdout, stderr } = await run(args);
    expect(code, stderr).to.equal(0);
    const made = JSON.parse(stdout) as { config: string; keys: Record<string, { file: string; address: string }> };
    const config = JSON.parse(readFileSync(made.config, "utf8")) as Record<string, unknown>;
    expect(config).to.deep.include({ format: 1, node: { urlEnv: "MY_NODE" }, community: 3 });
    for (const role of ["owner", "keeper"]) {
      const { file, address } = made.keys[role] ?? { file: "", address: "" };
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      const key = readKey(role, { file, passwordFile: password });
      expect(key.address).to.equal(address);
    }
    expect(readFileSync(folder.at("pilot/keys/.gitignore"), "utf8")).to.equal("*\n");
    const terminal = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {} };
    const owner = readKey("owner", { file: made.keys["owner"]?.file ?? "", passwordFile: password });
    expect((await unlock(owner, undefined, terminal)).address).to.equal(owner.address);
    const checked = await run(["doctor", "--json", "--config", made.config]);
    const { checks } = JSON.parse(checked.stdout) as { checks: Check[] };
    expect(checks.find(({ check }) => check === "configuration")?.state).to.equal("ok");
    const again = await run(args);
    expect([again.code, again.stdout, again.stderr.split(":")[0]]).to.deep.equal([2, "", "FILE_EXISTS"]);
  });

  it("keeps the configuration to its owner: a node's address may hold a key", async function () {
    const made = await run(["init", folder.at("keyed"), "--node", "https://node.example/v3/secret", "--json"]);
    const { config } = JSON.parse(made.stdout) as { config: string };
    expect(statSync(config).mode & 0o777).to.equal(0o600);
    const found = async () => {
      const { stdout } = await run(["doctor", "--json", "--config", config]);
      expect(stdout).not.to.include("secret");
      const { checks } = JSON.parse(stdout) as { checks: (Check & { readonly advice: string | null })[] };
      return checks.find(({ check }) => check === "node address: file");
    };
    expect(await found()).to.equal(undefined);
    chmodSync(config, 0o644);
    expect(await found()).to.include({ state: "warn" });
    expect((await found())?.advice).to.include(`chmod 600 ${config}`);
    const plain = await run(["init", folder.at("plain"), "--node", "http://127.0.0.1:8545", "--json"]);
    const { config: open } = JSON.parse(plain.stdout) as { config: string };
    chmodSync(open, 0o644);
    expect((await run(["doctor", "--json", "--config", open])).stdout).not.to.include("node address: file");
  });

  it("asks for the password twice, without showing it", async function () {
    const answers = ["long enough", "long enough"];
    const { code, stderr } = await run(["init", folder.at("asked"), "--keys", "trading"], { answers });
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include("New password for the keys").and.to.include("Again");
    expect(stderr).not.to.include("long enough");
    const differ = await run(["init", folder.at("differ"), "--keys", "trading"], {
      answers: ["long enough", "long  enough"],
    });
    expect([differ.code, differ.stderr.split("\n").at(-2)?.split(":")[0]]).to.deep.equal([1, "PASSWORDS_DIFFER"]);
    const short = await run(["init", folder.at("short"), "--keys", "trading"], { answers: ["short"] });
    expect(short.stderr).to.include("OPTION_INVALID");
    const blocked = await run(["init", folder.write("file", "x")]);
    expect([blocked.code, blocked.stderr.split(":")[0]]).to.deep.equal([2, "FILE_UNWRITABLE"]);
    const nobody = await run(["init", folder.at("nobody"), "--keys", "trading"]);
    expect([nobody.code, nobody.stderr.split(":")[0]]).to.deep.equal([2, "PASSWORD_NEEDED"]);
  });
});

describe("What wattbook doctor thinks", function () {
  it("of a version of Node.js", function () {
    expect(["22.18.0", "24.1.0"].map((version) => nodeVersion(version).state)).to.deep.equal(["ok", "ok"]);
    expect(["22.17.9", "20.19.0"].map((version) => nodeVersion(version).state)).to.deep.equal(["fail", "fail"]);
  });

  it("of the age of the newest block", function () {
    const states = [0, 120, 121, -15, -16, -301].map((age) => clockFinding(age, 7).state);
    expect(states).to.deep.equal(["ok", "ok", "warn", "ok", "warn", "fail"]);
    expect(clockFinding(-301, 7, true).state).to.equal("warn");
  });
});

describe("Addresses of nodes", function () {
  it("are shown with scheme and host alone", function () {
    const text = `at https://user:pw@rpc.example:8545/v3/${SECRET}?key=1, http://localhost:8545 and wss://x/${SECRET})`;
    expect(withoutKeys(text)).to.equal("at https://rpc.example:8545/…, http://localhost:8545 and wss://x/…)");
  });
});
