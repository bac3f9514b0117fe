import { expect } from "chai";
import { Interface, Result } from "ethers";
import type { ContractRunner, InterfaceAbi } from "ethers";
import * as abis from "../../../sdk/src/abi/index.js";
import type { UnsignedCall } from "../../../sdk/src/clients/endpoint.ts";
import { CommitBookClient } from "../../../sdk/src/clients/commit-book.ts";
import { CoordinatorDeskClient } from "../../../sdk/src/clients/coordinator-desk.ts";
import { EnergyTokenClient } from "../../../sdk/src/clients/energy-tokens.ts";
import { EscrowClient } from "../../../sdk/src/clients/escrow.ts";
import type { OrderBookClient } from "../../../sdk/src/clients/order-book.ts";
import { MarketClient } from "../../../sdk/src/clients/market.ts";
import { MeteredAuctionClient } from "../../../sdk/src/clients/metered-auction.ts";
import { PaymentTokenClient } from "../../../sdk/src/clients/payment-token.ts";
import { RegistryClient } from "../../../sdk/src/clients/registry.ts";
import { SealedMarketClient } from "../../../sdk/src/clients/sealed-market.ts";
import { SettlementClient } from "../../../sdk/src/clients/settlement.ts";
import { SharingClient } from "../../../sdk/src/clients/sharing.ts";
import { buildCommit, chunkAt } from "../../../sdk/src/commit.ts";
import { asSeconds, asTick } from "../../../sdk/src/units.ts";
import { account } from "../support.ts";
import { rejection } from "./rejection.ts";
import { samples } from "./samples.ts";
import { world, type World } from "./support.ts";

type Row<Client> = (client: Client) => unknown;
type Table<Client> = Readonly<Record<string, Row<Client>>>;
type AnyCalls = Readonly<Record<string, (...args: never[]) => unknown>>;

const { community, member, period, slot, token, key, amount, strip, reading, record, who } = samples;
const { enrolment, binding, rotation, caps, tariffClass, charter, tariff, permit, leg, position, values } = samples;
const { agreement, mandate, setPoint, pccBinding, pccReading, supply } = samples;
const SIGNED = { r: `0x${"11".repeat(32)}`, vs: `0x${"22".repeat(32)}` };
const CONSENT = "0x12";
const appended = { ...record, member, frontier: samples.frontier, fee: amount };

