import { asSeconds, type CommunityIndex, termsHash, type Wattbook } from "@wattbook/sdk";
import { expect } from "chai";
import { foundingOf } from "../../../cli/src/community/charter.ts";
import { readCommunity } from "../../../cli/src/community/file.ts";
import { CommunityError } from "../../../cli/src/community/errors.ts";
import { announcementOf } from "../../../cli/src/community/scheme.ts";
import { findCommunity } from "../../../cli/src/community/founding.ts";
import type { CommunityInput } from "../../../cli/src/community/schema.ts";

const SAMPLE = "examples/community.json";
const token = `0x${"01".repeat(20)}`;
const books = {
  ...{ open: `0x${"02".repeat(20)}`, sealed: `0x${"03".repeat(20)}` },
  ...{ sharing: `0x${"04".repeat(20)}`, metered: `0x${"05".repeat(20)}` },
};

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
    const metered = { settlementDelay: 3_600n };
    const traded = { ...community, mode: "metered", metered } as const;
    expect(foundingOf(traded, SAMPLE, token, books).charter.modules).to.deep.equal([books.metered]);
    for (const [wrong, field] of [
      [{ ...community, sharing }, "sharing: mode"],
      [{ ...traded, sharing }, "sharing: mode"],
      [{ ...shared, metered }, "metered: mode"],
      [{ ...traded, metered: { settlementDelay: 86_401n } }, "metered.settlementDelay is 86401"],
      [{ ...shared, sharing: { ...sharing, settlementDelay: 86_401n } }, "sharing.settlementDelay is 86401"],
      [{ ...shared, terms: { ...community.terms, revealWindow: 3_200n } }, "revealWindow"],
    ] as const) {
      expect(() => foundingOf(wrong, SAMPLE, token, books), field).to.throw(CommunityError, field);
    }
  });

  it("announces once how it trades after the fact, and nothing where members order", async function () {
    const { community } = await readCommunity(SAMPLE);
    const { terms } = foundingOf(community, SAMPLE, token, books).charter;
    const chainWith = (announced: boolean) =>
      ({
        sharing: {
          scheme: () => Promise.resolve(announced ? {} : null),
          calls: { announce: (...args: unknown[]) => ["sharing", ...args] },
        },
        meteredAuction: {
          settlementDelay: () => Promise.resolve(announced ? 0n : null),
          calls: { announce: (...args: unknown[]) => ["metered", ...args] },
        },
      }) as unknown as Wattbook;
    const index = 3n as CommunityIndex;
    const announced = async (input: Partial<CommunityInput>, there: boolean) =>
      announcementOf(chainWith(there), { ...community, ...input }, index, asSeconds(10n * 86_400n + 1n), terms);
    const sharing = { rule: "mmr", compensation: 0n, settlementDelay: 86_400n } as const;
    const metered = { settlementDelay: 3_600n };
    expect((await announced({ mode: "sharing", sharing }, false))?.call(index)).to.deep.equal([
      ...["sharing", index, 11n],
      sharing,
    ]);
    expect((await announced({ mode: "metered", metered }, false))?.call(index)).to.deep.equal([
      ...["metered", index, 11n],
      3_600n,
    ]);
    for (const mode of ["sharing", "metered"] as const) {
      expect(await announced({ mode }, false)).to.equal(undefined);
      expect(await announced({ mode, sharing, metered }, true)).to.equal(undefined);
    }
    expect(await announced({}, false)).to.equal(undefined);
  });

  it("is not there where only others are", async function () {
    const { wattbook, founding } = await chain(["other"]);
    expect(await findCommunity(wattbook, founding)).to.equal(undefined);
  });
});
