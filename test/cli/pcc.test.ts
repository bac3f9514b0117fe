import {
  asPermille,
  asSeconds,
  asWh,
  CoordinatorDeskClient,
  periodStart,
  type PccBinding,
  type PccTolerance,
  signPaper,
} from "@wattbook/sdk";
import { expect } from "chai";
import { HDNodeWallet } from "ethers";
import { pccKey } from "../helpers/desk.ts";
import { connect, type Connection } from "../helpers/market.ts";
import { HOUR } from "../helpers/settling.ts";
import { goAfter, openShared, type Shared } from "../helpers/shared-day.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { configure, Folder, json, run } from "./support.ts";

let connection: Connection;
let bridge: Bridge;
const folder = new Folder();
const START = { imported: 10_000n, exported: 2_000n };
/** What all homes of the world take and give together, slot by slot, with 30 Wh lost in the last one. */
const LOST = 30n;
const PCC = [
  [0n, 63n],
  [0n, 867n],
  [1_263n, 0n],
  [1_060n + LOST, 0n],
] as const;

before(async () => {
  connection = await connect();
  bridge = await bridgeTo(connection);
});

after(async () => {
  folder.remove();
  await bridge.close();
});

/** A world whose PCC meter is bound from the shared period on, and a command line with its key. */
async function open(tolerance: PccTolerance) {
  const w = await openShared(connection);
  const { m, wattbook, community, terms, period, homes } = w;
  const binding: PccBinding = {
    ...{ community, meterKey: pccKey.address },
    ...{ startImport: asWh(START.imported), startExport: asWh(START.exported), mostWh: asWh(50_000n) },
    ...{ sequence: 1n, deadline: asSeconds(2n ** 40n - 1n) },
  };
  const domain = await wattbook.desk.domain();
  const desk = new CoordinatorDeskClient({ address: wattbook.desk.address, runner: m.coordinator });
  const consents = [
    await signPaper(domain, "PccBinding", binding, m.dso),
    await signPaper(domain, "PccBinding", binding, pccKey),
  ] as const;
  await desk.send.bindPcc(binding, ...consents);
  await desk.send.setTolerance(community, tolerance);
  const sender = HDNodeWallet.createRandom();
  await connection.networkHelpers.setBalance(sender.address, 10n ** 19n);
  const config = await configure(folder, m, bridge.url, { keys: { keeper: sender, meter: pccKey } });
  const cli = async (line: string, given = config) => run([...line.split(" "), "--config", given]);
  const members = Object.values(homes);

  /** Members' readings come on chain; those without a record wait for the reading deadline, like the PCC's comparison. */
  async function everybodyIsRead() {
    const readings = await Promise.all(members.map((home) => w.read(home)));
    const items = readings.map((reading) => ({ ...reading, records: [] }));
    await wattbook.settlement.send.meterAndSettle(community, period, items);
    await m.goTo(m.periodStart(Number(period) + 1) + Number(terms.readingDeadline));
    await connection.networkHelpers.mine();
  }

  /** A file of registers as meters write them, with rows of other times around. */
  function file(values: readonly (readonly [bigint, bigint])[], name = "pcc.csv") {
    const start = periodStart(terms, period);
    let { imported, exported } = START;
    const rows = [`${start - 900n},9000,1000`, `${start},${imported},${exported}`];
    for (const [slot, [taken, given]] of values.entries()) {
      [imported, exported] = [imported + taken, exported + given];
      const time = new Date(Number(start + BigInt(slot + 1) * terms.slotDuration) * 1_000);
      rows.push(`${time.toISOString().slice(0, 16)}Z,${imported},${exported}`);
    }
    return folder.write(name, `time,import_Wh,export_Wh\n${rows.join("\n")}\n`);
  }
  return { ...w, cli, file, everybodyIsRead, sender };
}

async function afterPeriod(w: Shared) {
  await goAfter(w, connection, HOUR + 1);
}

