import { expect } from "chai";
import { toBeHex } from "ethers";
import {
  bundleOf,
  CALENDAR,
  COMMUNITY,
  deployLab,
  digest,
  relayer,
  RING,
  sizeOf,
  when,
  type Bundle,
} from "./helpers/commit-lab.ts";
import { at } from "./helpers/lists.ts";
import { connect } from "./helpers/market.ts";
import { shown } from "./reference/chunk-chain.ts";
import * as sealed from "./reference/sealed.ts";

const connection = await connect();
const PERIOD = 40n;
const TIMES = sealed.newSealed(CALENDAR);
const OPENS = sealed.opens(TIMES, PERIOD);
const GATE = sealed.gate(TIMES, PERIOD);
const turnEnd = (place: number) => sealed.turnEnd(TIMES, PERIOD, place);
const REVEAL_END = sealed.revealEnd(TIMES, PERIOD);
const CHALLENGE_END = sealed.challengeEnd(TIMES, PERIOD);
const ANSWER_END = sealed.answerEnd(TIMES, PERIOD);
const STRIP = digest(1);
const OTHER = digest(2);
/** Two chunks, of three strips and of one. */
const BUNDLE = bundleOf(1, [3, 1]);

async function build() {
  const lab = await deployLab(connection);
  const commit = async (
    index: number,
    bundle: Bundle = BUNDLE,
    time = OPENS,
    named = index % 2 === 0,
    period = PERIOD,
  ) => {
    const { root, chunks, strips } = sizeOf(bundle);
    return await lab.add(when(period, time), relayer(index), named, root, chunks, strips);
  };
  const reveal = async (place: number, index: number, time = GATE, bundle: Bundle = BUNDLE) =>
    await lab.reveal(when(PERIOD, time), place, at(bundle.strips, index), shown(bundle.hashes, index));
  const revealAll = async (place: number, time = GATE) => {
    for (const index of BUNDLE.hashes.keys()) await reveal(place, index, time);
  };
  const finish = async (place: number, time: bigint) => await lab.finish.staticCall(when(PERIOD, time), place);
  return { lab, commit, reveal, revealAll, finish };
}
const load = async () => await connection.networkHelpers.loadFixture(build);
const refused = async (
  call: Promise<unknown>,
  lab: Awaited<ReturnType<typeof deployLab>>,
  name: string,
  ...args: unknown[]
) => {
  await expect(call)
    .to.be.revertedWithCustomError(lab, name)
    .withArgs(...args);
};

