/** A community as the chain shows it now: what checks of strips and readings look at, read once per block. */
import {
  decodeTariffCode,
  type CommunityIndex,
  EscrowClient,
  type Deployment,
  type Hex,
  type MarketInfo,
  type MemberIndex,
  type MemberWord,
  type MeterInfo,
  type Period,
  periodAt,
  RegistryClient,
  type Seconds,
  SettlementClient,
  MeteredAuctionClient,
  SharingClient,
  type Tariff,
  type Terms,
} from "@wattbook/sdk";
import type { Node } from "../../chain/index.ts";
import type { ReadingContext } from "../readings/check.ts";
import type { OpenPeriod, Trader } from "../strips/check.ts";
import type { ChainClock } from "./clock.ts";
import { auctionModule, type MeterModule, sharingModule } from "../settle/meter-module.ts";
import { Together } from "./once.ts";
import { headReaderOf } from "./runner.ts";

/** What is asked about a period. */
type PeriodInfo = MarketInfo & { readonly ringFree: boolean };

/** Periods whose readings are looked at at the same time. */
const MOST_PERIODS = 30;

/** One community of a deployment. */
export class CommunityView {
  readonly community: CommunityIndex;
  readonly terms: Terms;
  /** The module of a community that does not bid: its readings go through it. Null where members place orders. */
  readonly module: MeterModule | null;
  readonly #node: Node;
  readonly #clock: ChainClock;
  readonly #registry: RegistryClient;
  readonly #escrow: EscrowClient;
  readonly #settlement: SettlementClient;
  readonly #periods = new Together<Period, PeriodInfo>((periods) => this.#askPeriods(periods));
  readonly #traders = new Map<Period, Together<MemberIndex, Trader>>();
  readonly #meters = new Map<Period, Together<MemberIndex, Omit<ReadingContext, "terms" | "now">>>();
  #block = 0;
  /** By the address of the contract that holds it, whose code never changes. */
  readonly #tariffs = new Map<string, Promise<Tariff>>();

  private constructor(
    community: CommunityIndex,
    terms: Terms,
    module: MeterModule | null,
    node: Node,
    clock: ChainClock,
    clients: ReturnType<typeof clientsOf>,
  ) {
    this.community = community;
    this.terms = terms;
    this.module = module;
    this.#node = node;
    this.#clock = clock;
    this.#registry = clients.registry;
    this.#escrow = clients.escrow;
    this.#settlement = clients.settlement;
  }

  /** @throws ContractRevertError where there is no such community */
  static async open(
    node: Node,
    clock: ChainClock,
    deployment: Deployment,
    community: CommunityIndex,
  ): Promise<CommunityView> {
    const clients = clientsOf(node, deployment);
    const { registry, sharing, auction } = clients;
    const [terms, first] = await Promise.all([registry.terms(community), registry.moduleAt(community, 0n)]);
    const isFirst = ({ address }: { readonly address: string }) => first.toLowerCase() === address.toLowerCase();
    const module = () => {
      if (isFirst(sharing)) return sharingModule(sharing, community, terms);
      return isFirst(auction) ? auctionModule(auction, community, terms) : null;
    };
    return new CommunityView(community, terms, module(), node, clock, clients);
  }

  now(): Seconds {
    return this.#clock.now();
  }

  currentPeriod(): Period {
    return periodAt(this.terms, this.now());
  }

  /** Counts the blocks seen. */
  get block(): number {
    return this.#block;
  }

  /** There is a new block: everything is asked again. */
  forget(): void {
    this.#block++;
    this.#periods.forget();
    this.#traders.clear();
    this.#meters.clear();
  }

  /** A period that is open for orders. */
  async period(period: Period): Promise<OpenPeriod> {
    const { paused, tariff, ringFree } = await this.#periods.get(period);
    return { terms: this.terms, paused, ringFree, tariff: await this.#tariffAt(tariff) };
  }

  /** A member as it trades in a period. */
  async trader(period: Period, member: MemberIndex): Promise<Trader> {
    const known = this.#traders.get(period) ?? new Together((members) => this.#askTraders(period, members));
    this.#traders.set(period, known);
    return known.get(member);
  }

  /** A member as its readings of a period are judged. */
  async meter(period: Period, member: MemberIndex): Promise<Omit<ReadingContext, "terms" | "now">> {
    const known = this.#meters.get(period) ?? new Together((members) => this.#askMeters(period, members));
    // Readings name any period, and a chain that stands forgets nothing.
    if (this.#meters.size > MOST_PERIODS) this.#meters.clear();
    this.#meters.set(period, known);
    return known.get(member);
  }

  async #askPeriods(periods: readonly Period[]): Promise<PeriodInfo[]> {
    return Promise.all(
      periods.map(async (period) => {
        const [info, ringFree] = await Promise.all([
          this.#registry.tradingFor(this.community, period),
          this.#escrow.periodFree(this.community, period),
        ]);
        return { ...info, ringFree };
      }),
    );
  }

  async #askTraders(period: Period, members: readonly MemberIndex[]): Promise<Trader[]> {
    const [words, { accounts, journals }] = await Promise.all([
      this.#registry.tradersOf(this.community, period, members),
      this.#escrow.standings(this.community, period, members),
    ]);
    return members.map((_, index) => ({
      member: words[index] as MemberWord,
      standing: accounts[index] as Trader["standing"],
      journal: journals[index] as Trader["journal"],
    }));
  }

  async #askMeters(period: Period, members: readonly MemberIndex[]): Promise<Omit<ReadingContext, "terms" | "now">[]> {
    const [rated, meters] = await Promise.all([
      this.#registry.readingsOf(this.community, period, members),
      Promise.all(members.map((member) => this.#settlement.meter(this.community, member))),
    ]);
    return members.map((_, index) => ({
      rated: rated[index] as ReadingContext["rated"],
      meter: meters[index] as MeterInfo,
    }));
  }

  async #tariffAt(blob: string): Promise<Tariff> {
    const known = this.#tariffs.get(blob);
    if (known !== undefined) return known;
    const asked = this.#node
      .ask("eth_getCode", [blob, this.#node.at])
      .then((code) => decodeTariffCode(this.terms, code as Hex));
    this.#tariffs.set(blob, asked);
    asked.catch(() => this.#tariffs.delete(blob));
    return asked;
  }
}

function clientsOf(node: Node, { contracts }: Deployment) {
  const runner = headReaderOf(node);
  return {
    registry: new RegistryClient({ address: contracts.ProsumerRegistry, runner }),
    escrow: new EscrowClient({ address: contracts.PaymentEscrow, runner }),
    settlement: new SettlementClient({ address: contracts.Settlement, runner }),
    sharing: new SharingClient({ address: contracts.EnergySharing, runner }),
    auction: new MeteredAuctionClient({ address: contracts.MeteredAuction, runner }),
  };
}
