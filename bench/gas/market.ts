/** The one file that knows how calls of a market are encoded: everything else here speaks of homes, orders and slots. */
import {
  dataLength,
  type ContractTransactionReceipt,
  type ContractTransactionResponse,
  type Log,
  type Signer,
} from "ethers";
import {
  connect,
  deployMarket,
  postArguments,
  unpackRecords,
  type Entry,
  type HomeKeys,
  type HomeOptions,
  type TermsOverride,
} from "../../test/helpers/market.ts";
import { keysOf, membership } from "../../test/helpers/membership.ts";
import { DoesNotFit } from "./calls.ts";

/** Orders of a home in one period. */
export interface Order {
  readonly home: HomeKeys;
  readonly entries: readonly Entry[];
}

/** What a meter counted, and where its registers stood before; Wh. */
export interface Counted {
  readonly values: readonly (readonly [imported: number, exported: number])[];
  readonly startImport: bigint;
  readonly startExport: bigint;
}

/** A record of a journal as settlement takes it. */
export interface JournalRecord {
  readonly head: bigint;
  readonly digest: string;
  readonly payload: string;
}
export type Receipt = Pick<ContractTransactionReceipt, "hash" | "blockHash" | "gasUsed"> & {
  readonly logs: readonly Log[];
};
export type Market = Awaited<ReturnType<typeof openMarket>>;

/** What a transaction may use at most. Named, so that the node does not run each call many times to estimate it. */
export const MAX_GAS = 2n ** 24n;
const LIMIT = { gasLimit: MAX_GAS };
/** Bytes of calldata that nodes still pass on. */
const MAX_CALLDATA = 128 * 1024;

/** Base units: more than the orders of a day can reserve. */
const MAX_RESERVE = 500_000_000n;
const FEE_PER_ENTRY = 5;

/** A short ring, so that a few periods warm every word of it. The ring's length does not change what an entry costs. */
export const SHORT_RING = {
  horizon: 1,
  readingDeadline: 3600,
  correctionWindow: 7200,
  claimWindow: 10_800,
  tariffNotice: 1,
};

/** The receipt of the latest block's only transaction. */
export async function latestReceipt({ connection }: Pick<Market, "connection">): Promise<Receipt> {
  const { provider } = connection.ethers;
  const [hash] = (await provider.getBlock("latest"))?.transactions ?? [];
  const receipt = hash === undefined ? null : await provider.getTransactionReceipt(hash);
  if (!receipt) throw new Error("the latest block is empty");
  return receipt;
}

/** Until a call is mined. */
export async function receiptOf(sent: Promise<ContractTransactionResponse>): Promise<Receipt> {
  const receipt = await (await sent).wait();
  if (!receipt) throw new Error("no receipt");
  return receipt;
}

export function checkLength(data: string): void {
  if (dataLength(data) > MAX_CALLDATA) throw new DoesNotFit(`${String(dataLength(data))} bytes of calldata`);
}

export async function openMarket(terms: TermsOverride, { sealed = false } = {}) {
  const connection = await connect();
  const market = await deployMarket(connection, { terms: { ...SHORT_RING, ...terms }, sealed });
  const { auction, settlement, escrow, community } = market;
  const members = membership(market);
  const asRelayer = { feePerEntry: FEE_PER_ENTRY, maxReserve: MAX_RESERVE };

  let seconds = 0;
  const mined = async (sent: Promise<ContractTransactionResponse>) => {
    const start = performance.now();
    const receipt = await receiptOf(sent).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : "";
      throw message.includes("ran out of gas") ? new DoesNotFit(message, { cause: error }) : error;
    });
    seconds = (performance.now() - start) / 1000;
    return receipt;
  };

  const strip = async ({ home, entries }: Order, period: number, fee = asRelayer.feePerEntry) =>
    await market.signStrip({ ...asRelayer, home, period, entries, feePerEntry: fee });

  /** Strips of several homes in one call, by a relayer that takes a fee for each entry. */
  async function post(period: number, orders: readonly Order[]): Promise<Receipt> {
    const strips = [];
    for (const order of orders) strips.push(await strip(order, period));
    const call = postArguments(community, period, strips);
    checkLength(auction.interface.encodeFunctionData("post", call));
    const receipt = await mined(auction.post(...call, LIMIT));
    const taken = recordsIn(receipt).size;
    if (taken !== orders.length) throw new Error(`${String(orders.length - taken)} strips were not accepted`);
    for (const log of receipt.logs) {
      const name = auction.interface.parseLog(log)?.name;
      if (name === "EntriesRefused") throw new Error("entries were refused");
    }
    return receipt;
  }

  /** A home's own transaction. */
  async function place(period: number, order: Order): Promise<Receipt> {
    const sender = order.home.trading.connect(connection.ethers.provider);
    return await mined(auction.connect(sender).place(community, period, await strip(order, period, 0), LIMIT));
  }

  /** Each member's record of a posting. */
  function recordsIn(receipt: Receipt): Map<number, JournalRecord> {
    const records = new Map<number, JournalRecord>();
    for (const log of receipt.logs) {
      const parsed = escrow.interface.parseLog(log);
      if (parsed?.name !== "Recorded") continue;
      const { module, records: packed } = parsed.args as unknown as { module: bigint; records: string };
      for (const { member, head, digest, payload } of unpackRecords(module, packed)) {
        records.set(member, { head, digest, payload });
      }
    }
    return records;
  }

  /** Offsets of a period's slots. */
  async function clear(period: number, offsets: readonly number[]): Promise<Receipt> {
    const slots = offsets.map((offset) => period * market.terms.slotsPerPeriod + offset);
    const receipt = await mined(auction.clear(community, slots, LIMIT));
    if (receipt.logs.length !== slots.length) throw new Error("not every slot was cleared");
    return receipt;
  }

  /** Meters and settles homes in one call. */
  async function settle(
    period: number,
    items: readonly {
      readonly home: HomeKeys;
      readonly counted: Counted;
      readonly record: JournalRecord | undefined;
    }[],
  ): Promise<Receipt> {
    const encoded = [];
    for (const { home, counted, record } of items) {
      const reading = await market.signReading({ home, period, ...counted });
      encoded.push({ member: home.member, reading, records: record ? [record] : [] });
    }
    checkLength(settlement.interface.encodeFunctionData("meterAndSettle", [community, period, encoded]));
    const receipt = await mined(settlement.meterAndSettle(community, period, encoded, LIMIT));
    for (const log of receipt.logs) {
      const name = settlement.interface.parseLog(log)?.name;
      if (name === "RecordsVoided" || name === "ItemSkipped") throw new Error(`not what members get: ${name}`);
    }
    return receipt;
  }

  /** Whether exactly so many journals were opened in a period, and all of them are settled. */
  async function checkSettled(period: number, homes: number): Promise<void> {
    const { opened, settled } = await escrow.journals(community, period);
    if (opened !== BigInt(homes) || settled !== opened) throw new Error("the measured period is not settled");
  }

  const addHome = async (home: HomeOptions): Promise<HomeKeys> => await market.addHome(home);
  const asSigner = (home: HomeKeys): Signer => home.owner.connect(connection.ethers.provider);

  return {
    connection,
    market,
    provider: connection.provider,
    /** Strips of this market, as `post` signs them. */
    strip,
    /** Waits for a call and times it. */
    mined,
    /** What the last call took. */
    lastSeconds: () => seconds,
    keysOf,
    members,
    addHome,
    asSigner,
    post,
    place,
    recordsIn,
    clear,
    settle,
    checkSettled,
  };
}