describe("Commits", function () {
  describe("before the gate", function () {
    it("are taken from the period's opening to the last second before its gate", async function () {
      const { lab, commit } = await load();
      await refused(commit(0, BUNDLE, OPENS - 1n), lab, "CommitsClosed", PERIOD, OPENS, GATE);
      await refused(commit(0, BUNDLE, GATE), lab, "CommitsClosed", PERIOD, OPENS, GATE);
      await commit(0, BUNDLE, OPENS);
      await commit(1, BUNDLE, GATE - 1n);
    });

    it("have chunks and strips, no more than their word counts", async function () {
      const { lab } = await load();
      const add = async (chunks: number, strips: number) =>
        await lab.add(when(PERIOD, OPENS), relayer(chunks + strips), true, STRIP, chunks, strips);
      await refused(add(0, 1), lab, "BadCommitSize", 0, 1);
      await refused(add(1, 0), lab, "BadCommitSize", 1, 0);
      await refused(add(256, 1), lab, "BadCommitSize", 256, 1);
      await refused(add(1, 65_536), lab, "BadCommitSize", 1, 65_536);
      await add(255, 65_535);
    });

    it("are one per relayer and period", async function () {
      const { lab, commit } = await load();
      await commit(0);
      await commit(1);
      await refused(commit(1), lab, "CommittedAlready", PERIOD, 1);
      await commit(1, BUNDLE, OPENS + 1_000n, false, PERIOD + 1n);
    });

    it("are eight at most, four of them by relayers that nobody named", async function () {
      const { lab, commit } = await load();
      for (let index = 0; index < 4; index++) await commit(index, BUNDLE, OPENS, false);
      await refused(commit(4, BUNDLE, OPENS, false), lab, "NoPlaceLeft", PERIOD);
      for (let index = 4; index < 8; index++) await commit(index, BUNDLE, OPENS, true);
      await refused(commit(8, BUNDLE, OPENS, true), lab, "NoPlaceLeft", PERIOD);
    });

    it("may all be by named relayers", async function () {
      const { lab, commit } = await load();
      for (let index = 0; index < 8; index++) await commit(index, BUNDLE, OPENS, true);
      await refused(commit(8, BUNDLE, OPENS, false), lab, "NoPlaceLeft", PERIOD);
    });

    it("take over the place of an older period once that is finished, which anyone can do by then", async function () {
      const { lab, commit, revealAll, finish } = await load();
      await commit(0);
      await revealAll(0);
      const later = PERIOD + RING;
      expect(sealed.opens(TIMES, later)).to.equal(ANSWER_END);
      await refused(commit(0, BUNDLE, ANSWER_END, true, later), lab, "PlaceBusy", PERIOD, 0);
      await lab.finish(when(PERIOD, ANSWER_END), 0);
      await commit(0, BUNDLE, ANSWER_END, true, later);
      await refused(finish(0, ANSWER_END), lab, "NoCommit", PERIOD, 0);
    });

    it("of other communities lie elsewhere", async function () {
      const { lab, commit } = await load();
      await commit(0);
      const { root, chunks, strips } = sizeOf(BUNDLE);
      const other = { ...when(PERIOD, OPENS), community: 8 };
      expect(await lab.add.staticCall(other, relayer(0), true, root, chunks, strips)).to.equal(0n);
    });
  });

  describe("from the gate on", function () {
    it("are revealed chunk by chunk, in their order", async function () {
      const { lab, commit, reveal } = await load();
      await commit(0);
      await refused(reveal(0, 0, GATE - 1n), lab, "BeforeGate", PERIOD, GATE);
      await refused(reveal(0, 1), lab, "NotTheNextChunk", 1, 0);
      await reveal(0, 0);
      await refused(reveal(0, 0), lab, "NotTheNextChunk", 0, 1);
      expect(await lab.state(when(PERIOD, GATE))).to.deep.equal([0n, false]);
      await reveal(0, 1);
      expect(await lab.state(when(PERIOD, GATE))).to.deep.equal([8n, true]);
      await refused(reveal(0, 1), lab, "NotItsTurn", PERIOD, 0, 8);
    });

    it("wait for the commits before them, until those are revealed or their turn is over", async function () {
      const { lab, commit, reveal, revealAll } = await load();
      for (let index = 0; index < 3; index++) await commit(index);
      await refused(reveal(1, 0), lab, "NotItsTurn", PERIOD, 1, 0);
      await refused(reveal(1, 0, turnEnd(0) - 1n), lab, "NotItsTurn", PERIOD, 1, 0);
      await reveal(0, 0);
      await refused(reveal(0, 1, turnEnd(0)), lab, "NotItsTurn", PERIOD, 0, 1);
      await revealAll(1, turnEnd(0));
      await revealAll(2, turnEnd(0));
      expect(await lab.state(when(PERIOD, turnEnd(0)))).to.deep.equal([8n, true]);
    });

    it("may come early where those before them are done", async function () {
      const { commit, revealAll } = await load();
      for (let index = 0; index < 8; index++) await commit(index);
      for (let index = 0; index < 8; index++) await revealAll(index);
    });

    it("have until the end of their turn, to the second", async function () {
      const { lab, commit, reveal } = await load();
      for (let index = 0; index < 8; index++) await commit(index);
      for (let place = 0; place < 8; place++) await reveal(place, 0, turnEnd(place) - 1n);
      for (let place = 0; place < 8; place++) {
        await refused(reveal(place, 1, turnEnd(place)), lab, "NotItsTurn", PERIOD, place, place + 1);
      }
    });

    it("show what they committed to and nothing else", async function () {
      const { lab, commit } = await load();
      await commit(0);
      const show = async (strips: number, chunk: object) =>
        await lab.reveal(when(PERIOD, GATE), 0, strips, { ...shown(BUNDLE.hashes, 0), ...chunk });
      await refused(show(3, { chunk: OTHER }), lab, "NotCommitted", PERIOD, 0, OTHER);
      await refused(show(3, { rest: OTHER }), lab, "NotCommitted", PERIOD, 0, at(BUNDLE.hashes, 0));
      await refused(show(5, {}), lab, "WrongStripCount", 5, 4);
      await show(3, {});
    });

    it("hold as many strips as they said", async function () {
      const { lab, commit, reveal } = await load();
      await commit(0);
      await reveal(0, 0);
      const last = async (strips: number) => await lab.reveal(when(PERIOD, GATE), 0, strips, shown(BUNDLE.hashes, 1));
      await refused(last(0), lab, "WrongStripCount", 0, 1);
      await refused(last(2), lab, "WrongStripCount", 2, 1);
      await last(1);
    });

    it("cannot be revealed with fewer or more chunks than they said", async function () {
      const { lab } = await load();
      const { root, strips } = sizeOf(BUNDLE);
      await lab.add(when(PERIOD, OPENS), relayer(0), true, root, 1, strips);
      await lab.add(when(PERIOD, OPENS), relayer(1), true, root, 3, strips);
      const show = async (place: number, index: number, time: bigint) =>
        await lab.reveal(when(PERIOD, time), place, at(BUNDLE.strips, index), shown(BUNDLE.hashes, index));
      await refused(show(0, 0, GATE), lab, "NotCommitted", PERIOD, 0, at(BUNDLE.hashes, 0));
      await show(1, 0, turnEnd(0));
      await show(1, 1, turnEnd(0));
      expect(await lab.state(when(PERIOD, turnEnd(0)))).to.deep.equal([1n, false]);
    });

    it("leave nothing to wait for where there is none", async function () {
      const { lab, reveal } = await load();
      expect(await lab.state(when(PERIOD, GATE - 1n))).to.deep.equal([8n, false]);
      expect(await lab.state(when(PERIOD, GATE))).to.deep.equal([8n, true]);
      await refused(reveal(0, 0), lab, "NoCommit", PERIOD, 0);
    });

    it("are resolved at the end of the last turn taken, at the latest", async function () {
      const { lab, commit } = await load();
      for (let index = 0; index < 3; index++) await commit(index);
      expect(await lab.state(when(PERIOD, turnEnd(2) - 1n))).to.deep.equal([2n, false]);
      expect(await lab.state(when(PERIOD, turnEnd(2)))).to.deep.equal([8n, true]);
    });
  });

  describe("in a challenge", function () {
    it("are asked between the last turn and the period's end", async function () {
      const { lab, commit, revealAll } = await load();
      await commit(0);
      await revealAll(0);
      const ask = async (time: bigint, strip = STRIP) => await lab.challenge(when(PERIOD, time), 0, strip);
      const early = [lab, "NotChallengeable", PERIOD, REVEAL_END, CHALLENGE_END] as const;
      await refused(ask(REVEAL_END - 1n), ...early);
      await refused(ask(CHALLENGE_END), ...early);
      await ask(REVEAL_END);
      await ask(CHALLENGE_END - 1n, OTHER);
    });

    it("are asked for a strip once, whether they answered or not", async function () {
      const { lab, commit, revealAll } = await load();
      await commit(0);
      await revealAll(0);
      await lab.challenge(when(PERIOD, REVEAL_END), 0, STRIP);
      await refused(lab.challenge(when(PERIOD, REVEAL_END), 0, STRIP), lab, "ChallengedAlready", STRIP);
      await lab.answer(when(PERIOD, REVEAL_END), 0, STRIP, shown(BUNDLE.hashes, 1));
      await refused(lab.challenge(when(PERIOD, REVEAL_END), 0, STRIP), lab, "ChallengedAlready", STRIP);
    });

    it("are asked each for itself, where several relayers gave receipts for one strip", async function () {
      const { lab, commit, revealAll, finish } = await load();
      for (let place = 0; place < 2; place++) await commit(place);
      for (let place = 0; place < 2; place++) await revealAll(place);
      for (let place = 0; place < 2; place++) await lab.challenge(when(PERIOD, REVEAL_END), place, STRIP);
      await lab.answer(when(PERIOD, REVEAL_END), 1, STRIP, shown(BUNDLE.hashes, 0));
      expect(await lab.isOpen(when(PERIOD, 0n), 0, STRIP)).to.equal(true);
      expect(await finish(0, ANSWER_END)).to.equal(false);
      expect(await finish(1, ANSWER_END)).to.equal(true);
    });

    it("know nothing of what an older period of their place was asked for", async function () {
      const { lab, commit, revealAll } = await load();
      await commit(0);
      await revealAll(0);
      await lab.challenge(when(PERIOD, REVEAL_END), 0, STRIP);
      await lab.finish(when(PERIOD, ANSWER_END), 0);
      await commit(0, BUNDLE, ANSWER_END, true, PERIOD + RING);
      expect(await lab.isOpen(when(PERIOD + RING, ANSWER_END), 0, STRIP)).to.equal(false);
    });

    it("are those that were revealed; the others forfeit without one", async function () {
      const { lab, commit, reveal } = await load();
      await commit(0);
      await reveal(0, 0);
      const ask = async (place: number) => await lab.challenge(when(PERIOD, REVEAL_END), place, STRIP);
      await refused(ask(0), lab, "NotRevealed", PERIOD, 0);
      await refused(ask(1), lab, "NoCommit", PERIOD, 1);
      await lab.finish(when(PERIOD, REVEAL_END), 0);
      await refused(ask(0), lab, "Finished", PERIOD, 0);
    });

    it("answer with any of their chunks and no other, until a period after its end", async function () {
      const { lab, commit, revealAll } = await load();
      await commit(0);
      await revealAll(0);
      const answer = async (time: bigint, chunk: object, strip = STRIP) =>
        await lab.answer(when(PERIOD, time), 0, strip, { ...shown(BUNDLE.hashes, 0), ...chunk });
      await refused(answer(REVEAL_END, {}), lab, "NotChallenged", STRIP);
      for (const strip of [STRIP, OTHER]) await lab.challenge(when(PERIOD, REVEAL_END), 0, strip);
      await refused(answer(REVEAL_END, { chunk: OTHER }), lab, "NotCommitted", PERIOD, 0, OTHER);
      await refused(answer(REVEAL_END, { before: [OTHER] }), lab, "NotCommitted", PERIOD, 0, at(BUNDLE.hashes, 0));
      await answer(ANSWER_END - 1n, {});
      await refused(answer(ANSWER_END - 1n, {}), lab, "NotChallenged", STRIP);
      await refused(answer(ANSWER_END, {}, OTHER), lab, "AnswerTooLate", PERIOD, ANSWER_END);
      expect(await lab.isOpen(when(PERIOD, 0n), 0, STRIP)).to.equal(false);
      expect(await lab.isOpen(when(PERIOD, 0n), 0, OTHER)).to.equal(true);
    });

    it("stand beside any number of others that the relayer raises against itself", async function () {
      const { lab, commit, revealAll, finish } = await load();
      await commit(0);
      await revealAll(0);
      for (let sham = 10; sham < 30; sham++) await lab.challenge(when(PERIOD, REVEAL_END), 0, digest(sham));
      await lab.challenge(when(PERIOD, CHALLENGE_END - 1n), 0, STRIP);
      for (let sham = 10; sham < 30; sham++) {
        await lab.answer(when(PERIOD, ANSWER_END - 1n), 0, digest(sham), shown(BUNDLE.hashes, 0));
      }
      await refused(finish(0, ANSWER_END - 1n), lab, "NotDue", PERIOD, 0, ANSWER_END);
      expect(await finish(0, ANSWER_END)).to.equal(false);
    });
  });

  describe("at the end", function () {
    it("forfeit their bond when they missed their turn, from its end on", async function () {
      const { lab, commit, reveal, finish } = await load();
      await commit(0);
      await commit(1);
      await reveal(0, 0);
      await refused(finish(0, turnEnd(0) - 1n), lab, "NotDue", PERIOD, 0, turnEnd(0));
      await refused(finish(1, turnEnd(0)), lab, "NotDue", PERIOD, 1, turnEnd(1));
      expect(await finish(0, turnEnd(0))).to.equal(false);
    });

    it("have their bond back at the period's end where nobody asks", async function () {
      const { lab, commit, revealAll, finish } = await load();
      await commit(0);
      await revealAll(0);
      await refused(finish(0, CHALLENGE_END - 1n), lab, "NotDue", PERIOD, 0, CHALLENGE_END);
      expect(await finish(0, CHALLENGE_END)).to.equal(true);
    });

    it("have their bond back as soon as everything is answered, from the period's end on", async function () {
      const { lab, commit, revealAll, finish } = await load();
      await commit(0);
      await revealAll(0);
      for (const strip of [STRIP, OTHER]) await lab.challenge(when(PERIOD, REVEAL_END), 0, strip);
      await lab.answer(when(PERIOD, REVEAL_END), 0, STRIP, shown(BUNDLE.hashes, 0));
      await refused(finish(0, CHALLENGE_END), lab, "NotDue", PERIOD, 0, ANSWER_END);
      await lab.answer(when(PERIOD, CHALLENGE_END), 0, OTHER, shown(BUNDLE.hashes, 1));
      expect(await finish(0, CHALLENGE_END)).to.equal(true);
    });

    it("stand at eight places: neither a root nor another community's commit passes for one", async function () {
      const { lab, commit, finish } = await load();
      await commit(0);
      const [forged] = await lab.wordAt(when(PERIOD, 0n), 0);
      await lab.add(when(PERIOD, OPENS), relayer(1), true, toBeHex(forged, 32), 1, 1);
      await refused(finish(9, ANSWER_END), lab, "NoCommit", PERIOD, 9);
      const { root, chunks, strips } = sizeOf(BUNDLE);
      await lab.add({ ...when(PERIOD, OPENS), community: COMMUNITY + 1 }, relayer(0), true, root, chunks, strips);
      await refused(finish(1 << 16, ANSWER_END), lab, "NoCommit", PERIOD, 1 << 16);
    });

    it("are finished once", async function () {
      const { lab, commit, revealAll, finish } = await load();
      await commit(0);
      await revealAll(0);
      await lab.finish(when(PERIOD, CHALLENGE_END), 0);
      await refused(finish(0, ANSWER_END), lab, "Finished", PERIOD, 0);
      await refused(finish(1, ANSWER_END), lab, "NoCommit", PERIOD, 1);
      await refused(finish(8, ANSWER_END), lab, "NoCommit", PERIOD, 8);
    });
  });
});
