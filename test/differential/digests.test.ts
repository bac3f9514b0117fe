import { expect } from "chai";
import { ZeroHash } from "ethers";
import fc from "fast-check";
import { connect, deployMarket } from "../helpers/market.ts";
import { readingDigest, stripDigest } from "../reference/digests.ts";
import { runs } from "../reference/samples.ts";

const connection = await connect();

const uint = (bits: number) =>
  fc.oneof(fc.bigInt(0n, 2n ** BigInt(bits) - 1n), fc.constantFrom(0n, 2n ** BigInt(bits) - 1n));
const anyBytes = fc.uint8Array({ maxLength: 80 }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`);
const anyAddress = uint(160).map((value) => `0x${value.toString(16).padStart(40, "0")}`);

const anyStrip = fc.record({
  ...{ community: uint(32), member: uint(32), period: uint(32), after: uint(8), epoch: uint(32), deadline: uint(40) },
  ...{ maxReserve: uint(96), feePerEntry: uint(32), feeTo: anyAddress, entries: anyBytes },
});
const anyReading = fc.record({
  ...{ community: uint(32), member: uint(32), period: uint(32), closesGap: fc.boolean() },
  ...{ startImport: uint(96), startExport: uint(96), values: anyBytes },
});

const unsigned = { r: ZeroHash, vs: ZeroHash };

describe("What keys sign is what the reference model hashes", function () {
  const market = async () => await deployMarket(connection);

  it("for any strip", async function () {
    const { auction, lens, domains } = await connection.networkHelpers.loadFixture(market);
    await fc.assert(
      fc.asyncProperty(anyStrip, async (strip) => {
        const { community, period, after, ...rest } = strip;
        const digest = await lens.stripDigest(auction, community, period, { ...rest, ...unsigned, after_: after });
        expect(digest).to.equal(stripDigest(domains.auction, strip));
      }),
      runs(50),
    );
  });

  it("for any reading", async function () {
    const { settlement, domains } = await connection.networkHelpers.loadFixture(market);
    await fc.assert(
      fc.asyncProperty(anyReading, async (reading) => {
        const { community, member, period, ...rest } = reading;
        const digest = await settlement.readingDigest(community, member, period, { ...rest, ...unsigned });
        expect(digest).to.equal(readingDigest(domains.settlement, reading));
      }),
      runs(50),
    );
  });
});
