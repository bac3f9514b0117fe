import { expect } from "chai";
import { AbiCoder, keccak256, ZeroAddress } from "ethers";
import fc from "fast-check";
import { checkCharter, termsHash } from "../../sdk/src/charter.ts";
import { packTerms, unpackTerms } from "../../sdk/src/terms-word.ts";
import { communityTerms, DEFAULT_TERMS, ringLength, termsViolations } from "../../sdk/src/terms.ts";
import type { TermsInput } from "../../sdk/src/terms.ts";
import { asAmount, asSeconds, asWh } from "../../sdk/src/units.ts";
import { account, ACCOUNTS, expectCode, SMALL, TERMS } from "./support.ts";

/** Day-ahead trading: an hour before midnight, revealed within a quarter of an hour. */
const SEALED = { gateClosure: 3_600n, revealWindow: 800n, horizon: 1n, bond: 5_000_000n };

const BROKEN: [string, keyof TermsInput, Partial<TermsInput>][] = [
  ["a zero payment token", "paymentToken", { paymentToken: ZeroAddress }],
  ["a coordinator that is no address", "coordinator", { coordinator: "0x1234" }],
  ["a wrong checksum", "dso", { dso: "0xFB6916095ca1df60bB79Ce92cE3Ea74c37c5d359" }],
  ["a zero fee collector", "feeCollector", { feeCollector: ZeroAddress }],
  ["slots of ten minutes", "slotDuration", { slotDuration: 600n }],
  ["no slots", "slotsPerPeriod", { slotsPerPeriod: 0n }],
  ["145 slots", "slotsPerPeriod", { slotDuration: 300n, slotsPerPeriod: 145n }],
  ["a period that does not divide a day", "slotsPerPeriod", { slotsPerPeriod: 95n }],
  ["a period longer than a day", "slotsPerPeriod", { slotsPerPeriod: 144n }],
  ["lots of 5 Wh", "lotWh", { lotWh: 5n }],
  ["a floor beyond 16 bits", "floorPrice", { floorPrice: 65_536n }],
  ["no tick size", "tickSize", { tickSize: 0n }],
  ["a top price beyond 16 bits", "floorPrice", { tickSize: 1_040n }],
  ["63 ticks", "tickCount", { tickCount: 63n }],
  ["256 ticks", "tickCount", { tickCount: 256n }],
  ["a gate more than a period ahead", "gateClosure", { gateClosure: 86_401n }],
  ["a negative gate", "gateClosure", { gateClosure: -1n }],
  ["a horizon of 15", "horizon", { horizon: 15n }],
  ["a deadline beyond 24 bits", "readingDeadline", { readingDeadline: 1n << 24n }],
  ["corrections no longer than the deadline", "correctionWindow", { correctionWindow: 86_400n }],
  ["claims no longer than corrections", "claimWindow", { claimWindow: 3n * 86_400n }],
  ["a ring of more than 128 periods", "claimWindow", { slotsPerPeriod: 1n }],
  ["a ring of 129 periods", "claimWindow", { claimWindow: 124n * 86_400n + 1n }],
  ["no reading deadline", "readingDeadline", { readingDeadline: 0n }],
  ["no import price", "maxImport", { maxImport: 0n }],
  ["a notice beyond 8 bits", "tariffNotice", { tariffNotice: 256n }],
  ["an import price beyond 16 bits", "maxImport", { maxImport: 65_536n }],
  ["a network fee beyond 16 bits", "maxNetworkFee", { maxNetworkFee: 65_536n }],
  ["a settlement fee beyond 32 bits", "settlementFee", { settlementFee: 1n << 32n }],
  ["a reveal longer than the gate closure", "revealWindow", { ...SEALED, revealWindow: 3_608n }],
  ["a reveal that eight turns cannot share", "revealWindow", { ...SEALED, revealWindow: 804n }],
  ["a reveal beyond 32 bits", "revealWindow", { ...SEALED, revealWindow: 1n << 32n }],
  ["a sealed community without a bond", "bond", { ...SEALED, bond: 0n }],
  ["an open community with a bond", "bond", { bond: 1n }],
  ["a bond beyond 96 bits", "bond", { ...SEALED, bond: 1n << 96n }],
  ["a sealed community without a horizon", "horizon", { ...SEALED, horizon: 0n }],
  [
    "a gate at the start of the only period that takes commits",
    "horizon",
    { ...SEALED, gateClosure: 86_400n, horizon: 1n },
  ],
];

