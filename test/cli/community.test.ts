import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type BaseWallet, HDNodeWallet, type TypedDataDomain, type TypedDataField } from "ethers";
import { hours } from "../helpers/hours.ts";
import { connect, type Connection, key } from "../helpers/market.ts";
import { type Bridge, bridgeTo } from "../services/support/bridge.ts";
import { configure, Folder, json, keystoreOf, run, type Ran } from "./support.ts";

let connection: Connection;
let bridge: Bridge;

before(async () => {
  connection = await connect();
  bridge = await bridgeTo(connection);
});

after(async () => {
  await bridge.close();
});

const { hour } = hours(() => connection);

/** The coordinator of test communities is the node's second account. */
const coordinator = HDNodeWallet.fromPhrase(
  "test test test test test test test test test test test junk",
  "",
  "m/44'/60'/0'/0/1",
);
const sample = JSON.parse(readFileSync("examples/community.json", "utf8")) as { members: Record<string, unknown>[] };
const folders: Folder[] = [];
after(() => {
  for (const folder of folders) folder.remove();
});

async function office(keys: Readonly<Record<string, BaseWallet>> = { coordinator }) {
  const w = await hour();
  const folder = new Folder();
  folders.push(folder);
  const config = await configure(folder, w.m, bridge.url, { member: w.buyer.member, keys });
  const cli = async (...args: string[]) => run([...args, "--config", config]);
  return { ...w, folder, config, cli };
}

function failure({ code, stdout, stderr }: Ran): [number | null, string] {
  expect(stdout).to.equal("");
  return [code, stderr.trimEnd().split("\n").at(-1)?.split(":")[0] ?? ""];
}

/** A record of a home with keys of tests. */
const record = (owner: BaseWallet, meter: BaseWallet, more: object = {}) => ({
  ...sample.members[0],
  owner: owner.address,
  tradingKey: key(800).address,
  meterKey: meter.address,
  ...more,
});

interface Enrolled {
  readonly members: readonly { name: string; member: number | null; did: string[]; fault: { code: string } | null }[];
}

