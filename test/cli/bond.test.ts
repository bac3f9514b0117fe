import { expect } from "chai";
import { BOND, sealedTerms } from "../helpers/sealed.ts";
import { connect, type Connection, deployMarket, key } from "../helpers/market.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { configure, Folder, keystoreOf, type Ran, run } from "./support.ts";

const TO = `0x${"7".repeat(40)}`;

describe("wattbook bond", function () {
  this.timeout(120_000);
  let connection: Connection;
  let bridge: Bridge;
  const folders: Folder[] = [];
  let keys = 9_500;

  before(async () => {
    connection = await connect();
    bridge = await bridgeTo(connection);
  });
  after(async () => {
    await bridge.close();
    for (const folder of folders) folder.remove();
  });

  /** A relayer with `relayer.json` and ten bonds' money, in a community. */
  async function desk(sealed = true, communities: readonly number[] = []) {
    const m = await deployMarket(connection, sealed ? { sealed: true, terms: sealedTerms } : {});
    const folder = new Folder();
    folders.push(folder);
    await configure(folder, m, bridge.url);
    const wallet = key(keys++);
    await connection.networkHelpers.setBalance(wallet.address, 10n ** 20n);
    await m.euro.faucet(wallet.address, 10n * BOND);
    folder.write("relayer-key.json", await keystoreOf(wallet));
    const config = folder.write("relayer.json", {
      ...{ deployment: "deployment.json", folder: "relayer", node: { urls: [bridge.url] } },
      key: { file: "relayer-key.json", passwordFile: "password" },
      communities: [m.community, ...communities],
    });
    const cli = async (line: string, given = {}) => run([...line.split(" "), "--config", config], given);
    const sent = async () => connection.ethers.provider.getTransactionCount(wallet.address);
    const held = async (): Promise<bigint[]> => [...(await m.escrow.bond(m.community, wallet.address))];
    return { m, folder, wallet, config, cli, sent, held };
  }

  function json({ code, stdout, stderr }: Ran): Record<string, unknown> {
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  function failure({ code, stdout, stderr }: Ran): [number | null, string] {
    expect(stdout).to.equal("");
    return [code, (stderr.trimEnd().split("\n").at(-1) ?? "").split(":")[0] ?? ""];
  }

  it("shows, posts with an approval where one is needed, and withdraws with the relayer's own key", async () => {
    const { m, wallet, cli, held } = await desk();
    const none = json(await cli("bond show --json"));
    expect(none).to.deep.equal({
      ...{ community: m.community, relayer: wallet.address, named: false, wallet: `${10n * BOND}` },
      ...{ perCommit: `${BOND}`, balance: "0", locked: "0", free: "0", covers: "0" },
    });
    const posted = json(await cli("bond post 12.5 --yes --json"));
    expect(posted).to.deep.include({ balance: "12500000", free: "12500000", covers: "2", amount: "12500000" });
    expect((posted["calls"] as { function: string }[]).map((call) => call.function)).to.deep.equal([
      "approve",
      "postBond",
    ]);
    expect(await held()).to.deep.equal([12_500_000n, 0n]);
    const { stdout } = await cli("bond show");
    expect(stdout)
      .to.match(/^posted +12\.50/m)
      .and.to.match(/^free +12\.50 \S+, covers 2 more commits$/m);
    const paid = json(await cli(`bond withdraw 2.5 --to ${TO} --yes --json`));
    expect(paid).to.deep.include({ balance: "10000000", amount: "2500000", to: TO });
    expect(await m.euro.balanceOf(TO)).to.equal(2_500_000n);
    expect(json(await cli("bond withdraw all --yes --json"))).to.deep.include({ balance: "0", amount: "10000000" });
    expect(await m.euro.balanceOf(wallet.address)).to.equal(10n * BOND - 2_500_000n);
  });

  it("shows the decoded calls before it signs, and signs nothing without a yes", async () => {
    const { cli, sent, held } = await desk();
    const dry = await cli("bond post 5 --dry-run");
    expect([dry.code, dry.stdout.trim()]).to.deep.equal([0, "Would post 5.00 LEUR."]);
    for (const words of ["PaymentEscrow", "postBond", "5.00 LEUR (5000000 base units)", "approve"]) {
      expect(dry.stderr).to.include(words);
    }
    expect(failure(await cli("bond post 5"))).to.deep.equal([1, "CONFIRMATION_NEEDED"]);
    const no = await cli("bond post 5", { answers: ["n"] });
    expect([no.code, await sent()]).to.deep.equal([1, 0]);
    expect((await cli("bond post 5", { answers: ["y"] })).code).to.equal(0);
    expect(await held()).to.deep.equal([5_000_000n, 0n]);
    const withdrawal = await cli("bond withdraw all --dry-run");
    expect(withdrawal.stderr).to.include("withdrawBond").and.to.include("yet to commit to");
    expect(await held()).to.deep.equal([5_000_000n, 0n]);
  });

  it("withdraws nothing that a commit has locked, and posts nothing that is not there", async () => {
    const { m, wallet, cli, sent } = await desk();
    json(await cli("bond post 7 --yes --json"));
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    const signer = wallet.connect(connection.ethers.provider);
    await m.commitBook.connect(signer).commit(m.community, period, `0x${"11".repeat(32)}`, 1, 1);
    expect(json(await cli("bond show --json"))).to.deep.include({ locked: "5000000", free: "2000000", covers: "0" });
    const before = await sent();
    expect(failure(await cli("bond withdraw 2.01 --yes"))).to.deep.equal([1, "BALANCE_TOO_LOW"]);
    expect(failure(await cli("bond post 100 --yes"))).to.deep.equal([1, "BALANCE_TOO_LOW"]);
    expect(await sent()).to.equal(before);
    expect(json(await cli("bond withdraw all --yes --json"))).to.deep.include({
      amount: "2000000",
      balance: "5000000",
    });
  });

  it("says so where the community is open, and asks which one where there are several", async () => {
    const open = await desk(false);
    expect(failure(await open.cli("bond show"))).to.deep.equal([1, "NOT_AVAILABLE"]);
    expect(failure(await open.cli("bond post 5 --yes"))).to.deep.equal([1, "NOT_AVAILABLE"]);
    const several = await desk(true, [0]);
    expect(failure(await several.cli("bond show"))).to.deep.equal([2, "OPTION_INVALID"]);
    expect(json(await several.cli(`bond show --json --community ${several.m.community}`))).to.include({ covers: "0" });
    expect(failure(await run(["bond", "show", "--config", "/nowhere.json"]))[0]).to.equal(2);
  });
});
