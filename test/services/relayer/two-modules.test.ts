import { expect } from "chai";
import { ZeroHash } from "ethers";
import {
  asCommunity,
  asMember,
  asPeriod,
  connect as connectSdk,
  isWattbookError,
  type LogReader,
  MarketClient,
  type MemberIndex,
} from "@wattbook/sdk";
import { Node } from "../../../services/src/chain/index.ts";
import type { CommunityView } from "../../../services/src/relayer/chain/view.ts";
import { headReaderOf } from "../../../services/src/relayer/chain/runner.ts";
import { Corrections } from "../../../services/src/relayer/settle/corrections.ts";
import { Facts } from "../../../services/src/relayer/store/facts.ts";
import { openRelayerStore } from "../../../services/src/relayer/store/open.ts";
import type { ReadingRow } from "../../../services/src/relayer/store/readings.ts";
import type { ReadingBody } from "../../../services/src/wire.ts";
import { addressesOf } from "../../helpers/addresses.ts";
import { connect, type Connection, deployMarket, type HomeKeys, type Market } from "../../helpers/market.ts";
import { Act, answer, deployHostile, traded } from "../../helpers/modules.ts";
import {
  buy,
  dueOf,
  expectSolvent,
  freeOf,
  goBehind,
  HOUR,
  hourly,
  missing,
  post,
  sell,
  type SignedReading,
  State,
  stateOf,
  valuesAt,
} from "../../helpers/settling.ts";
import { deploymentOf } from "../../sdk/clients/deployment-of.ts";
import { type Bridge, bridgeTo } from "../support/bridge.ts";

type Answers = NonNullable<Parameters<LogReader["bill"]>[2]>;

const DEPOSIT = 100_000_000n;
/** What the second module says that both traded in slot 1, at 120. */
const [WH, PAID] = [500n, 60_000n];

