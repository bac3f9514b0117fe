/** A call in words: contract, function, and every argument with its name and unit. */
import {
  asAmount,
  asPeriod,
  asPrice,
  asSlot,
  asWh,
  CommitBookAbi,
  DoubleAuctionAbi,
  EnergySharingAbi,
  MeteredAuctionAbi,
  CoordinatorDeskAbi,
  EnergyTokenAbi,
  formatWh,
  OrderBookLensAbi,
  PaymentEscrowAbi,
  ProsumerRegistryAbi,
  SealedAuctionAbi,
  SettlementAbi,
  type ContractName,
  type Deployment,
  type Terms,
  type UnsignedCall,
} from "@wattbook/sdk";
import { Interface, ParamType } from "ethers";
import { amountText, periodText, priceText, slotText, timeText, type Money } from "./units.ts";

/** What is needed to name units. */
export interface Scope {
  readonly deployment: Deployment;
  /** Undefined before there is a community. */
  readonly money: Money | undefined;
  readonly terms: Pick<Terms, "slotDuration" | "slotsPerPeriod"> | undefined;
}

/** A decoded argument. */
export interface Argument {
  /** With the names of the structures around it: "items[0].member". */
  readonly name: string;
  /** As it goes to the contract. */
  readonly raw: string;
  readonly shown: string;
}

/** A decoded call. */
export interface Decoded {
  readonly contract: string;
  readonly address: string;
  readonly function: string;
  readonly arguments: readonly Argument[];
  /** Wei. */
  readonly value: bigint;
}

const ABIS: Readonly<Record<ContractName, Interface>> = {
  ProsumerRegistry: new Interface(ProsumerRegistryAbi),
  PaymentEscrow: new Interface(PaymentEscrowAbi),
  EnergyToken: new Interface(EnergyTokenAbi),
  Settlement: new Interface(SettlementAbi),
  DoubleAuction: new Interface(DoubleAuctionAbi),
  SealedAuction: new Interface(SealedAuctionAbi),
  CommitBook: new Interface(CommitBookAbi),
  OrderBookLens: new Interface(OrderBookLensAbi),
  EnergySharing: new Interface(EnergySharingAbi),
  MeteredAuction: new Interface(MeteredAuctionAbi),
  CoordinatorDesk: new Interface(CoordinatorDeskAbi),
};
const TOKEN = new Interface(["function approve(address spender, uint256 amount)"]);

/** Decodes a call to a contract of the deployment, or to the community's payment token. */
export function decoded({ to, data, value }: UnsignedCall, scope: Scope): Decoded {
  const [contract, abi] = contractAt(to, scope);
  const parsed = abi.parseTransaction({ data, value });
  if (parsed === null) throw new Error(`a call to ${contract} that its ABI does not have`);
  const values = parsed.fragment.inputs.map((input, index) =>
    leaves(input, input.name.replace(/_$/, ""), parsed.args[index], scope),
  );
  return { contract, address: to, function: parsed.name, arguments: values.flat(), value };
}

/** The fields of a message that is signed off chain, in words. */
export function messageFields(
  fields: readonly { readonly name: string; readonly type: string }[],
  values: Readonly<Record<string, unknown>>,
  scope: Scope,
): [string, string][] {
  return fields.map(({ name, type }) => [name, shownOf(name, String(values[name]), ParamType.from(type), scope)]);
}

function contractAt(address: string, { deployment, money }: Scope): readonly [string, Interface] {
  const wanted = address.toLowerCase();
  for (const [name, at] of Object.entries(deployment.contracts)) {
    if (at.toLowerCase() === wanted) return [name, ABIS[name as ContractName]];
  }
  return [money === undefined ? "token" : `${money.symbol} (payment token)`, TOKEN];
}

function leaves(type: ParamType, name: string, value: unknown, scope: Scope): Argument[] {
  if (type.isTuple()) {
    // Sources call a call's only structure by one letter, which says nothing.
    const prefix = name.length > 1 ? `${name}.` : "";
    return type.components.flatMap((part, index) => {
      return leaves(part, `${prefix}${part.name}`, (value as readonly unknown[])[index], scope);
    });
  }
  if (type.isArray()) return listed(type, name, value as readonly unknown[], scope);
  const raw = String(value);
  return [{ name, raw, shown: shownOf(name.replace(/^.*\./, ""), raw, type, scope) }];
}

/** Long lists of structures are what a command says in words beside the call. */
const MOST_TUPLES = 8;

function listed({ arrayChildren }: ParamType, name: string, values: readonly unknown[], scope: Scope): Argument[] {
  const tuples = arrayChildren?.isTuple() === true;
  if (arrayChildren === null || (tuples && values.length > MOST_TUPLES) || values.length === 0) {
    return [{ name, raw: `${values.length} items`, shown: `${values.length} items` }];
  }
  if (tuples) return values.flatMap((value, index) => leaves(arrayChildren, `${name}[${index}]`, value, scope));
  const singular = name.replace(/s$/, "");
  const shown = values.map((value) => shownOf(singular, String(value), arrayChildren, scope));
  return [{ name, raw: values.join(","), shown: shown.join(", ") }];
}

const MONEY = /^(amount|value|maxReserve|feePerEntry|line|settlementFee|bond|gapLeg)$/;
const PRICE = /^(floorPrice|tickSize|maxImport|maxNetworkFee)$/;
const ENERGY = /^(startImport|startExport|defaultLoadWh|lotWh)$/;
const DURATION = /^(slotDuration|gateClosure|readingDeadline|correctionWindow|claimWindow|revealWindow)$/;
/** Bytes that are shown in full, as two digits each. */
const MOST_BYTES = 32;

function shownOf(name: string, raw: string, type: ParamType, { money, terms, deployment }: Scope): string {
  if (type.baseType === "bytes") {
    const count = (raw.length - 2) / 2;
    return count <= MOST_BYTES ? raw : `${raw.slice(0, 18)}… (${count} bytes)`;
  }
  if (type.baseType === "address") return addressText(raw, deployment);
  if (!/^u?int/.test(type.baseType)) return raw;
  const value = BigInt(raw);
  if (money !== undefined && MONEY.test(name))
    return `${amountText(money, asAmount(value < 0n ? -value : value))} (${raw} base units)`;
  if (money !== undefined && PRICE.test(name)) return `${priceText(money, asPrice(value))} (${raw} base units per Wh)`;
  if (ENERGY.test(name)) return value < 1_000n ? formatWh(asWh(value)) : `${formatWh(asWh(value))} (${raw} Wh)`;
  if (/Cap$/.test(name)) return `${raw} lots`;
  if (DURATION.test(name)) return `${raw} s`;
  if (name === "deadline") return `${timeText(value)} (${raw})`;
  if (name === "period" && terms !== undefined) return periodText(terms, asPeriod(value));
  if (name === "slot" && terms !== undefined) return `${raw} (${slotText(terms, asSlot(value))})`;
  return raw;
}

function addressText(address: string, { contracts }: Deployment): string {
  const known = Object.entries(contracts).find(([, at]) => at.toLowerCase() === address.toLowerCase());
  return known === undefined ? address : `${address} (${known[0]})`;
}
