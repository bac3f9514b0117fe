import { EventEmitter } from "node:events";
import { expect } from "chai";
import { Node } from "../../../services/src/chain/index.ts";
import {
  Counter,
  createLog,
  createMetrics,
  findingsOf,
  type Need,
  nodeAnswers,
  openDoor,
  type OperationServer,
  Readiness,
  Secrets,
  serveOperation,
  stopSignal,
  storeWrites,
} from "../../../services/src/operation/index.ts";
import { isServiceError } from "../../../services/src/errors.ts";
import { openStore } from "../../../services/src/store/open.ts";

describe("the operators' door", () => {
  let door: OperationServer;
  const fault: { message: string | null } = { message: null };
  const need: Need = {
    name: "node",
    check: () => (fault.message === null ? Promise.resolve() : Promise.reject(new Error(fault.message))),
  };

  const open = async (...needs: Need[]) => {
    const metrics = createMetrics("relayer");
    new Counter({ name: "strips_total", help: "Strips taken.", registers: [metrics] }).inc(3);
    const shown = { metrics, readiness: new Readiness(needs), secrets: new Secrets() };
    door = await serveOperation({ host: "127.0.0.1", port: 0 }, shown);
  };
  const ask = async (path: string) => {
    const response = await fetch(`${door.url}${path}`);
    return { status: response.status, text: await response.text() };
  };

  beforeEach(() => {
    fault.message = null;
  });
  afterEach(async () => {
    await door.close();
  });

  it("shows numbers, the process's and the service's", async () => {
    await open();
    const { text } = await ask("/metrics");
    expect(text).to.contain('strips_total{service="relayer"} 3').and.to.contain("process_cpu_seconds_total");
  });

  it("says that the process lives, and what it lacks to work", async () => {
    fault.message = "no answer of https://rpc.example/v3/key";
    await open(need);
    expect((await ask("/healthz")).status).to.equal(200);
    const { status, text } = await ask("/readyz");
    expect(status).to.equal(503);
    const checks = { node: "no answer of https://rpc.example/[secret]" };
    expect(JSON.parse(text)).to.deep.equal({ ready: false, checks });
    expect((await ask("/")).status).to.equal(404);
  });

  it("is ready once every need is met", async () => {
    await open(need, storeWrites("store", ":memory:", openStore(":memory:", [])));
    expect(await ask("/readyz")).to.deep.equal({
      status: 200,
      text: '{"ready":true,"checks":{"node":"ok","store":"ok"}}',
    });
  });

  it("is not ready with a file that cannot be written, or without a node", async () => {
    const store = openStore(":memory:", []);
    store.pragma("query_only = ON");
    const node = new Node({ urls: ["http://127.0.0.1:1"], chainId: 1n, backoff: { tries: 1, first: 1, most: 1 } });
    await open(storeWrites("store", "relayer.db", store), nodeAnswers(node));
    const { status, text } = await ask("/readyz");
    node.provider.destroy();
    expect(status).to.equal(503);
    const { checks } = JSON.parse(text) as { checks: Record<string, string> };
    expect(checks.store).to.contain("relayer.db").and.to.contain("readonly");
    expect(checks.node).not.to.equal("ok");
  });
});

describe("a door that opens before its service is up", () => {
  const need = (name: string, message: string | null): Need => ({
    name,
    check: () => (message === null ? Promise.resolve() : Promise.reject(new Error(message))),
  });

  it("is not ready until then, and has other needs afterwards", async () => {
    const door = await openDoor("gateway", { host: "127.0.0.1", port: 0 }, new Secrets(), [need("node", null)]);
    const look = async () => {
      const response = await fetch(`${door.url ?? ""}/readyz`);
      return { status: response.status, ...((await response.json()) as object) };
    };
    const checks = { node: "ok", start: "It is starting." };
    expect(await look()).to.deep.equal({ status: 503, ready: false, checks });
    door.up([need("queue", null)]);
    expect(await look()).to.deep.equal({ status: 200, ready: true, checks: { queue: "ok" } });
    await door.close();
  });

  it("says the same in numbers", async () => {
    const door = await openDoor("gateway", undefined, new Secrets(), [need("node", null)]);
    const checks = async () => (await door.metrics.metrics()).match(/^wattbook_check_ok.*$/gm);
    expect(await checks()).to.deep.equal([
      'wattbook_check_ok{check="node",service="gateway"} 1',
      'wattbook_check_ok{check="start",service="gateway"} 0',
    ]);
    door.up([need("queue", "the disk is full")]);
    expect(await checks()).to.deep.equal(['wattbook_check_ok{check="queue",service="gateway"} 0']);
  });

  it("says which address is taken", async () => {
    const first = await openDoor("gateway", { host: "127.0.0.1", port: 0 }, new Secrets(), []);
    const port = Number(new URL(first.url ?? "").port);
    const thrown: unknown = await openDoor("relayer", { host: "127.0.0.1", port }, new Secrets(), []).catch(
      (error: unknown) => error,
    );
    await first.close();
    expect(isServiceError(thrown, "LISTEN_FAILED"), String(thrown)).to.equal(true);
  });

  it("does not wait for ever for what does not answer", async () => {
    const silent: Need = { name: "node", check: () => new Promise(() => undefined) };
    const found = await findingsOf([silent, need("queue", null)], 10);
    expect(found).to.deep.equal({ node: "There is no answer within 10 ms.", queue: null });
  });
});

describe("stopping", () => {
  const log = createLog("relayer", "silent", new Secrets());
  const target = () => {
    const codes: number[] = [];
    return Object.assign(new EventEmitter(), { codes, exit: (code: number) => void codes.push(code) });
  };

  it("asks everybody to finish", () => {
    const process = target();
    const signal = stopSignal(log, 1_000, process);
    expect(signal.aborted).to.equal(false);
    process.emit("SIGTERM");
    expect(signal.aborted).to.equal(true);
    expect(process.codes).to.deep.equal([]);
  });

  it("ends at once where it is asked again, or too long after", async () => {
    const twice = target();
    stopSignal(log, 60_000, twice);
    twice.emit("SIGTERM");
    twice.emit("SIGINT");
    expect(twice.codes).to.deep.equal([1]);
    const slow = target();
    stopSignal(log, 1, slow);
    slow.emit("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(slow.codes).to.deep.equal([1]);
  });
});