/** One row per view. Where a view has overloads, its signature. */
const REGISTRY_READS: Table<RegistryClient> = {
  activity: (c) => c.activity(community, period, 0n, [member]),
  bondOf: (c) => c.bondOf(community),
  classes: (c) => c.classes(community),
  communityCount: (c) => c.communityCount(),
  eip712Domain: (c) => c.domain(),
  escrow: (c) => c.escrow(),
  isNamedRelayer: (c) => c.isNamedRelayer(community, who),
  memberAtGate: (c) => c.memberAtGate(community, member, period),
  memberCount: (c) => c.memberCount(community),
  memberFor: (c) => c.member(community, member, period),
  meterFor: (c) => c.metering(community, member, period),
  meteringPointOf: (c) => c.meteringPointOf(community, member),
  moduleAt: (c) => c.moduleAt(community, 0n),
  moduleIndex: (c) => c.moduleIndex(community, who),
  moduleList: (c) => c.modules(community),
  modulesAtCreation: (c) => c.modulesAtCreation(community),
  nonces: (c) => c.nonceOf(who),
  ownerOf: (c) => c.ownerOf(community, member),
  paymentToken: (c) => c.paymentToken(community),
  readingOf: (c) => c.readingOf(community, member, period),
  readingsOf: (c) => c.readingsOf(community, period, [member]),
  settlement: (c) => c.settlement(),
  settlementContract: (c) => c.settlementContract(),
  settling: (c) => c.settling(community, period),
  supplierOf: (c) => c.supplierOf(community, member),
  tariffAt: (c) => c.tariff(community, period, { slotsPerPeriod: 96n }),
  terms: (c) => c.terms(community),
  termsHash: (c) => c.termsHash(community),
  tradersOf: (c) => c.tradersOf(community, period, [member]),
  trading: (c) => c.trading(community),
  tradingFor: (c) => c.tradingFor(community, period),
};
const ESCROW_READS: Table<EscrowClient> = {
  account: (c) => c.account(community, member),
  bond: (c) => c.bond(community, who),
  debt: (c) => c.debt(community, member),
  dueFund: (c) => c.dueFund(community, member),
  fees: (c) => c.fees(who, who),
  journal: (c) => c.journal(community, member, period),
  journalWord: (c) => c.journalWord(community, member, period),
  journalWords: (c) => c.journalWords(community, period, [member]),
  journals: (c) => c.journals(community, period),
  periodFree: (c) => c.periodFree(community, period),
  pledgeOf: (c) => c.pledge(community, member),
  pot: (c) => c.pot(community, 0n, period),
  potWords: (c) => c.pots(community, period, 1n),
  registry: (c) => c.registry(),
  settlement: (c) => c.settlement(),
  shortfall: async (c) => c.shortfall(await c.tokenOf(community)),
  standing: (c) => c.standing(community, member),
  standings: (c) => c.standings(community, period, [member]),
  standingAtGate: (c) => c.standingAtGate(community, member, period),
  tokenOf: (c) => c.tokenOf(community),
};
const TOKEN_READS: Table<EnergyTokenClient> = {
  balanceOf: (c) => c.balanceOf(who, token),
  balanceOfBatch: (c) => c.balanceOfBatch([{ account: who, token }]),
  exists: (c) => c.exists(token),
  idOf: (c) => c.idOf(token),
  isApprovedForAll: (c) => c.isApprovedForAll(who, who),
  settlement: (c) => c.settlement(),
  supportsInterface: (c) => c.supportsInterface("0xd9b67a26"),
  "totalSupply()": (c) => c.totalSupply(),
  "totalSupply(uint256)": (c) => c.supplyOf(token),
  uri: (c) => c.uri(token),
};
const SETTLEMENT_READS: Table<SettlementClient> = {
  eip712Domain: (c) => c.domain(),
  energyToken: (c) => c.energyToken(),
  escrow: (c) => c.escrow(),
  gap: (c) => c.gap(community, member),
  ledger: (c) => c.ledger(community, slot),
  meterState: (c) => c.meter(community, member),
  readingDigest: (c) => c.readingDigest(reading),
  registry: (c) => c.registry(),
};
const MARKET_READS: Table<OrderBookClient> = {
  contextOf: (c) => c.context(community, period),
  domainSeparator: (c) => c.domainSeparator(),
  eip712Domain: (c) => c.domain(),
  escrow: (c) => c.escrow(),
  extsload: (c) => c.extsload(SIGNED.r),
  positionOf: async (c) => c.positionOf(key, await c.context(community, period), []),
  registry: (c) => c.registry(),
};
/** What the lens is asked for an order book. */
const LENS_READS: Table<OrderBookClient> = {
  book: (c) => c.book(community, slot),
  result: (c) => c.result(community, slot),
  stripDigest: (c) => c.stripDigest(strip),
};
const SEALED_READS: Table<SealedMarketClient> = {
  ...MARKET_READS,
  bondKeeper: (c) => c.bondKeeper(),
  commitBook: (c) => c.commitBook(),
};
const COMMIT_READS: Table<CommitBookClient> = {
  auction: (c) => c.auction(),
  commitAt: (c) => c.commit(community, period, 0n),
  eip712Domain: (c) => c.domain(),
  escrow: (c) => c.escrow(),
  isResolved: (c) => c.isResolved(community, period),
  receiptDigest: (c) => c.receiptDigest({ community, period, strip: record.digest }),
  registry: (c) => c.registry(),
  turnOf: (c) => c.turn(community, period),
};
const DESK_READS: Table<CoordinatorDeskClient> = {
  agreementDigest: (c) => c.agreementDigest(agreement),
  agreementOf: (c) => c.agreement(community, member),
  auditSetPoint: (c) => c.auditSetPoint({ setPoint, signature: SIGNED }),
  eip712Domain: (c) => c.domain(),
  escrow: (c) => c.escrow(),
  isAgreed: (c) => c.isAgreed(community, member, period),
  mandateDigest: (c) => c.mandateDigest(mandate),
  mandateOf: (c) => c.mandate(community, member),
  pccBindingDigest: (c) => c.pccBindingDigest(pccBinding),
  pccFor: (c) => c.pcc(community, period),
  pccReadingDigest: (c) => c.pccReadingDigest(pccReading),
  pccReadingOf: (c) => c.pccReading(community, period),
  registry: (c) => c.registry(),
  setPointDigest: (c) => c.setPointDigest(setPoint),
  settlement: (c) => c.settlement(),
  supplierAccount: (c) => c.supplierAccount(community, member),
  supplyAt: (c) => c.supply(community, period),
  supplyDigest: (c) => c.supplyDigest(supply),
  toleranceAt: (c) => c.tolerance(community, period),
};

