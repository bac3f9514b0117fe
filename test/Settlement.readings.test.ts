import { expect } from "chai";
import { Signature } from "ethers";
import { connect, encodeValues, key, type Connection, type ReadingInput } from "./helpers/market.ts";
import { correction, estimate, hours, skipped, type Hour } from "./helpers/hours.ts";
import {
  HOUR,
  Skip,
  State,
  expectSolvent,
  goBehind,
  malleable,
  metered,
  stateOf,
  valuesAt,
  type SignedReading,
} from "./helpers/settling.ts";
import { READING_TYPES } from "./helpers/typed-data.ts";
import { openSecondHour, truth, values, word } from "./helpers/second-hour.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

const secondHour = async () => await openSecondHour(hour);

/** The order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Signs the true reading for another domain. */
async function forDomain(
  w: Hour,
  change: { chainId?: bigint; verifyingContract?: string; name?: string; version?: string },
) {
  const { m, buyer } = w;
  const reading = await m.signReading(truth(w));
  const { closesGap, startImport, startExport } = reading;
  const message = {
    community: m.community,
    member: buyer.member,
    period: w.period,
    closesGap,
    startImport,
    startExport,
  };
  const domain = { ...m.domains.settlement, ...change };
  const signature = Signature.from(
    await buyer.meter.signTypedData(domain, READING_TYPES, { ...message, values: reading.values }),
  );
  return { ...reading, r: signature.r, vs: signature.yParityAndS };
}

type Forge = (w: Hour) => Promise<SignedReading>;
const signed =
  (change: Partial<ReadingInput> | ((w: Hour) => Partial<ReadingInput>)): Forge =>
  async (w) =>
    await w.m.signReading({ ...truth(w), ...(typeof change === "function" ? change(w) : change) });
/** Changed after it was signed. */
const tampered =
  (change: (reading: SignedReading) => Partial<SignedReading>): Forge =>
  async (w) => {
    const reading = await w.m.signReading(truth(w));
    return { ...reading, ...change(reading) };
  };

const bad: readonly (readonly [string, number, Forge])[] = [
  ["starts above the last import register", Skip.RegisterGap, signed({ startImport: 401n })],
  ["starts above the last export register", Skip.RegisterGap, signed({ startExport: 201n })],
  ["starts below the last import register", Skip.RegisterDown, signed({ startImport: 399n })],
  ["starts below the last export register", Skip.RegisterDown, signed({ startExport: 199n })],
  ["starts at zero again", Skip.RegisterDown, signed({ startImport: 0n, startExport: 0n })],
  ["starts above one and below the other", Skip.RegisterDown, signed({ startImport: 500n, startExport: 0n })],
  ["is signed by a stranger", Skip.BadSignature, signed({ signer: key(7777) })],
  ["is signed by the owner", Skip.BadSignature, signed(({ buyer }) => ({ signer: buyer.owner }))],
  ["is signed by the trading key", Skip.BadSignature, signed(({ buyer }) => ({ signer: buyer.trading }))],
  ["is signed by another member's meter", Skip.BadSignature, signed(({ seller }) => ({ signer: seller.meter }))],
  [
    "is another member's reading",
    Skip.BadSignature,
    signed(({ buyer, seller }) => ({ home: { ...seller, meter: buyer.meter } })),
  ],
  ["is of the period before", Skip.BadSignature, signed(({ period }) => ({ period: period - 1 }))],
  ["is of the period after", Skip.BadSignature, signed(({ period }) => ({ period: period + 1 }))],
  ["imports more than the rated power allows", Skip.OverRated, signed({ values: valuesAt({ 2: [4742, 0] }) })],
  ["exports more than the rated power allows", Skip.OverRated, signed({ values: valuesAt({ 2: [0, 4742] }) })],
  ["counts all ones", Skip.OverRated, signed({ values: valuesAt({ 3: [0xffffff, 0xffffff] }) })],
  ["starts at the end of the register", Skip.OverRated, signed({ startImport: 2n ** 96n - 1n })],
  ["holds a slot too few", Skip.BadLength, signed({ values: values.slice(1) })],
  ["holds a slot too many", Skip.BadLength, signed({ values: [...values, [0, 0]] })],
  ["holds no slot", Skip.BadLength, signed({ values: [] })],
  ["lost a byte", Skip.BadLength, tampered((reading) => ({ values: reading.values.slice(0, -2) }))],
  ["was changed in a value", Skip.BadSignature, tampered(() => ({ values: encodeValues(valuesAt({ 1: [999, 0] })) }))],
  ["was changed in its start", Skip.BadSignature, tampered(() => ({ startImport: 401n }))],
  ["was changed in what it closes", Skip.BadSignature, tampered(({ closesGap }) => ({ closesGap: !closesGap }))],
  ["has a malleable signature", Skip.BadSignature, async (w) => malleable(await w.m.signReading(truth(w)))],
  ["has a flipped parity", Skip.BadSignature, tampered(({ vs }) => ({ vs: word(BigInt(vs) ^ (1n << 255n)) }))],
  ["has an empty signature", Skip.BadSignature, tampered(() => ({ r: word(0n), vs: word(0n) }))],
  ["has r beyond the curve", Skip.BadSignature, tampered(() => ({ r: word(ORDER) }))],
  [
    "has a signature of ones",
    Skip.BadSignature,
    tampered(() => ({ r: word(2n ** 256n - 1n), vs: word(2n ** 256n - 1n) })),
  ],
  ["is of another chain", Skip.BadSignature, async (w) => await forDomain(w, { chainId: 1n })],
  [
    "is for another contract",
    Skip.BadSignature,
    async (w) => await forDomain(w, { verifyingContract: await w.m.auction.getAddress() }),
  ],
  ["is for another version", Skip.BadSignature, async (w) => await forDomain(w, { version: "2" })],
];

