import type { BaseContract, FunctionFragment, ParamType } from "ethers";
import { flatValues } from "../helpers/market.ts";
import type { World } from "./world.ts";

const isFunction = (fragment: { type: string }): fragment is FunctionFragment => fragment.type === "function";

/** Everything in the ABI that cannot change state. */
export const viewsOf = (contract: BaseContract) =>
  contract.interface.fragments.filter(isFunction).filter(({ constant }) => constant);

/** What to pass for a parameter, by its type and name: all about the active home of the world. */
const ARGUMENTS: Record<string, (w: World) => unknown> = {
  "uint32 community": (w) => w.community,
  "uint32 member": (w) => w.home.member,
  "uint32 supplier": () => 3,
  "uint32 period": (w) => w.period,
  "uint32 vintage": (w) => w.period,
  "uint256 place": () => 0,
  "address auction": (w) => w.roles.orderBook,
  "bytes32 slot": () => `0x${"22".repeat(32)}`,
  "bytes32 strip": () => `0x${"11".repeat(32)}`,
  "uint256[] members": (w) => [w.home.member],
  "uint256 slot": (w) => w.period * w.terms.slotsPerPeriod + 1,
  "uint8 index": () => 1,
  "uint8 module": () => 1,
  "address module": (w) => w.roles.secondModule,
  "uint256 count": () => 2,
  "address token": async (w) => await w.euro.getAddress(),
  "address relayer": (w) => w.roles.stranger,
  "address owner": (w) => w.roles.owner,
  "address operator": (w) => w.roles.settlement,
  "address account": (w) => w.roles.owner,
  "address account_": (w) => w.roles.stranger,
  "address[] accounts": (w) => [w.roles.owner, w.roles.stranger],
  "uint256 id": () => 1,
  "uint256[] ids": () => [1, 2],
  "uint16 zone": () => 7,
  "uint8 source": () => 1,
  "bytes4 interfaceId": () => "0xd9b67a26",
  "tuple reading": async (w) =>
    await w.signReading({ home: w.home, period: w.period, values: flatValues(w.terms.slotsPerPeriod, 1, 2) }),
  "tuple strip": (w) => w.strip,
  // Lots of 10 Wh, prefixes of two bytes, and one slot that is not clear.
  "uint256[] context": () => [10, 2, 0],
  "bytes[] payloads": () => [],
  // Without a name: `uri` says the same of every token, `positionOf` answers by its context alone.
  "uint256 ": () => 1,
  "uint32 ": () => 0,
};

function argumentFor(w: World, view: FunctionFragment, { baseType, type, name }: ParamType): unknown {
  const make = ARGUMENTS[`${baseType === "tuple" ? baseType : type} ${name}`];
  if (!make) throw new Error(`no argument for ${type} ${name} of ${view.name}`);
  return make(w);
}

/** The bytes that a view answers to a caller. */
export async function answerTo(w: World, from: string, contract: BaseContract, view: FunctionFragment) {
  const args = await Promise.all(view.inputs.map(async (input) => await argumentFor(w, view, input)));
  return await w.ethers.provider.call({ from, to: contract, data: contract.interface.encodeFunctionData(view, args) });
}
