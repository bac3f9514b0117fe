import { join } from "node:path";
import { slotsOf, slotStart } from "@wattbook/sdk";
import Database from "better-sqlite3";
import { expect } from "chai";
import { NODES } from "../../scripts/deploy/nodes.ts";
import { booksOf } from "../end-to-end/books.ts";
import { countedIn, METERS, Town, VICTIMS } from "./town.ts";
import { KNOWN_BY, STEPS } from "./trap.ts";

/** Without meters. */
const SERVICES = 4;

describe("a gateway, a relayer and a node, killed on the way from the meter to the chain", function () {
  this.timeout(180_000);
  let town: Town;

  before(async function () {
    const missing = NODES.find(({ name }) => name === "anvil")?.missing;
    if (missing !== undefined) {
      process.stderr.write(`skipped: ${missing}\n`);
      this.skip();
    }
    town = await Town.open();
  });

  after(async () => {
    await (town as Town | undefined)?.close();
  });

  for (const step of STEPS) {
    for (const victim of VICTIMS) {
      const what = step === "received" || step === "stored" ? "a sample is" : "strips are, and then readings,";
      it(`${step.padEnd(16)} | ${victim.padEnd(7)} | one strip and one reading of each, once ${what} ${step}: ${KNOWN_BY[step]}`, async () => {
        const { world } = town;
        const { traded, read } = await town.hour(step, victim);
        const logs = await world.wattbook.logs(world.community);
        const journals = await logs.journals(traded);
        const readings = await logs.readings(read);
        const settled = await logs.settled(read);
        for (const [index, meter] of METERS.entries()) {
          const { member } = world.home(index);
          expect(journals.get(member), `strips of ${meter}`).to.have.length(1);
          const counted = slotsOf(world.terms, read).map((slot) => countedIn(meter, slotStart(world.terms, slot)));
          expect(readings.get(member)?.values, `reading of ${meter}`).to.deep.equal(counted);
          expect(settled.has(member), `settlement of ${meter}`).to.equal(true);
        }
        expect([journals.size, readings.size, settled.size]).to.deep.equal([2, 2, 2]);
        const skipped = [
          await logs.skipped(traded),
          (await logs.skipped(read)).filter(({ stage }) => stage === "settlement"),
        ];
        expect(skipped.flat(), "tried twice").to.deep.equal([]);
        expect(await world.wattbook.escrow.pot(world.community, 0n, read)).to.deep.equal({
          outstanding: 0n,
          amount: 0n,
        });
        const legs = [...settled.values()];
        const sum = (side: "paid" | "received") => legs.reduce((total, leg) => total + leg[side], 0n);
        expect(sum("paid")).to.equal(sum("received"));
        const earners = [town.account.address, world.terms.feeCollector];
        const { held, free, pots, fees, funds } = await booksOf(
          world,
          SERVICES + METERS.length,
          [read, traded],
          earners,
        );
        expect(held).to.equal(free + pots + fees + funds);
      });
    }
  }

  it("has nothing left in any queue", async () => {
    const folder = await town.end();
    const rows = (file: string, sql: string) => {
      const db = new Database(join(folder, file), { readonly: true });
      const found = db.prepare<[], Readonly<Record<string, unknown>>>(sql).all();
      db.close();
      return found;
    };
    const states = (file: string, table: string) =>
      rows(file, `SELECT DISTINCT state FROM ${table}`).map(({ state }) => state);
    expect(states("gateway.sqlite", "outbox")).to.deep.equal(["accepted"]);
    expect(states("relayer/relayer.db", "strips")).to.deep.equal(["posted"]);
    expect(states("relayer/relayer.db", "readings")).to.deep.equal(["settled"]);
    // The last one is in a block, and will be final with the next.
    const unlike = "SELECT key, state, gas, gas_used, block, reason FROM jobs WHERE state NOT IN ('done', 'mined')";
    expect(rows("relayer/outbox.db", unlike)).to.deep.equal([]);
  });
});
