import { expect } from "chai";
import { AbiCoder, keccak256, toBeHex } from "ethers";
import { at } from "./helpers/lists.ts";
import { connect, deployMarket, type Connection, type Market } from "./helpers/market.ts";
import { keysOf, membership } from "./helpers/membership.ts";

/** As many as the fields of a ledger word hold. */
const MOST = 65_536n;
/** Words at the start of a community's record, more than it has. */
const RECORD = 12;
const FIELD = 2n ** 32n;

describe("Rule 4: a community has at most 65,536 members", function () {
  let connection: Connection;
  let m: Market;
  before(async function () {
    connection = await connect();
    m = await deployMarket(connection);
  });

  const count = async () => await m.registry.memberCount(m.community);

  /** Every place where the registry may keep the community: mappings by index in its first twenty words. */
  function* places(): Generator<bigint> {
    for (let slot = 0; slot < 20; slot++) {
      const base = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [m.community, slot])));
      for (let word = 0; word < RECORD; word++) yield base + BigInt(word);
    }
  }

  async function words(): Promise<Map<bigint, bigint>> {
    const address = await m.registry.getAddress();
    const found = new Map<bigint, bigint>();
    for (const place of places()) {
      found.set(place, BigInt(await connection.networkHelpers.getStorageAt(address, place)));
    }
    return found;
  }

  /** Writes the number of members where an enrolment changed it by one. */
  async function pretend(members: bigint): Promise<void> {
    const before = await words();
    await membership(m).enrol(keysOf(0), { buyCap: 0, sellCap: 0 });
    const now = await count();
    const changed = [...(await words())].flatMap(([place, word]) => {
      const step = word - (before.get(place) ?? 0n);
      for (let shift = 0n; shift < 256n; shift += 8n) {
        if (step === 1n << shift && (word >> shift) % FIELD === now) return [{ place, word, shift }];
      }
      return [];
    });
    expect(changed).to.have.lengthOf(1);
    const { place, word, shift } = at(changed, 0);
    const pretended = word + ((members - now) << shift);
    await connection.networkHelpers.setStorageAt(await m.registry.getAddress(), place, toBeHex(pretended, 32));
    expect(await count()).to.equal(members);
  }

  it("and refuses the next", async function () {
    const { enrol } = membership(m);
    await pretend(MOST - 1n);
    expect(await enrol(keysOf(1), { buyCap: 0, sellCap: 0 })).to.equal(Number(MOST) - 1);
    await expect(enrol(keysOf(2), { buyCap: 0, sellCap: 0 }))
      .to.be.revertedWithCustomError(m.registry, "CommunityFull")
      .withArgs(m.community);
    expect(await count()).to.equal(MOST);
  });
});
