import { expect } from "chai";
import {
  concat,
  keccak256,
  Signature,
  toBeHex,
  Transaction,
  Wallet,
  ZeroAddress,
  ZeroHash,
  type BaseWallet,
} from "ethers";
import { connect, CONSENT_TYPES, deployMarket, key, NEVER, type Connection, type Market } from "./helpers/market.ts";
import { enrolmentOf, keysOf, membership, unpackMember, STATUS, type Enrolment } from "./helpers/membership.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const MANNERS = { Honest: 0, Wrong: 1, Revert: 2, BurnGas: 3, Short: 4, Reenter: 5 };

describe("ProsumerRegistry: enrolment and consents", function () {
  let connection: Connection;
  const build = async () => {
    const market = await deployMarket(connection);
    return { ...market, ...membership(market) };
  };
  let m: Market & ReturnType<typeof membership>;
  const keys = keysOf(0);
  const e = enrolmentOf(keys);

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    m = await connection.networkHelpers.loadFixture(build);
  });

  const enroll = async (consent: string, enrolment: Enrolment = e) =>
    await m.asCoordinator.enroll(m.community, enrolment, consent);
  const accepted = async (consent: string, enrolment: Enrolment = e) => {
    const member = await m.registry.memberCount(m.community);
    await expect(enroll(consent, enrolment)).to.emit(m.registry, "MemberEnrolled");
    expect(await m.registry.ownerOf(m.community, member)).to.equal(enrolment.owner);
  };
  const invalid = async (consent: string, enrolment: Enrolment = e) => {
    await expect(enroll(consent, enrolment))
      .to.be.revertedWithCustomError(m.registry, "ConsentInvalid")
      .withArgs(enrolment.owner);
  };

  describe("an enrolment", function () {
    it("is stored and announced as signed", async function () {
      const { registry, escrow, community } = m;
      const signed = { ...e, buyCap: 8191, sellCap: 1, tariffClass: 0, zone: 65_535, kind: 255 };
      const next = (await m.periodNow()) + 1;
      await expect(enroll(await m.signEnrolment(signed, keys.owner), signed))
        .to.emit(registry, "MemberEnrolled")
        .withArgs(community, 4, signed.owner, Object.values(signed), next);
      expect(unpackMember(await registry.memberFor(community, 4, 0))).to.deep.equal({
        tradingKey: signed.tradingKey.toLowerCase(),
        buyCap: 8191,
        sellCap: 1,
        tariffClass: 0,
        zone: 65_535,
        kind: 255,
        status: STATUS.enrolled,
      });
      expect(await registry.meteringPointOf(community, 4)).to.equal(signed.meteringPoint);
      expect(await registry.supplierOf(community, 4)).to.equal(3n);
      expect(await escrow.account(community, 4)).to.deep.equal([0n, 0n, 1n]);
      expect(await registry.nonces(signed.owner)).to.equal(1n);
    });

    it("needs a class of the community", async function () {
      const signed = { ...e, tariffClass: 1 };
      await expect(enroll(await m.signEnrolment(signed, keys.owner), signed))
        .to.be.revertedWithCustomError(m.registry, "OutOfBounds")
        .withArgs("tariffClass", 1);
    });

    it("needs a trading key", async function () {
      const signed = { ...e, tradingKey: ZeroAddress };
      await expect(enroll(await m.signEnrolment(signed, keys.owner), signed))
        .to.be.revertedWithCustomError(m.registry, "OutOfBounds")
        .withArgs("tradingKey", 0);
    });

    it("enables modules of the community's creation only", async function () {
      await m.asCoordinator.addModule(m.community, m.euro); // index 1, added later
      for (const modules of [2, 3, 0x8000]) {
        const signed = { ...e, modules };
        await expect(enroll(await m.signEnrolment(signed, keys.owner), signed))
          .to.be.revertedWithCustomError(m.registry, "OutOfBounds")
          .withArgs("modules", modules);
      }
      const none = { ...e, modules: 0 };
      await accepted(await m.signEnrolment(none, keys.owner), none);
    });

    it("takes a metering point once per community (rule 10)", async function () {
      await accepted(await m.signEnrolment(e, keys.owner));
      const again = { ...enrolmentOf(keysOf(1)), meteringPoint: e.meteringPoint };
      await expect(enroll(await m.signEnrolment(again, keysOf(1).owner), again))
        .to.be.revertedWithCustomError(m.registry, "MeteringPointTaken")
        .withArgs(e.meteringPoint);
    });

    it("may make one wallet the owner of several members", async function () {
      await accepted(await m.signEnrolment(e, keys.owner));
      const second = { ...e, meteringPoint: ZeroHash };
      await accepted(await m.signEnrolment(second, keys.owner), second);
      expect(await m.registry.nonces(e.owner)).to.equal(2n);
    });
  });

  describe("a plain key", function () {
    it("signs 65 bytes", async function () {
      await accepted(await m.signEnrolment(e, keys.owner));
    });

    it("signs 64 bytes (EIP-2098)", async function () {
      const { compactSerialized } = Signature.from(await m.signEnrolment(e, keys.owner));
      await accepted(compactSerialized);
    });

    it("signs nothing of another length", async function () {
      const full = await m.signEnrolment(e, keys.owner);
      for (const consent of ["0x", "0x00", full.slice(0, 2 + 2 * 63), `${full}00`]) await invalid(consent);
    });

    it("signs with a low s only: the other form of a signature is void", async function () {
      const { r, s, v } = Signature.from(await m.signEnrolment(e, keys.owner));
      const high = toBeHex(ORDER - BigInt(s), 32);
      await invalid(concat([r, high, toBeHex(55 - v, 1)]));
    });

    it("is not the zero address, which every broken signature recovers to", async function () {
      const nobody = { ...e, owner: ZeroAddress };
      for (const consent of [`0x${"00".repeat(65)}`, `0x${"00".repeat(64)}`]) await invalid(consent, nobody);
    });
  });

  describe("what is signed", function () {
    const others: [string, Record<string, unknown>][] = [
      ["another community", { community: 1 }],
      ["other terms", { termsHash: keccak256("0x01") }],
      ["another owner", { owner: key(77).address }],
      ["another trading key", { tradingKey: key(77).address }],
      ["another buy cap", { buyCap: 432 }],
      ["another sell cap", { sellCap: 430 }],
      ["another class", { tariffClass: 1 }],
      ["another zone", { zone: 8 }],
      ["another kind", { kind: 2 }],
      ["other modules", { modules: 0 }],
      ["another metering point", { meteringPoint: ZeroHash }],
      ["another deadline", { deadline: NEVER - 1 }],
      ["another nonce", { nonce: 1 }],
    ];
    for (const [what, fields] of others) {
      it(`for ${what} is worth nothing here`, async function () {
        await invalid(await m.signEnrolment(e, keys.owner, fields));
      });
    }

    it("on another chain, for another registry or under another name or version is worth nothing here", async function () {
      const message = { community: m.community, termsHash: await m.registry.termsHash(m.community), nonce: 0, ...e };
      for (const domain of [
        { chainId: 1n },
        { verifyingContract: await m.escrow.getAddress() },
        { name: "wattbook" },
        { version: "2" },
      ]) {
        const other = { ...m.domains.registry, ...domain };
        await invalid(await keys.owner.signTypedData(other, { Enrolment: CONSENT_TYPES.Enrolment }, message));
      }
    });

    it("by another key is worth nothing, be it the coordinator's", async function () {
      await invalid(await m.signEnrolment(e, keys.trading));
      const message = { community: m.community, termsHash: await m.registry.termsHash(m.community), nonce: 0, ...e };
      await invalid(
        await m.coordinator.signTypedData(m.domains.registry, { Enrolment: CONSENT_TYPES.Enrolment }, message),
      );
    });

    it("counts once", async function () {
      const consent = await m.signEnrolment(e, keys.owner);
      await accepted(consent);
      await invalid(consent);
    });

    it("counts to its deadline, that second included", async function () {
      const now = await connection.networkHelpers.time.latest();
      const signed = { ...e, deadline: now + 100 };
      const consent = await m.signEnrolment(signed, keys.owner);
      const snapshot = await connection.networkHelpers.takeSnapshot();
      await connection.networkHelpers.time.setNextBlockTimestamp(now + 100);
      await accepted(consent, signed);
      await snapshot.restore();
      await connection.networkHelpers.time.setNextBlockTimestamp(now + 101);
      await expect(enroll(consent, signed))
        .to.be.revertedWithCustomError(m.registry, "ConsentExpired")
        .withArgs(now + 100);
    });

    it("is not used up by a call that fails", async function () {
      const consent = await m.signEnrolment(e, keys.owner);
      await expect(enroll(consent, { ...e, tariffClass: 9 })).to.be.revertedWithCustomError(m.registry, "OutOfBounds");
      await accepted(consent);
    });
  });

  describe("an EIP-1271 wallet", function () {
    async function wallet(manner: keyof typeof MANNERS = "Honest") {
      const contract = await connection.ethers.deployContract("MockWallet", [keys.owner.address]);
      const data = m.registry.interface.encodeFunctionData("acceptOwnership", [0, 0]);
      await contract.setManner(MANNERS[manner], m.registry, data);
      const enrolment = { ...e, owner: await contract.getAddress() };
      return { contract, enrolment, consent: await m.signEnrolment(enrolment, keys.owner) };
    }

    it("consents with its key's signature", async function () {
      const { enrolment, consent } = await wallet();
      await accepted(consent, enrolment);
    });

    it("does not consent with another key's", async function () {
      const { enrolment } = await wallet();
      await invalid(await m.signEnrolment(enrolment, keys.trading), enrolment);
    });

    for (const manner of ["Wrong", "Revert", "BurnGas", "Reenter"] as const) {
      it(`does not consent when it answers like this: ${manner}`, async function () {
        const { enrolment, consent } = await wallet(manner);
        await invalid(consent, enrolment);
      });
    }

    it("does not consent with a malformed answer", async function () {
      const { enrolment, consent } = await wallet("Short");
      await expect(enroll(consent, enrolment)).to.be.revert(connection.ethers);
    });

    it("gets so much gas and no more: burning it leaves the coordinator enough to say why it failed", async function () {
      const { enrolment, consent } = await wallet("BurnGas");
      await expect(m.asCoordinator.enroll(m.community, enrolment, consent, { gasLimit: 700_000 }))
        .to.be.revertedWithCustomError(m.registry, "ConsentInvalid")
        .withArgs(enrolment.owner);
    });

    it("changes nothing while it is asked: the call is static", async function () {
      const { contract, enrolment, consent } = await wallet("Reenter");
      // What it tries is allowed, were the call not static.
      await m.registry.connect(m.coordinator).transferOwnership(m.community, 0, contract);
      await invalid(consent, enrolment);
      expect(await m.registry.ownerOf(m.community, 0)).to.equal(m.coordinator.address);
    });

    it("consents under the rules it has when it is asked: a wallet that changed its mind", async function () {
      const { contract, enrolment, consent } = await wallet();
      await contract.setManner(MANNERS.Wrong, ZeroAddress, "0x");
      await invalid(consent, enrolment);
      await contract.setManner(MANNERS.Honest, ZeroAddress, "0x");
      await accepted(consent, enrolment);
    });

    it("that is not deployed yet does not consent", async function () {
      const enrolment = { ...e, owner: m.stranger.address };
      await invalid(await m.signEnrolment(enrolment, keys.owner), enrolment);
    });
  });

  describe("a key that delegates its code (EIP-7702)", function () {
    async function delegate(owner: BaseWallet, manner: keyof typeof MANNERS) {
      const { ethers, networkHelpers } = connection;
      const code = await ethers.deployContract("MockWallet", [keys.trading.address]);
      await networkHelpers.setBalance(owner.address, 10n ** 18n);
      const { chainId } = await ethers.provider.getNetwork();
      const wallet = new Wallet(owner.privateKey, ethers.provider);
      const authorization = wallet.authorizeSync({ address: await code.getAddress(), chainId, nonce: 1 });
      const transaction = Transaction.from({
        type: 4,
        chainId,
        to: m.stranger.address,
        gasLimit: 100_000,
        maxFeePerGas: 10n ** 10n,
        maxPriorityFeePerGas: 1n,
        authorizationList: [authorization],
        nonce: 0,
      });
      transaction.signature = owner.signingKey.sign(transaction.unsignedHash);
      await (await ethers.provider.broadcastTransaction(transaction.serialized)).wait();
      expect(await ethers.provider.getCode(owner.address)).to.equal(
        concat(["0xef0100", (await code.getAddress()).toLowerCase()]),
      );
      const delegated = code.attach(owner.address) as typeof code;
      await delegated.setManner(MANNERS[manner], ZeroAddress, "0x");
    }

    it("still consents itself, whatever its code says", async function () {
      for (const manner of ["Wrong", "Revert", "BurnGas"] as const) {
        m = await connection.networkHelpers.loadFixture(build);
        await delegate(keys.owner, manner);
        await accepted(await m.signEnrolment(e, keys.owner));
      }
    });

    it("consents by its code too", async function () {
      await delegate(keys.owner, "Honest");
      await accepted(await m.signEnrolment(e, keys.trading));
    });

    it("needs one of the two", async function () {
      await delegate(keys.owner, "Wrong");
      await invalid(await m.signEnrolment(e, keys.trading));
    });
  });
});
