import { expect } from "chai";
import { join } from "node:path";
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { GatewayOptions } from "../../../services/src/gateway/gateway.ts";
import { MOST_HELD } from "../../../services/src/gateway/queue/held.ts";
import { gatewayOf, HOURLY } from "./gateway-support.ts";
import { DAY, Lab } from "./queue-support.ts";
import { temporaryFolder } from "./support.ts";

const HOUR = 3_600n;

/** A gateway whose own clock is wrong by `error` seconds; its steady clock goes on with the real time. */
function wrongBy(error: bigint, more: Partial<GatewayOptions> = {}, boot = "first") {
  const real = { now: DAY, error };
  const steadyClock = { boot, now: () => real.now - DAY + 1_000n };
  const clock = () => asSeconds(real.now + real.error);
  const lab = gatewayOf({ clock, steadyClock, ...more });
  /** A sample at a real hour, by a meter whose clock is right unless it is `ahead`. */
  const sampleAt = (hour: bigint, importWh: bigint, ahead = 0n, rest: object = {}) => {
    real.now = DAY + hour * HOUR;
    return lab.gateway.sink({ meter: "m", at: asSeconds(real.now + ahead), importWh, exportWh: 0n, ...rest });
  };
  const meter = lab.gateway.queue.meters.idOf("m");
  /** Registers of samples that count, by hour. */
  const counted = () =>
    lab.gateway.queue.db
      .prepare<[bigint], { at: bigint; wh: bigint }>(
        "SELECT at, import_wh AS wh FROM samples WHERE meter = ? ORDER BY at",
      )
      .all(meter)
      .map(({ at, wh }) => `${(at - DAY) / HOUR}: ${wh}`);
  return { ...lab, real, sampleAt, counted, held: () => lab.gateway.queue.held.count() };
}