describe("wattbook community", function () {
  this.timeout(120_000);

  it("creates the community of a file once, and shows its terms", async function () {
    const { cli, m, folder } = await office();
    const file = folder.write("community.json", sample);
    const token = await m.euro.getAddress();
    expect(failure(await cli("community", "create", "--file", file, "--yes"))).to.deep.equal([
      1,
      "PAYMENT_TOKEN_NEEDED",
    ]);
    const create = ["community", "create", "--file", file, "--token", token, "--json"];
    const dry = json(await cli(...create, "--dry-run"));
    expect(dry).to.deep.include({ community: null, created: false, dryRun: true });
    const count = Number(await m.registry.communityCount());
    expect(json(await cli(...create, "--yes"))).to.deep.include({ community: count, created: true });
    expect(json(await cli(...create, "--yes"))).to.deep.include({ community: count, created: false });
    const shown = json(await cli("community", "show", "--community", String(count), "--json"));
    expect(shown).to.deep.include({ community: count, members: 4, symbol: "LEUR", token });
    expect(shown["terms"]).to.deep.include({ coordinator: coordinator.address, slotsPerPeriod: "96" });
    const text = (await cli("community", "show")).stdout;
    expect(text).to.match(/^coordinator +0x70997970C51812dc3A010C7d01b50e0d17dc79C8$/m);
  });

  it("creates a community that shares after the fact, and announces how", async function () {
    const { cli, folder, m } = await office();
    const token = await m.euro.getAddress();
    const sharing = { rule: "bill-sharing", settlementDelay: 3_600 };
    const file = folder.write("community.json", { ...sample, mode: "sharing", sharing });
    const create = ["community", "create", "--file", file, "--token", token, "--yes"];
    const count = Number(await m.registry.communityCount());
    const ran = await cli(...create, "--json");
    expect(json(ran)).to.deep.include({ community: count, created: true, announced: true });
    expect(ran.stderr).to.include(
      "warning: While the community's supply is at most its demand, its sellers get nothing",
    );
    expect(json(await cli(...create, "--json"))).to.deep.include({
      community: count,
      created: false,
      announced: false,
    });
    expect(await m.registry.moduleAt(count, 0)).to.equal(await m.sharing.getAddress());
    const next = Math.floor((await connection.networkHelpers.time.latest()) / 86_400) + 1;
    expect(await m.sharing.schemeFor(count, next - 1)).to.equal(0n);
    expect(await m.sharing.schemeFor(count, next)).to.equal(3n | (3_600n << 24n));
    const shown = await cli("community", "show", "--community", String(count));
    expect(shown.stdout).to.match(/^module 0 +0x[0-9a-fA-F]{40} \(shares after the fact\)$/m);
    expect(failure(await cli(...create, "--mode", "orders"))).to.deep.equal([1, "FILE_MALFORMED"]);
  });

  it("names the field of a file that is wrong", async function () {
    const { cli, folder } = await office();
    const file = folder.write("community.json", {
      ...sample,
      terms: { ...(sample as { terms?: object }).terms, lotWh: -1 },
    });
    const ran = await cli("community", "create", "--file", file, "--yes");
    expect(failure(ran)).to.deep.equal([1, "FILE_MALFORMED"]);
    expect(ran.stderr).to.include("terms.lotWh");
  });

  it("leaves creating and tariffs to the coordinator's key", async function () {
    const { cli, folder, m } = await office({ coordinator: key(700) });
    const file = folder.write("community.json", sample);
    const create = ["community", "create", "--file", file, "--token", await m.euro.getAddress(), "--yes"];
    expect(failure(await cli(...create))).to.deep.equal([1, "NOT_COORDINATOR"]);
    const tariff = folder.write("tariff.json", { networkFee: 30, classes: [{ importPrice: 310, exportPrice: 90 }] });
    expect(failure(await cli("community", "tariff", "--publish", tariff, "--yes"))).to.deep.equal([
      1,
      "NOT_COORDINATOR",
    ]);
  });

  it("publishes a tariff from the first period that the notice allows, and shows it", async function () {
    const { cli, folder, m, period } = await office();
    const prices = [300, 300, 350, 350].map((importPrice) => ({ importPrice, exportPrice: 80 }));
    const tariff = folder.write("tariff.json", { networkFee: 30, classes: [prices] });
    const publish = ["community", "tariff", "--publish", tariff, "--json"];
    const first = period + 1 + m.terms.horizon + m.terms.tariffNotice;
    expect(failure(await cli(...publish, "--period", String(first - 1), "--yes"))).to.deep.equal([2, "OPTION_INVALID"]);
    const dry = await cli(...publish, "--dry-run");
    expect(json(dry)).to.deep.include({ period: first, dryRun: true });
    expect(dry.stderr).to.match(/0 +05:30 to the end +0\.35 LEUR\/kWh/);
    const blocks = () => m.registry.runner?.provider?.getBlockNumber();
    const height = await blocks();
    expect((await cli(...publish, "--dry-run")).code).to.equal(0);
    expect(await blocks()).to.equal(height);
    const before = json(await cli("community", "tariff", "--period", String(first), "--json"));
    expect(before["tariff"]).to.not.deep.include({ networkFee: "30" });
    const published = await cli(...publish, "--yes");
    expect(json(published)).to.deep.include({ period: first });
    expect(published.stderr).to.match(/0 +05:30 to the end +0\.35 LEUR\/kWh +0\.08 LEUR\/kWh/);
    const shown = json(await cli("community", "tariff", "--period", String(first), "--json"));
    expect(shown["tariff"]).to.deep.include({ networkFee: "30" });
    expect((await cli("community", "tariff")).stdout).to.match(/0 +all slots +0\.30 LEUR\/kWh +0\.08 LEUR\/kWh/);
    const dear = folder.write("dear.json", { networkFee: 30, classes: [{ importPrice: 601, exportPrice: 80 }] });
    expect(failure(await cli("community", "tariff", "--publish", dear, "--yes"))).to.deep.equal([
      1,
      "TARIFF_ABOVE_MAXIMUM",
    ]);
  });
});