const SOUND: [string, Partial<TermsInput>][] = [
  ["144 slots of 300 s", { slotDuration: 300n, slotsPerPeriod: 144n }],
  ["24 slots of an hour", { slotDuration: 3_600n, slotsPerPeriod: 24n }],
  ["a gate one period ahead", { gateClosure: 86_400n }],
  ["a top price of 65535", { floorPrice: 15n, tickSize: 1_040n }],
  ["a horizon of 14", { horizon: 14n }],
  ["no horizon and no gate", { horizon: 0n, gateClosure: 0n }],
  ["a ring of 128 periods", { claimWindow: 124n * 86_400n }],
  ["free settlement", { settlementFee: 0n }],
  ["a sealed community", SEALED],
  ["a reveal as long as the gate closure", { ...SEALED, revealWindow: 3_600n }],
  ["a reveal of a second per turn", { ...SEALED, revealWindow: 8n }],
  ["the largest bond", { ...SEALED, bond: (1n << 96n) - 1n }],
  ["a sealed gate one period ahead", { ...SEALED, gateClosure: 86_400n, revealWindow: 86_400n, horizon: 2n }],
];

describe("terms", function () {
  describe("communityTerms", function () {
    it("takes the documented defaults", function () {
      expect(TERMS).to.include({ ...DEFAULT_TERMS });
      expect(TERMS.floorPrice + (TERMS.tickCount - 1n) * TERMS.tickSize).to.equal(312n);
    });

    it("returns addresses with their checksum", function () {
      const dso = "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359";
      expect(communityTerms({ ...ACCOUNTS, dso }).dso).to.equal("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359");
    });

    for (const [name, change] of SOUND) {
      it(`takes ${name}`, function () {
        expect(termsViolations({ ...TERMS, ...change })).to.deep.equal([]);
        expect(communityTerms({ ...ACCOUNTS, ...change })).to.include(change);
      });
    }

    for (const [name, field, change] of BROKEN) {
      it(`refuses ${name}, naming ${field}`, function () {
        expectCode(() => communityTerms({ ...ACCOUNTS, ...change }), "TERMS_OUT_OF_BOUNDS", { field });
      });
    }

    it("names every violation at once for a form", function () {
      const fields = termsViolations({ ...TERMS, lotWh: 5n, horizon: 15n, tickCount: 63n }).map(({ field }) => field);
      expect(fields).to.have.members(["lotWh", "horizon", "tickCount"]);
    });
  });

  describe("ringLength", function () {
    it("is the least odd ring that holds horizon, period, claim window and one more period", function () {
      expect(ringLength(TERMS)).to.equal(11n);
      fc.assert(
        fc.property(fc.bigInt(0n, 14n), fc.bigInt(259_201n, 112n * 86_400n), (horizon, claimWindow) => {
          const ring = ringLength(communityTerms({ ...ACCOUNTS, horizon, claimWindow }));
          const needed = horizon * 86_400n + 86_400n + claimWindow + 86_400n;
          expect(ring * 86_400n >= needed && (ring - 2n) * 86_400n < needed && ring % 2n === 1n).to.equal(true);
        }),
      );
    });
  });

  describe("packTerms", function () {
    it("draws the registry's word", function () {
      const word =
        900n |
        (96n << 16n) |
        (10n << 24n) |
        (60n << 40n) |
        (4n << 56n) |
        (64n << 72n) |
        (1n << 80n) |
        (2n << 88n) |
        (11n << 96n) |
        (300n << 104n) |
        (86_400n << 128n) |
        (259_200n << 152n) |
        (604_800n << 176n) |
        (2_000n << 200n);
      expect(packTerms(communityTerms({ ...ACCOUNTS, wideTicks: true }))).to.equal(word);
      const sealed = { revealWindow: 296n, bond: 1n };
      expect(packTerms(communityTerms({ ...ACCOUNTS, wideTicks: true, ...sealed }))).to.equal(word | (296n << 232n));
    });

    it("is undone by unpackTerms", function () {
      for (const terms of [TERMS, SMALL, communityTerms({ ...ACCOUNTS, ...SEALED })]) {
        const unpacked = unpackTerms(packTerms(terms));
        expect(terms).to.include(unpacked);
        expect(packTerms(unpacked)).to.equal(packTerms(terms));
      }
    });
  });

  describe("charter", function () {
    const charter = {
      terms: TERMS,
      suppliers: [account(1), account(2)],
      classes: [
        { supplier: 0n, defaultLoadWh: asWh(250n) },
        { supplier: 1n, defaultLoadWh: asWh(400n) },
      ],
      modules: [account(3)],
    };

    it("hashes the parameters as Solidity encodes them", function () {
      const { terms } = charter;
      const types =
        "(address,address,address,address,uint16,uint8,uint16,uint16,uint16,uint8,bool," +
        "uint24,uint8,uint24,uint24,uint24,uint8,uint16,uint16,uint32,uint32,uint96)";
      const values = [
        ...[terms.paymentToken, terms.coordinator, terms.dso, terms.feeCollector, terms.slotDuration],
        ...[terms.slotsPerPeriod, terms.lotWh, terms.floorPrice, terms.tickSize, terms.tickCount, terms.wideTicks],
        ...[terms.gateClosure, terms.horizon, terms.readingDeadline, terms.correctionWindow, terms.claimWindow],
        ...[terms.tariffNotice, terms.maxImport, terms.maxNetworkFee, terms.settlementFee],
        ...[terms.revealWindow, terms.bond],
      ];
      const encoded = AbiCoder.defaultAbiCoder().encode(
        [types, "address[]", "(uint8,uint24)[]", "address[]"],
        [
          values,
          charter.suppliers,
          [
            ["0", "250"],
            ["1", "400"],
          ],
          charter.modules,
        ],
      );
      expect(termsHash(charter)).to.equal(keccak256(encoded));
    });

    it("is checked as the registry does", function () {
      const many = Array.from({ length: 17 }, (_, index) => account(index + 1));
      const check = (change: object) => () => checkCharter({ ...charter, ...change });
      expect(checkCharter(charter)).to.equal(charter);
      expectCode(check({ suppliers: [] }), "BAD_LENGTH", { field: "suppliers" });
      expectCode(check({ classes: [] }), "BAD_LENGTH", { field: "classes" });
      expectCode(check({ modules: many }), "BAD_LENGTH", { field: "modules", length: 17 });
      expectCode(check({ modules: [ZeroAddress] }), "INVALID_ADDRESS", { field: "modules[0]" });
      expectCode(check({ suppliers: [account(1)] }), "OUT_OF_RANGE", { field: "classes[1].supplier", most: 0n });
      const classes = [{ supplier: 0n, defaultLoadWh: asWh(1n << 24n) }];
      expectCode(check({ classes }), "OUT_OF_RANGE", { field: "classes[0].defaultLoadWh" });
    });

    it("changes its hash with every part", function () {
      const hashes = [
        charter,
        { ...charter, terms: { ...TERMS, wideTicks: true } },
        { ...charter, terms: { ...TERMS, revealWindow: asSeconds(8n) } },
        { ...charter, terms: { ...TERMS, bond: asAmount(1n) } },
        { ...charter, suppliers: [account(1)] },
        { ...charter, classes: [] },
        { ...charter, modules: [account(4)] },
      ].map(termsHash);
      expect(new Set(hashes).size).to.equal(hashes.length);
    });
  });
});
