/** The chain on which examples run, and the names that they may use without declaring them (listed in docs/sdk.md). */
import {
  asAmount,
  asCommunity,
  asMember,
  asPeriod,
  asPrice,
  asSeconds,
  asSignedAmount,
  asSlot,
  asSlotOffset,
  asWh,
  billOf,
  buildStrip,
  communityTerms,
  connect,
  periodEnd,
  periodOf,
  positionOf,
  type Reading,
  type Seconds,
  settleMember,
  signReading,
  signStrip,
  type StripHeader,
} from "@wattbook/sdk";
import { type Battery, loadSolver } from "@wattbook/sdk/battery";
import highs from "highs";
import { connect as connectHardhat, deployMarket, type HomeKeys } from "../../../helpers/market.ts";

/** Position in its period of the slot that examples trade in. */
const NOON = asSlotOffset(48n);
/** A file of meters: mean W of a home per quarter of an hour, and PV output per unit of peak power. */
const METERS = ["time,home,roof_pu", "2024-06-15T10:00:00Z,400,0.5", "2024-06-15T10:15:00Z,800,0.25"].join("\n");
const DEPOSIT = 50_000_000n;
/** A battery of 10 kWh and 5 kW. */
const BATTERY: Battery = {
  capacityWh: asWh(10_000n),
  minWh: asWh(0n),
  maxWh: asWh(10_000n),
  chargeW: 5_000n,
  dischargeW: 5_000n,
  chargePermille: 950n,
  dischargePermille: 950n,
  wearPerWh: asPrice(0n),
};