describe("Rule 7: a bad reading is skipped with its reason, and nothing of its period is lost", function () {
  const ways = {
    meter: async (w: Hour, buyers: SignedReading) => {
      const items = await itemsWith(w, buyers);
      return await w.m.settlement.meter(w.m.community, w.period, items);
    },
    meterAndSettle: async (w: Hour, buyers: SignedReading) => {
      const items = await itemsWith(w, buyers);
      return await w.m.settlement.meterAndSettle(w.m.community, w.period, items);
    },
    correct: async (w: Hour, buyers: SignedReading) => {
      const items = [];
      for (const [home, reading] of await readingsWith(w, buyers))
        items.push(await correction(w, home, w.period, reading));
      return await w.m.settlement.correct(w.m.community, w.period, items);
    },
  };
  const others = valuesAt({ 2: [5, 0] });
  async function readingsWith({ m, seller, buyer, idle, period }: Hour, buyers: SignedReading) {
    const other = { period, values: others, startImport: 400n, startExport: 200n };
    return [
      [seller, await m.signReading({ home: seller, ...other })],
      [buyer, buyers],
      [idle, await m.signReading({ home: idle, ...other })],
    ] as const;
  }
  async function itemsWith(w: Hour, buyers: SignedReading) {
    const items = [];
    for (const [home, reading] of await readingsWith(w, buyers))
      items.push(await metered(w.m, home, w.period, reading));
    return items;
  }

  for (const way of ["meter", "meterAndSettle", "correct"] as const) {
    const done = way === "meter" ? State.Metered : State.Settled;
    for (const [what, reason, forge] of bad) {
      it(`by ${way} when it ${what}`, async function () {
        const w = await secondHour();
        const { m, seller, buyer, idle, period } = w;
        if (way === "correct") {
          await goBehind(m, period, HOUR);
          await estimate(w, period, seller, buyer, idle);
        }
        const before = await stateOf(m, buyer, period);
        const meter = await m.settlement.meterState(m.community, buyer.member);
        const sent = await ways[way](w, await forge(w));
        await skipped(w, sent, buyer, period, reason);
        expect(await stateOf(m, seller, period)).to.equal(done);
        expect(await stateOf(m, idle, period)).to.equal(done);
        expect(await stateOf(m, buyer, period)).to.equal(before);
        expect(await m.settlement.meterState(m.community, buyer.member)).to.deep.equal(meter);
        await expectSolvent(m);
        // The true reading still counts; the others are through already.
        await ways[way](w, await m.signReading(truth(w)));
        expect(await stateOf(m, buyer, period)).to.equal(done);
        await expectSolvent(m);
      });
    }
  }
});
