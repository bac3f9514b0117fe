import { expect } from "chai";
import { ZeroAddress, type Signer } from "ethers";
import { connect, deployMarket, type Connection, type HomeKeys, type Market } from "./helpers/market.ts";
import { keysOf, membership } from "./helpers/membership.ts";

describe("ProsumerRegistry: every role hands over in two steps", function () {
  let connection: Connection;
  const build = async () => {
    const market = await deployMarket(connection);
    return { ...market, home: await market.addHome() };
  };
  let m: Market & { home: HomeKeys };
  let next: Signer & { address: string };
  let owners: Map<string, { member: number; owner: Signer & { address: string } }>;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    m = await connection.networkHelpers.loadFixture(build);
    const signer = (await connection.ethers.getSigners())[15];
    if (!signer) throw new Error("too few accounts");
    next = signer;
    owners = new Map([
      ["coordinator", { member: 0, owner: m.coordinator }],
      ["DSO", { member: 1, owner: m.dso }],
      ["fee collector", { member: 2, owner: m.feeCollector }],
      ["supplier", { member: 3, owner: m.supplier }],
      ["member", { member: 4, owner: m.home.owner.connect(connection.ethers.provider) }],
    ]);
  });

  const roleOf = (name: string) => {
    const role = owners.get(name);
    if (!role) throw new Error(name);
    return role;
  };

  for (const name of ["coordinator", "DSO", "fee collector", "supplier", "member"]) {
    describe(name, function () {
      it("is the old one's until the new one takes it, and then the new one's alone", async function () {
        const { registry, escrow, community } = m;
        const { member, owner } = roleOf(name);
        await m.fund(member, 10n);
        await expect(registry.connect(owner).transferOwnership(community, member, next.address))
          .to.emit(registry, "OwnershipOffered")
          .withArgs(community, member, next.address);
        expect(await registry.ownerOf(community, member)).to.equal(owner.address);
        await escrow.connect(owner).withdraw(community, member, owner.address, 1n);
        await expect(escrow.connect(next).withdraw(community, member, next.address, 1n))
          .to.be.revertedWithCustomError(escrow, "NotOwner")
          .withArgs(community, member, next.address);
        await expect(registry.connect(next).acceptOwnership(community, member))
          .to.emit(registry, "OwnershipTaken")
          .withArgs(community, member, next.address);
        expect(await registry.ownerOf(community, member)).to.equal(next.address);
        await expect(escrow.connect(owner).withdraw(community, member, owner.address, 1n))
          .to.be.revertedWithCustomError(escrow, "NotOwner")
          .withArgs(community, member, owner.address);
        await escrow.connect(next).withdraw(community, member, next.address, 9n);
      });

      it("is taken by the one it is offered to, once", async function () {
        const { registry, community, stranger } = m;
        const { member, owner } = roleOf(name);
        const refused = async (caller: Signer & { address: string }) => {
          await expect(registry.connect(caller).acceptOwnership(community, member))
            .to.be.revertedWithCustomError(registry, "NotPendingOwner")
            .withArgs(community, member, caller.address);
        };
        await refused(next);
        await registry.connect(owner).transferOwnership(community, member, next.address);
        for (const caller of [stranger, owner]) await refused(caller);
        await registry.connect(next).acceptOwnership(community, member);
        await refused(next);
      });

      it("is offered by its owner alone; an offer is replaced or taken back", async function () {
        const { registry, community, stranger } = m;
        const { member, owner } = roleOf(name);
        await expect(registry.connect(stranger).transferOwnership(community, member, stranger.address))
          .to.be.revertedWithCustomError(registry, "NotOwner")
          .withArgs(community, member, stranger.address);
        await registry.connect(owner).transferOwnership(community, member, stranger.address);
        await registry.connect(owner).transferOwnership(community, member, next.address);
        await expect(registry.connect(stranger).acceptOwnership(community, member)).to.be.revertedWithCustomError(
          registry,
          "NotPendingOwner",
        );
        await registry.connect(owner).transferOwnership(community, member, ZeroAddress);
        await expect(registry.connect(next).acceptOwnership(community, member)).to.be.revertedWithCustomError(
          registry,
          "NotPendingOwner",
        );
        expect(await registry.ownerOf(community, member)).to.equal(owner.address);
      });
    });
  }

  describe("powers go with the role", function () {
    const handOver = async (name: string) => {
      const { member, owner } = roleOf(name);
      await m.registry.connect(owner).transferOwnership(m.community, member, next.address);
      await m.registry.connect(next).acceptOwnership(m.community, member);
    };

    it("the coordinator's", async function () {
      await handOver("coordinator");
      await expect(m.registry.connect(m.coordinator).pause(m.community))
        .to.be.revertedWithCustomError(m.registry, "NotCoordinator")
        .withArgs(m.community, m.coordinator.address);
      await expect(m.registry.connect(next).pause(m.community)).to.emit(m.registry, "Paused");
    });

    it("the supplier's", async function () {
      await handOver("supplier");
      await expect(m.escrow.connect(m.supplier).setCreditLine(m.community, 4, 1n))
        .to.be.revertedWithCustomError(m.escrow, "NotSupplier")
        .withArgs(m.community, 4, m.supplier.address);
      await expect(m.escrow.connect(next).setCreditLine(m.community, 4, 1n)).to.emit(m.escrow, "CreditLineSet");
    });

    it("a member's: consents that the old owner signed are void, its own start at the new owner's nonce", async function () {
      const { sign, asCoordinator, changeCaps } = membership(m);
      const fields = { member: 4, buyCap: 1, sellCap: 1, deadline: 2 ** 40 - 1 };
      const old = await sign("CapChange", m.home.owner, fields);
      await handOver("member");
      await expect(asCoordinator.changeCaps(m.community, 4, 1, 1, fields.deadline, old))
        .to.be.revertedWithCustomError(m.registry, "ConsentInvalid")
        .withArgs(next.address);
      const heir = keysOf(50).owner;
      await m.registry.connect(next).transferOwnership(m.community, 4, heir.address);
      await connection.networkHelpers.setBalance(heir.address, 10n ** 18n);
      await m.registry.connect(heir.connect(connection.ethers.provider)).acceptOwnership(m.community, 4);
      await changeCaps(4, heir, 1, 1);
    });

    it("one wallet may hold several roles, and each goes alone", async function () {
      await handOver("coordinator");
      await handOver("DSO");
      await m.registry.connect(next).transferOwnership(m.community, 1, m.stranger.address);
      await m.registry.connect(m.stranger).acceptOwnership(m.community, 1);
      expect(await m.registry.ownerOf(m.community, 0)).to.equal(next.address);
      expect(await m.registry.ownerOf(m.community, 1)).to.equal(m.stranger.address);
    });
  });
});