/** Deploys, trades a day up to its readings, and hands out the names. */
export async function exampleWorld() {
  const connection = await connectHardhat();
  const raw = await deployMarket(connection);
  const { provider } = connection.ethers;
  const { chainId } = await provider.getNetwork();
  const seller = await raw.addHome();
  const buyer = await raw.addHome();
  await raw.fund(3, 1_000_000_000n);
  const wallet = seller.owner.connect(provider);
  await raw.euro.faucet(wallet.address, DEPOSIT);

  const contracts = {
    ProsumerRegistry: await raw.registry.getAddress(),
    PaymentEscrow: await raw.escrow.getAddress(),
    EnergyToken: await raw.energyToken.getAddress(),
    Settlement: await raw.settlement.getAddress(),
    DoubleAuction: await raw.openAuction.getAddress(),
    SealedAuction: await raw.sealedAuction.getAddress(),
    CommitBook: await raw.commitBook.getAddress(),
    OrderBookLens: await raw.lens.getAddress(),
    EnergySharing: await raw.sharing.getAddress(),
    MeteredAuction: await raw.meteredAuction.getAddress(),
    CoordinatorDesk: await raw.desk.getAddress(),
  };
  const deployment = { format: 4, version: "0.1.0", chainId: Number(chainId), fromBlock: 0, contracts };
  const wattbook = await connect(wallet, deployment);
  const { registry, escrow, market, settlement, tokens, sealedMarket, commits, desk } = wattbook;
  const {
    registry: registryDomain,
    market: marketDomain,
    settlement: settlementDomain,
    commits: commitDomain,
    desk: deskDomain,
  } = wattbook.domains;

  const community = asCommunity(BigInt(raw.community));
  const euro = await wattbook.paymentToken(community);
  const member = asMember(BigInt(seller.member));
  const accounts = {
    paymentToken: euro.address,
    coordinator: raw.coordinator.address,
    dso: raw.dso.address,
    feeCollector: raw.feeCollector.address,
  };
  const terms = communityTerms(accounts);
  const suppliers = [raw.supplier.address];
  const classes = [{ supplier: 0n, defaultLoadWh: asWh(250n) }];
  const charter = { terms, suppliers, classes, modules: [market.address] };
  const logs = await wattbook.logs(community);

  const yesterday = asPeriod(BigInt((await raw.periodNow()) + 1));
  const tariff = await registry.tariff(community, yesterday, terms);
  const context = { tariff, tariffClass: 0n, first: true };
  const slotOf = (period: bigint) => asSlot(period * terms.slotsPerPeriod + NOON);

  async function stripOf(home: HomeKeys, period: bigint, side: "buy" | "sell") {
    const header: StripHeader = {
      community,
      member: asMember(BigInt(home.member)),
      period: asPeriod(period),
      after: asSlotOffset(0n),
      epoch: 0n,
      deadline: asSeconds((period + 1n) * 86_400n),
      feePerEntry: asAmount(0n),
      feeTo: raw.stranger.address,
    };
    const order = { slot: slotOf(period), side, price: asPrice(side === "buy" ? 180n : 100n), energy: asWh(1_000n) };
    const strip = buildStrip(terms, header, [order], context);
    return { strip, signature: await signStrip(marketDomain, strip, home.trading), header, order };
  }

  await raw.goTo(raw.periodStart(Number(yesterday)));
  await market.send.post(community, yesterday, [
    await stripOf(seller, yesterday, "sell"),
    await stripOf(buyer, yesterday, "buy"),
  ]);
  await raw.goTo(raw.periodStart(Number(yesterday) + 1));
  await market.send.clear(community, [slotOf(yesterday)]);

  const records = (await logs.journals(yesterday)).get(member) ?? [];
  const results = await logs.results(yesterday);
  const { position } = positionOf(terms, yesterday, records, results);
  const values = position.map(({ sold }) => ({ imported: asWh(0n), exported: sold }));
  const start = { startImport: asWh(0n), startExport: asWh(0n) };
  const reading: Reading = { community, member, period: yesterday, closesGap: false, ...start, values };
  const readingSignature = await signReading(settlementDomain, reading, seller.meter);

  const [record] = records;
  if (record === undefined) throw new Error("yesterday's strip was not accepted");
  const answers = new Map([[0n, positionOf(terms, yesterday, records, results)]]);
  const metering = { kind: "metered", values, gapLeg: asSignedAmount(0n) } as const;
  const settled = settleMember(terms, { tariff, tariffClass: 0n, records, answers, metering });

  const period = asPeriod(yesterday + 2n);
  const slot = slotOf(period);
  const { strip, signature, header, order } = await stripOf(seller, period, "sell");
  const partner = await stripOf(buyer, period, "buy");
  const now = asSeconds(BigInt(await connection.networkHelpers.time.latest()));
  /** Waits for a time. Here the chain's clock jumps there, and a neighbour's order has come in before the gate closed. */
  async function until(time: Seconds): Promise<void> {
    if (time < periodEnd(terms, periodOf(terms, slot))) await market.send.post(community, period, [partner]);
    await raw.goTo(Number(time));
  }

  const names = {
    ...{
      provider,
      wallet,
      tradingWallet: seller.trading.connect(provider),
      meterWallet: seller.meter.connect(provider),
    },
    ...{ deployment, wattbook, registry, escrow, market, settlement, tokens, euro, logs, sealedMarket, commits },
    ...{
      desk,
      deskDomain,
      registryDomain,
      marketDomain,
      settlementDomain,
      commitDomain,
      accounts,
      charter,
      terms,
      tariff,
    },
    ...{ community, member, now, period, slot, order, header, strip, signature, partner, until },
    ...{ yesterday, record, records, results, position, values, reading, readingSignature },
    ...{ settled, bill: billOf(terms, yesterday, settled) },
    ...{ battery: BATTERY, loadHighs: highs as unknown, solver: await loadSolver(highs) },
  };
  return {
    names: { ...names, text: METERS },
    eip1193: connection.provider,
    snapshot: () => connection.networkHelpers.takeSnapshot(),
  };
}

/** Names that examples may use. */
export type ExampleNames = Awaited<ReturnType<typeof exampleWorld>>["names"];
