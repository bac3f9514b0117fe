import { expect } from "chai";
import { TypedDataEncoder } from "ethers";
import fc from "fast-check";
import {
  checkRated,
  decodeValues,
  encodeValues,
  endRegisters,
  ratedWhDown,
  readingDigest,
  readingFromRegisters,
  readingTypedData,
  recoverReadingSigner,
  signReading,
  valuesFromRegisters,
  verifyReading,
} from "../../sdk/src/reading.ts";
import type { Reading } from "../../sdk/src/reading.ts";
import { asCommunity, asLots, asMember, asPeriod, asWh } from "../../sdk/src/units.ts";
import { account, anyUint, DOMAIN, expectCode, HEADER, METER, metered, PERIOD, SMALL } from "./support.ts";

const REGISTERS = [
  metered(1_000, 500),
  metered(1_250, 500),
  metered(1_250, 500),
  metered(1_250, 750),
  metered(1_251, 750),
];
const VALUES = [metered(250, 0), metered(0, 0), metered(0, 250), metered(1, 0)];
const { community, member } = HEADER;
const READING = readingFromRegisters(SMALL, { community, member, period: PERIOD, closesGap: false }, REGISTERS);

const anyValue = fc.record({
  imported: anyUint(24).map((value) => asWh(value)),
  exported: anyUint(24).map((value) => asWh(value)),
});
const anyValues = fc.array(anyValue, { minLength: 4, maxLength: 4 });
const anyReading: fc.Arbitrary<Reading> = fc.record({
  community: anyUint(32).map((value) => asCommunity(value)),
  member: anyUint(32).map((value) => asMember(value)),
  period: anyUint(32).map((value) => asPeriod(value)),
  closesGap: fc.boolean(),
  startImport: anyUint(96).map((value) => asWh(value)),
  startExport: anyUint(96).map((value) => asWh(value)),
  values: anyValues,
});

function replaced<T>(list: readonly T[], at: number, value: T): T[] {
  return list.map((each, index) => (index === at ? value : each));
}

describe("reading", function () {
  describe("from registers", function () {
    it("takes differences and the start", function () {
      expect(READING.values).to.deep.equal(VALUES);
      expect(READING).to.include({ startImport: 1_000n, startExport: 500n, closesGap: false, period: PERIOD });
      expect(endRegisters(READING)).to.deep.equal(metered(1_251, 750));
    });

    it("undoes the sums of any values", function () {
      fc.assert(
        fc.property(anyValues, anyValue, (values, start) => {
          const registers = [start];
          let last = start;
          for (const value of values) {
            last = {
              imported: asWh(last.imported + value.imported),
              exported: asWh(last.exported + value.exported),
            };
            registers.push(last);
          }
          expect(valuesFromRegisters(SMALL, registers)).to.deep.equal(values);
          expect(endRegisters({ startImport: start.imported, startExport: start.exported, values })).to.deep.equal(
            last,
          );
        }),
      );
    });

    it("refuses a register that goes down, naming it", function () {
      const down = replaced(REGISTERS, 3, metered(1_250, 499));
      expectCode(() => valuesFromRegisters(SMALL, down), "REGISTER_DOWN", {
        field: "registers[3].exported",
        value: 499n,
        before: 500n,
      });
    });

    it("refuses another number of registers, and a slot beyond 24 bits", function () {
      expectCode(() => valuesFromRegisters(SMALL, REGISTERS.slice(1)), "BAD_LENGTH", { length: 4 });
      const jump = replaced(REGISTERS, 4, metered(1_250 + 2 ** 24, 750));
      expectCode(() => valuesFromRegisters(SMALL, jump), "OUT_OF_RANGE", { field: "registers[4].imported" });
    });
  });

  describe("checkRated", function () {
    const check = (...values: ReturnType<typeof metered>[]) => {
      checkRated(SMALL, values, { buy: asLots(25n), sell: asLots(0n) });
    };

    it("allows the cap and a tenth, rounded down", function () {
      check(metered(275, 0), metered(0, 0));
      expect(ratedWhDown({ lotWh: asWh(1n) }, asLots(9n))).to.equal(9n);
    });

    it("refuses a Wh more, and any on a side without a cap", function () {
      expectCode(
        () => {
          check(metered(0, 0), metered(276, 0));
        },
        "OVER_RATED",
        { field: "values[1].imported", most: 275n },
      );
      expectCode(
        () => {
          check(metered(0, 1));
        },
        "OVER_RATED",
        { field: "values[0].exported", most: 0n },
      );
    });
  });

  describe("bytes", function () {
    it("hold import and export per slot, three bytes each", function () {
      expect(encodeValues(VALUES)).to.equal("0x0000fa0000000000000000000000000000fa000001000000");
    });

    it("decode to what was encoded", function () {
      fc.assert(
        fc.property(anyValues, (values) => {
          expect(decodeValues(SMALL, encodeValues(values))).to.deep.equal(values);
        }),
      );
    });

    it("hold every slot, each in 24 bits", function () {
      expectCode(() => decodeValues(SMALL, "0x0000fa000000"), "BAD_LENGTH", { length: 6 });
      expectCode(() => encodeValues([metered(2 ** 24, 0)]), "OUT_OF_RANGE", { field: "values[0].imported" });
    });
  });

  describe("signature", function () {
    it("has the digest that ethers computes", function () {
      fc.assert(
        fc.property(anyReading, (reading) => {
          const { domain, types, value } = readingTypedData(DOMAIN, reading);
          expect(readingDigest(DOMAIN, reading)).to.equal(TypedDataEncoder.hash(domain, types, value));
        }),
      );
    });

    it("has the type of the specification", function () {
      expect(TypedDataEncoder.from(readingTypedData(DOMAIN, READING).types).encodeType("Reading")).to.equal(
        "Reading(uint32 community,uint32 member,uint32 period,bool closesGap,uint96 startImport,uint96 startExport," +
          "bytes values)",
      );
    });

    it("keeps its digest", function () {
      expect(readingDigest(DOMAIN, READING)).to.equal(
        "0x8548f4bc7bc6fb541ab2212ac906637b799069383ae57856cdbacdd1e9979666",
      );
    });

    it("is the meter key's", async function () {
      const signature = await signReading(DOMAIN, READING, METER);
      expect(recoverReadingSigner(DOMAIN, READING, signature)).to.equal(METER.address);
      expect(verifyReading(DOMAIN, READING, signature, METER.address)).to.equal(true);
      expect(verifyReading(DOMAIN, READING, signature, account(1))).to.equal(false);
      expect(verifyReading(DOMAIN, { ...READING, closesGap: true }, signature, METER.address)).to.equal(false);
      const values = replaced(READING.values, 0, metered(251, 0));
      expect(verifyReading(DOMAIN, { ...READING, values }, signature, METER.address)).to.equal(false);
    });
  });
});
