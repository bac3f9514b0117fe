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
} from "@wattbook/sdk";
import { CommunityError } from "./errors.ts";
import type { CommunityInput } from "./schema.ts";

/** The order books of a deployment. */
export interface OrderBooks {
  readonly open: Address;
  readonly sealed: Address;
}

/** What creates a community. */
export interface Founding {
  readonly charter: Charter;
  readonly tariff: Tariff;
}

/**
 * Checks a file's terms as the registry will. A reveal window makes the community sealed: then its order book is the sealed auction.
 * @param paymentToken Address, also where the file asks for a play coin.
 * @throws CommunityError FILE_MALFORMED naming the field
 */
export function foundingOf(input: CommunityInput, path: string, paymentToken: Address, books: OrderBooks): Founding {
  try {
    const given = Object.fromEntries(Object.entries(input.terms).filter(([, value]) => value !== undefined));
    const terms = communityTerms({ ...(given as unknown as TermsInput), paymentToken });
    const charter = checkCharter({
      terms,
      suppliers: input.suppliers,
      classes: input.classes.map(({ supplier, defaultLoadWh }) => ({ supplier, defaultLoadWh: asWh(defaultLoadWh) })),
      modules: [terms.revealWindow === 0n ? books.open : books.sealed, ...input.modules],
    });
    const tariff = tariffOf(input.tariff, terms);
    return { charter, tariff: checkTariff(terms, tariff, charter.classes.length) };
  } catch (error) {
    if (!isWattbookError(error)) throw error;
    throw new CommunityError("FILE_MALFORMED", `${path}: ${error.code}: ${error.message}`, { cause: error });
  }
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
