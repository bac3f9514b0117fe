/** Runs a slot of orders through SamWitch's order book, which matches an order when it comes. A token id is a slot. */
import { Contract, MaxUint256, ZeroAddress } from "ethers";
import { homeOf, homesOf, read, type Chain } from "../chain.ts";
import { compile, type Compiled } from "../compile.ts";
import { LOT_WH, priceOf } from "../grid.ts";
import type { BaselineOrder, BaselineOrders } from "../types.ts";
import { MODULES, PACKAGE } from "./install.ts";
import { takeRests, takeTrades, type Resting } from "./resting.ts";

/** The most that leaves the contract below 24,576 bytes, of the powers of ten. */
const RUNS = 1_000;
const BUY = 0;
const SELL = 1;
/** No level ever fills up: a multiple of the four orders that share a word. */
const ORDERS_PER_PRICE = 65_532;
/** More than anyone spends, base units. */
const MONEY = 10n ** 15n;

export interface SamWitch {
  readonly book: Contract;
  readonly euro: Contract;
  readonly energy: Contract;
  readonly homes: readonly string[];
}

/** Gas per order of what homes sent, by what it did. */
export interface Played {
  /** Orders that rested whole. */
  readonly place: number[];
  /** Orders that traded when they came. */
  readonly match: number[];
  readonly claim: number[];
  readonly cancel: number[];
  /** Lots traded in a slot. */
  readonly lots: bigint;
}

export const compileSamWitch = () =>
  compile(
    MODULES,
    {
      SamWitchOrderBook: `${PACKAGE}/contracts/SamWitchOrderBook.sol`,
      ERC1967Proxy: "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol",
    },
    RUNS,
  );

/** Its code, and that of the token it trades. */
export type Code = ReturnType<typeof compileSamWitch> & { readonly EnergyUnits: Compiled };

/** A book of its own behind its proxy, without fees; homes own money and, of each slot, what they sell. */
export async function openSamWitch(
  chain: Chain,
  code: Code,
  { orders }: BaselineOrders,
  slots: readonly number[],
): Promise<SamWitch> {
  const { abi } = code.SamWitchOrderBook;
  const [euro, energy] = [await chain.deployEuro(), await chain.deploy(code.EnergyUnits)];
  const implementation = await chain.deploy(code.SamWitchOrderBook);
  const terms = [await energy.getAddress(), await euro.getAddress(), ZeroAddress, 0, 0, ORDERS_PER_PRICE];
  const call = implementation.interface.encodeFunctionData("initialize", terms);
  const proxy = await chain.deploy(code.ERC1967Proxy, await implementation.getAddress(), call);
  const book = new Contract(await proxy.getAddress(), abi, proxy.runner);
  const market = { book, euro, energy, homes: await chain.homes(homesOf(orders)) };
  const anything = slots.map(() => ({ tick: 1, minQuantity: 1 }));
  await chain.send(chain.deployer, book, "setTokenIdInfos", slots, anything);
  for (const order of orders) await equip(chain, market, order, slots);
  return market;
}

async function equip(chain: Chain, market: SamWitch, order: BaselineOrder, slots: readonly number[]): Promise<void> {
  const { book, euro, energy } = market;
  const home = homeOf(market.homes, order.home);
  const front = await book.getAddress();
  if (order.side === "buy") {
    await chain.send(home, euro, "faucet", home, MONEY);
    await chain.send(home, euro, "approve", front, MaxUint256);
  } else {
    const amounts = slots.map(() => order.lots);
    await chain.send(home, energy, "mint", home, slots, amounts);
    await chain.send(home, energy, "setApprovalForAll", front, true);
  }
}

/** An order of one slot, as the contract takes it. */
const limitOrder = (slot: number, { side, tick, lots }: BaselineOrder) => ({
  side: side === "buy" ? BUY : SELL,
  tokenId: slot,
  price: priceOf(tick) * LOT_WH,
  quantity: lots,
});

/**
 * Plays the same orders in some slots until nothing is left of them: each home places an order for each slot in one transaction,
 * claims what they traded in another, and cancels the rest in a third.
 */
export async function play(
  chain: Chain,
  market: SamWitch,
  slots: readonly number[],
  { orders }: BaselineOrders,
): Promise<Played> {
  const { book, homes } = market;
  const played = { place: [] as number[], match: [] as number[], claim: [] as number[], cancel: [] as number[] };
  const all = new Map<bigint, Resting>();
  const own: { readonly order: BaselineOrder; readonly rests: readonly Resting[] }[] = [];
  for (const order of orders) {
    const sent = slots.map((slot) => limitOrder(slot, order));
    const receipt = await chain.send(homeOf(homes, order.home), book, "limitOrders", sent);
    const traded = takeTrades(book, receipt, all);
    (traded ? played.match : played.place).push(receipt.gas / slots.length);
    own.push({ order, rests: takeRests(book, receipt, all) });
  }
  for (const { order, rests } of own) await takeOut(chain, market, order, rests, played);
  for (const slot of slots) await checkEmpty(market, slot);
  const lots = [...all.values()].reduce((sum, { filled }) => sum + filled, 0n) / BigInt(slots.length);
  return { ...played, lots };
}

/** A home claims what its resting orders traded, and cancels what they did not. */
async function takeOut(
  chain: Chain,
  { book, homes }: SamWitch,
  order: BaselineOrder,
  rests: readonly Resting[],
  gas: { readonly claim: number[]; readonly cancel: number[] },
): Promise<void> {
  const send = (method: string, ...args: unknown[]) => chain.send(homeOf(homes, order.home), book, method, ...args);
  const filled = rests.filter((rest) => rest.filled > 0n);
  if (filled.length > 0) {
    const [ids, slots] = [filled.map(({ id }) => id), filled.map(({ slot }) => slot)];
    const receipt = order.side === "buy" ? await send("claimNFTs", ids, slots) : await send("claimTokens", ids);
    gas.claim.push(receipt.gas / filled.length);
  }
  const left = rests.filter((rest) => rest.left > 0n);
  if (left.length > 0) {
    const [ids, orders] = [left.map(({ id }) => id), left.map(({ slot }) => limitOrder(slot, order))];
    gas.cancel.push((await send("cancelOrders", ids, orders)).gas / left.length);
  }
}

/** Throws where the book keeps money or energy when every order was claimed or cancelled. */
async function checkEmpty({ book, euro, energy }: SamWitch, slot: number): Promise<void> {
  const front = await book.getAddress();
  const [money, units] = [await read(euro, "balanceOf", front), await read(energy, "balanceOf", front, slot)];
  if (money !== 0n || units !== 0n)
    throw new Error(`the book keeps ${String(money)} base units and ${String(units)} lots`);
}
