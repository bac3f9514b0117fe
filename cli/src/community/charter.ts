/** From a file to what the registry takes: terms, classes, modules and the first tariff. */

import {
  type Address,
  asPrice,
  asWh,
  type Charter,
  checkCharter,
  checkTariff,
  communityTerms,
  type CommunityTerms,
  isWattbookError,
  type Tariff,
  type TermsInput,
  type Wattbook,
} from "@wattbook/sdk";
import { CommunityError } from "./errors.ts";
import type { CommunityInput } from "./schema.ts";

/** What can be a community's first module. */
export interface FirstModules {
  /** The order book of open communities. */
  readonly open: Address;
  /** The order book of sealed communities. */
  readonly sealed: Address;
  readonly sharing: Address;
  readonly metered: Address;
}

/** Those of a deployment. */
export function firstModulesOf({ market, sealedMarket, sharing, meteredAuction }: Wattbook): FirstModules {
  return {
    ...{ open: market.address, sealed: sealedMarket.address },
    ...{ sharing: sharing.address, metered: meteredAuction.address },
  };
}

/** What creates a community. */
export interface Founding {
  readonly charter: Charter;
  readonly tariff: Tariff;
}

/**
 * Checks a file's terms as the registry will. The mode decides the first module; a reveal window makes the community sealed: then its
 * order book is the sealed auction.
 * @param paymentToken Address, also where the file asks for a play coin.
 * @throws CommunityError FILE_MALFORMED naming the field
 */
export function foundingOf(
  input: CommunityInput,
  path: string,
  paymentToken: Address,
  modules: FirstModules,
): Founding {
  try {
    const given = Object.fromEntries(Object.entries(input.terms).filter(([, value]) => value !== undefined));
    const terms = communityTerms({ ...(given as unknown as TermsInput), paymentToken });
    const charter = checkCharter({
      terms,
      suppliers: input.suppliers,
      classes: input.classes.map(({ supplier, defaultLoadWh }) => ({ supplier, defaultLoadWh: asWh(defaultLoadWh) })),
      modules: [firstOf(input, terms, path, modules), ...input.modules],
    });
    const tariff = tariffOf(input.tariff, terms);
    return { charter, tariff: checkTariff(terms, tariff, charter.classes.length) };
  } catch (error) {
    if (!isWattbookError(error)) throw error;
    throw new CommunityError("FILE_MALFORMED", `${path}: ${error.code}: ${error.message}`, { cause: error });
  }
}

function firstOf(
  input: CommunityInput,
  { revealWindow, readingDeadline }: CommunityTerms,
  path: string,
  modules: FirstModules,
): Address {
  const { mode } = input;
  const malformed = (message: string) => new CommunityError("FILE_MALFORMED", `${path}: ${message}`);
  for (const other of ["sharing", "metered"] as const) {
    if (mode !== other && input[other] !== undefined)
      throw malformed(`${other}: mode is "${mode}". Leave it out, or set mode to "${other}".`);
  }
  if (mode === "orders") return revealWindow === 0n ? modules.open : modules.sealed;
  if (revealWindow !== 0n) {
    throw malformed(`terms.revealWindow is ${revealWindow}: a community of mode "${mode}" is open. Leave it out.`);
  }
  const { settlementDelay = 0n } = input[mode] ?? {};
  if (settlementDelay > readingDeadline) {
    const given = `${mode}.settlementDelay is ${settlementDelay}`;
    throw malformed(`${given}: at most terms.readingDeadline, ${readingDeadline} s.`);
  }
  return modules[mode];
}

/** The tariff of a file; one price for all slots stands for each of them. */
export function tariffOf(
  { networkFee, classes }: CommunityInput["tariff"],
  { slotsPerPeriod }: Pick<CommunityTerms, "slotsPerPeriod">,
): Tariff {
  const slots = Number(slotsPerPeriod);
  return {
    networkFee: asPrice(networkFee),
    classes: classes.map((prices) => {
      const perSlot = Array.isArray(prices) ? prices : Array.from({ length: slots }, () => prices);
      return perSlot.map(({ importPrice, exportPrice }) => ({
        importPrice: asPrice(importPrice),
        exportPrice: asPrice(exportPrice),
      }));
    }),
  };
}
