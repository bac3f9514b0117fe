import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { foundingOf } from "../../../cli/src/community/charter.ts";
import { CommunityError } from "../../../cli/src/community/errors.ts";
import { readCommunity } from "../../../cli/src/community/file.ts";
import { pointOf } from "../../../cli/src/community/messages.ts";
import { developer, temporaryFolder } from "../deploy/harness.ts";

const SAMPLE = "examples/community.json";
const at = (index: number) => developer(index).address;
const BOOKS = { open: at(9), sealed: at(10), sharing: at(13), metered: at(14) };

describe("A community file", function () {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async function () {
    folder = await temporaryFolder();
  });
  after(async function () {
    await folder.remove();
  });

  type Json = Record<string, unknown> & { members: Record<string, unknown>[]; terms: Record<string, unknown> };
  const changed = async (change: (file: Json) => void): Promise<string> => {
    const file = JSON.parse(await readFile(SAMPLE, "utf8")) as Json;
    change(file);
    const path = join(folder.path, "community.json");
    await writeFile(path, JSON.stringify(file));
    return path;
  };
  const refusal = async (run: Promise<unknown>): Promise<CommunityError> => {
    const error = await run.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof CommunityError) return error;
    throw new Error("not refused", { cause: error });
  };

  it("holds terms, a tariff and homes; the sample is whole", async function () {
    const { community, listed } = await readCommunity(SAMPLE);
    expect(listed.map(({ fault }) => fault)).to.deep.equal(Array(6).fill(undefined));
    const { charter, tariff } = foundingOf(community, SAMPLE, at(8), BOOKS);
    expect(charter.modules).to.deep.equal([at(9)]);
    expect(tariff.classes[0]).to.have.length(96);
  });

  it("has the sealed order book where orders are revealed behind the gate", async function () {
    const sealed = { gateClosure: 3_600, revealWindow: 800, bond: 5_000 };
    const path = await changed((file) => (file["terms"] = { ...file.terms, ...sealed }));
    const { community } = await readCommunity(path);
    const { charter } = foundingOf(community, path, at(8), BOOKS);
    expect(charter.modules).to.deep.equal([BOOKS.sealed]);
  });

  it("names the field that is wrong", async function () {
    const cases: readonly (readonly [change: (file: Json) => void, field: string])[] = [
      [(file) => (file["terms"] = { ...file.terms, coordinator: "0x12" }), "terms.coordinator"],
      [(file) => (file["terms"] = { ...file.terms, slotDuraton: 900 }), "slotDuraton"],
      [(file) => (file["suppliers"] = []), "suppliers"],
      [(file) => (file["tariff"] = { networkFee: -1, classes: [] }), "tariff.networkFee"],
      [(file) => (file["format"] = 2), "format"],
    ];
    for (const [change, field] of cases) {
      const error = await refusal(readCommunity(await changed(change)));
      expect([error.code, error.message.includes(field)], field).to.deep.equal(["FILE_MALFORMED", true]);
    }
  });

  it("is refused where the registry would refuse its terms or its tariff", async function () {
    const cases: readonly (readonly [change: (file: Json) => void, code: string])[] = [
      [(file) => (file["terms"] = { ...file.terms, slotDuration: 700 }), "TERMS_OUT_OF_BOUNDS"],
      [(file) => (file["classes"] = [{ supplier: 1, defaultLoadWh: 250 }]), "OUT_OF_RANGE"],
      [
        (file) => (file["tariff"] = { networkFee: 40, classes: [{ importPrice: 70, exportPrice: 80 }] }),
        "TARIFF_MONEY_PUMP",
      ],
    ];
    for (const [change, code] of cases) {
      const path = await changed(change);
      const { community } = await readCommunity(path);
      expect(() => foundingOf(community, path, at(8), BOOKS), code).to.throw(CommunityError, code);
    }
  });

  it("is not JSON, or not there", async function () {
    const path = join(folder.path, "broken.json");
    await writeFile(path, "{");
    expect((await refusal(readCommunity(path))).code).to.equal("FILE_MALFORMED");
    expect((await refusal(readCommunity(join(folder.path, "none.json")))).code).to.equal("FILE_UNREADABLE");
  });

  it("has bad members named by place and field, and the good ones kept", async function () {
    const path = await changed(({ members }) => {
      members[0] = { ...members[0], buyCap: 65_536 };
      members[1] = { ...members[1], owner: at(1).replace("0x7", "0x8") };
      members[2] = { ...members[2], nickname: "C" };
      members[3] = { ...members[3], meteringPoint: 7 };
      members[4] = { ...members[4], zone: -1 };
    });
    const { listed } = await readCommunity(path);
    expect(listed.map(({ fault }) => fault?.code)).to.deep.equal([
      ...Array<string>(5).fill("RECORD_INVALID"),
      undefined,
    ]);
    expect(listed[3]?.fault?.message).to.match(
      /meteringPoint: must be \{ "id", "salt" \} with a salt of 32 random bytes/,
    );
    expect(listed[4]?.fault?.message).to.match(/zone: must be a whole number/);
    expect(listed[0]?.fault?.message).to.match(/members\[0\]: buyCap: must fit 16 bits/);
    expect(listed[1]?.fault?.message).to.match(/members\[1\]: owner: must be an address/);
    expect(listed[2]?.fault?.message).to.include("nickname");
  });

  it("takes more members from CSV, with the lines of bad ones", async function () {
    const csv = join(folder.path, "members.csv");
    const point = `0x${"55".repeat(32)}`;
    const rows = [
      "name,owner,tradingKey,meterKey,buyCap,sellCap,meteringPoint,enrolment",
      `Home Gruber,${at(60)},${at(61)},${at(62)},431,,${point},0x${"66".repeat(65)}`,
      `Home Huber,${at(63)},${at(64)},${at(65)},many,,0x${"56".repeat(32)},`,
    ];
    await writeFile(csv, `${rows.join("\n")}\n`);
    const { listed } = await readCommunity(SAMPLE, csv);
    const [good, bad] = listed.slice(6);
    expect(good?.record?.signatures.enrolment).to.equal(`0x${"66".repeat(65)}`);
    expect([good?.record?.buyCap, good?.record?.sellCap]).to.deep.equal([431n, 0n]);
    expect(bad?.fault?.message).to.match(/members\.csv:3: buyCap/);
  });

  it("hides metering points: the chain gets the hash of salt and id", async function () {
    const { listed } = await readCommunity(SAMPLE);
    const points = listed.flatMap(({ record }) => (record === undefined ? [] : [pointOf(record)]));
    expect(new Set(points).size).to.equal(6);
    for (const point of points) expect(point).to.match(/^0x[0-9a-f]{64}$/);
  });
});
