import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { readConfig } from "../../cli/src/lib/config.ts";
import { readGatewayConfig } from "../../services/src/gateway/index.ts";
import { Secrets } from "../../services/src/operation/index.ts";
import { relayerProgram } from "../../services/src/relayer/index.ts";
import { run } from "../cli/support.ts";

interface Service {
  readonly image: string;
  readonly user: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly cap_drop?: readonly string[];
  readonly read_only?: boolean;
  readonly profiles?: readonly string[];
  readonly secrets?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Keys that the compose specification knows, of those that are used. */
const KNOWN = new Set([
  ...["profiles", "image", "build", "user", "entrypoint", "command", "environment", "ports", "volumes", "depends_on"],
  ...[
    "healthcheck",
    "restart",
    "init",
    "read_only",
    "cap_drop",
    "security_opt",
    "tmpfs",
    "stop_grace_period",
    "secrets",
  ],
]);
const HOST = /^\.\//;

describe("compose.yaml", () => {
  const compose = parse(readFileSync("compose.yaml", "utf8"), { merge: true }) as Compose;
  const services = Object.entries(compose.services);
  const ours = services.filter(([, { build }]) => build !== undefined);

  it("has a broker, the three services, a node, a database and a dashboard, with keys of the specification", () => {
    const names = ["node", "broker", "relayer", "gateway", "keeper", "prometheus", "grafana"];
    expect(services.map(([name]) => name)).to.have.members(names);
    for (const [name, service] of services) {
      expect(
        Object.keys(service).filter((key) => !KNOWN.has(key)),
        name,
      ).to.deep.equal([]);
    }
  });

  it("is taken by docker compose, with all its profiles", function () {
    this.timeout(60_000);
    const docker = (...args: string[]) => spawnSync("docker", ["compose", ...args], { encoding: "utf8" });
    if (docker("version").status !== 0) {
      console.log("      docker compose is not installed here: it did not read compose.yaml");
      this.skip();
    }
    const { status, stderr } = docker("--profile", "local", "--profile", "dashboard", "config", "--quiet");
    expect([status, stderr]).to.deep.equal([0, ""]);
  });

  it("runs nobody as root, names versions of images, and looks at every service's health", () => {
    for (const [name, { user, image, healthcheck }] of services) {
      expect(user, name).to.match(/^[1-9]\d*:[1-9]\d*$/);
      expect(image, name).to.match(/:v?\d+\.\d+\.\d+$/);
      expect(healthcheck?.test, name).to.be.an("array");
    }
    for (const [name, { cap_drop: dropped, read_only: readOnly }] of ours) {
      expect(dropped, name).to.deep.equal(["ALL"]);
      expect(readOnly, name).to.equal(true);
    }
  });

  it("mounts files that are there, and volumes that it names", () => {
    for (const [name, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const [from = ""] = volume.split(":");
        if (!HOST.test(from)) expect(compose.volumes, `${name}: ${volume}`).to.have.property(from);
        // What operators write is theirs.
        else if (!from.startsWith("./pilot/")) expect(existsSync(from), `${name}: ${volume}`).to.equal(true);
      }
    }
  });

  it("waits for services that it has", () => {
    for (const [, { depends_on: needs = {} }] of services) {
      for (const other of Object.keys(needs)) expect(compose.services).to.have.property(other);
    }
  });

  it("collects garbage as the gateway's memory was measured", () => {
    const bench = readFileSync("bench/gateway/alone.ts", "utf8");
    const image = readFileSync("compose/Dockerfile", "utf8");
    const [, flag] = /^const FLAG = "(--[^"]+)";$/m.exec(bench) ?? [];
    expect(flag).to.be.a("string");
    expect(image).to.match(new RegExp(`^ENV .*\\bNODE_OPTIONS=${flag}$`, "m"));
    const [, heaps] = /^const ENVIRONMENT = \{ MALLOC_ARENA_MAX: "(\d+)" \};$/m.exec(bench) ?? [];
    expect(image).to.match(new RegExp(`^ENV .*\\bMALLOC_ARENA_MAX=${heaps}\\b`, "m"));
    for (const [name, { environment = {} }] of ours) {
      expect(environment, name).to.not.have.any.keys("NODE_OPTIONS", "MALLOC_ARENA_MAX");
    }
  });

  it("runs commands that exist, with options that exist", async () => {
    for (const [name, { command = [] }] of ours) {
      const [verb = "", ...rest] = command;
      const { code, stdout } = await run([verb, "--help"]);
      expect(code, name).to.equal(0);
      for (const option of rest.filter((each) => each.startsWith("--"))) expect(stdout, name).to.contain(option);
    }
  });

  it("looks for health where the examples listen", () => {
    const portOf = (name: string) => compose.services[name]?.healthcheck?.test.at(-1);
    const configured = {
      relayer: portIn("relayer"),
      gateway: portIn("gateway"),
      keeper: compose.services["keeper"]?.command?.at(-1)?.replace("0.0.0.0:", ""),
    };
    for (const [name, port] of Object.entries(configured)) {
      expect(portOf(name), name).to.equal(port);
      expect(compose.services[name]?.ports, name).to.include(`127.0.0.1:${port}:${port}`);
    }
  });