describe("wattbook pcc", function () {
  it("posts a reading of a file, shows it, and compares members with it", async function () {
    const w = await open({ permille: asPermille(5n), absoluteWh: asWh(20n) });
    await afterPeriod(w);
    const { cli, period } = w;
    expect((await cli(`pcc show --period ${period}`)).stdout).to.match(/^reading +none yet: wattbook pcc post$/m);

    const path = w.file(PCC);
    const dry = json(await cli(`pcc post --period ${period} --file ${path} --dry-run --json`));
    expect(dry["reading"]).to.deep.include({ closesGap: false, imported: "2353", exported: "930" });
    const posted = json(await cli(`pcc post --period ${period} --file ${path} --yes --json`));
    expect(posted["reading"]).to.deep.equal({
      ...{
        revision: 0,
        closesGap: false,
        startImport: "10000",
        startExport: "2000",
        imported: "2353",
        exported: "930",
      },
    });
    const shown = json(await cli(`pcc show --period ${period} --json`));
    expect(shown["reading"]).to.deep.include({ revision: "0", imported: "2353", exported: "930" });
    expect(shown["meter"]).to.deep.include({ importRegister: "12353", exportRegister: "2930" });

    const early = await cli(`pcc compare --period ${period} --yes`);
    expect(early.code).to.equal(4);
    expect(early.stderr).to.include("DeadlineAhead");
    await w.everybodyIsRead();
    const found = json(await cli(`pcc compare --period ${period} --yes --json`));
    expect(found).to.deep.include({ finding: "PccBalanced", pccNet: "1423", membersNet: "1393", deviation: "30" });
    // 20 Wh, and 5 per mille of the 5,923 Wh and 4,530 Wh that members took and gave, rounded down.
    expect(found).to.deep.include({ tolerated: "72", settled: "5" });
  });

  it("exits with 1 where members and meter differ by more than is tolerated, and after a correction with 0", async function () {
    const w = await open({ permille: asPermille(0n), absoluteWh: asWh(LOST) });
    await afterPeriod(w);
    const { cli, period } = w;
    const wrong = PCC.map(([taken, given], slot) => [taken + (slot === 2 ? 1n : 0n), given] as const);
    json(await cli(`pcc post --period ${period} --file ${w.file(wrong)} --yes --json`));
    await w.everybodyIsRead();
    const alarm = await cli(`pcc compare --period ${period} --yes`);
    expect(alarm.code).to.equal(1);
    expect(alarm.stdout)
      .to.match(/^they differ by +31 Wh, slot by slot$/m)
      .and.include("look for a meter that is wrong");

    const corrected = json(await cli(`pcc post --period ${period} --file ${w.file(PCC)} --yes --json`));
    expect(corrected["reading"]).to.deep.include({ revision: 1 });
    expect(json(await cli(`pcc compare --period ${period} --yes --json`))).to.deep.include({ finding: "PccBalanced" });
  });

  it("says so where there is no reading, and exits with 1", async function () {
    const w = await open({ permille: asPermille(0n), absoluteWh: asWh(0n) });
    await afterPeriod(w);
    await w.everybodyIsRead();
    const missing = await w.cli(`pcc compare --period ${w.period} --yes`);
    expect(missing.code).to.equal(1);
    expect(missing.stdout).to.include("There is no reading of the PCC.");
  });

  it("refuses periods without a meter, another key, and files that it cannot read, and names what is wrong", async function () {
    const w = await open({ permille: asPermille(0n), absoluteWh: asWh(0n) });
    await afterPeriod(w);
    const { cli, period, m, terms } = w;
    const refusal = async (line: string, config?: string) => {
      const { code, stdout, stderr } = await cli(line, config);
      expect(code).to.be.oneOf([1, 2]);
      expect(stdout).to.equal("");
      return stderr;
    };
    expect(await refusal(`pcc show --period ${period - 1n}`)).to.include(`has no PCC meter for period ${period - 1n}`);
    const post = `pcc post --yes --period ${period} --file`;
    const start = periodStart(terms, period);
    const bad = (rows: string) => folder.write("bad.csv", rows);
    expect(await refusal(`${post} ${bad("when,import_Wh\n1,2\n")}`)).to.include("no column time, export_Wh");
    expect(await refusal(`${post} ${bad("time,import_Wh,export_Wh\n2026-11-30T12:00,1,2\n")}`)).to.include(
      'bad.csv:2: time is "2026-11-30T12:00". Correct that row: write Unix seconds, or ISO 8601 with its offset',
    );
    expect(await refusal(`${post} ${bad(`time,import_Wh,export_Wh\n${start},1.5,2\n`)}`)).to.include(
      'import_Wh is "1.5". Correct that row: write the register in whole Wh',
    );
    const twice = `time,import_Wh,export_Wh\n${start},1,2\n${start},1,2\n`;
    expect(await refusal(`${post} ${bad(twice)}`))
      .to.include("bad.csv:3")
      .and.include("twice");
    expect(await refusal(`${post} ${bad(`time,import_Wh,export_Wh\n${start},1,2\n`)}`)).to.match(
      /has no row of \S+Z\./,
    );
    const other = await configure(folder, m, bridge.url, { keys: { keeper: w.sender, meter: w.sender } });
    expect(await refusal(`${post} ${w.file(PCC)}`, other)).to.include(`The PCC meter is ${pccKey.address}`);
  });
});
