import { join } from "node:path";
import { expect } from "chai";
import { network } from "hardhat";
import { hours } from "../helpers/hours.ts";
import type { Connection } from "../helpers/market.ts";
import { buy, post, sell, State, stateOf } from "../helpers/settling.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { BOUNDED_FILES, FULL_DISKS, type Place } from "../services/support/small-disk.ts";
import { BEGINNING, placeFor, readiness } from "./place.ts";
import { eventually, Services } from "./running.ts";
import { Folder } from "./support.ts";

const SLOTS = 4;

for (const kind of [FULL_DISKS, BOUNDED_FILES]) {
  describe(`Services on ${kind.name}`, function () {
    this.timeout(180_000);
    const services = new Services();
    const places: Place[] = [];
    let connection: Connection;
    let bridge: Bridge;
    let folder: Folder;

    before(async function () {
      for (let each = 0; each < 3; each++) {
        const place = kind.make();
        if (place === undefined) return this.skip();
        places.push(place);
      }
      connection = await network.create({ override: { initialDate: new Date(BEGINNING) } });
      bridge = await bridgeTo(connection);
      folder = new Folder();
    });

    after(async () => {
      await services.stopAll();
      for (const place of places) place.remove();
      if (places.length < 3) return;
      await bridge.close();
      folder.remove();
    });

    const { hour } = hours(() => connection);

    it("acknowledge nothing, lose nothing and go on once there is room", async () => {
      const w = await placeFor(connection, await hour(), bridge.url, services, folder);
      const { m, seller, buyer, period, sample } = w;
      const [queue, relayer, keeper] = places as [Place, Place, Place];
      await m.goTo(m.periodStart(period + 1) + 60);
      await connection.networkHelpers.mine();
      const relaying = w.start("relayer", { ...w.relayer, folder: join(relayer.path, "relayer") });
      const relayerUp = await relaying.says("relayer is up");
      const url = `http://127.0.0.1:${String(relayerUp["port"])}`;
      const reading = w.start("gateway", { ...w.gateway, relayer: { url }, queue: join(queue.path, "gateway.sqlite") });
      const gatewayUp = await reading.says("gateway is up");
      const own = folder.write("keeping.json", {
        ...(JSON.parse(folder.read("wattbook.json")) as object),
        data: join(keeper.path, "keeper"),
      });
      const keeping = services.start(["keeper", "--yes", "--every", "1", "--listen", "127.0.0.1:0", "--config", own]);
      const keeperUp = await keeping.says("keeper is up");
      const becomes = async (up: Readonly<Record<string, unknown>>, ready: boolean) =>
        eventually(
          () => readiness(up["operation"]),
          (found) => found.ready === ready,
        );
      const isFull = async (up: Readonly<Record<string, unknown>>, check: string) => {
        const { checks } = await becomes(up, false);
        expect(checks[check], JSON.stringify(checks)).to.match(kind.advice);
      };

      // The gateway: what it has not kept, the meter sends again.
      await becomes(gatewayUp, true);
      const send = (slot: number) => sample(m.periodStart(period) + slot * 900, slot * 250);
      expect((await send(0)).status).to.equal(201);
      queue.fill(reading.pid);
      for (let slot = 1; slot <= SLOTS; slot++) {
        const answer = await send(slot);
        expect(answer.status).to.equal(503);
        expect(await answer.json()).to.include({ code: kind.code });
      }
      await isFull(gatewayUp, "queue");
      queue.makeRoom(reading.pid);

      // The relayer: what it has not taken, the gateway hands over again.
      relayer.fill(relaying.pid);
      for (let slot = 1; slot <= SLOTS; slot++) {
        const answer = await send(slot);
        expect(answer.status, await answer.text()).to.equal(201);
      }
      await isFull(relayerUp, "store");
      await eventually(
        () => Promise.resolve(reading.text()),
        (said) => said.split("\n").some((line) => line.includes("RELAYER_UNAVAILABLE") && line.includes(kind.code)),
      );
      expect(await stateOf(m, seller, period)).to.equal(State.Open);
      relayer.makeRoom(relaying.pid);
      expect(await reading.says("handed over")).to.include({ kind: "reading", period, outcome: "accepted" });
      await eventually(
        async () => String(await stateOf(m, seller, period)),
        (state) => state === String(State.Settled),
      );
      for (const up of [gatewayUp, relayerUp]) await becomes(up, true);

      // The keeper: what it could not write down it does not send.
      await becomes(keeperUp, true);
      keeper.fill(keeping.pid);
      await post(m, period + 1, [
        [seller, [sell(3, 10, 100)]],
        [buyer, [buy(3, 20, 90)]],
      ]);
      await m.goTo(m.periodStart(period + 2));
      await connection.networkHelpers.mine();
      await isFull(keeperUp, "outbox");
      await keeping.says("a look at the chain failed");
      const slot = (period + 1) * SLOTS + 3;
      const cleared = () => m.auction.queryFilter(m.auction.filters.SlotCleared(m.community, slot));
      expect(await cleared()).to.have.length(0);
      keeper.makeRoom(keeping.pid);
      await eventually(
        async () => (await cleared()).length,
        (count) => count > 0,
      );
      await becomes(keeperUp, true);
      expect(await cleared()).to.have.length(1);
      for (const each of [keeping, reading, relaying]) expect((await each.stop()).code, each.text()).to.equal(0);
    });
  });
}
