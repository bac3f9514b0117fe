import { expect } from "chai";
import { dataLength, keccak256, solidityPackedKeccak256, toUtf8Bytes, TypedDataEncoder, Wallet } from "ethers";
import fc from "fast-check";
import {
  consentDigest,
  consentTypedData,
  meteringPointHash,
  signConsent,
  verifyConsent,
} from "../../sdk/src/consent.ts";
import type { ConsentName, Consents } from "../../sdk/src/consent.ts";
import { compactSignature, recoverSigner } from "../../sdk/src/signature.ts";
import { asCommunity, asLots, asMember, asSeconds, asWh } from "../../sdk/src/units.ts";
import { DOMAIN, expectCode, METER, TRADER } from "./support.ts";

const OWNER = new Wallet(`0x${"33".repeat(32)}`);
const community = asCommunity(7n);
const member = asMember(42n);
const once = { deadline: asSeconds(1_750_000_000n), nonce: 9n };
const caps = { buyCap: asLots(400n), sellCap: asLots(150n) };
const meterKey = METER.address;

const CONSENTS: Consents = {
  Enrolment: {
    community,
    termsHash: `0x${"ab".repeat(32)}`,
    owner: OWNER.address,
    tradingKey: TRADER.address,
    ...caps,
    tariffClass: 1n,
    zone: 12n,
    kind: 2n,
    modules: 1n,
    meteringPoint: `0x${"cd".repeat(32)}`,
    ...once,
  },
  MeterBinding: { community, member, meterKey, startImport: asWh(1_000n), startExport: asWh(500n), ...once },
  MeterRotation: { community, member, meterKey, ...once },
  CapChange: { community, member, ...caps, ...once },
  ClassChange: { community, member, tariffClass: 1n, ...once },
};

const TYPES: Record<ConsentName, string> = {
  Enrolment:
    "Enrolment(uint32 community,bytes32 termsHash,address owner,address tradingKey,uint16 buyCap,uint16 sellCap," +
    "uint8 tariffClass,uint16 zone,uint8 kind,uint16 modules,bytes32 meteringPoint,uint40 deadline,uint256 nonce)",
  MeterBinding:
    "MeterBinding(uint32 community,uint32 member,address meterKey,uint96 startImport,uint96 startExport," +
    "uint40 deadline,uint256 nonce)",
  MeterRotation: "MeterRotation(uint32 community,uint32 member,address meterKey,uint40 deadline,uint256 nonce)",
  CapChange: "CapChange(uint32 community,uint32 member,uint16 buyCap,uint16 sellCap,uint40 deadline,uint256 nonce)",
  ClassChange: "ClassChange(uint32 community,uint32 member,uint8 tariffClass,uint40 deadline,uint256 nonce)",
};

describe("consent", function () {
  for (const name of Object.keys(TYPES) as ConsentName[]) {
    describe(name, function () {
      it("has the type and the digest that the registry computes", function () {
        const { domain, types, value } = consentTypedData(DOMAIN, name, CONSENTS[name]);
        expect(TypedDataEncoder.from(types).encodeType(name)).to.equal(TYPES[name]);
        expect(consentDigest(DOMAIN, name, CONSENTS[name])).to.equal(TypedDataEncoder.hash(domain, types, value));
      });

      it("is signed in 64 bytes that recover the owner", async function () {
        const consent = CONSENTS[name];
        const signature = await signConsent(DOMAIN, name, consent, OWNER);
        expect(dataLength(signature)).to.equal(64);
        expect(recoverSigner(consentDigest(DOMAIN, name, consent), compactSignature(signature))).to.equal(
          OWNER.address,
        );
        expect(verifyConsent(DOMAIN, name, consent, signature, OWNER.address)).to.equal(true);
        expect(verifyConsent(DOMAIN, name, { ...consent, nonce: 10n }, signature, OWNER.address)).to.equal(false);
        expect(verifyConsent(DOMAIN, name, consent, "0x1234", OWNER.address)).to.equal(false);
      });
    });
  }

  it("takes 65 bytes too", async function () {
    const { domain, types, value } = consentTypedData(DOMAIN, "CapChange", CONSENTS.CapChange);
    const signature = await OWNER.signTypedData(domain, types, value);
    expect(verifyConsent(DOMAIN, "CapChange", CONSENTS.CapChange, signature, OWNER.address)).to.equal(true);
  });

  it("leaves out what is not part of the message", function () {
    const more = { ...CONSENTS.CapChange, note: "for the new battery" };
    expect(consentDigest(DOMAIN, "CapChange", more)).to.equal(consentDigest(DOMAIN, "CapChange", CONSENTS.CapChange));
    expect(consentTypedData(DOMAIN, "CapChange", more).value).not.to.have.property("note");
  });

  it("names a field that does not fit", function () {
    const digest = (change: Partial<Consents["Enrolment"]>) =>
      consentDigest(DOMAIN, "Enrolment", { ...CONSENTS.Enrolment, ...change });
    expectCode(() => digest({ buyCap: asLots(65_536n) }), "OUT_OF_RANGE", { field: "Enrolment.buyCap" });
    expectCode(() => digest({ termsHash: "0x1234" }), "INVALID_HEX", { field: "Enrolment.termsHash" });
    expectCode(() => digest({ owner: "nobody" }), "INVALID_ADDRESS", { field: "Enrolment.owner" });
  });

  describe("meteringPointHash", function () {
    const salt = `0x${"5a".repeat(32)}`;

    it("hashes the salt and the id's bytes", function () {
      fc.assert(
        fc.property(fc.string({ unit: "grapheme" }), (id) => {
          expect(meteringPointHash(salt, id)).to.equal(solidityPackedKeccak256(["bytes32", "string"], [salt, id]));
        }),
      );
    });

    it("is not the bare hash of the id", function () {
      const id = "AT0010000000000000001000012345678";
      expect(meteringPointHash(salt, id)).not.to.equal(keccak256(toUtf8Bytes(id)));
      expectCode(() => meteringPointHash("0x5a", id), "INVALID_HEX", { field: "salt" });
    });
  });
});