describe("relayer: corrections where a second module has records", function () {
  this.timeout(120_000);
  let connection: Connection;
  let bridge: Bridge;
  let node: Node;

  before(async () => {
    connection = await connect();
    bridge = await bridgeTo(connection);
    node = new Node({ urls: [bridge.url], chainId: 31_337n });
  });
  after(async () => {
    node.provider.destroy();
    await bridge.close();
  });

  /** Seller and buyer with records of both modules, settled as estimated. @param act What the second one does when it is asked. */
  async function estimated(act: number) {
    const terms = { ...hourly, correctionWindow: 9 * HOUR, claimWindow: 10 * HOUR };
    const m = await deployMarket(connection, { terms });
    await m.fund(3, 1_000_000_000n);
    const homes = [await m.addHome(), await m.addHome()] as const;
    const [seller, buyer] = homes;
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    const { hostile, append } = await deployHostile(connection.ethers, m, homes);
    const position = (bought: bigint, sold: bigint) => [0n, traded(bought, sold), 0n, 0n];
    await append(seller, period, { reserve: 200_000n, sellWh: WH });
    await append(buyer, period, { reserve: 200_000n, buyWh: WH });
    await hostile.set(seller.member, act, answer({ received: PAID, position: position(0n, WH) }));
    await hostile.set(buyer.member, act, answer({ paid: PAID, position: position(WH, 0n) }));
    await post(m, period, [
      [seller, [sell(1, 10, 100)]],
      [buyer, [buy(1, 30, 100)]],
    ]);
    await m.goTo(m.periodStart(period + 1));
    await m.clearPeriod(period);
    await goBehind(m, period, HOUR);
    await m.settlement.settleEstimated(m.community, period, [
      await missing(m, buyer, period),
      await missing(m, seller, period),
    ]);
    for (const home of homes) expect(await stateOf(m, home, period)).to.equal(State.Estimated);
    const at = await addressesOf(m);
    const { provider } = node;
    const deployment = await deploymentOf({ at, provider } as unknown as Parameters<typeof deploymentOf>[0]);
    const wattbook = await connectSdk(provider, deployment);
    return { m, seller, buyer, period, wattbook, hostile };
  }
  type World = Awaited<ReturnType<typeof estimated>>;

  /** Corrects both with what the relayer makes of their late readings. */
  async function correct({ m, seller, buyer, period, wattbook }: World): Promise<void> {
    const community = asCommunity(BigInt(m.community));
    const logs = await wattbook.logs(community);
    const journals = await logs.journals(asPeriod(BigInt(period)));
    const store = openRelayerStore(":memory:", { chainId: 31_337n, market: ZeroHash, account: ZeroHash });
    const facts = new Facts(store);
    for (const { args, blockNumber } of await m.settlement.queryFilter(m.settlement.filters.RecordsVoided())) {
      const whose = { community, period: asPeriod(args.period), member: asMember(args.member) };
      facts.voided(whose, args.module, blockNumber);
    }
    const view: Partial<CommunityView> = { community, terms: await wattbook.registry.terms(community) };
    const candidates = [];
    for (const [home, values] of [
      [seller, valuesAt({ 1: [0, 1_600] })],
      [buyer, valuesAt({ 1: [1_700, 0] })],
    ] as const) {
      const row = rowOf(m, home, period, await m.signReading({ home, period, values }));
      candidates.push({ row, records: journals.get(asMember(BigInt(home.member))) ?? [], clear: true });
    }
    const late: string[] = [];
    const found = await new Corrections(node, wattbook.deployment, facts).of(
      view as CommunityView,
      candidates,
      (_, reason) => late.push(reason),
    );
    expect(late).to.deep.equal([]);
    const items = found.map(({ item }) => item);
    const { to, data } = wattbook.settlement.calls.correct(community, asPeriod(BigInt(period)), items);
    const sent = m.stranger.sendTransaction({ to, data });
    await expect(sent).to.emit(m.settlement, "Corrected").and.not.to.emit(m.settlement, "ItemSkipped");
    store.close();
  }

  /** What the module says of a member, as the SDK reads it. */
  async function answersOf({ m, wattbook, period }: World, member: MemberIndex): Promise<Answers> {
    const [community, at] = [asCommunity(BigInt(m.community)), asPeriod(BigInt(period))];
    const client = new MarketClient({
      address: await wattbook.registry.moduleAt(community, 1n),
      runner: headReaderOf(node),
    });
    return new Map([[1n, await client.positionOf({ community, period: at, member }, [], ["0x"])]]);
  }

  const billsMatch = async (w: World, answers: (member: MemberIndex) => Promise<Answers>) => {
    const { m, seller, buyer, period, wattbook } = w;
    const logs = await wattbook.logs(asCommunity(BigInt(m.community)));
    for (const home of [seller, buyer]) {
      const member = asMember(BigInt(home.member));
      const bill = await logs.bill(member, asPeriod(BigInt(period)), await answers(member));
      expect(await dueOf(m, home.member)).to.equal(0n);
      expect(0n - bill.total).to.equal((await freeOf(m, home.member)) - DEPOSIT);
    }
    await expectSolvent(m);
  };
  const linesOf = async ({ seller, period, wattbook, m }: World, answers: Answers) => {
    const logs = await wattbook.logs(asCommunity(BigInt(m.community)));
    return logs.bill(asMember(BigInt(seller.member)), asPeriod(BigInt(period)), answers);
  };

  it("count what both modules say, and bills from logs add up to it", async () => {
    const w = await estimated(Act.Answer);
    await correct(w);
    await billsMatch(w, (member) => answersOf(w, member));
    const bill = await linesOf(w, await answersOf(w, asMember(BigInt(w.seller.member))));
    // 1,600 Wh exported, 1,000 sold in the order book at 140 and 500 at 120: the rest is fed in at 80.
    expect(0n - bill.total).to.equal(140_000n + PAID + 100n * 80n - 2_000n);
    const thrown: unknown = await linesOf(w, new Map()).catch((error: unknown) => error);
    expect(isWattbookError(thrown, "MISSING_ANSWER"), String(thrown)).to.equal(true);
  });

  it("count nothing of records that were voided, whatever the module says by then", async () => {
    const w = await estimated(Act.Revert);
    await w.hostile.set(
      w.seller.member,
      Act.Answer,
      answer({ received: PAID, position: [0n, traded(0n, WH), 0n, 0n] }),
    );
    await correct(w);
    await billsMatch(w, () => Promise.resolve(new Map()));
    const bill = await linesOf(w, new Map());
    expect(0n - bill.total).to.equal(140_000n + 600n * 80n - 2_000n);
    const said = await answersOf(w, asMember(BigInt(w.seller.member)));
    expect((await linesOf(w, said)).total, "voided is voided").to.equal(bill.total);
  });
});

function rowOf(m: Market, home: HomeKeys, period: number, reading: SignedReading): ReadingRow {
  const { r, vs, values, startImport, startExport, closesGap } = reading;
  const body: ReadingBody = {
    ...{ member: String(home.member), period: String(period), closesGap, values: values },
    ...{ startImport: String(startImport), startExport: String(startExport) },
    signature: `${r}${vs.slice(2)}`,
  };
  return {
    ...{ digest: ZeroHash, community: m.community, period, member: home.member, body: JSON.stringify(body) },
    ...{ received: 0, state: "waiting", batch: null, tries: 0, reason: null, block: null, tx: null },
  };
}
