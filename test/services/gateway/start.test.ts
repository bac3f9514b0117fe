import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readGatewayConfig } from "../../../services/src/gateway/config/read.ts";
import { Queue } from "../../../services/src/gateway/queue/queue.ts";
import { startGateway } from "../../../services/src/gateway/start.ts";
import { createLog, passwordsOf, Secrets } from "../../../services/src/operation/index.ts";
import { world } from "../../sdk/clients/support.ts";
import { nodeOf, setUp } from "./chain-support.ts";
import { eventually, expectRejection, freePort } from "./support.ts";

/** Starts of one gateway, from one folder. */
async function lab() {
  const w = await world();
  const node = await nodeOf(w);
  const operation = { host: "127.0.0.1", port: await freePort() };
  const { folder, path } = await setUp(w, node.url, "http://127.0.0.1:1", { operation });
  const now = Math.floor(Date.now() / 1_000);
  const rows = (count: number) => Array.from({ length: count }, (_, k) => `north,${now - 600 + 60 * k},${k},0`);
  const meter = (count: number) => {
    writeFileSync(join(folder.path, "registers.csv"), ["meter,time,import_Wh,export_Wh", ...rows(count)].join("\n"));
  };
  const file = { path, env: { KEY_PASSWORD_FILE: join(folder.path, "password") } };
  const secrets = new Secrets();
  const config = readGatewayConfig(file, secrets);
  const start = () => {
    const stop = new AbortController();
    const log = createLog("gateway", "silent", secrets);
    const running = startGateway(config, { log, passwords: passwordsOf(secrets, file), signal: stop.signal });
    return {
      running,
      stop: () => {
        stop.abort(new Error("enough"));
      },
    };
  };
  const queued = <T>(look: (queue: Queue) => T): T => {
    const queue = new Queue(config.queue);
    try {
      return look(queue);
    } finally {
      queue.close();
    }
  };
  return { w, node, folder, meter, start, queued };
}

const samplesIn = (queue: Queue) => queue.db.prepare("SELECT count(*) FROM samples").pluck().get() as bigint;

describe("a gateway that starts without its node", function () {
  this.timeout(60_000);

  it("takes samples on the terms that it knows", async function () {
    const { node, folder, meter, start, queued } = await lab();
    meter(2);
    const first = start();
    const { gateway, ended } = await first.running;
    await eventually(() => gateway.counters.get("samples_kept") === 2, "the first samples");
    first.stop();
    await ended;
    const terms = queued((queue) => queue.db.prepare("SELECT value FROM chain").pluck().all());
    expect(terms).to.have.length(1);

    node.close();
    meter(5);
    const second = start();
    const dark = await second.running;
    await eventually(() => dark.gateway.counters.get("samples_kept") === 3, "samples in the dark");
    second.stop();
    await dark.ended;
    expect(queued(samplesIn)).to.equal(5n);
    folder.remove();
  });

  it("stops where the chain says other terms than before", async function () {
    const { node, folder, meter, start, queued } = await lab();
    meter(1);
    const first = start();
    first.running.then(first.stop, () => undefined);
    await (
      await first.running
    ).ended;
    queued((queue) => {
      const changed = queue.db.prepare(
        'UPDATE chain SET value = replace(value, \'"slotDuration":"900"\', \'"slotDuration":"300"\')',
      );
      expect(changed.run().changes).to.equal(1);
    });
    const second = start();
    const { ended } = await second.running;
    await expectRejection(ended, "CONFIG_INVALID");
    node.close();
    folder.remove();
  });

  it("waits the first time, as nobody has told it how long slots are", async function () {
    const { node, folder, meter, start, queued } = await lab();
    node.close();
    meter(1);
    const { running, stop } = start();
    setTimeout(stop, 500);
    const outcome = await running.then(
      () => "up",
      (error: unknown) => String(error),
    );
    expect(outcome).to.include("enough");
    expect(queued(samplesIn)).to.equal(0n);
    folder.remove();
  });
});
