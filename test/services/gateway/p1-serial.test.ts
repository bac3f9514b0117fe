import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asSeconds } from "@wattbook/sdk/pure";
import { P1SerialAdapter } from "../../../services/src/gateway/p1/serial.ts";
import { Cable, hasTerminals } from "../support/cable.ts";
import { eventually, FAST, Memory, telegram, temporaryFolder } from "./support.ts";

/** Milliseconds: far more than between two writes here. */
const SILENCE = 2_000;

const PUBLISHED = new URL("../../vectors/p1-telegrams.json", import.meta.url);

/** Telegrams as meters have sent them, and what they say. */
function published(): readonly { readonly at: string; readonly importWh: string; readonly text: string }[] {
  const found = JSON.parse(readFileSync(PUBLISHED, "utf8")) as { at: string; importWh: string; lines: string[] }[];
  return found.map(({ at, importWh, lines }) => ({ at, importWh, text: lines.map((line) => `${line}\r\n`).join("") }));
}

describe("P1 from a pseudo terminal", function () {
  let folder: ReturnType<typeof temporaryFolder>;
  let device: string;
  let memory: Memory;
  let adapter: P1SerialAdapter;
  const cables: Cable[] = [];

  const plugIn = async () => {
    const cable = await Cable.plugIn(device);
    cables.push(cable);
    return cable;
  };

  before(function () {
    if (!hasTerminals()) this.skip(); // a system without util-linux
  });

  beforeEach(function () {
    folder = temporaryFolder();
    device = join(folder.path, "p1");
    memory = new Memory();
    adapter = new P1SerialAdapter({
      ...{ meter: "north", path: device, every: asSeconds(10n), silence: SILENCE, backoff: FAST },
    });
  });

  afterEach(async function () {
    await adapter.stop();
    for (const cable of cables.splice(0)) await cable.pullOut();
    folder.remove();
  });

  it("reads telegrams of versions 4 and 5, cut anywhere, and refuses a corrupted one between them", async function () {
    const cable = await plugIn();
    await adapter.start(memory.sink, memory.report);
    const [four, five] = published();
    if (four === undefined || five === undefined) throw new Error("no published telegrams");
    const corrupted = telegram({ at: "260326101500W" }).replace("000100.000", "000101.000");
    const stream = `${four.text.slice(-100)}${four.text}${corrupted}${five.text}`;
    for (let at = 0, turn = 0; at < stream.length; turn++) {
      const size = [1, 97, 3, 251, 2, 64][turn % 6] ?? 1;
      cable.write(stream.slice(at, at + size));
      at += size;
      await sleep(1);
    }
    await eventually(() => memory.samples.length === 2, "both telegrams");
    const found = memory.samples.map(({ at, importWh }) => ({ at, importWh }));
    expect(found).to.deep.equal(
      [four, five].map(({ at, importWh }) => ({ at: BigInt(Date.parse(at) / 1_000), importWh: BigInt(importWh) })),
    );
    expect(memory.codes).to.deep.equal(["CRC_MISMATCH"]);
  });

  it("names the device that is gone and goes on when it is back", async function () {
    const first = await plugIn();
    await adapter.start(memory.sink, memory.report);
    first.write(telegram({ at: "260326101500W" }));
    await eventually(() => memory.samples.length === 1, "a sample");
    expect(adapter.fault()).to.equal(null);
    first.write(telegram({ at: "260326101510W" }).slice(0, 200));
    await sleep(20);
    await first.pullOut();
    await eventually(() => memory.codes.filter((code) => code === "LINK_DOWN").length > 1, "tries");
    expect(adapter.fault()).to.include(device);
    const second = await plugIn();
    await eventually(() => {
      second.write(telegram({ at: "260326101520W" }));
      return memory.samples.length === 2;
    }, "a sample of the device that is back");
    expect(adapter.fault()).to.equal(null);
    expect(memory.samples[1]?.at).to.equal(1_774_516_520n);
    expect(memory.codes).to.include("TELEGRAM_CUT");
  });

  it("opens again what was pulled out amid a telegram, whenever that is", async function () {
    this.timeout(60_000);
    adapter = new P1SerialAdapter({
      ...{ meter: "north", path: device, every: asSeconds(10n), silence: 300, backoff: FAST },
    });
    let cable = await plugIn();
    await adapter.start(memory.sink, memory.report);
    for (let turn = 0; turn < 12; turn++) {
      for (let each = 0; each < 10; each++) cable.write(telegram({ at: "260326101500W" }));
      await sleep(turn % 4);
      await cable.pullOut();
      cable = await plugIn();
      const before = memory.samples.length;
      await eventually(
        () => {
          cable.write(telegram({ at: `26032610${20 + turn}00W` }));
          return memory.samples.length > before;
        },
        `a sample after cable ${turn + 1}`,
        5_000,
      );
    }
  });

  it("opens a silent device again and says so until it speaks", async function () {
    const cable = await plugIn();
    adapter = new P1SerialAdapter({
      ...{ meter: "north", path: device, every: asSeconds(10n), silence: 30, backoff: FAST },
    });
    await adapter.start(memory.sink, memory.report);
    await eventually(() => memory.codes.length > 1, "two silences");
    expect(memory.codes[0]).to.equal("LINK_DOWN");
    expect(memory.errors[0]).to.include({ field: "silence", value: "30 ms" });
    await eventually(() => {
      expect(adapter.fault(), "open or not").to.include("nothing came");
      return memory.codes.length > 5;
    }, "more silences");
    await eventually(() => {
      cable.write(telegram({ at: "260326101500W" }));
      return adapter.fault() === null;
    }, "a telegram");
  });

  it("gives the device back when it stops", async function () {
    const cable = await plugIn();
    await adapter.start(memory.sink, memory.report);
    expect(cable.held()).to.equal(1);
    await adapter.stop();
    expect(cable.held()).to.equal(0);
  });
});