describe("clocks of meter and gateway that disagree", function () {
  it("lose nothing where the gateway's is behind: samples are held, and count once it is set", async function () {
    const lab = wrongBy(-2n * HOUR);
    for (let hour = 0n; hour <= 4n; hour++) expect(await lab.sampleAt(hour, hour * 100n)).to.equal("held");
    await lab.gateway.step();
    expect(lab.counted()).to.deep.equal([]);
    expect(lab.codes).to.deep.equal(Array<string>(5).fill("CLOCK_AHEAD"));
    expect(lab.gateway.counters.get("refused.CLOCK_AHEAD")).to.equal(5);
    lab.real.error = 0n;
    lab.real.now += 100n;
    await lab.gateway.step();
    expect(lab.counted()).to.deep.equal(["0: 0", "1: 100", "2: 200", "3: 300", "4: 400"]);
    expect(lab.held()).to.equal(0n);
    expect(lab.gateway.counters.get("samples_kept")).to.equal(5);
    const [reading] = lab.relayer.readings;
    expect(reading?.values.map(({ imported }) => imported)).to.deep.equal([100n, 100n, 100n, 100n]);
    await lab.gateway.stop();
  });

  it("take nothing of a meter that is ahead, however long ago it said so", async function () {
    const lab = wrongBy(0n);
    for (let hour = 0n; hour <= 4n; hour++) expect(await lab.sampleAt(hour, hour * 100n, 2n * HOUR)).to.equal("held");
    // Somebody sets the meter, and its former times are past.
    for (let hour = 5n; hour <= 9n; hour++) expect(await lab.sampleAt(hour, hour * 100n)).to.equal("kept");
    await lab.gateway.step();
    expect(lab.counted()).to.deep.equal(["5: 500", "6: 600", "7: 700", "8: 800", "9: 900"]);
    expect(lab.held()).to.equal(5n);
    await lab.sampleAt(9n + 72n, 9_000n);
    lab.codes.length = 0;
    await lab.gateway.step();
    expect(lab.codes).to.include("HELD_DROPPED");
    expect(lab.held()).to.equal(0n);
    await lab.gateway.stop();
  });

  it("are told apart by the chain: what a block shows to be no future is taken at once", async function () {
    let asked = 0;
    const chainTime = () => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error("no node")) : Promise.resolve(asSeconds(lab.real.now - 5n));
    };
    const lab = wrongBy(-2n * HOUR, { chainTime });
    expect(await lab.sampleAt(0n, 0n)).to.equal("held");
    await lab.gateway.step();
    expect(lab.codes).to.deep.equal(["CLOCK_AHEAD"]);
    lab.real.now += 61n;
    await lab.gateway.step();
    expect(lab.codes).to.deep.equal(["CLOCK_AHEAD", "OWN_CLOCK_BEHIND"]);
    expect(await lab.sampleAt(1n, 100n)).to.equal("kept");
    await lab.gateway.step();
    expect(lab.counted()).to.deep.equal(["0: 0", "1: 100"]);
    // A meter that is ahead of the chain too stays held.
    expect(await lab.sampleAt(2n, 200n, HOUR)).to.equal("held");
    await lab.gateway.stop();
  });

  it("hold what a meter sends at once while the gateway's is ahead", async function () {
    const lab = wrongBy(2n * HOUR);
    for (let hour = 0n; hour <= 2n; hour++) {
      expect(await lab.sampleAt(hour, hour * 100n, 0n, { live: true })).to.equal("held");
    }
    expect(new Set(lab.codes)).to.deep.equal(new Set(["CLOCK_BEHIND"]));
    lab.real.error = 0n;
    await lab.gateway.step();
    expect(lab.counted()).to.deep.equal(["0: 0", "1: 100", "2: 200"]);
    await lab.gateway.stop();
  });

  it("take in a lone register with the one that came beside it", async function () {
    const lab = wrongBy(-2n * HOUR);
    const at = asSeconds(DAY + HOUR);
    lab.real.now = at;
    await lab.gateway.sink({ meter: "m", at, importWh: 7n });
    await lab.gateway.sink({ meter: "m", at, exportWh: 3n, serial: "S" });
    lab.real.error = 0n;
    await lab.gateway.step();
    const meter = lab.gateway.queue.meters.idOf("m");
    expect(lab.gateway.queue.samples.at(meter, at)).to.deep.include({
      shown: { at, importWh: 7n, exportWh: 3n, serial: "S" },
    });
    await lab.gateway.stop();
  });

  describe("across starts", function () {
    const folder = temporaryFolder();
    after(() => {
      folder.remove();
    });

    it("of the process alone count as before", async function () {
      const queue = join(folder.path, "process.sqlite");
      const before = wrongBy(-2n * HOUR, { queue });
      await before.sampleAt(0n, 5n);
      await before.gateway.stop();
      const again = wrongBy(0n, { queue });
      again.real.now = DAY + HOUR;
      await again.gateway.step();
      expect(again.counted()).to.deep.equal(["0: 5"]);
      await again.gateway.stop();
    });

    it("of the machine count once a later sample of the meter was right", async function () {
      const queue = join(folder.path, "machine.sqlite");
      const before = wrongBy(-2n * HOUR, { queue });
      await before.sampleAt(0n, 5n);
      await before.gateway.stop();
      const again = wrongBy(0n, { queue }, "second");
      again.real.now = DAY + HOUR;
      await again.gateway.step();
      expect(again.counted()).to.deep.equal([]);
      await again.sampleAt(2n, 25n);
      await again.gateway.step();
      expect(again.counted()).to.deep.equal(["0: 5", "2: 25"]);
      await again.gateway.stop();
    });
  });

  it("hold so many samples of a meter, and say which are dropped", async function () {
    const lab = wrongBy(-2n * HOUR);
    const one = { meter: "m", importWh: 0n, exportWh: 0n };
    const most = Number(MOST_HELD);
    await Promise.all(
      Array.from({ length: most + 3 }, (_, k) => lab.gateway.sink({ ...one, at: asSeconds(DAY - BigInt(k)) })),
    );
    expect(lab.held()).to.equal(MOST_HELD);
    expect(lab.codes.filter((code) => code === "HELD_DROPPED")).to.have.length(3);
    lab.real.error = 0n;
    lab.real.now += HOUR * 2n;
    await lab.gateway.step();
    expect(lab.held()).to.equal(0n);
    expect(lab.counted()).to.have.length(most);
    await lab.gateway.stop();
  });

  it("drop nothing as stale while the gateway's is years ahead of the chain's, or nobody has heard the chain", async function () {
    let node = false;
    const chainTime = () => (node ? Promise.resolve(asSeconds(lab.real.now)) : Promise.reject(new Error("no node")));
    const lab = wrongBy(0n, { chainTime });
    for (let hour = 0n; hour <= 2n; hour++) await lab.sampleAt(hour, hour * 100n);
    lab.real.error = 10n * 365n * 24n * HOUR;
    for (node of [false, true, true]) {
      await lab.gateway.step();
      lab.real.now += 2n * HOUR;
    }
    expect(lab.counted()).to.deep.equal(["0: 0", "1: 100", "2: 200"]);
    lab.real.error = 0n;
    lab.real.now += 50n * 24n * HOUR;
    await lab.gateway.step();
    await lab.gateway.step();
    expect(lab.counted()).to.deep.equal(["2: 200"]);
    await lab.gateway.stop();
  });

  it("let steps go on where the gateway's was never set", async function () {
    const lab = wrongBy(2n * HOUR - DAY);
    expect(await lab.sampleAt(0n, 1n)).to.equal("held");
    await lab.gateway.step();
    expect(lab.codes).to.deep.equal(["CLOCK_AHEAD"]);
    await lab.gateway.stop();
  });

  it("refuse a time that no file can hold, and nothing beside it", async function () {
    const lab = wrongBy(0n);
    // A source of somebody's own that does not use asSeconds.
    const times = [DAY, (1n << 63n) - 1n, DAY + 1n, 1n << 70n, 1n] as Seconds[];
    const outcomes = await Promise.all(
      times.map((time) =>
        lab.gateway.sink({ meter: "m", at: time, importWh: 1n, exportWh: 0n }).catch((error: unknown) => {
          return (error as { code: string }).code;
        }),
      ),
    );
    expect(outcomes).to.deep.equal(["kept", "MESSAGE_MALFORMED", "kept", "MESSAGE_MALFORMED", "held"]);
    await lab.gateway.stop();
  });

  it("refuse a held sample that contradicts what came since, and go on", async function () {
    const lab = wrongBy(-2n * HOUR);
    await lab.sampleAt(0n, 500n);
    await lab.sampleAt(1n, 700n);
    lab.real.error = 0n;
    lab.real.now += 60n;
    await lab.gateway.sink({ meter: "m", at: asSeconds(DAY - HOUR), importWh: 600n, exportWh: 0n });
    await lab.gateway.step();
    expect(lab.counted()).to.deep.equal(["-1: 600", "1: 700"]);
    expect(lab.codes.at(-1)).to.equal("REGISTER_FELL");
    expect(lab.held()).to.equal(0n);
    await lab.gateway.stop();
  });

  it("do not touch what needs no judgement", function () {
    const lab = new Lab(HOURLY);
    expect(lab.keep(0, 1n)).to.equal("kept");
    expect(lab.queue.held.count()).to.equal(0n);
  });
});
