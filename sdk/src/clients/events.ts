/** Events of the contracts, typed: from logs, from receipts. */
import { Interface } from "ethers";
import {
  CommitBookAbi,
  CoordinatorDeskAbi,
  DoubleAuctionAbi,
  EnergySharingAbi,
  EnergyTokenAbi,
  MeteredAuctionAbi,
  OrderBookLensAbi,
  PaymentEscrowAbi,
  ProsumerRegistryAbi,
  SealedAuctionAbi,
  SettlementAbi,
} from "../abi/index.js";
import type { Address, Hex } from "../hex.ts";
import { CONTRACT_NAMES } from "./deployment.ts";
import type { ContractName, Deployment } from "./deployment.ts";
import { Fields } from "./event-fields.ts";
import { EVENTS } from "./event-table.ts";
import type { ScannedLog } from "./scan.ts";

type Table = typeof EVENTS;

/** Where an event stands; what the node left out is missing. */
export interface EventPlace {
  readonly address: Address;
  readonly blockNumber: number;
  readonly blockHash?: Hex;
  readonly transactionHash?: Hex;
  /** Of the log in its block. */
  readonly logIndex?: number;
}

type EventIn<C extends ContractName, N extends keyof Table[C]> = {
  readonly contract: C;
  readonly name: N;
  readonly log: EventPlace;
} & (Table[C][N] extends (fields: Fields) => infer Args ? Readonly<Args> : never);

/** All events of one contract. */
export type EventsOf<C extends ContractName> = C extends ContractName
  ? { [N in keyof Table[C]]: EventIn<C, N> }[keyof Table[C]]
  : never;

/** Any event of a deployment: tell them apart by `name`, and by `contract` where two have the same name. */
export type WattbookEvent = { [C in ContractName]: EventsOf<C> }[ContractName];

/** Name of any event. */
export type EventName = WattbookEvent["name"];

/**
 * The event of a name.
 * @example
 * const show = ({ member, gridLeg }: EventNamed<"Settled">) => console.log(member, gridLeg);
 */
export type EventNamed<N extends EventName> = Extract<WattbookEvent, { readonly name: N }>;

const ABIS = {
  ProsumerRegistry: ProsumerRegistryAbi,
  PaymentEscrow: PaymentEscrowAbi,
  EnergyToken: EnergyTokenAbi,
  Settlement: SettlementAbi,
  DoubleAuction: DoubleAuctionAbi,
  SealedAuction: SealedAuctionAbi,
  CommitBook: CommitBookAbi,
  OrderBookLens: OrderBookLensAbi,
  EnergySharing: EnergySharingAbi,
  MeteredAuction: MeteredAuctionAbi,
  CoordinatorDesk: CoordinatorDeskAbi,
} as const;

let parsed: Readonly<Record<ContractName, Interface>> | undefined;
function interfaces(): Readonly<Record<ContractName, Interface>> {
  parsed ??= {
    ProsumerRegistry: new Interface(ABIS.ProsumerRegistry),
    PaymentEscrow: new Interface(ABIS.PaymentEscrow),
    EnergyToken: new Interface(ABIS.EnergyToken),
    Settlement: new Interface(ABIS.Settlement),
    DoubleAuction: new Interface(ABIS.DoubleAuction),
    SealedAuction: new Interface(ABIS.SealedAuction),
    CommitBook: new Interface(ABIS.CommitBook),
    OrderBookLens: new Interface(ABIS.OrderBookLens),
    EnergySharing: new Interface(ABIS.EnergySharing),
    MeteredAuction: new Interface(ABIS.MeteredAuction),
    CoordinatorDesk: new Interface(ABIS.CoordinatorDesk),
  };
  return parsed;
}

/**
 * Reads a log of a deployment; undefined for logs of other addresses, which can look the same, and for unknown ones.
 * @example
 * const { logs: written } = (await (await escrow.send.bumpEpoch(community, member)).wait()) ?? { logs: [] };
 * for (const log of written) console.log(parseEvent(log, parseDeployment(deployment))?.name);
 */
export function parseEvent(log: ScannedLog, { contracts }: Pick<Deployment, "contracts">): WattbookEvent | undefined {
  const address = log.address?.toLowerCase();
  const contract = CONTRACT_NAMES.find((name) => contracts[name].toLowerCase() === address);
  return contract === undefined ? undefined : parseEventOf(contract, log);
}

/**
 * Reads a log that is known to be of a contract; undefined for an unknown event.
 * @example
 * const [log] = await provider.getLogs({ address: escrow.address, fromBlock: 0 });
 * const event = log && parseEventOf("PaymentEscrow", log);
 */
export function parseEventOf<C extends ContractName>(contract: C, log: ScannedLog): EventsOf<C> | undefined {
  const found = interfaces()[contract].parseLog({ topics: [...log.topics], data: log.data });
  if (found === null) return undefined;
  const readers: Readonly<Record<string, ((fields: Fields) => object) | undefined>> = EVENTS[contract];
  const fields = readers[found.name]?.(new Fields(found.args));
  if (fields === undefined) return undefined;
  return { contract, name: found.name, log: placeOf(log), ...fields } as unknown as EventsOf<C>;
}

/**
 * All events of a deployment among logs, or in a receipt.
 * @example
 * const receipt = await (await escrow.send.bumpEpoch(community, member)).wait();
 * for (const event of eventsOf(receipt, parseDeployment(deployment))) {
 *   if (event.name === "EpochBumped") console.log(event.member, event.epoch);
 * }
 */
export function eventsOf(
  source: readonly ScannedLog[] | { readonly logs: readonly ScannedLog[] } | null,
  deployment: Pick<Deployment, "contracts">,
): WattbookEvent[] {
  const logs = source === null ? [] : "logs" in source ? source.logs : source;
  return logs.map((log) => parseEvent(log, deployment)).filter((event) => event !== undefined);
}

/**
 * Topics of the events of some names, for `scanLogs` and `syncLogs`; events of all contracts if none is named.
 * @example topicsOf("Settled").length // 1
 */
export function topicsOf(...names: readonly EventName[]): Hex[] {
  const topics = new Set<Hex>();
  for (const abi of Object.values(interfaces())) {
    abi.forEachEvent(({ name, topicHash }) => {
      if (names.length === 0 || names.includes(name as EventName)) topics.add(topicHash);
    });
  }
  return [...topics];
}

function placeOf({ address = "", blockNumber, blockHash, transactionHash, index }: ScannedLog): EventPlace {
  return {
    ...{ address, blockNumber },
    ...(blockHash === undefined ? {} : { blockHash }),
    ...(transactionHash === undefined ? {} : { transactionHash }),
    ...(index === undefined ? {} : { logIndex: index }),
  };
}
