import { expect } from "chai";
import { buy, openDay, post, sell, type Day, type SignedStrip, type StripReason } from "./helpers/auction.ts";
import { connect, NEVER } from "./helpers/market.ts";
import { at } from "./helpers/lists.ts";

const connection = await connect();
const { networkHelpers } = connection;

const HOMES = 200;
/** Homes that fill a tick beforehand: eight caps of an eighth of a tick. */
const FILLERS = 8;
const CAP = 8191;
/** An hour into the period: the gates of its first slots have closed. */
const CLOSED = 0;
const FULL = { slot: 60, tick: 5 };

async function crowd() {
  const fillers = Array.from({ length: FILLERS }, () => ({ buyCap: CAP, sellCap: 0, deposit: 10n ** 10n }));
  const start = await openDay(connection, fillers);
  const { registry, coordinator, community } = start;
  const day = { ...start, period: start.period + 1 };
  const filling = await Promise.all(
    day.homes.map(async (home) => await sign(day, home, [buy(FULL.slot, FULL.tick, CAP)], { maxReserve: 10n ** 10n })),
  );
  expect((await post(day, filling)).refused).to.deep.equal([]);
  const { bids } = await day.bookAt(day.slot(FULL.slot, day.period));
  expect(bids[FULL.tick]).to.equal(BigInt(FILLERS * CAP)); // seven lots are left
  // The registry lets a crowd in where its caps fit beside those that are left.
  const { member, owner } = day.home(0);
  const caps = { community, member, buyCap: 0, sellCap: 0, deadline: NEVER };
  const consent = await day.consent("CapChange", owner, caps);
  await registry.connect(coordinator).changeCaps(community, member, 0, 0, NEVER, consent);
  const homes = [];
  for (let i = 0; i < HOMES; i++) homes.push(await day.addHome({ buyCap: 40, sellCap: 40 }));
  await day.goTo(day.periodStart(day.period) + 3600);
  return { ...day, crowd: homes };
}
type Crowd = Awaited<ReturnType<typeof crowd>>;

const sign = async (
  day: Day,
  home: Day["homes"][number],
  entries: Parameters<Day["signStrip"]>[0]["entries"],
  rest: Partial<Parameters<Day["signStrip"]>[0]> = {},
) => await day.signStrip({ home, period: day.period, entries, feeTo: day.stranger.address, ...rest });

/** A home's only order: a slot each, both sides in turn. */
const orderOf = (index: number) => (index % 2 === 0 ? buy : sell)(40 + (index % 8), 20 + (index % 10), 3);

const PLACES = [17, 60, 99, 140, 199];
/** What is wrong, and why it is skipped. */
const WRONGS: readonly (readonly [string, StripReason, (day: Crowd, index: number) => Promise<SignedStrip>])[] = [
  [
    "a bad signature",
    "BadSignature",
    async (day, index) => await sign(day, at(day.crowd, index), [orderOf(index)], { signer: at(day.crowd, 0).trading }),
  ],
  [
    "no funds",
    "Underfunded",
    async (day, index) => await sign(day, at(day.crowd, index), [orderOf(index)], { maxReserve: 100_000_001n }),
  ],
  [
    "a full tick",
    "NothingAccepted",
    async (day, index) => await sign(day, at(day.crowd, index), [buy(FULL.slot, FULL.tick, 8)]),
  ],
  [
    "a closed slot",
    "NothingAccepted",
    async (day, index) => await sign(day, at(day.crowd, index), [buy(CLOSED, 20, 3)]),
  ],
  [
    "a replay",
    "WrongFrontier",
    async (day, index) => {
      const strip = await sign(day, at(day.crowd, index), [orderOf(index)]);
      expect((await post(day, [strip])).records).to.have.length(1);
      return strip;
    },
  ],
];

/**
 * Gas that a bad strip of one entry may take beside the good ones: its calldata, the recovery of its signature, the words that tell
 * whether it is good (member, account, journal), its event, and handling. One whose entries are looked at takes both loops as well, the
 * one over single entries and the one that says why; and at a full tick the slot's header and volume, which are read, kept in memory and
 * found unchanged at the end.
 */
const SIGNATURE = 3_000;
const COLD_WORD = 2_100;
const EVENT = 375 + 4 * 375 + 8 * 64;
const HANDLING = 4_000;
const LOOPS = 1_000 + 4_000;
const BOOK = 2 * COLD_WORD + 6_000;
const EXTRA: Readonly<Record<string, number>> = { "a closed slot": LOOPS, "a full tick": LOOPS + BOOK };
const mostOf = (name: string, strip: SignedStrip) =>
  16 * (96 + (strip.entries.length - 2) / 2) + SIGNATURE + 3 * COLD_WORD + EVENT + HANDLING + (EXTRA[name] ?? 0);

describe("Rule 7: bad strips in a batch of 200", function () {
  this.timeout(180_000);

  it("take about a signature each, and the others go through at the same cost", async function () {
    const day = await networkHelpers.loadFixture(crowd);
    const bad: SignedStrip[] = [];
    for (const [i, [, , make]] of WRONGS.entries()) bad.push(await make(day, at(PLACES, i)));
    const all = await Promise.all(
      day.crowd.map(async (home, index) => {
        const place = PLACES.indexOf(index);
        return place === -1 ? await sign(day, home, [orderOf(index)]) : at(bad, place);
      }),
    );
    const good = all.filter((_, index) => !PLACES.includes(index));
    const snapshot = await networkHelpers.takeSnapshot();
    const alone = await post(day, good);
    expect(alone.records).to.have.length(HOMES - PLACES.length);
    await snapshot.restore();
    for (const [i, [name, reason]] of WRONGS.entries()) {
      const strips = all.filter((_, index) => !PLACES.includes(index) || index === at(PLACES, i));
      const mixed = await post(day, strips);
      expect(mixed.skipped, name).to.deep.equal([
        { member: BigInt(at(bad, i).member), index: BigInt(strips.indexOf(at(bad, i))), reason },
      ]);
      expect(mixed.records, name).to.deep.equal(alone.records);
      expect(Number(mixed.gasUsed - alone.gasUsed), name).to.be.within(0, mostOf(name, at(bad, i)));
      await snapshot.restore();
    }
    const mixed = await post(day, all);
    expect(mixed.skipped.map(({ reason }) => reason)).to.deep.equal(WRONGS.map(([, reason]) => reason));
    expect(mixed.records).to.deep.equal(alone.records);
    const most = WRONGS.reduce((sum, [name], i) => sum + mostOf(name, at(bad, i)), 0);
    expect(Number(mixed.gasUsed - alone.gasUsed)).to.be.within(0, most);
  });
});
