import { expect } from "chai";
import { buildStrip } from "../../../sdk/src/build-strip.ts";
import { connect } from "../../../sdk/src/clients/connect.ts";
import { eventsOf } from "../../../sdk/src/clients/events.ts";
import { answerTo, buildCommit, chunkAt } from "../../../sdk/src/commit.ts";
import { receiptDigest, receiptFor, signReceipt } from "../../../sdk/src/receipt.ts";
import { sealedTimes } from "../../../sdk/src/sealed.ts";
import { signStrip } from "../../../sdk/src/strip.ts";
import {
  asAmount,
  asCommunity,
  asMember,
  asPeriod,
  asPrice,
  asSeconds,
  asSlot,
  asSlotOffset,
  asWh,
} from "../../../sdk/src/units.ts";
import { connect as connectNode } from "../../helpers/market.ts";
import { BOND, openSealedDay } from "../../helpers/sealed.ts";
import { deploymentOf } from "./deployment-of.ts";
import { rejection } from "./rejection.ts";

const PLACE = 0n;

/** A sealed community, a relayer connected to it, and strips of two homes that trade with each other. */
async function sealedWorld() {
  const connection = await connectNode();
  const day = await openSealedDay(connection, [{}, {}, {}]);
  const at = {
    registry: await day.registry.getAddress(),
    escrow: await day.escrow.getAddress(),
    settlement: await day.settlement.getAddress(),
    market: await day.openAuction.getAddress(),
    sealedMarket: await day.sealedAuction.getAddress(),
    commits: await day.commitBook.getAddress(),
    lens: await day.lens.getAddress(),
    sharing: await day.sharing.getAddress(),
    meteredAuction: await day.meteredAuction.getAddress(),
    desk: await day.desk.getAddress(),
    tokens: await day.energyToken.getAddress(),
    euro: await day.euro.getAddress(),
  };
  const { provider } = connection.ethers;
  const wattbook = await connect(day.relayer(0), await deploymentOf({ at, provider }));
  const [community, period] = [asCommunity(BigInt(day.community)), asPeriod(BigInt(day.period))];
  const terms = await wattbook.registry.terms(community);
  const tariff = await wattbook.registry.tariff(community, period, terms);
  const signed = async (index: number, side: "buy" | "sell", deadline = 2n ** 40n - 1n) => {
    const member = asMember(BigInt(day.home(index).member));
    const header = {
      ...{ community, member, period, after: asSlotOffset(0n), epoch: 0n, deadline: asSeconds(deadline) },
      ...{ feePerEntry: asAmount(0n), feeTo: day.relayer(0).address },
    };
    const order = {
      slot: asSlot(BigInt(day.slot(1))),
      side,
      price: asPrice(side === "buy" ? 180n : 100n),
      energy: asWh(1_000n),
    };
    const strip = buildStrip(terms, header, [order], { tariff, tariffClass: 0n, first: true });
    return { strip, signature: await signStrip(wattbook.domains.sealedMarket, strip, day.home(index).trading) };
  };
  return { day, wattbook, community, period, terms, signed };
}

describe("clients of a sealed community", function () {
  it("commit, reveal, clear, answer a challenge and have the bond back; the logs tell all of it", async function () {
    const { day, wattbook, community, period, signed } = await sealedWorld();
    const { commits, sealedMarket, escrow, domains, deployment } = wattbook;
    const times = sealedTimes({ ...(await wattbook.registry.terms(community)), revealWindow: asSeconds(800n) }, period);
    const late = await signed(2, "buy", times.gate - 1n);
    const commit = buildCommit([await signed(0, "sell"), await signed(1, "buy"), late]);
    expect(await commits.commit(community, period, PLACE)).to.equal(null);
    const committed = await (await commits.send.commit(commit)).wait();
    expect(eventsOf(committed, deployment).map(({ name }) => name)).to.deep.equal(["Committed", "BondLocked"]);
    const info = { relayer: day.relayer(0).address, period, chunks: 1n, stripsLeft: 3n, challenges: 0n, named: false };
    expect(await commits.commit(community, period, PLACE)).to.deep.equal({
      ...info,
      revealed: 0n,
      fate: "pending",
      root: commit.root,
    });
    expect(await commits.turn(community, period)).to.equal(PLACE);

    await day.goTo(Number(times.gate));
    expect((await rejection(commits.simulate.commit(commit), "CONTRACT_REVERTED")).message).to.include("CommitsClosed");
    const chunk = chunkAt(commit, 0);
    const revealed = await (await sealedMarket.send.reveal(commit, PLACE, chunk, true)).wait();
    const names = eventsOf(revealed, deployment).map(({ name }) => name);
    expect(names).to.deep.equal(["StripSkipped", "Recorded", "SlotCleared", "ChunkRevealed"]);
    expect([await commits.turn(community, period), await commits.isResolved(community, period)]).to.deep.equal([
      undefined,
      true,
    ]);
    const slot = asSlot(BigInt(day.slot(1)));
    const logs = await wattbook.logs(community);
    expect((await logs.results(period)).get(slot)).to.deep.equal(await sealedMarket.result(community, slot));
    const journals = await logs.journals(period);
    expect([...journals.keys()].map(Number).sort()).to.deep.equal([0, 1].map((home) => day.home(home).member));
    expect((await logs.skipped(period)).map(({ reason }) => reason)).to.deep.equal(["Expired"]);

    const receipt = receiptFor(domains.sealedMarket, late);
    expect(await commits.receiptDigest(receipt)).to.equal(receiptDigest(domains.commits, receipt));
    const proof = await signReceipt(domains.commits, receipt, day.relayer(0));
    await day.goTo(Number(times.challengeStart));
    await (await commits.send.challenge(PLACE, { signed: late, receipt: proof, records: [] })).wait();
    expect((await commits.commit(community, period, PLACE))?.challenges).to.equal(1n);
    const answer = answerTo(domains.sealedMarket, commit, receipt.strip);
    await (await commits.send.answer(commit, PLACE, answer)).wait();
    await day.goTo(Number(times.challengeEnd));
    await (await commits.send.finish(community, period, PLACE)).wait();
    expect((await commits.commit(community, period, PLACE))?.fate).to.equal("released");
    expect(await escrow.bond(community, day.relayer(0).address)).to.deep.equal({ balance: 4n * BOND, locked: 0n });
  });

  it("say which order book is which", async function () {
    const { wattbook } = await sealedWorld();
    const { sealedMarket, commits, deployment, domains } = wattbook;
    expect(await sealedMarket.commitBook()).to.equal(deployment.contracts.CommitBook);
    expect(await sealedMarket.bondKeeper()).to.equal(deployment.contracts.CommitBook);
    expect(await commits.auction()).to.equal(deployment.contracts.SealedAuction);
    expect(await commits.domain()).to.deep.equal(domains.commits);
    expect(await sealedMarket.domain()).to.deep.equal(domains.sealedMarket);
  });
});