const budget = {
  ...{ community, member, budget: amount, firstPeriod: period, lastPeriod: period },
  ...{ epoch: 0n, sequence: 1n },
};
const standing = { ...budget, buyTick: asTick(40n), sellTick: null };
const AUCTION_READS: Table<MeteredAuctionClient> = {
  contextOf: (c) => c.context(community, period),
  eip712Domain: (c) => c.domain(),
  escrow: (c) => c.escrow(),
  orderDigest: (c) => c.orderDigest(standing),
  orderOf: (c) => c.order(community, member),
  positionOf: (c) => c.positionOf(key),
  registry: (c) => c.registry(),
  roundOf: (c) => c.round(community, period),
  schemeFor: (c) => c.settlementDelay(community, period),
  settlement: (c) => c.settlement(),
  totalsHash: (c) => c.totalsHash(community, period),
};
const SHARING_READS: Table<SharingClient> = {
  budgetDigest: (c) => c.budgetDigest(budget),
  budgetOf: (c) => c.budget(community, member),
  contextOf: (c) => c.context(community, period),
  eip712Domain: (c) => c.domain(),
  escrow: (c) => c.escrow(),
  positionOf: (c) => c.positionOf(key),
  registry: (c) => c.registry(),
  roundOf: (c) => c.round(community, period),
  schemeFor: (c) => c.scheme(community, period),
  settlement: (c) => c.settlement(),
  totals: (c) => c.totals(community, period, { slotsPerPeriod: 96n }),
};

