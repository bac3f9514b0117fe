import { expect } from "chai";
import { AbiCoder, keccak256, TypedDataEncoder, type TypedDataField } from "ethers";
import { text } from "./bytes.ts";
import * as consents from "./consents.ts";
import * as digests from "./digests.ts";
import { EMPTY_JOURNAL, afterReading, afterRecord, afterSettlement } from "./journal.ts";
import { readingFields, stripFields, type Reading, type Strip } from "./messages.ts";
import { address, domain, PERIOD, terms } from "./samples.ts";
import { termsHash } from "./terms-hash.ts";
import { typeHash, type Field } from "./typed-data.ts";

// ethers encodes the same here from the type strings of the manual: a check on our own encoding.
const abi = AbiCoder.defaultAbiCoder();
const DOMAIN = { name: "Wattbook", version: "1", ...domain };
const HASH = keccak256("0x1234");

function typesOf(declaration: string): Record<string, TypedDataField[]> {
  const [, name = "", list = ""] = /^(\w+)\((.*)\)$/.exec(declaration) ?? [];
  const fields = list.split(",").map((field) => field.split(" "));
  return { [name]: fields.map(([type = "", field = ""]) => ({ type, name: field })) };
}

function expectDigest(digest: string, declaration: string, fields: readonly Field[]): void {
  const message = Object.fromEntries(fields.map(([, name, value]) => [name, value]));
  expect(digest).to.equal(TypedDataEncoder.hash(DOMAIN, typesOf(declaration), message));
  expect(typeHash(declaration.slice(0, declaration.indexOf("(")), fields)).to.equal(keccak256(text(declaration)));
}

const change = { community: 1n, member: 2n, deadline: 3n, nonce: 4n };

describe("reference hashes", function () {
  it("hashes strips as EIP-712 says", function () {
    const strip: Strip = {
      community: 1n,
      member: 2n,
      period: PERIOD,
      after: 3n,
      epoch: 4n,
      deadline: 5n,
      maxReserve: 6n,
      feePerEntry: 7n,
      feeTo: address(8n),
      entries: "0x01020003",
    };
    expectDigest(
      digests.stripDigest(domain, strip),
      "Strip(uint32 community,uint32 member,uint32 period,uint8 after,uint32 epoch,uint40 deadline,uint96 maxReserve," +
        "uint32 feePerEntry,address feeTo,bytes entries)",
      stripFields(strip),
    );
  });

  it("hashes readings as EIP-712 says", function () {
    const at = { community: 1n, member: 2n, period: PERIOD };
    const reading: Reading = { ...at, closesGap: true, startImport: 3n, startExport: 4n, values: "0x000001000002" };
    expectDigest(
      digests.readingDigest(domain, reading),
      "Reading(uint32 community,uint32 member,uint32 period,bool closesGap,uint96 startImport,uint96 startExport," +
        "bytes values)",
      readingFields(reading),
    );
  });

  it("hashes an enrolment as EIP-712 says", function () {
    const enrolment: consents.Enrolment = {
      community: 1n,
      termsHash: HASH,
      owner: address(1n),
      tradingKey: address(2n),
      buyCap: 3n,
      sellCap: 4n,
      tariffClass: 5n,
      zone: 6n,
      kind: 7n,
      modules: 8n,
      meteringPoint: HASH,
      deadline: 9n,
      nonce: 10n,
    };
    expectDigest(
      digests.enrolmentDigest(domain, enrolment),
      "Enrolment(uint32 community,bytes32 termsHash,address owner,address tradingKey,uint16 buyCap,uint16 sellCap," +
        "uint8 tariffClass,uint16 zone,uint8 kind,uint16 modules,bytes32 meteringPoint,uint40 deadline,uint256 nonce)",
      consents.enrolmentFields(enrolment),
    );
  });

  it("hashes the consents to a meter as EIP-712 says", function () {
    const binding = { ...change, meterKey: address(1n), startImport: 5n, startExport: 6n };
    expectDigest(
      digests.meterBindingDigest(domain, binding),
      "MeterBinding(uint32 community,uint32 member,address meterKey,uint96 startImport,uint96 startExport," +
        "uint40 deadline,uint256 nonce)",
      consents.meterBindingFields(binding),
    );
    expectDigest(
      digests.meterRotationDigest(domain, binding),
      "MeterRotation(uint32 community,uint32 member,address meterKey,uint40 deadline,uint256 nonce)",
      consents.meterRotationFields(binding),
    );
  });

  it("hashes the consents to a change of caps or class as EIP-712 says", function () {
    const caps = { ...change, buyCap: 5n, sellCap: 6n };
    expectDigest(
      digests.capChangeDigest(domain, caps),
      "CapChange(uint32 community,uint32 member,uint16 buyCap,uint16 sellCap,uint40 deadline,uint256 nonce)",
      consents.capChangeFields(caps),
    );
    const tariffClass = { ...change, tariffClass: 5n };
    expectDigest(
      digests.classChangeDigest(domain, tariffClass),
      "ClassChange(uint32 community,uint32 member,uint8 tariffClass,uint40 deadline,uint256 nonce)",
      consents.classChangeFields(tariffClass),
    );
  });

  it("hashes the terms as abi.encode lays them out", function () {
    const suppliers = [address(20n), address(21n)];
    const classes = [
      { supplier: 1n, defaultLoadWh: 250n },
      { supplier: 0n, defaultLoadWh: 100n },
      { supplier: 1n, defaultLoadWh: 0n },
    ];
    const modules = [address(30n)];
    const structure =
      "tuple(address paymentToken,address coordinator,address dso,address feeCollector,uint16 slotDuration," +
      "uint8 slotsPerPeriod,uint16 lotWh,uint16 floorPrice,uint16 tickSize,uint8 tickCount,bool wideTicks," +
      "uint24 gateClosure,uint8 horizon,uint24 readingDeadline,uint24 correctionWindow,uint24 claimWindow," +
      "uint8 tariffNotice,uint16 maxImport,uint16 maxNetworkFee,uint32 settlementFee,uint32 revealWindow,uint96 bond)";
    const layout = [structure, "address[]", "tuple(uint8 supplier,uint24 defaultLoadWh)[]", "address[]"];
    const sealed = { ...terms, revealWindow: 240n, bond: 5_000_000n };
    for (const each of [terms, sealed]) {
      const encoded = abi.encode(layout, [each, suppliers, classes, modules]);
      expect(termsHash(each, suppliers, classes, modules)).to.equal(keccak256(encoded));
    }
  });

  it("chains records, reading and position in 204 bits", function () {
    const h = (types: string[], values: unknown[]): bigint => BigInt(keccak256(abi.encode(types, values))) >> 52n;
    const record = afterRecord(EMPTY_JOURNAL, 77n, HASH, "0x0102");
    expect(record).to.equal(h(["uint256", "uint256", "bytes32", "bytes32"], [0n, 77n, HASH, keccak256("0x0102")]));
    expect(record < 1n << 204n).to.equal(true);
    const read = afterReading(record, "0x000001000002", -5n);
    expect(read).to.equal(h(["uint256", "bytes32", "int256"], [record, keccak256("0x000001000002"), -5n]));
    const words = abi.encode(["uint256", "uint256"], [(3n << 128n) + 4n, 5n]);
    const position = [
      { bought: 3n, sold: 4n },
      { bought: 0n, sold: 5n },
    ];
    expect(afterSettlement(read, position)).to.equal(h(["uint256", "bytes32"], [read, keccak256(words)]));
  });
});
