import { expect } from "chai";
import { TypedDataEncoder, ZeroHash } from "ethers";
import fc from "fast-check";
import { decodeChunk, encodeChunk } from "../../sdk/src/chunk.ts";
import { packedLength, packStrip, type SignedStrip } from "../../sdk/src/packed-strips.ts";
import {
  answerTo,
  buildCommit,
  CHUNK_LIMITS,
  chunkAt,
  commitRoot,
  rootOfChunk,
  USED_RINGS,
  type UsedWords,
} from "../../sdk/src/commit.ts";
import { encodeEntries } from "../../sdk/src/entry.ts";
import {
  receiptDigest,
  receiptFor,
  receiptTypedData,
  signReceipt,
  stripName,
  verifyReceipt,
} from "../../sdk/src/receipt.ts";
import { sealedTimes, turnAt } from "../../sdk/src/sealed.ts";
import { signStrip } from "../../sdk/src/strip.ts";
import { wattbookDomain } from "../../sdk/src/typed-data.ts";
import { asAmount, asCommunity, asMember, asPeriod, asSeconds, asSlotOffset } from "../../sdk/src/units.ts";
import { deployLab, when } from "../helpers/commit-lab.ts";
import { connect } from "../helpers/market.ts";
import { at } from "../helpers/lists.ts";
import * as chain from "../reference/chunk-chain.ts";
import * as chunks from "../reference/chunks.ts";
import * as reference from "../reference/sealed.ts";
import {
  account,
  anyAddress,
  anyEntry,
  anyUint,
  anyWord,
  DOMAIN,
  entry,
  expectCode,
  HEADER,
  METER,
  PERIOD,
  TERMS,
  TRADER,
} from "./support.ts";

const connection = await connect();
const lab = await deployLab(connection);
const RELAYER = METER;
const SIGNATURE = { r: `0x${"ab".repeat(32)}`, vs: `0x${"0c".repeat(32)}` };

const anyStrip: fc.Arbitrary<SignedStrip> = fc
  .record({
    member: anyUint(32).map((value) => asMember(value)),
    after: anyUint(8).map((value) => asSlotOffset(value)),
    epoch: anyUint(32),
    deadline: anyUint(40).map((value) => asSeconds(value)),
    maxReserve: anyUint(96).map((value) => asAmount(value)),
    feePerEntry: anyUint(32).map((value) => asAmount(value)),
    entries: fc.array(anyEntry, { maxLength: 20 }),
    r: anyWord,
    vs: anyWord,
  })
  .map(({ r, vs, ...fields }) => ({ strip: { ...HEADER, ...fields }, signature: { r, vs } }));

/** A strip of a member with so many entries. */
const stripOf = (member: number, entries = 1, feeTo = HEADER.feeTo): SignedStrip => ({
  strip: {
    ...HEADER,
    feeTo,
    member: asMember(BigInt(member)),
    maxReserve: asAmount(80_000n),
    entries: Array.from({ length: entries }, (_, slot) => entry(slot, "buy", 10, 25)),
  },
  signature: SIGNATURE,
});
const stripsOf = (count: number, entries = 1) => Array.from({ length: count }, (_, member) => stripOf(member, entries));
const wide = { ...CHUNK_LIMITS, bytes: 20 + 3 * 100 };