/** One row per function that is no view. */
const REGISTRY_CALLS: Table<RegistryClient> = {
  acceptOwnership: (c) => c.calls.acceptOwnership(community, member),
  addModule: (c) => c.calls.addModule(community, who),
  bindMeter: (c) => c.calls.bindMeter(binding, CONSENT, CONSENT),
  changeCaps: (c) => c.calls.changeCaps(caps, CONSENT),
  changeClass: (c) => c.calls.changeClass(tariffClass, CONSENT),
  createCommunity: (c) => c.calls.createCommunity(charter, tariff),
  enroll: (c) => c.calls.enroll(enrolment, CONSENT),
  nameRelayer: (c) => c.calls.nameRelayer(community, who, true),
  pause: (c) => c.calls.pause(community),
  publishTariff: (c) => c.calls.publishTariff(community, period, tariff),
  releaseMeter: (c) => c.calls.releaseMeter(community, member),
  revokeMeterKey: (c) => c.calls.revokeMeterKey(community, member),
  rotateMeterKey: (c) => c.calls.rotateMeterKey(rotation, CONSENT, CONSENT),
  rotateTradingKey: (c) => c.calls.rotateTradingKey(community, member, who),
  setSuspended: (c) => c.calls.setSuspended(community, member, true),
  setTrading: (c) => c.calls.setTrading(community, member, true),
  transferOwnership: (c) => c.calls.transferOwnership(community, member, who),
  unbindMeter: (c) => c.calls.unbindMeter(community, member),
};
const ESCROW_CALLS: Table<EscrowClient> = {
  append: (c) => c.calls.append(community, period, { module: 0n, feeTo: who, records: [appended] }),
  bumpEpoch: (c) => c.calls.bumpEpoch(community, member),
  claimDue: (c) => c.calls.claimDue(community, member),
  correct: (c) => c.calls.correct(key, member, leg.gridLeg),
  deposit: (c) => c.calls.deposit(community, member, amount),
  depositWithPermit: (c) => c.calls.depositWithPermit(community, member, amount, permit),
  enableModule: (c) => c.calls.enableModule(community, member, 1n, true),
  forfeitBond: (c) => c.calls.forfeitBond(community, who, amount),
  lockBond: (c) => c.calls.lockBond(community, who, amount),
  markPaid: (c) => c.calls.markPaid(community, member, amount),
  openAccount: (c) => c.calls.openAccount(community, member, 1n),
  openCommunity: (c) => c.calls.openCommunity(community, who, charter.terms, who),
  openJournals: (c) => c.calls.openJournals(community, period, 2n),
  pledge: (c) => c.calls.pledge(community, member, amount),
  postBond: (c) => c.calls.postBond(community, amount),
  recheck: (c) => c.calls.recheck(community, member),
  releaseBond: (c) => c.calls.releaseBond(community, who, amount),
  releasePledge: (c) => c.calls.releasePledge(community, member),
  setCreditLine: (c) => c.calls.setCreditLine(community, member, amount),
  settle: (c) =>
    c.calls.settle(community, period, { legs: [leg], potWords: [1n], opened: 0n, settled: 1n, settler: who }),
  storeJournal: (c) => c.calls.storeJournal(key, 5n),
  unpledge: (c) => c.calls.unpledge(community, member, amount),
  withdraw: (c) => c.calls.withdraw(community, member, who, amount),
  withdrawBond: (c) => c.calls.withdrawBond(community, who, amount),
  withdrawFees: (c) => c.calls.withdrawFees(who, who),
};
const TOKEN_CALLS: Table<EnergyTokenClient> = {
  mint: (c) => c.calls.mint(who, [{ token, amount: values[0].imported }]),
  retire: (c) => c.calls.retire(token, values[0].imported, who, "own use"),
  safeBatchTransferFrom: (c) => c.calls.safeBatchTransferFrom(who, who, [{ token, amount: values[0].imported }]),
  safeTransferFrom: (c) => c.calls.safeTransferFrom(who, who, token, values[0].imported),
  setApprovalForAll: (c) => c.calls.setApprovalForAll(who, true),
};
const SETTLEMENT_CALLS: Table<SettlementClient> = {
  bindMeter: (c) => c.calls.bindMeter(key, values[0].imported, values[0].exported),
  claim: (c) => c.calls.claim(community, period, { member, journal: 5n, values, gapLeg: leg.gridLeg, position }, who),
  correct: (c) => c.calls.correct(community, period, [{ reading, signature: SIGNED, journal: 5n, position }]),
  meter: (c) => c.calls.meter(community, period, [{ reading, signature: SIGNED }]),
  meterAndSettle: (c) => c.calls.meterAndSettle(community, period, [{ reading, signature: SIGNED, records: [record] }]),
  releaseMeter: (c) => c.calls.releaseMeter(key),
  settle: (c) => c.calls.settle(community, period, [{ member, values, gapLeg: leg.gridLeg, records: [record] }]),
  settleEstimated: (c) => c.calls.settleEstimated(community, period, [{ member, records: [record] }]),
};
const MARKET_CALLS: Table<MarketClient> = {
  clear: (c) => c.calls.clear(community, [slot]),
  place: (c) => c.calls.place(strip),
  post: (c) => c.calls.post(community, period, [{ strip, signature: SIGNED }]),
};
const signed = { strip, signature: SIGNED };
const commit = buildCommit([signed]);
const answer = { ...chunkAt(commit, 0), strip: record.digest, stripIndex: 0 };
const SEALED_CALLS: Table<SealedMarketClient> = {
  clear: (c) => c.calls.clear(community, [slot]),
  place: (c) => c.calls.place(strip),
  reveal: (c) => c.calls.reveal(commit, 0n, chunkAt(commit, 0), true),
};
const COMMIT_CALLS: Table<CommitBookClient> = {
  answer: (c) => c.calls.answer(commit, 0n, answer),
  challenge: (c) => c.calls.challenge(0n, { signed, receipt: SIGNED, records: [record] }),
  commit: (c) => c.calls.commit(commit),
  finish: (c) => c.calls.finish(community, period, 0n),
  noteReveal: (c) => c.calls.noteReveal(commit, 0n, chunkAt(commit, 0)),
};
const item = { member, values, gapLeg: leg.gridLeg, records: [record] };
const AUCTION_CALLS: Table<MeteredAuctionClient> = {
  announce: (c) => c.calls.announce(community, period, asSeconds(86_400n)),
  count: (c) => c.calls.count(community, period, [item], [7n]),
  join: (c) => c.calls.join(community, period, [member]),
  keepOrders: (c) => c.calls.keepOrders(community, [{ order: standing, signature: SIGNED }, { order: standing }]),
  meter: (c) => c.calls.meter(community, period, [{ reading, signature: SIGNED, records: [record] }]),
  meterAndSettle: (c) => c.calls.meterAndSettle(community, period, [{ reading, signature: SIGNED, records: [record] }]),
  settle: (c) => c.calls.settle(community, period, { chunk: 1n, items: [item], start: [7n], frozen: [8n, 9n] }),
};
const SHARING_CALLS: Table<SharingClient> = {
  announce: (c) =>
    c.calls.announce(community, period, {
      ...{ rule: "sdr-comp", compensation: tariff.networkFee, settlementDelay: asSeconds(86_400n) },
    }),
  count: (c) => c.calls.count(community, period, [item]),
  join: (c) => c.calls.join(community, period, [member]),
  keepBudgets: (c) => c.calls.keepBudgets(community, [{ budget, signature: SIGNED }, { budget }]),
  meter: (c) => c.calls.meter(community, period, [{ reading, signature: SIGNED, records: [record] }]),
  meterAndSettle: (c) => c.calls.meterAndSettle(community, period, [{ reading, signature: SIGNED, records: [record] }]),
  settle: (c) => c.calls.settle(community, period, { chunk: 1n, items: [item], start: [7n] }),
};
const DESK_CALLS: Table<CoordinatorDeskClient> = {
  acknowledge: (c) => c.calls.acknowledge(community, member, record.digest),
  bindPcc: (c) => c.calls.bindPcc(pccBinding, CONSENT, CONSENT),
  comparePcc: (c) => c.calls.comparePcc(community, period, values),
  correctPcc: (c) => c.calls.correctPcc({ reading: pccReading, signature: SIGNED }),
  endAgreement: (c) => c.calls.endAgreement(community, member),
  keepAgreement: (c) => c.calls.keepAgreement(agreement, CONSENT, CONSENT),
  keepMandate: (c) => c.calls.keepMandate(mandate, CONSENT),
  notePayment: (c) => c.calls.notePayment(community, member, leg.gridLeg),
  postPcc: (c) => c.calls.postPcc({ reading: pccReading, signature: SIGNED }),
  publishSupply: (c) => c.calls.publishSupply(supply, CONSENT),
  reportSetPoint: (c) => c.calls.reportSetPoint({ setPoint, signature: SIGNED }),
  revokeMandate: (c) => c.calls.revokeMandate(community, member, 1n),
  revokePcc: (c) => c.calls.revokePcc(community),
  setTolerance: (c) =>
    c.calls.setTolerance(community, { permille: samples.mandate.minSocPermille, absoluteWh: values[0].imported }),
};
const EURO_CALLS: Table<PaymentTokenClient> = {
  approve: (c) => c.calls.approve(who, amount),
  permit: (c) => c.calls.permit({ owner: who, spender: who, value: amount, deadline: permit.deadline }, permit),
  transfer: (c) => c.calls.transfer(who, amount),
  transferFrom: (c) => c.calls.transferFrom(who, who, amount),
};
const EURO_READS: Table<PaymentTokenClient> = {
  allowance: (c) => c.allowance(who, who),
  balanceOf: (c) => c.balanceOf(who),
  decimals: (c) => c.decimals(),
  eip712Domain: (c) => c.domain(),
  name: (c) => c.name(),
  nonces: (c) => c.nonceOf(who),
  symbol: (c) => c.symbol(),
  totalSupply: (c) => c.totalSupply(),
};