  it("has no secrets: files name them", () => {
    for (const [name, { environment = {} }] of services) {
      for (const variable of Object.keys(environment)) expect(variable, name).to.match(/_FILE$|_NODE_URL$/);
    }
  });

  it("shows the dashboard on request, to this machine, and to whoever has its password", () => {
    const watching = services.filter(([, { profiles = [] }]) => profiles.includes("dashboard"));
    expect(watching.map(([name]) => name)).to.have.members(["prometheus", "grafana"]);
    for (const [name, { ports = [], cap_drop: dropped, read_only: readOnly }] of watching) {
      for (const port of ports) expect(port, name).to.match(/^127\.0\.0\.1:/);
      expect([dropped, readOnly], name).to.deep.equal([["ALL"], true]);
    }
    const { secrets: [secret = ""] = [], environment = {} } = compose.services["grafana"] ?? {};
    expect(compose.secrets[secret]?.file).to.match(/^\.\/pilot\//);
    const path = `/run/secrets/${secret}`;
    expect(environment).to.deep.equal({ GF_SECURITY_ADMIN_PASSWORD__FILE: path });
    // Where the file is empty the variable is too, and Grafana would go on with its default.
    expect(readFileSync("compose/grafana/grafana.ini", "utf8")).to.include(`admin_password = $__file{${path}}\n`);
  });

  it("gives every port of this machine to one service", () => {
    const taken = services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(":").at(-2)));
    expect(new Set(taken).size).to.equal(taken.length);
  });
});

describe("the image", () => {
  const file = readFileSync("compose/Dockerfile", "utf8");

  it("copies files that are there, and that its ignore file lets through", () => {
    const ignored = readFileSync("compose/Dockerfile.dockerignore", "utf8").split("\n");
    const copied = [...file.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = ""]) => paths.split(" "));
    expect(copied).to.have.length.above(8);
    for (const path of copied) {
      expect(existsSync(path), path).to.equal(true);
      const [top = ""] = path.split("/");
      expect(ignored.includes(`!${path}`) || ignored.includes(`!${top}`), path).to.equal(true);
    }
  });

  it("starts the command that the package names, as a user that is not root", () => {
    const { bin } = JSON.parse(readFileSync("cli/package.json", "utf8")) as { bin: { wattbook: string } };
    expect(file)
      .to.contain(`/opt/wattbook/cli/${bin.wattbook}`)
      .and.to.match(/^USER node$/m);
    expect(file).to.contain('ENTRYPOINT ["wattbook"]');
  });

  it("asks a service's own door whether it is ready", async () => {
    const [ready, not] = [200, 503].map((status) =>
      createServer((request, response) => {
        expect(request.url).to.equal("/readyz");
        response.writeHead(status).end("{}");
      }).listen(0, "127.0.0.1"),
    ) as [Server, Server];
    const codeFor = async (port: string) => {
      const [code] = (await once(spawn(process.execPath, ["compose/ready.js", port]), "exit")) as [number];
      return code;
    };
    const portOf = async (server: Server) => {
      if (!server.listening) await once(server, "listening");
      return String((server.address() as AddressInfo).port);
    };
    expect([await codeFor(await portOf(ready)), await codeFor(await portOf(not)), await codeFor("1")]).to.deep.equal([
      0, 1, 1,
    ]);
    for (const server of [ready, not]) server.close();
  });

  it("builds with a Node.js that the packages accept", () => {
    const versions = [...file.matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => Number(version));
    expect(versions).to.have.length(2);
    for (const version of versions) expect(version).to.be.least(22);
  });
});

describe("the examples of configurations", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "wattbook-pilot-"));
    for (const name of ["relayer", "gateway", "wattbook"]) {
      writeFileSync(join(folder, `${name}.json`), readFileSync(`compose/examples/${name}.json`), { mode: 0o600 });
    }
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("are sound, and keep what has to last on the volume", () => {
    const file = (name: string) => ({ path: join(folder, `${name}.json`), env: {} });
    const gateway = readGatewayConfig(file("gateway"), new Secrets());
    const relayer = relayerProgram.read(file("relayer"), new Secrets());
    const keeper = readConfig(join(folder, "wattbook.json"), { env: {} });
    for (const path of [gateway.queue, relayer.folder, keeper.data]) expect(path).to.match(/^\/var\/lib\/wattbook\//);
    expect(gateway.relayer.url).to.equal(`http://relayer:${relayer.listen.port}`);
    expect(keeper.keys.keeper?.file).to.equal(join(folder, "keys/keeper.json"));
  });
});

/** Of the door for operators, in an example with comments. */
function portIn(name: string): string | undefined {
  const text = readFileSync(`compose/examples/${name}.json`, "utf8");
  return /"operation": \{[^}]*"port": (\d+)/.exec(text)?.[1];
}
