import {
  asCommunity,
  asPermille,
  asSeconds,
  asWatts,
  batteryMandate,
  connect as connectSdk,
  signPaper,
} from "@wattbook/sdk";
import { expect } from "chai";
import { dispatcherKey } from "../helpers/desk.ts";
import { connect, type Connection } from "../helpers/market.ts";
import { openShared } from "../helpers/shared-day.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { configure, Folder, json, run } from "./support.ts";

let connection: Connection;
let bridge: Bridge;
const folder = new Folder();
const LIMITS = `--dispatcher ${dispatcherKey.address} --charge 3000 --discharge 5000 --min-soc 200 --max-soc 900`;
const UNTIL = "--until 2090-01-01T00:00Z";

before(async () => {
  connection = await connect();
  bridge = await bridgeTo(connection);
});

after(async () => {
  folder.remove();
  await bridge.close();
});

/** A member's owner at the command line. */
async function open() {
  const { m, homes, deployment } = await openShared(connection);
  const { keys, member } = homes.roof;
  await connection.networkHelpers.setBalance(keys.owner.address, 10n ** 19n);
  const config = await configure(folder, m, bridge.url, { member: keys.member, keys: { owner: keys.owner } });
  const cli = async (line: string) => run([...line.split(" "), "--config", config]);
  const { desk } = await connectSdk(m.stranger, deployment);
  const mandate = async () => desk.mandate(asCommunity(BigInt(m.community)), member);
  return { cli, m, desk, owner: keys.owner, member, other: homes.rich, mandate };
}

describe("wattbook battery", function () {
  it("signs a mandate, shows it, replaces it, and revokes it with all that were signed before", async function () {
    const { cli, mandate } = await open();
    expect((await cli("battery show")).stdout).to.include("has no mandate");

    const dry = json(await cli(`battery mandate ${LIMITS} ${UNTIL} --dry-run --json`));
    expect(dry["mandate"]).to.deep.include({ maxChargeW: "3000", sequence: "1" });
    expect(await mandate()).to.equal(null);
    json(await cli(`battery mandate ${LIMITS} ${UNTIL} --yes --json`));
    const first = await mandate();
    expect(first?.mandate).to.deep.include({
      ...{ dispatcher: dispatcherKey.address, maxChargeW: 3_000n, maxDischargeW: 5_000n },
      ...{ minSocPermille: 200n, maxSocPermille: 900n, sequence: 1n },
    });
    expect((await cli("battery show")).stdout).to.match(/^mandate +number 1, counts$/m);

    json(await cli(`battery mandate ${LIMITS} --from 2089-01-01T00:00Z ${UNTIL} --yes --json`));
    expect((await cli("battery show")).stdout).to.match(/^mandate +number 2, does not count now$/m);

    expect((await cli("battery revoke --yes")).stdout).to.match(/^mandate +number 2, revoked at /m);
    expect((await mandate())?.voidedThrough).to.equal(3n);
    expect(json(await cli("battery revoke --yes --json"))["transactions"]).to.deep.equal([]);

    // One that counts again stands above everything that was revoked.
    json(await cli(`battery mandate ${LIMITS} ${UNTIL} --yes --json`));
    expect((await mandate())?.mandate.sequence).to.equal(4n);
  });

  it("revokes a mandate that was signed and that nobody has brought on chain yet", async function () {
    const { cli, m, desk, owner, member, mandate } = await open();
    const limits = { maxChargeW: asWatts(3_000n), maxDischargeW: asWatts(5_000n) };
    const soc = { minSocPermille: asPermille(200n), maxSocPermille: asPermille(900n) };
    const unsent = batteryMandate({
      ...{ community: asCommunity(BigInt(m.community)), member, dispatcher: dispatcherKey.address },
      ...{ ...limits, ...soc, validFrom: asSeconds(0n), validUntil: asSeconds(2n ** 40n - 1n), sequence: 1n },
    });
    const signature = await signPaper(await desk.domain(), "BatteryMandate", unsent, owner);
    expect(json(await cli("battery revoke --yes --json"))["transactions"]).to.have.length(1);
    const refused = await desk.send.keepMandate(unsent, signature).then(
      () => "taken",
      (error: unknown) => String(error),
    );
    expect(refused).to.include("OldSequence");
    expect(await mandate()).to.equal(null);
    expect(json(await cli("battery revoke --yes --json"))["transactions"]).to.deep.equal([]);

    json(await cli(`battery mandate ${LIMITS} ${UNTIL} --yes --json`));
    expect((await mandate())?.mandate.sequence).to.equal(2n);
  });

  it("refuses limits and times that do not ascend, and the key of another owner", async function () {
    const { cli, other, mandate } = await open();
    const refused = async (line: string) => {
      const { code, stdout, stderr } = await cli(line);
      expect([code, stdout]).to.deep.equal([stderr.startsWith("NOT_OWNER") ? 1 : 2, ""]);
      return stderr;
    };
    const swapped = LIMITS.replace("200", "901");
    expect(await refused(`battery mandate ${swapped} ${UNTIL} --yes`)).to.include(
      "--min-soc 901 is above --max-soc 900",
    );
    expect(await refused(`battery mandate ${LIMITS} --until 2020-01-01T00:00Z --yes`)).to.include("Pass a later time.");
    expect(await refused(`battery mandate ${LIMITS} --until 2090-01-01 --yes`)).to.include(
      "--until 2090-01-01: pass a time",
    );
    expect(await refused(`battery mandate ${LIMITS.replace("900", "1001")} ${UNTIL} --yes`)).to.include(
      "from 0 to 1000",
    );
    expect(await refused(`battery mandate ${LIMITS} ${UNTIL} --yes --member ${other.keys.member}`)).to.include(
      `Member ${other.keys.member} belongs to`,
    );
    expect(await mandate()).to.equal(null);
  });
});
