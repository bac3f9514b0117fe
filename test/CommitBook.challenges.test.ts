/** Receipts: what a member can ask of a relayer that gave one, and what the relayer can answer. */
import { expect } from "chai";
import { buy, sell, type SignedStrip } from "./helpers/auction.ts";
import { at } from "./helpers/lists.ts";
import { connect, packStrips, type StripInput } from "./helpers/market.ts";
import { BOND, bundleOf, commit, expectBacked, nameOf, openSealedDay, receiptFor, reveal } from "./helpers/sealed.ts";
import type { Bundle, Relayer, SealedDay } from "./helpers/sealed.ts";
import { freeOf, journalOf } from "./helpers/settling.ts";
import { shown } from "./reference/chunk-chain.ts";
import { afterRecord } from "./reference/journal.ts";

const connection = await connect();
const build = async () => await openSealedDay(connection, [{}, {}, {}]);
const COLLECTOR = 2;

interface Asking {
  readonly relayer?: Relayer;
  readonly records?: Awaited<ReturnType<SealedDay["recordsOf"]>>;
  readonly bytes?: string;
  readonly place?: number;
  readonly period?: number;
}

describe("CommitBook: a member with a receipt", function () {
  let day: SealedDay;
  let strip: SignedStrip, other: SignedStrip;
  let bundle: Bundle;

  beforeEach(async function () {
    day = await connection.networkHelpers.loadFixture(build);
    strip = await sign(0);
    other = await sign(1);
    bundle = bundleOf([other]);
  });

  const sign = async (home: number, input: Partial<StripInput> = {}): Promise<SignedStrip> =>
    await day.signStrip({ home: day.home(home), period: day.period, entries: [buy(1, 30, 5)], ...input });
  const refused = async (call: Promise<unknown>, name: string, ...args: unknown[]) => {
    await expect(call)
      .to.be.revertedWithCustomError(day.commitBook, name)
      .withArgs(...args);
  };

  /** Commits to the bundle, reveals it and waits for the last turn to be over. */
  async function play(...bundles: Bundle[]) {
    for (const [index, one] of bundles.entries()) await commit(day, day.relayer(index), one);
    await day.atTurn();
    for (const [place, one] of bundles.entries()) {
      for (const index of one.chunks.keys()) await reveal(day, place, one, { index, clears: true });
    }
    await day.goTo(day.revealEnd());
  }

  async function challenge(asked: SignedStrip, { place = 0, ...asking }: Asking = {}) {
    const { r, vs } = await receiptFor(day, asking.relayer ?? day.relayer(0), asked, asking.period ?? day.period);
    const records = asking.records ?? (await day.recordsOf(asked.member, day.period));
    const packed = asking.bytes ?? packStrips([asked]);
    return await day.commitBook.challenge(day.community, day.period, place, asked.feeTo, packed, r, vs, records);
  }

  async function answer(asked: SignedStrip, from: Bundle, index = 0, chunk = 0) {
    const { before, rest } = shown(
      from.chunks.map(({ hash }) => hash),
      chunk,
    );
    const name = await nameOf(day, asked, day.period);
    const { bytes } = at(from.chunks, chunk);
    return await day.commitBook.answer(day.community, day.period, 0, name, bytes, index, before, rest);
  }
  const finish = async () => await day.commitBook.finish(day.community, day.period, 0);
  const bond = async () => await day.bondOf(day.relayer(0));

  describe("for a strip that the relayer omitted", function () {
    it("challenges; without an answer the bond is the community's, to the unit", async function () {
      await play(bundle);
      const { commitBook, community, period } = day;
      await expect(challenge(strip))
        .to.emit(commitBook, "Challenged")
        .withArgs(community, period, 0, await nameOf(day, strip, period));
      await refused(challenge(strip), "ChallengedAlready", await nameOf(day, strip, period));
      await refused(
        answer(strip, bundle),
        "OtherStrip",
        await nameOf(day, strip, period),
        await nameOf(day, other, period),
      );
      const answerEnd = day.periodStart(period + 2);
      await day.goTo(day.periodStart(period + 1));
      await refused(finish(), "NotDue", period, 0, answerEnd);
      await day.goTo(answerEnd);
      await refused(answer(other, bundle), "AnswerTooLate", period, answerEnd);
      const collected = await freeOf(day, COLLECTOR);
      await expect(finish()).to.emit(commitBook, "BondForfeited").withArgs(community, period, 0, 0);
      expect(await bond()).to.deep.equal([3n * BOND, 0n]);
      expect(await freeOf(day, COLLECTOR)).to.equal(collected + BOND);
      await expectBacked(day);
    });

    it("challenges a relayer that committed to it with another signature, which is no answer", async function () {
      const forged = { ...strip, r: other.r, vs: other.vs };
      bundle = bundleOf([forged]);
      await play(bundle);
      await challenge(strip);
      const [asked, found] = [await nameOf(day, strip, day.period), await nameOf(day, forged, day.period)];
      await refused(answer(strip, bundle), "OtherStrip", asked, found);
    });

    it("challenges a relayer that hid it among another strip's entries, which is no answer", async function () {
      // The second strip's entries are the bytes of the first.
      const hidden = packStrips([strip]);
      const padded = `${hidden}${"00".repeat((4 - ((hidden.length / 2 - 1) % 4)) % 4)}`;
      bundle = bundleOf([await sign(1, { entries: padded })]);
      await play(bundle);
      await challenge(strip);
      await expect(answer(strip, bundle, 1))
        .to.be.revertedWithCustomError(day.commitBook, "NoSuchStrip")
        .withArgs(1, 1);
    });
  });

  describe("for a strip that was revealed and skipped", function () {
    it("has its answer in the chunk that holds it: the bond is released at the period's end", async function () {
      const late = await sign(1, { deadline: day.gateOf() - 1 });
      bundle = bundleOf([strip], [other, late]);
      await play(bundle);
      const { commitBook, community, period } = day;
      await challenge(late);
      const name = await nameOf(day, late, period);
      await refused(answer(strip, bundle), "NotChallenged", await nameOf(day, strip, period));
      await expect(answer(late, bundle, 1, 1))
        .to.emit(commitBook, "Answered")
        .withArgs(community, period, 0, name);
      await refused(answer(late, bundle, 1, 1), "NotChallenged", name);
      await refused(challenge(late), "ChallengedAlready", name);
      await day.at(day.periodStart(period + 1) - 1);
      await refused(finish(), "NotDue", period, 0, day.periodStart(period + 1));
      await day.at(day.periodStart(period + 1));
      await expect(finish()).to.emit(commitBook, "BondReleased").withArgs(community, period, 0);
      expect(await bond()).to.deep.equal([4n * BOND, 0n]);
      await expectBacked(day);
    });

    it("is answered with a chunk of the commit alone", async function () {
      const late = await sign(0, { deadline: day.gateOf() - 1 });
      bundle = bundleOf([late]);
      await play(bundle);
      await challenge(late);
      const foreign = bundleOf([other, late]);
      const { hash } = at(foreign.chunks, 0);
      await refused(answer(late, foreign, 1), "NotCommitted", day.period, 0, hash);
    });
  });

  describe("cannot make a sham of it", function () {
    it("with a strip that is in its journal", async function () {
      const [first, second] = [strip, await sign(0, { after: 2, entries: [sell(2, 8, 1)] })];
      bundle = bundleOf([first, second]);
      await play(bundle);
      await refused(challenge(second), "StripRecorded", 1);
      await refused(challenge(first), "StripRecorded", 0);
    });

    it("with records that are not its journal's: fewer, none or another's", async function () {
      bundle = bundleOf([strip, other]);
      await play(bundle);
      const hash = await journalOf(day, day.home(0), day.period);
      const foreign = await day.recordsOf(other.member, day.period);
      const [{ head, digest, payload }] = [at(foreign, 0)];
      for (const [records, replayed] of [
        [[], 0n],
        [foreign, afterRecord(0n, head, digest, payload)],
      ] as const) {
        const call = challenge(strip, { records: [...records] });
        await refused(call, "RecordsMismatch", strip.member, replayed, hash);
      }
    });

    it("with another relayer's receipt, one for another period, or none", async function () {
      await play(bundle);
      const { address } = day.relayer(0);
      await refused(challenge(strip, { relayer: day.relayer(1) }), "BadReceipt", address);
      await refused(challenge(strip, { period: day.period + 1 }), "BadReceipt", address);
      const { r, vs } = await receiptFor(day, day.relayer(0), other);
      const { community, period } = day;
      const call = day.commitBook.challenge(community, period, 0, strip.feeTo, packStrips([strip]), r, vs, []);
      await refused(call, "BadReceipt", address);
    });

    it("with bytes that are no strip", async function () {
      await play(bundle);
      const bytes = packStrips([strip]);
      for (const odd of [bytes.slice(0, -2), `${bytes}00`, "0x", bytes.slice(0, 2 + 2 * 95)]) {
        await refused(challenge(strip, { bytes: odd }), "BadStrip", odd.length / 2 - 1);
      }
    });

    it("before the last turn is over, once the period is, or of a commit that missed its turn", async function () {
      await commit(day, day.relayer(0), bundle);
      const [from, until] = [day.revealEnd(), day.periodStart(day.period + 1)];
      await day.goTo(day.gateOf());
      await refused(challenge(strip), "NotChallengeable", day.period, from, until);
      await day.goTo(from);
      await refused(challenge(strip), "NotRevealed", day.period, 0);
      await day.goTo(until);
      await refused(challenge(strip), "NotChallengeable", day.period, from, until);
      await refused(challenge(strip, { place: 1 }), "NoCommit", day.period, 1);
    });
  });

  it("is not outdone by a relayer that challenges itself: the bond is forfeited to the community all the same", async function () {
    await play(bundle);
    await challenge(strip);
    const sham = await sign(2);
    await challenge(sham);
    await refused(finish(), "NotDue", day.period, 0, day.periodStart(day.period + 2));
    await day.goTo(day.periodStart(day.period + 2));
    await finish();
    await refused(finish(), "Finished", day.period, 0);
    expect(await bond()).to.deep.equal([3n * BOND, 0n]);
  });
});