/** Names of a contract's functions; signatures where a name is used twice. */
function functionsOf(abi: InterfaceAbi, views: boolean): string[] {
  const found: string[] = [];
  const parsed = new Interface(abi);
  parsed.forEachFunction((each) => {
    if (each.constant !== views) return;
    const twice = parsed.fragments.filter((other) => "name" in other && other.name === each.name).length > 1;
    found.push(twice ? each.format() : each.name);
  });
  return found.sort();
}

/** Notes selectors of calls, and what is sent. */
function recorder(runner: ContractRunner) {
  const selectors: string[] = [];
  const asked: unknown[] = [];
  const sent: unknown[] = [];
  const recording: ContractRunner = {
    provider: runner.provider,
    call: (tx) => {
      selectors.push(String(tx.data).slice(0, 10));
      asked.push(tx.to);
      return runner.call?.(tx) ?? Promise.reject(new Error("no call"));
    },
    sendTransaction: (tx) => {
      sent.push(tx);
      return Promise.resolve({} as never);
    },
  };
  return { selectors, asked, sent, recording };
}

interface AnyClient {
  readonly calls: unknown;
  readonly send: unknown;
  readonly simulate: unknown;
}

function suite<Client extends AnyClient>(
  name: string,
  at: keyof World["at"],
  abi: InterfaceAbi,
  make: new (options: { address: string; runner: ContractRunner }) => Client,
  reads: Table<Client>,
  calls: Table<Client>,
  exact: boolean,
): void {
  describe(name, function () {
    const parsed = new Interface(abi);

    it("has a client method for every view and every function, and none beyond", function () {
      if (exact) expect(Object.keys(reads).sort()).to.deep.equal(functionsOf(abi, true));
      if (exact) expect(Object.keys(calls).sort()).to.deep.equal(functionsOf(abi, false));
      const client = new make({ address: account(1), runner: { provider: null } });
      for (const kind of [client.calls, client.send, client.simulate]) {
        expect(Object.keys(kind as AnyCalls).sort()).to.deep.equal(Object.keys(calls).sort());
      }
    });

    it("reads each view of the contract, as named fields", async function () {
      const w = await world();
      const { recording, selectors } = recorder(w.raw.stranger);
      const client = new make({ address: w.at[at], runner: recording });
      for (const [view, read] of Object.entries(reads)) {
        const value: unknown = await read(client);
        expect(selectors.at(-1), view).to.equal(parsed.getFunction(view)?.selector);
        expect(value instanceof Result, view).to.equal(false);
      }
    });

    it("builds each call, and sends the same", async function () {
      const { recording, sent } = recorder({ provider: null });
      const client = new make({ address: account(1), runner: recording });
      for (const [name, build] of Object.entries(calls)) {
        const call = build(client) as UnsignedCall;
        expect(parsed.parseTransaction(call)?.name).to.equal(name);
        expect({ to: call.to, value: call.value }).to.deep.equal({ to: account(1), value: 0n });
        const again = parsed.encodeFunctionData(name, parsed.decodeFunctionData(name, call.data));
        expect(again).to.equal(call.data);
        const sends = { calls: client.send } as unknown as Client;
        await (build(sends) as Promise<unknown>);
        expect(sent.at(-1), name).to.deep.equal(call);
      }
    });
  });
}

