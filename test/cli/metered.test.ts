import { expect } from "chai";
import { HDNodeWallet } from "ethers";
import { connect, type Connection } from "../helpers/market.ts";
import { openMetered } from "../helpers/metered-day.ts";
import { HOUR, State, stateOf } from "../helpers/settling.ts";
import { goAfter } from "../helpers/shared-day.ts";
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

describe("A community whose members keep standing orders at the command line", function () {
  it("is shown, found due, counted, settled and billed, from the logs alone", async function () {
    const w = await openMetered(connection);
    const { m, wattbook, community, period, homes, read, logs } = w;
    const { late, plain, ...counted } = homes;
    const keeper = HDNodeWallet.createRandom();
    await connection.networkHelpers.setBalance(keeper.address, 10n ** 19n);
    const config = await configure(folder, m, bridge.url, { member: homes.rich.keys.member, keys: { keeper } });
    const cli = async (line: string) => run([...line.split(" "), "--config", config]);

    expect((await cli("community show")).stdout).to.include("(auction of metered energy)");
    const joining = [...Object.values(counted), late].map(({ member }) => member).sort((a, b) => Number(a - b));
    expect((await cli("keeper --dry-run")).stdout).to.equal(
      `Due to let join: members ${joining.join(", ")} of period ${period}.\n`,
    );
    await wattbook.meteredAuction.send.join(community, period, joining);
    await goAfter(w, connection, 1);
    const readings = await Promise.all([...Object.values(counted), plain].map((home) => read(home)));
    await wattbook.settlement.send.meter(community, period, readings);

    const first = json(await cli(`settle --period ${period} --yes --json`));
    expect(first["uncounted"]).to.equal(0);
    expect(first["settled"]).to.have.length(2);
    await goAfter(w, connection, 2 * HOUR);
    json(await cli(`settle --period ${period} --yes --json`));
    for (const { keys } of Object.values(counted)) {
      expect(await stateOf(m, keys, Number(period))).to.equal(State.Settled);
    }
    expect(await stateOf(m, late.keys, Number(period))).to.equal(State.Estimated);
    expect((await cli(`settle --period ${period} --yes`)).stdout).to.equal("Nobody is due.\n");
    expect(await wattbook.escrow.pot(community, 0n, period)).to.include({ amount: 0n, outstanding: 0n });

    const bill = json(await cli(`bill --period ${period} --pdf ${folder.at("bill.pdf")} --json`));
    const own = await logs.bill(homes.rich.member, period);
    const rows = bill["rows"] as Readonly<Record<string, string>>[];
    expect(rows.map(({ bought }) => bought)).to.deep.equal(own.lines.map((line) => line.bought.toString()));
    expect(own.lines.some((line) => line.bought > 0n)).to.equal(true);
  });
});
