import { readFileSync } from "node:fs";
import { expect } from "chai";
import { HDNodeWallet } from "ethers";
import { connect, type Connection } from "../helpers/market.ts";
import { HOUR, State, stateOf } from "../helpers/settling.ts";
import { goAfter, openShared } from "../helpers/shared-day.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { configure, Folder, json, run } from "./support.ts";

let connection: Connection;
let bridge: Bridge;
const folder = new Folder();

before(async () => {
  connection = await connect();
  bridge = await bridgeTo(connection);
});

after(async () => {
  folder.remove();
  await bridge.close();
});

describe("A community that shares after the fact at the command line", function () {
  it("is shown as due, counted, settled and billed, from the logs alone", async function () {
    const w = await openShared(connection);
    const { m, wattbook, community, period, homes, read } = w;
    const { roof, rich, poor, plain, late } = homes;
    const keeper = HDNodeWallet.createRandom();
    await connection.networkHelpers.setBalance(keeper.address, 10n ** 19n);
    const config = await configure(folder, m, bridge.url, { member: roof.keys.member, keys: { keeper } });
    const cli = async (line: string) => run([...line.split(" "), "--config", config]);

    expect((await cli("keeper --dry-run")).stdout).to.equal(
      `Due to let join: members ${roof.member}, ${rich.member}, ${poor.member}, ${late.member} of period ${period}.\n`,
    );
    await wattbook.sharing.send.join(
      community,
      period,
      [roof, rich, poor, late].map(({ member }) => member),
    );
    await goAfter(w, connection, HOUR + 1);
    const readings = await Promise.all([roof, rich, poor, plain, late].map((home) => read(home)));
    await wattbook.settlement.send.meter(community, period, readings);

    const counted = json(await cli(`settle --period ${period} --yes --json`));
    expect(counted["settled"]).to.deep.equal([
      { period: Number(period), members: [roof, rich, poor, late].map(({ keys }) => keys.member) },
      { period: Number(period), members: [plain.keys.member] },
    ]);
    // Everybody is counted: totals are frozen, and the delay is over.
    expect((await cli(`settle --period ${period} --dry-run`)).stdout).to.include("Would settle members");
    json(await cli(`settle --period ${period} --yes --json`));
    for (const { keys } of Object.values(homes)) expect(await stateOf(m, keys, Number(period))).to.equal(State.Settled);
    expect((await cli(`settle --period ${period} --yes`)).stdout).to.equal("Nobody is due.\n");

    const pdf = folder.at("bill.pdf");
    const bill = json(await cli(`bill --period ${period} --pdf ${pdf} --json`));
    expect(bill["columns"]).to.include.members(["supply", "demand", "shared"]);
    const { slots } = await w.logs.shared(period);
    const rows = bill["rows"] as Readonly<Record<string, string>>[];
    expect(rows.map(({ shared }) => shared)).to.deep.equal(slots.map(({ shared }) => shared.toString()));
    expect(readFileSync(pdf, "latin1").slice(0, 5)).to.equal("%PDF-");
    const text = (await cli(`bill --period ${period}`)).stdout;
    expect(text).to.match(/^retailer only +\d/m);
    // A rule's price is a fraction, shown to the base unit per kWh.
    expect(text).to.match(/ 0\.\d{5,6} /);
  });
});
