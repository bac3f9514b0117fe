import { expect } from "chai";
import {
  ContractRevertError,
  decodeTotals,
  eventsOf,
  isWattbookError,
  LogReader,
  mostShared,
  parseDeployment,
  sharingDue,
  type SharingDue,
  topicsOf,
} from "@wattbook/sdk";
import { connect, type Connection } from "../../helpers/market.ts";
import { HOUR } from "../../helpers/settling.ts";
import { goAfter, openShared, type Shared, type SharedHome } from "../../helpers/shared-day.ts";

describe("SharingClient and the logs of a community that shares after the fact", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });
  const open = async () => await openShared(connection);
  const fixture = async (): Promise<Shared> => {
    const w = await connection.networkHelpers.loadFixture(open);
    // Nothing that was read in another test.
    return { ...w, logs: await w.wattbook.logs(w.community) };
  };

  const due = async (w: Shared): Promise<SharingDue> =>
    sharingDue(w.terms, w.period, await w.now(), await w.logs.sharing(w.period));
  const membersIn = (items: readonly { readonly member: bigint }[]) => items.map(({ member }) => member);

  /** Everybody who kept a budget joins. */
  async function joined(w: Shared) {
    await w.wattbook.sharing.send.join(w.community, w.period, (await due(w)).join);
    return w;
  }

  const items = async (w: Shared, homes: readonly SharedHome[]) =>
    Promise.all(homes.map(async (home) => ({ ...(await w.read(home)), records: await w.recordsOf(home) })));

  it("announces, keeps budgets and lets members join, as the logs say", async function () {
    const w = await fixture();
    const { wattbook, community, period, homes, logs } = w;
    const { roof, rich, poor, late } = homes;
    expect(logs.mode).to.equal("sharing");
    expect(logs.market).to.equal(wattbook.sharing.address);
    const scheme = { rule: "sdr", compensation: 0n, settlementDelay: BigInt(HOUR) };
    expect(await wattbook.sharing.scheme(community, period)).to.deep.equal(scheme);
    const facts = await logs.sharing(period);
    expect(facts.scheme).to.deep.equal(scheme);
    expect([...facts.budgets.keys()]).to.deep.equal([roof, rich, poor, late].map(({ member }) => member));
    expect(facts.budgets.get(poor.member)).to.deep.equal(await wattbook.sharing.budget(community, poor.member));
    expect((await due(w)).join).to.deep.equal(membersIn([roof, rich, poor, late]));
    await joined(w);
    expect((await due(w)).join).to.deep.equal([]);
    expect(await wattbook.sharing.round(community, period)).to.deep.equal({ joined: 4n, counted: 0n, chunks: 0n });
    expect(await wattbook.sharing.totals(community, period, w.terms)).to.equal(null);
  });

  it("names the reason of a budget that is not kept", async function () {
    const w = await fixture();
    const { wattbook, community, homes, signBudget, deployment } = w;
    const sent = await wattbook.sharing.send.keepBudgets(community, [await signBudget(homes.rich)]);
    const [event] = eventsOf(await sent.wait(), parseDeployment(deployment));
    expect(event).to.include({ contract: "EnergySharing", name: "Skipped", reason: "OldSequence" });
  });

  it("counts in chunks whose order is that of the logs, and goes on where somebody stopped", async function () {
    const w = await joined(await fixture());
    const { wattbook, community, period, homes, logs } = w;
    const { roof, rich, poor, plain, late } = homes;
    await goAfter(w, connection, 1);
    await wattbook.sharing.send.meter(community, period, await items(w, [rich, roof]));
    // Accepted by settlement without being counted.
    const [missing] = await items(w, [poor]);
    if (missing === undefined) throw new Error("no item");
    await wattbook.settlement.send.meter(community, period, [missing]);
    await wattbook.settlement.send.meter(community, period, await items(w, [plain]));
    let now = await due(w);
    expect(membersIn(now.count)).to.deep.equal([poor.member]);
    // A plain customer waits for nobody.
    expect([membersIn(now.settle), now.chunks, now.estimate]).to.deep.equal([[plain.member], [], []]);
    await wattbook.sharing.send.count(community, period, now.count);
    expect((await logs.sharing(period)).chunks).to.deep.equal([membersIn([rich, roof]), [poor.member]]);
    expect(await wattbook.sharing.round(community, period)).to.deep.equal({ joined: 4n, counted: 3n, chunks: 2n });

    // One meter is missing: totals freeze at the reading deadline.
    await goAfter(w, connection, 2 * HOUR);
    now = await due(w);
    expect(membersIn(now.estimate)).to.deep.equal([late.member]);
    expect(now.chunks.map(({ items: some }) => membersIn(some))).to.deep.equal([
      membersIn([rich, roof]),
      [poor.member],
    ]);
    for (const chunk of [...now.chunks].reverse()) {
      await wattbook.sharing.send.settle(community, period, chunk);
      now = await due(w);
    }
    expect(now.chunks).to.deep.equal([]);
    await wattbook.settlement.send.settle(community, period, now.settle);
    await wattbook.settlement.send.settleEstimated(community, period, now.estimate);
    expect(await due(w)).to.deep.equal({ join: [], count: [], chunks: [], settle: [], estimate: [] });

    const { slots, parts } = await logs.shared(period);
    const totals = await wattbook.sharing.totals(community, period, w.terms);
    expect(totals).to.deep.equal(slots.map(({ supply, demand }) => ({ supply, demand })));
    expect([...parts.keys()]).to.deep.equal(membersIn([rich, roof, poor]));
    expect(Number(parts.get(poor.member)?.beyondBudget)).to.be.greaterThan(0);
    for (const [member, { paid, received }] of parts) {
      const leg = (await logs.settled(period)).get(member);
      expect([leg?.paid, leg?.received]).to.deep.equal([paid, received]);
    }
  });

  it("settles everybody in one call, after which `Shared` holds the totals", async function () {
    const w = await joined(await fixture());
    const { wattbook, community, period, homes, logs, deployment } = w;
    const all = Object.values(homes);
    await goAfter(w, connection, HOUR + 1);
    const sent = await wattbook.sharing.send.meterAndSettle(community, period, await items(w, all));
    const events = eventsOf(await sent.wait(), parseDeployment(deployment));
    const shared = events.find((event) => event.name === "Shared");
    const { slots } = await logs.shared(period);
    expect(decodeTotals(shared?.totals ?? [], w.terms.slotsPerPeriod)).to.deep.equal(
      slots.map(({ supply, demand }) => ({ supply, demand })),
    );
    expect(await due(w)).to.deep.equal({ join: [], count: [], chunks: [], settle: [], estimate: [] });
  });

  it("decodes what the contract refuses, and says what to do", async function () {
    const w = await joined(await fixture());
    const { wattbook, community, period, homes } = w;
    await goAfter(w, connection, 1);
    const early = wattbook.sharing.simulate.meterAndSettle(community, period, await items(w, [homes.roof]));
    const thrown: unknown = await early.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(thrown instanceof ContractRevertError)) throw new Error("it was not refused");
    expect(thrown.error).to.equal("SettlementDelayed");
    expect(thrown.message).to.include("Wait until `from`");
    const most = mostShared(w.terms);
    expect(most, "as many readings of 24 bits add up to 32").to.equal(256);
    const [item] = await items(w, [homes.roof]);
    if (item === undefined) throw new Error("no item");
    const tooMany = Array.from({ length: most + 1 }, () => item);
    const refused: unknown = await wattbook.sharing.simulate.meter(community, period, tooMany).catch((e: unknown) => e);
    expect(refused).to.be.instanceOf(ContractRevertError).and.to.have.property("error", "ChunkTooLarge");
  });

  it("finds logs that do not say what was beyond a budget", async function () {
    const w = await joined(await fixture());
    const { wattbook, community, period, homes, logs, terms } = w;
    await goAfter(w, connection, HOUR + 1);
    await wattbook.sharing.send.meterAndSettle(community, period, await items(w, Object.values(homes)));
    await logs.shared(period);
    const { provider } = wattbook;
    const [topic] = topicsOf("BudgetReached");
    const source = {
      getBlockNumber: () => provider.getBlockNumber(),
      getLogs: async (filter: Parameters<typeof provider.getLogs>[0]) =>
        (await provider.getLogs(filter)).filter(({ topics }) => topics[0] !== topic),
    };
    const { sharing: market, escrow, settlement, registry } = wattbook;
    const reader = new LogReader({
      ...{ source, community, terms, mode: "sharing", fromBlock: 0 },
      ...{ market: market.address, escrow: escrow.address, settlement: settlement.address, registry: registry.address },
    });
    const refused: unknown = await reader.shared(period).catch((error: unknown) => error);
    expect(isWattbookError(refused, "LOGS_INCOMPLETE") && refused.message).to.include("beyond its budget");
  });
});