describe("wattbook member", function () {
  this.timeout(120_000);

  it("signs with the keys that are here, enrols, binds the meter, and leaves alone who is in", async function () {
    const [owner, meter] = [key(810), key(811)];
    const { cli, folder, m } = await office({ coordinator, owner, meter });
    const file = folder.write("member.json", record(owner, meter));
    const enroll = ["member", "enroll", "--file", file, "--json"];
    const dry = json(await cli(...enroll, "--dry-run")) as unknown as Enrolled;
    expect(dry.members[0]).to.deep.include({ did: [], unsigned: ["enrolment", "binding", "proof"], fault: null });
    expect(failure(await cli(...enroll))).to.deep.equal([1, "CONFIRMATION_NEEDED"]);
    const next = Number(await m.registry.memberCount(m.community));
    const ran = await cli(...enroll, "--yes");
    expect((json(ran) as unknown as Enrolled).members[0]).to.deep.include({
      member: next,
      did: ["enrolled", "metered"],
    });
    expect(ran.stderr).to.match(/^ {2}buyCap +431 lots$/m);
    const again = json(await cli(...enroll, "--yes")) as unknown as Enrolled;
    expect(again.members[0]).to.deep.include({ member: next, did: [], fault: null });
    const shown = json(await cli("member", "show", "--member", String(next), "--json"));
    expect(shown).to.deep.include({ owner: owner.address, tradingKey: key(800).address, buyCapLots: 431 });
  });

  it("prepares messages for wallets, and takes their signatures; a bad record is left out and named", async function () {
    const { cli, folder } = await office();
    const [owner, meter] = [key(820), key(821)];
    const good = record(owner, meter);
    const file = folder.write("member.json", good);
    const prepared = await cli("member", "enroll", "--file", file, "--prepare", "--json");
    const [home] = json(prepared) as unknown as { requests: Request[] }[];
    const requests = home?.requests ?? [];
    expect(requests.map(({ signature }) => signature)).to.deep.equal(["enrolment", "binding", "proof"]);
    const signatures: Record<string, string> = {};
    for (const { signer, signature, typedData } of requests) {
      const types = Object.fromEntries(Object.entries(typedData.types).filter(([name]) => name !== "EIP712Domain"));
      const wallet = signer === owner.address ? owner : meter;
      signatures[signature] = await wallet.signTypedData(typedData.domain, types, typedData.message);
    }
    const stranger = record(key(830), key(831), { name: "Unsigned", meteringPoint: `0x${"ab".repeat(32)}` });
    const broken = { ...stranger, name: "Broken", buyCap: -1 };
    const all = folder.write("members.json", [{ ...good, signatures }, stranger, broken]);
    const { code, stdout, stderr } = await cli("member", "enroll", "--file", all, "--yes", "--json");
    expect(code, stderr).to.equal(1);
    const { members } = JSON.parse(stdout) as Enrolled;
    const outcome = Object.fromEntries(members.map(({ name, did, fault }) => [name, fault?.code ?? did.join("+")]));
    expect(outcome).to.deep.equal({
      "Home Adler": "enrolled+metered",
      Unsigned: "SIGNATURE_MISSING",
      Broken: "RECORD_INVALID",
    });
  });

  it("leaves out whom the contract refuses, and tells why", async function () {
    const { cli, folder } = await office();
    const signatures = Object.fromEntries(
      ["enrolment", "binding", "proof"].map((name) => [name, `0x${"11".repeat(64)}`]),
    );
    const file = folder.write("member.json", record(key(840), key(841), { signatures }));
    const { code, stdout } = await cli("member", "enroll", "--file", file, "--yes", "--json");
    expect(code).to.equal(1);
    const { members } = JSON.parse(stdout) as { members: { fault: { code: string; message: string } }[] };
    expect(members[0]?.fault.code).to.equal("CONTRACT_REVERTED");
    expect(members[0]?.fault.message).to.include("ConsentInvalid");
  });

  it("hands signatures over where the coordinator is elsewhere", async function () {
    const [owner, meter] = [key(850), key(851)];
    const { cli, folder } = await office({ owner, meter });
    const file = folder.write("member.json", record(owner, meter));
    const ran = await cli("member", "enroll", "--file", file, "--yes", "--json");
    const [signed] = json(ran) as unknown as [{ signatures: Record<string, string> }];
    expect(Object.keys(signed.signatures)).to.deep.equal(["enrolment", "binding", "proof"]);
    expect(ran.stderr).to.include("coordinator");
  });

  it("rotates a meter key: the owner and the new key sign here, the coordinator sends there", async function () {
    const w = await office();
    const { buyer, folder, m, config, period } = w;
    const fresh = key(860);
    await configure(folder, m, bridge.url, { member: buyer.member, keys: { owner: buyer.owner } });
    folder.write("new.json", await keystoreOf(fresh));
    const sign = [
      "member",
      "rotate",
      "--new-key",
      folder.at("new.json"),
      "--new-password-file",
      folder.at("password"),
      "--json",
    ];
    const dry = await w.cli(...sign, "--dry-run");
    expect(json(dry)).to.deep.equal({ dryRun: true });
    expect(dry.stderr).to.match(new RegExp(`^ {2}meterKey +${fresh.address}$`, "m"));
    const signed = json(await w.cli(...sign, "--yes"));
    expect(signed).to.deep.include({ member: buyer.member, meterKey: fresh.address });
    const file = folder.write("rotation.json", signed);
    await configure(folder, m, bridge.url, { keys: { coordinator } });
    const sent = json(await run(["member", "rotate", "--file", file, "--config", config, "--yes", "--json"]));
    expect(sent).to.deep.include({ member: buyer.member, meterKey: fresh.address });
    await m.goTo(m.periodStart(period + 1));
    const [, meterKey] = await m.registry.meterFor(m.community, buyer.member, period + 1);
    expect(meterKey).to.equal(fresh.address);
    const wrong = folder.write("wrong.json", { ...signed, nonce: "99" });
    const refused = await run(["member", "rotate", "--file", wrong, "--config", config, "--yes"]);
    expect(failure(refused)).to.deep.equal([4, "CONTRACT_REVERTED"]);
  });

  it("rotates no meter of somebody else", async function () {
    const { seller, buyer } = await hour();
    const w = await office({ owner: seller.owner });
    w.folder.write("new.json", await keystoreOf(key(870)));
    const sign = ["member", "rotate", "--member", String(buyer.member), "--new-key", w.folder.at("new.json"), "--yes"];
    expect(failure(await w.cli(...sign))).to.deep.equal([1, "NOT_OWNER"]);
    expect(failure(await w.cli("member", "rotate", "--yes"))).to.deep.equal([2, "OPTION_INVALID"]);
  });
});

interface Request {
  readonly signer: string;
  readonly signature: string;
  readonly typedData: {
    readonly domain: TypedDataDomain;
    readonly types: Record<string, TypedDataField[]>;
    readonly message: Record<string, unknown>;
  };
}