const { ProsumerRegistryAbi, PaymentEscrowAbi, EnergyTokenAbi, SettlementAbi, DoubleAuctionAbi, LocalEuroAbi } = abis;
const { SealedAuctionAbi, CommitBookAbi, CoordinatorDeskAbi, OrderBookLensAbi, EnergySharingAbi } = abis;
suite("RegistryClient's table", "registry", ProsumerRegistryAbi, RegistryClient, REGISTRY_READS, REGISTRY_CALLS, true);
suite("EscrowClient's table", "escrow", PaymentEscrowAbi, EscrowClient, ESCROW_READS, ESCROW_CALLS, true);
suite("EnergyTokenClient's table", "tokens", EnergyTokenAbi, EnergyTokenClient, TOKEN_READS, TOKEN_CALLS, true);
suite(
  "SettlementClient's table",
  "settlement",
  SettlementAbi,
  SettlementClient,
  SETTLEMENT_READS,
  SETTLEMENT_CALLS,
  true,
);
suite("MarketClient's table", "market", DoubleAuctionAbi, MarketClient, MARKET_READS, MARKET_CALLS, true);
suite(
  "SealedMarketClient's table",
  "sealedMarket",
  SealedAuctionAbi,
  SealedMarketClient,
  SEALED_READS,
  SEALED_CALLS,
  true,
);
suite("CommitBookClient's table", "commits", CommitBookAbi, CommitBookClient, COMMIT_READS, COMMIT_CALLS, true);
suite(
  "MeteredAuctionClient's table",
  "meteredAuction",
  abis.MeteredAuctionAbi,
  MeteredAuctionClient,
  AUCTION_READS,
  AUCTION_CALLS,
  true,
);
suite("SharingClient's table", "sharing", EnergySharingAbi, SharingClient, SHARING_READS, SHARING_CALLS, true);
suite("CoordinatorDeskClient's table", "desk", CoordinatorDeskAbi, CoordinatorDeskClient, DESK_READS, DESK_CALLS, true);
suite("PaymentTokenClient's table", "euro", LocalEuroAbi, PaymentTokenClient, EURO_READS, EURO_CALLS, false);

