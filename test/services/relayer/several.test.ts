import { expect } from "chai";
import {
  asAmount,
  asLots,
  asPeriod,
  asPrice,
  asSeconds,
  asSlotOffset,
  asTick,
  asWh,
  type Entry,
  gateOf,
  type Period,
  readingDigest,
  sealedTimes,
  type SignedReading,
  type SignedStrip,
  slotIn,
  slotsOf,
  stripDigest,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { Gateway, HttpHandOver } from "../../../services/src/gateway/index.ts";
import { prepareFrom } from "../../../services/src/gateway/prepare.ts";
import { Queue } from "../../../services/src/gateway/queue/queue.ts";
import { feeTermsOf, payingRelayer } from "../../../services/src/gateway/relayer-terms.ts";
import { ForecastStrategy } from "../../../services/src/gateway/strategy.ts";
import { RULES } from "../gateway/queue-support.ts";
import { relayDoor, type RelayFault } from "../soak/relay-door.ts";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { anvil, CommunityWorld, SEALED } from "./world.ts";

const sell = (offset: number, lots = 5): Entry => ({
  ...{ offset: asSlotOffset(BigInt(offset)), side: "sell", tick: asTick(10n), lots: asLots(BigInt(lots)) },
});
const used = { imported: asWh(10n), exported: asWh(0n) };

describe("several relayers of one community", function () {
  this.timeout(120_000);

  for (const [kind, terms] of [
    ["open", {}],
    ["sealed", SEALED],
  ] as const) {
    describe(`that is ${kind}`, () => {
      let world: CommunityWorld;
      let benches: RelayerBenches;
      let wallets: readonly [Wallet, Wallet];
      let relayers: readonly [RelayerBench, RelayerBench];
      let period: Period;
      /** In which the homes' meters count for the first time. */
      let active: Period;

      before(async () => {
        world = await CommunityWorld.start(anvil(), kind === "open" ? undefined : terms);
        await world.enrol(3);
        active = asPeriod((await world.period()) + 1n);
        benches = new RelayerBenches(world);
        wallets = [await benches.account(`${kind} one`), await benches.account(`${kind} two`)];
        if (kind === "sealed") {
          for (const home of world.homes) await world.pledge(home, 50_000_000n);
          for (const wallet of wallets) await world.postBond(wallet, 4n * SEALED.bond);
        }
        const lead = kind === "open" ? { lead: 100_000 } : {};
        relayers = [await benches.open(wallets[0], lead), await benches.open(wallets[1], lead)];
      });
      beforeEach(async () => {
        period = asPeriod((await world.nextPeriod()) + (kind === "open" ? 1n : 2n));
        for (const { relayer } of relayers) await relayer.tick();
      });
      afterEach(async () => {
        await world.ask("evm_setAutomine", true);
      });
      after(async () => {
        await benches.remove();
        await world.stop();
      });

      const signed = async (home: number, to: Wallet, entries: readonly Entry[]) => {
        const who = world.home(home);
        return world.sign(who, world.strip(who, period, to.address, entries));
      };
      const digestOf = ({ strip }: SignedStrip) => stripDigest(world.orderBook, strip);
      const stateOf = async ({ get }: RelayerBench, each: SignedStrip) =>
        (await get(`/v1/strips/${digestOf(each)}`)).body;
      const spent = async () =>
        Promise.all(wallets.map(({ address }) => world.provider.getTransactionCount(address, "pending")));
      /** Neither sees what the other one sends before both have sent it. */
      const inOneBlock = async (ticks = 2) => {
        await world.ask("evm_setAutomine", false);
        for (let round = 0; round < ticks; round++) for (const { relayer } of relayers) await relayer.tick();
        await world.ask("evm_mine");
        await world.ask("evm_setAutomine", true);
      };
      const settle = async () => {
        for (let round = 0; round < 4; round++) {
          for (const { relayer } of relayers) await relayer.tick();
          await world.ask("evm_mine");
        }
      };
      /** Nothing is sent any more, however often they look. */
      const expectRest = async () => {
        const before = await spent();
        await settle();
        expect(await spent(), "transactions").to.deep.equal(before);
      };

      it("refuse a strip that pays the other one, and say what to do", async () => {
        const strip = await signed(0, wallets[0], [sell(1)]);
        const { status, body } = await relayers[1].strip(strip);
        expect({ status, reason: body.reason }).to.deep.equal({ status: 422, reason: "OtherFeeTo" });
        expect(body.message).to.include(`with feeTo ${wallets[1].address}`);
      });

      if (kind === "open") {
        it("bring in one of two strips for the same slots that come into one block, and the other one stops", async () => {
          const strips = [await signed(0, wallets[0], [sell(1)]), await signed(0, wallets[1], [sell(1)])] as const;
          for (const at of [0, 1] as const) expect((await relayers[at].strip(strips[at])).status).to.equal(202);
          const before = await spent();
          await inOneBlock();
          await settle();
          expect(await spent(), "one call each").to.deep.equal(before.map((count) => count + 1));
          const recorded = await world.recorded(period);
          const first = recorded.indexOf(digestOf(strips[0])) >= 0 ? 0 : 1;
          expect(recorded).to.deep.equal([digestOf(strips[first])]);
          expect(await stateOf(relayers[first], strips[first])).to.include({ state: "posted" });
          const second = first === 0 ? 1 : 0;
          expect(await stateOf(relayers[second], strips[second])).to.include({
            ...{ state: "skipped", reason: "WrongFrontier", inCall: null },
          });
          await expectRest();
        });

        it("settle one of two readings that come into one block, and both know of it", async () => {
          const read = active;
          await world.send(world.wattbook.market.calls.clear(world.community, slotsOf(world.terms, read)));
          await settle();
          const reading: SignedReading = await world.reading(world.home(2), read, used);
          for (const relayer of relayers) expect((await relayer.reading(reading)).status).to.equal(202);
          const before = await spent();
          await inOneBlock();
          await settle();
          expect(await spent(), "one call each").to.deep.equal(before.map((count) => count + 1));
          const logs = await world.wattbook.logs(world.community);
          expect((await logs.readings(read)).get(world.home(2).member)?.values).to.deep.equal(reading.reading.values);
          expect([...(await logs.settled(read)).keys()]).to.deep.equal([world.home(2).member]);
          expect((await logs.skipped(read)).filter(({ stage }) => stage === "settlement")).to.have.length(1);
          const path = `/v1/readings/${readingDigest(world.wattbook.domains.settlement, reading.reading)}`;
          for (const { get } of relayers) expect((await get(path)).body).to.include({ state: "settled" });
          await expectRest();
        });

        it("take over from each other while a gateway hands over: its order is on chain once", async () => {
          const served = {
            ...{ community: world.community, terms: world.terms },
            ...{ settlement: world.wattbook.domains.settlement, market: world.wattbook.domains.market },
          };
          const { member, meter, trading } = world.home(1);
          const who = { community: served, member, meter: "m", meterKey: meter, tradingKey: trading, acceptGaps: true };
          const queue = new Queue(":memory:");
          const doors = [];
          for (const { app } of relayers) doors.push(await relayDoor(await app.listen({ host: "127.0.0.1", port: 0 })));
          const refused: string[] = [];
          const gatewayAt = (url: string) =>
            new Gateway({
              ...{ queue, adapters: [], members: [who], handOver: new HttpHandOver({ url }) },
              meters: new Map([["m", RULES]]),
              traders: [
                {
                  ...{ ...who, leadTime: asSeconds(1_200n), strategy: new ForecastStrategy({ sell: asPrice(99n) }) },
                  forecast: { netWh: () => -100n },
                },
              ],
              readings: { signAfter: asSeconds(900n), giveUpAfter: asSeconds(86_400n) },
              prepare: payingRelayer(prepareFrom(world.wattbook), (each) => feeTermsOf({ url }, each), asAmount(5n)),
              clock: () => asSeconds(now),
              report: ({ message }) => refused.push(message),
            });
          // The gates of the period before are closed.
          let now = gateOf(world.terms, slotIn(world.terms, period, asSlotOffset(0n))) - 850n;
          // The first one has it, and nobody hears of that.
          const verdict = (name: string): RelayFault => (name.startsWith("POST") ? "lose" : "pass");
          doors[0]?.judge(verdict);
          const first = gatewayAt(doors[0]?.url ?? "");
          await first.step();
          const [item] = queue.outbox.waiting("strip", asSeconds(now + 86_400n), 10);
          expect(item?.state).to.equal("signed");
          // Named as the gateway's relayer instead, the second one refuses what pays the first.
          const second = gatewayAt(doors[1]?.url ?? "");
          for (let round = 0; round < 4; round++) {
            now += 10n;
            await second.step();
          }
          expect(refused.join()).to.include("this relayer posts strips with feeTo");
          const last = queue.outbox.last("strip", world.community, member);
          expect(JSON.parse(last?.body ?? "{}")).to.include({ feeTo: wallets[1].address.toLowerCase() });
          expect(last?.state).to.equal("accepted");
          const before = await spent();
          await inOneBlock();
          await settle();
          expect(await spent(), "one call each").to.deep.equal(before.map((count) => count + 1));
          const recorded = (await (await world.wattbook.logs(world.community)).journals(period)).get(member);
          expect(recorded).to.have.length(1);
          await expectRest();
          await second.stop();
          for (const door of doors) await door.close();
        });
      } else {
        it("commit both to strips of the same member, and the second reveal brings in nothing twice", async () => {
          const strips = [await signed(0, wallets[0], [sell(1)]), await signed(0, wallets[1], [sell(1)])] as const;
          const other = await signed(1, wallets[1], [sell(2)]);
          for (const at of [0, 1] as const) expect((await relayers[at].strip(strips[at])).status).to.equal(202);
          expect((await relayers[1].strip(other)).status).to.equal(202);
          const { gate, turnEnds } = sealedTimes(world.terms, period);
          await world.advanceTo(gate - 100n);
          await inOneBlock();
          await settle();
          const places = await Promise.all(
            [0n, 1n].map((place) => world.wattbook.commits.commit(world.community, period, place)),
          );
          expect(places.map((commit) => commit?.relayer)).to.have.members(wallets.map(({ address }) => address));
          await world.advanceTo(gate);
          for (let round = 0; round < 4; round++) await settle();
          await world.advanceTo(turnEnds[1] ?? gate);
          await settle();
          const first = places[0]?.relayer === wallets[0].address ? 0 : 1;
          const recorded = await world.recorded(period);
          expect(recorded).to.have.members([digestOf(strips[first]), digestOf(other)]);
          const second = first === 0 ? 1 : 0;
          expect(await stateOf(relayers[first], strips[first])).to.include({ state: "posted" });
          expect(await stateOf(relayers[second], strips[second])).to.include({
            state: "skipped",
            reason: "WrongFrontier",
          });
          expect(await stateOf(relayers[1], other)).to.include({ state: "posted" });
          await expectRest();
          const bonds = await Promise.all(
            wallets.map(({ address }) => world.wattbook.escrow.bond(world.community, address)),
          );
          // Nobody has forfeited any.
          expect(bonds.map(({ balance }) => balance)).to.deep.equal([4n * SEALED.bond, 4n * SEALED.bond]);
        });
      }
    });
  }
});
