import { sum } from "./arrays.ts";
import { byteLength, join, keccak, number, word, type Hex } from "./bytes.ts";
import type { CommunityTerms, TariffClass } from "./community.ts";

function termsWords(terms: CommunityTerms): Hex[] {
  const { paymentToken, coordinator, dso, feeCollector } = terms;
  const addresses = [paymentToken, coordinator, dso, feeCollector].map(number);
  return [
    ...addresses,
    terms.slotDuration,
    terms.slotsPerPeriod,
    terms.lotWh,
    terms.floorPrice,
    terms.tickSize,
    terms.tickCount,
    terms.wideTicks ? 1n : 0n,
    terms.gateClosure,
    terms.horizon,
    terms.readingDeadline,
    terms.correctionWindow,
    terms.claimWindow,
    terms.tariffNotice,
    terms.maxImport,
    terms.maxNetworkFee,
    terms.settlementFee,
    terms.revealWindow,
    terms.bond,
  ].map(word);
}

/** An ABI array: its length, then its items, each of a fixed number of words. */
function array(items: readonly (readonly bigint[])[]): Hex {
  return join([word(BigInt(items.length)), ...items.flat().map(word)]);
}

/** keccak256(abi.encode(terms, suppliers, classes, modules)). */
export function termsHash(
  terms: CommunityTerms,
  suppliers: readonly Hex[],
  classes: readonly TariffClass[],
  modules: readonly Hex[],
): Hex {
  const head = termsWords(terms);
  const tails = [
    array(suppliers.map((supplier) => [number(supplier)])),
    array(classes.map(({ supplier, defaultLoadWh }) => [supplier, defaultLoadWh])),
    array(modules.map((module) => [number(module)])),
  ];
  const headBytes = BigInt(32 * (head.length + tails.length));
  const offsets = tails.map((_, i) => headBytes + sum(tails.slice(0, i).map((tail) => BigInt(byteLength(tail)))));
  return keccak(join([...head, ...offsets.map(word), ...tails]));
}