describe("Clients of order books and OrderBookLens", function () {
  const parsed = new Interface(OrderBookLensAbi);

  it("have a method for every view of the lens, which has nothing else", function () {
    expect(Object.keys(LENS_READS).sort()).to.deep.equal(functionsOf(OrderBookLensAbi, true));
    expect(functionsOf(OrderBookLensAbi, false)).to.deep.equal([]);
  });

  for (const [at, Client] of [
    ["market", MarketClient],
    ["sealedMarket", SealedMarketClient],
  ] as const) {
    it(`ask it about the ${at}`, async function () {
      const w = await world();
      const { recording, selectors, asked } = recorder(w.raw.stranger);
      const client = new Client({ address: w.at[at], lens: w.at.lens, runner: recording });
      for (const [view, read] of Object.entries(LENS_READS)) {
        const value: unknown = await read(client);
        expect([selectors.at(-1), asked.at(-1)], view).to.deep.equal([parsed.getFunction(view)?.selector, w.at.lens]);
        expect(value instanceof Result, view).to.equal(false);
      }
    });
  }

  it("say what is missing without its address", async function () {
    const { recording } = recorder({ provider: null });
    const client = new MarketClient({ address: account(1), runner: recording });
    for (const read of Object.values(LENS_READS)) await rejection(read(client) as Promise<unknown>, "RUNNER_UNFIT");
  });
});
