import { termsHash, type Wattbook } from "@wattbook/sdk";
import { expect } from "chai";
import { foundingOf } from "../../../cli/src/community/charter.ts";
import { readCommunity } from "../../../cli/src/community/file.ts";
import { CommunityError } from "../../../cli/src/community/errors.ts";
import { schemeOf } from "../../../cli/src/community/scheme.ts";
import { findCommunity } from "../../../cli/src/community/founding.ts";

const SAMPLE = "examples/community.json";
const token = `0x${"01".repeat(20)}`;
const books = { open: `0x${"02".repeat(20)}`, sealed: `0x${"03".repeat(20)}`, sharing: `0x${"04".repeat(20)}` };

/** A registry with communities of the given terms, all with the same tariff. */
async function chain(hashes: readonly string[]) {
  const { community } = await readCommunity(SAMPLE);
  const founding = foundingOf(community, SAMPLE, token, books);
  const own = termsHash(founding.charter);
  const registry = {
    communityCount: () => Promise.resolve(BigInt(hashes.length)),
    termsHash: (index: bigint) => Promise.resolve(hashes[Number(index)] === "own" ? own : `0x${"00".repeat(32)}`),
    tariff: () => Promise.resolve(founding.tariff),
  };
  return { wattbook: { registry } as unknown as Wattbook, founding };
}

describe("The community of a file", function () {
  it("is the first of its terms, whoever creates another of them later", async function () {
    const { wattbook, founding } = await chain(["other", "own", "own", "other"]);
    expect(await findCommunity(wattbook, founding)).to.equal(1n);
  });

  it("has the sealed auction as its order book where its terms name a reveal window", async function () {
    const { community } = await readCommunity(SAMPLE);
    const dayAhead = { revealWindow: 3_200n, gateClosure: 14_400n, horizon: 1n, bond: 5_000_000n };
    const sealed = { ...community, terms: { ...community.terms, ...dayAhead } };
    expect(foundingOf(sealed, SAMPLE, token, books).charter.modules).to.deep.equal([books.sealed]);
    expect(foundingOf(community, SAMPLE, token, books).charter.modules).to.deep.equal([books.open]);
  });

  it("shares after the fact where its mode says so", async function () {
    const { community } = await readCommunity(SAMPLE);
    const sharing = { rule: "mmr", compensation: 0n, settlementDelay: 86_400n } as const;
    const shared = { ...community, mode: "sharing", sharing } as const;
    expect(foundingOf(shared, SAMPLE, token, books).charter.modules).to.deep.equal([books.sharing]);
    expect(schemeOf(shared)).to.deep.equal(sharing);
    expect(schemeOf(community)).to.equal(undefined);
    for (const [wrong, field] of [
      [{ ...community, sharing }, "sharing: mode"],
      [{ ...shared, sharing: { ...sharing, settlementDelay: 86_401n } }, "sharing.settlementDelay is 86401"],
      [{ ...shared, terms: { ...community.terms, revealWindow: 3_200n } }, "revealWindow"],
    ] as const) {
      expect(() => foundingOf(wrong, SAMPLE, token, books), field).to.throw(CommunityError, field);
    }
  });

  it("is not there where only others are", async function () {
    const { wattbook, founding } = await chain(["other"]);
    expect(await findCommunity(wattbook, founding)).to.equal(undefined);
  });
});