describe("chunk", function () {
  it("has the bytes of the reference, and the strips that the contract finds in it", async function () {
    await fc.assert(
      fc.asyncProperty(anyAddress, fc.array(anyStrip, { minLength: 1, maxLength: 5 }), async (feeTo, drawn) => {
        const strips = drawn.map(({ strip, signature }) => ({ strip: { ...strip, feeTo }, signature }));
        const packed = strips.map(({ strip, signature: { r, vs } }) =>
          chunks.packStrip({ ...strip, entries: encodeEntries(strip.entries) }, r, vs),
        );
        const chunk = encodeChunk(feeTo, strips);
        expect(chunk).to.equal(chunks.packChunk(feeTo, packed));
        expect(chunks.stripsOf(chunk)).to.deep.equal(packed);
        const [found, count] = await lab.readChunk(chunk);
        expect(found.toLowerCase()).to.equal(feeTo);
        expect(count).to.equal(BigInt(strips.length));
        for (const [index, strip] of strips.entries()) {
          expect(await lab.stripAt(chunk, index)).to.equal(packStrip(strip));
          expect(packedLength(strip.strip)).to.equal(at(packed, index).length / 2 - 1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("reads as what was written", function () {
    fc.assert(
      fc.property(fc.array(anyStrip, { maxLength: 5 }), (strips) => {
        const read = decodeChunk(encodeChunk(HEADER.feeTo, strips), HEADER);
        expect(read).to.deep.equal(
          strips.map(({ strip, signature }) => ({ strip: { ...strip, feeTo: read[0]?.strip.feeTo }, signature })),
        );
        for (const { strip } of read) expect(strip.feeTo.toLowerCase()).to.equal(HEADER.feeTo);
      }),
    );
  });

  it("is broken where it ends too soon, as the contract says", async function () {
    const chunk = encodeChunk(HEADER.feeTo, stripsOf(2, 3));
    for (const [length, broken] of [
      [19, 0],
      [21, 20],
      [127, 20],
      [235, 128],
    ] as const) {
      const cut = chunk.slice(0, 2 + 2 * length);
      const where = length < 20 ? { field: "chunk", length } : { field: "strips", length: length - 20 };
      expectCode(() => decodeChunk(cut, HEADER), "BAD_LENGTH", where);
      await expect(lab.readChunk(cut)).to.be.revertedWithCustomError(lab, "BrokenChunk").withArgs(broken);
    }
    expect(decodeChunk(chunk.slice(0, 2 + 2 * 128), HEADER)).to.have.length(1);
    expect(decodeChunk(chunk.slice(0, 42), HEADER)).to.have.length(0);
    await expect(lab.stripAt(chunk, 2)).to.be.revertedWithCustomError(lab, "NoSuchStrip").withArgs(2, 2);
  });

  it("refuses what does not fit its fields, and strips for another receiver of fees", function () {
    const { strip, signature } = stripOf(1);
    const pack = (change: object) => () => packStrip({ strip: { ...strip, ...change }, signature });
    expectCode(pack({ epoch: 1n << 32n }), "OUT_OF_RANGE", { field: "epoch" });
    expectCode(pack({ maxReserve: asAmount(1n << 96n) }), "OUT_OF_RANGE", { field: "maxReserve" });
    expectCode(() => packStrip({ strip, signature: { ...SIGNATURE, vs: "0x12" } }), "INVALID_HEX");
    expectCode(() => encodeChunk(account(1), [stripOf(1)]), "MIXED_STRIPS", { index: 0, field: "feeTo" });
  });
});

describe("commit", function () {
  it("has the root of the reference and of the contract, and every chunk stands in it", async function () {
    for (const count of [1, 2, 3, 4, 7, 20]) {
      const commit = buildCommit(stripsOf(count), wide);
      const hashes = commit.chunks.map(({ bytes }) => chunks.chunkHash(bytes));
      expect(commit.chunks.map(({ hash }) => hash)).to.deep.equal(hashes);
      expect(hashes).to.have.length(Math.ceil(count / 3));
      expect(commit.root).to.equal(chain.rootOf(hashes));
      for (const index of hashes.keys()) {
        const { hash, before, rest, strips } = chunkAt(commit, index);
        expect({ chunk: hash, before, rest }).to.deep.equal(chain.shown(hashes, index));
        expect(strips).to.equal(Math.min(3, count - 3 * index));
        expect(rootOfChunk({ hash, before, rest })).to.equal(commit.root);
        expect(await lab.rootOf({ chunk: hash, before: [...before], rest })).to.equal(commit.root);
      }
      expectCode(() => chunkAt(commit, hashes.length), "BAD_LENGTH");
    }
    expect(commitRoot([])).to.equal(ZeroHash);
  });

  it("is taken, revealed, asked and answered with what the SDK makes", async function () {
    const domain = wattbookDomain(31_337n, await lab.getAddress());
    const commit = buildCommit(stripsOf(7), wide);
    const times = sealedTimes({ ...HOUR, ...LAB }, PERIOD);
    const moment = (time: bigint) => ({ ...when(PERIOD, time), community: HEADER.community });
    await lab.add(moment(times.opens), RELAYER.address, true, commit.root, commit.chunks.length, commit.strips);
    for (const index of commit.chunks.keys()) {
      const { hash, before, rest, strips } = chunkAt(commit, index);
      await lab.reveal(moment(times.gate), 0, strips, { chunk: hash, before: [...before], rest });
    }
    const name = stripName(domain, stripOf(4));
    await lab.challenge(moment(times.challengeStart), 0, name);
    const { hash, before, rest, bytes, stripIndex, index } = answerTo(domain, commit, name);
    expect([index, stripIndex]).to.deep.equal([1, 1]);
    expect(await lab.stripAt(bytes, stripIndex)).to.equal(packStrip(stripOf(4)));
    await lab.answer(moment(times.challengeStart), 0, name, { chunk: hash, before: [...before], rest });
    expect(await lab.finish.staticCall(moment(times.challengeEnd), 0)).to.equal(true);
    expectCode(() => answerTo(domain, commit, stripName(domain, stripOf(8))), "NOT_IN_COMMIT");
  });

  it("keeps the order of strips, and each chunk within its limits", function () {
    const shared = { gasPerRun: 0n, gasPerSlot: 0n, gasPerWord: 0n, ticksPerWord: 16 };
    const limits = { bytes: 2_000, gas: 60_000n, gasPerStrip: 10_000n, gasPerEntry: 500n, ...shared };
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 96 }), fc.boolean()), { minLength: 1 }), (drawn) => {
        const strips = drawn.map(([entries, other], member) => stripOf(member, entries, account(other ? 1 : 2)));
        const commit = buildCommit(strips, limits);
        const read = commit.chunks.map(({ bytes }) => decodeChunk(bytes, HEADER));
        expect(read.flat().map(({ strip }) => strip.member)).to.deep.equal(strips.map(({ strip }) => strip.member));
        expect(commit.strips).to.equal(strips.length);
        const gasOf = (group: SignedStrip[]) =>
          group.reduce((gas, { strip }) => gas + 10_000n + 500n * BigInt(strip.entries.length), 0n);
        for (const [index, group] of read.entries()) {
          const { bytes, strips: count } = at(commit.chunks, index);
          expect(group).to.have.length(count);
          expect(bytes.length / 2 - 1).to.be.at.most(limits.bytes);
          expect(gasOf(group) <= limits.gas).to.equal(true);
          // The next strip would not have fitted.
          const next = read[index + 1]?.[0];
          if (next === undefined || next.strip.feeTo !== group[0]?.strip.feeTo) continue;
          const fits = bytes.length / 2 - 1 + packedLength(next.strip) <= limits.bytes;
          expect(fits && gasOf([...group, next]) <= limits.gas).to.equal(false);
        }
      }),
    );
  });

  it("allows for each slot and each tick word once a chunk", function () {
    const twoSided = (member: number, tick: number): SignedStrip => {
      const one = stripOf(member);
      return { ...one, strip: { ...one.strip, entries: [entry(0, "buy", tick, 1), entry(0, "sell", tick, 1)] } };
    };
    const gas = { ...CHUNK_LIMITS, gasPerStrip: 0n, gasPerEntry: 0n, gasPerSlot: 100n, gasPerWord: 10n };
    const chunksOf = (limit: bigint, ...strips: SignedStrip[]) =>
      buildCommit(strips, { ...gas, gas: limit }).chunks.map(({ strips: count }) => count);
    expect(chunksOf(120n, twoSided(1, 0), twoSided(2, 15))).to.deep.equal([2]);
    expect(chunksOf(120n, twoSided(1, 0), twoSided(2, 16))).to.deep.equal([1, 1]);
    expect(chunksOf(140n, twoSided(1, 0), twoSided(2, 16))).to.deep.equal([2]);
    const wideTicks = { ...gas, gas: 120n, ticksPerWord: 8 };
    expect(buildCommit([twoSided(1, 0), twoSided(2, 15)], wideTicks).chunks).to.have.length(2);
  });

  it("allows for 17,100 gas less for each word that is known to be used, once a chunk", function () {
    const asked: string[] = [];
    const used: UsedWords = {
      hasJournal: ({ member }) => member === 2n,
      hasTicks: ({ member }, offset, side, index) => {
        asked.push(`${member} ${offset} ${side} ${index}`);
        return index === 1;
      },
    };
    const shared = { gasPerStrip: 20_000n, gasPerRun: 0n, gasPerEntry: 0n, gasPerSlot: 0n, gasPerWord: 20_000n };
    const build = (gas: bigint, ...strips: SignedStrip[]) =>
      buildCommit(strips, { ...CHUNK_LIMITS, ...shared, gas, used }).chunks.map(({ strips: count }) => count);
    const on = (member: number, tick: number): SignedStrip => {
      const one = stripOf(member);
      return { ...one, strip: { ...one.strip, entries: [entry(3, "buy", tick, 1)] } };
    };
    // Journal and tick word new; journal used; tick word used; both.
    expect(build(40_000n, on(1, 15))).to.deep.equal([1]);
    expectCode(() => build(39_999n, on(1, 15)), "OVER_CHUNK_LIMIT", { value: 40_000n });
    expectCode(() => build(1n, on(2, 15)), "OVER_CHUNK_LIMIT", { value: 22_900n });
    expectCode(() => build(1n, on(1, 16)), "OVER_CHUNK_LIMIT", { value: 22_900n });
    expectCode(() => build(1n, on(2, 31)), "OVER_CHUNK_LIMIT", { value: 5_800n });
    expect(asked.slice(-1)).to.deep.equal(["2 3 buy 1"]);
    // The second of them pays for its journal alone.
    expect(build(22_900n + 20_000n, on(1, 16), on(3, 17))).to.deep.equal([2]);
    expect(build(22_900n + 19_999n, on(1, 16), on(3, 17))).to.deep.equal([1, 1]);
  });

  it("counts every word as new by default", function () {
    const { gasPerStrip, gasPerSlot, gasPerWord } = CHUNK_LIMITS;
    expect([gasPerStrip, gasPerSlot, gasPerWord].every((gas) => gas > 22_100n)).to.equal(true);
    const full = stripsOf(150, 96);
    expect(buildCommit(full)).to.deep.equal(buildCommit(full, CHUNK_LIMITS));
    const used = buildCommit(full, { ...CHUNK_LIMITS, ...USED_RINGS }).chunks.length;
    expect(buildCommit(full).chunks.length).to.be.greaterThan(used);
  });

  it("allows for each strip whose member does not stand behind that of the one before", function () {
    const none = { gasPerStrip: 0n, gasPerEntry: 0n, gasPerSlot: 0n, gasPerWord: 0n };
    const chunksOf = (...members: number[]) =>
      buildCommit(
        members.map((member) => stripOf(member)),
        { ...CHUNK_LIMITS, ...none, gasPerRun: 10n, gas: 20n },
      ).chunks.map(({ strips }) => strips);
    expect(chunksOf(1, 2, 3, 4, 5)).to.deep.equal([5]);
    expect(chunksOf(5, 4, 3, 2, 1)).to.deep.equal([3, 2]);
    expect(chunksOf(2, 2, 3, 1, 4, 0)).to.deep.equal([5, 1]);
  });

  it("leaves room for the call within 128 KiB and 2^24 gas", function () {
    const { chunks: made } = buildCommit(stripsOf(700, 96));
    const call = (index: number) =>
      lab.interface.encodeFunctionData("reveal", [
        when(PERIOD, 0n),
        index,
        0,
        { chunk: ZeroHash, before: Array.from({ length: 254 }, () => ZeroHash), rest: ZeroHash },
      ]);
    for (const { bytes, strips } of made) {
      expect(bytes.length / 2 + call(0).length / 2 + 500).to.be.lessThan(128 * 1_024);
      // All of them name the same tick of each slot: one word.
      const { gasPerStrip, gasPerEntry, gasPerSlot, gasPerWord } = CHUNK_LIMITS;
      const gas = BigInt(strips) * (gasPerStrip + 96n * gasPerEntry) + 96n * (gasPerSlot + gasPerWord);
      expect(gas <= CHUNK_LIMITS.gas).to.equal(true);
    }
  });

  it("refuses strips that do not belong together, none, too many, and those that fit no chunk", function () {
    const other = (change: object) => ({ ...stripOf(2), strip: { ...stripOf(2).strip, ...change } });
    const build =
      (...strips: SignedStrip[]) =>
      () =>
        buildCommit(strips, wide);
    expectCode(build(), "BAD_LENGTH", { field: "strips", length: 0 });
    expectCode(build(stripOf(1), other({ period: asPeriod(1n) })), "MIXED_STRIPS", { index: 1, field: "period" });
    expectCode(build(stripOf(1), other({ community: asCommunity(8n) })), "MIXED_STRIPS", { field: "community" });
    expectCode(build(stripOf(1), stripOf(2, 60)), "OVER_CHUNK_LIMIT", { index: 1, limit: "bytes", value: 356n });
    const { gasPerStrip, gasPerEntry, gasPerSlot, gasPerWord } = CHUNK_LIMITS;
    const gasOfTwo = gasPerStrip + 2n * (gasPerEntry + gasPerSlot + gasPerWord);
    const gas = { ...CHUNK_LIMITS, gas: gasOfTwo - 1n };
    expectCode(() => buildCommit([stripOf(1, 2)], gas), "OVER_CHUNK_LIMIT", { limit: "gas", value: gasOfTwo });
    expectCode(() => buildCommit(stripsOf(256), { ...wide, bytes: 120 }), "BAD_LENGTH", {
      field: "chunks",
      length: 256,
    });
    expectCode(() => buildCommit(Array.from({ length: 65_536 }, () => stripOf(1))), "BAD_LENGTH", { field: "strips" });
  });
});

describe("receipt", function () {
  it("has the digest of ethers and of the contract, and counts for its signer alone", async function () {
    const { chainId } = await connection.ethers.provider.getNetwork();
    const domain = wattbookDomain(chainId, await lab.getAddress());
    const receipt = receiptFor(domain, stripOf(1));
    const { domain: typed, types, value } = receiptTypedData(domain, receipt);
    expect(TypedDataEncoder.from(types).encodeType("Receipt")).to.equal(
      "Receipt(uint32 community,uint32 period,bytes32 strip)",
    );
    const digest = receiptDigest(domain, receipt);
    expect(digest).to.equal(TypedDataEncoder.hash(typed, types, value));
    expect(digest).to.equal(await lab.receiptDigest(receipt.community, receipt.period, receipt.strip));
    const signature = await signReceipt(domain, receipt, RELAYER);
    for (const [address, valid] of [
      [RELAYER.address, true],
      [TRADER.address, false],
    ] as const) {
      expect(verifyReceipt(domain, receipt, signature, address)).to.equal(valid);
      expect(await lab.isReceipt(digest, signature.r, signature.vs, address)).to.equal(valid);
    }
    expect(verifyReceipt(domain, { ...receipt, period: asPeriod(1n) }, signature, RELAYER.address)).to.equal(false);
    expect(await lab.isReceipt(digest, ZeroHash, ZeroHash, RELAYER.address)).to.equal(false);
  });

  it("is not the member's own signature", async function () {
    const { strip } = stripOf(1);
    const signature = await signStrip(DOMAIN, strip, RELAYER);
    expect(verifyReceipt(DOMAIN, receiptFor(DOMAIN, { strip, signature }), signature, RELAYER.address)).to.equal(false);
  });
});

/** The calendar of the lab: periods of 1,000 s. */
const HOUR = { slotDuration: asSeconds(500n), slotsPerPeriod: 2n };
const LAB = { horizon: 2n, gateClosure: asSeconds(200n), revealWindow: asSeconds(80n) };

describe("sealedTimes", function () {
  const anyTerms = fc.record({
    slotDuration: fc.constantFrom(300n, 900n, 3_600n).map((value) => asSeconds(value)),
    slotsPerPeriod: fc.constantFrom(1n, 24n, 96n),
    horizon: fc.bigInt(0n, 7n),
    gateClosure: fc.bigInt(0n, 20_000n).map((value) => asSeconds(value)),
    revealWindow: fc.bigInt(1n, 600n).map((eighth) => asSeconds(8n * eighth)),
  });

  it("is the time line of the reference", function () {
    fc.assert(
      fc.property(anyTerms, fc.bigInt(0n, 25_000n), (terms, index) => {
        const period = asPeriod(index);
        const periodLength = terms.slotDuration * terms.slotsPerPeriod;
        if (period * periodLength < terms.gateClosure) {
          expectCode(() => sealedTimes(terms, period), "OUT_OF_RANGE", { field: "gate" });
          return;
        }
        const model = reference.newSealed({ ...terms, periodLength });
        const places = Array.from({ length: reference.PLACES }, (_, place) => place);
        expect(sealedTimes(terms, period)).to.deep.equal({
          opens: reference.opens(model, period),
          gate: reference.gate(model, period),
          turnEnds: places.map((place) => reference.turnEnd(model, period, place)),
          challengeStart: reference.revealEnd(model, period),
          challengeEnd: reference.challengeEnd(model, period),
          answerEnd: reference.answerEnd(model, period),
        });
      }),
    );
  });

  it("says whose turn it is", function () {
    const times = sealedTimes({ ...TERMS, gateClosure: asSeconds(3_600n), revealWindow: asSeconds(800n) }, PERIOD);
    const turn = (after: number, revealed: boolean[]) => turnAt(times, revealed, asSeconds(times.gate + BigInt(after)));
    expect(turn(-1, [false])).to.equal(0);
    expect(turn(0, [])).to.equal(undefined);
    expect(turn(99, [false, false])).to.equal(0);
    expect(turn(100, [false, false])).to.equal(1);
    expect(turn(0, [true, false, true, false])).to.equal(1);
    expect(turn(200, [true, false, true, false])).to.equal(3);
    expect(turn(400, [true, false, true, false])).to.equal(undefined);
  });
});
