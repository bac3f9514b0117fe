/** The charter: everything that is fixed when a community is created, and the hash of it that members sign. */
import { AbiCoder, keccak256 } from "ethers";
import { BadLengthError, OutOfRangeError } from "./errors.ts";
import { asAccount } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { uintDigits } from "./internal/words.ts";
import type { CommunityTerms } from "./terms.ts";
import type { Wh } from "./units.ts";

/** A tariff class: a supplier and a default load (`IProsumerRegistry.TariffClass`). */
export interface TariffClass {
  /** Index into the community's suppliers. */
  readonly supplier: bigint;
  /** Import assumed per slot where a reading is missing, 24 bits. */
  readonly defaultLoadWh: Wh;
}

/** Everything fixed at creation. Suppliers, classes and modules: 1 to 16 of each. */
export interface Charter {
  readonly terms: CommunityTerms;
  /** They become members 3 and up. */
  readonly suppliers: readonly Address[];
  readonly classes: readonly TariffClass[];
  /** The first is the order book. */
  readonly modules: readonly Address[];
}

const MOST_LISTED = 16;

/**
 * Checks the lists of a charter as the registry does, and returns it; `communityTerms` has checked its terms.
 * @throws BadLengthError
 * @throws InvalidAddressError
 * @throws OutOfRangeError
 * @example checkCharter(charter).suppliers.length // 1
 */
export function checkCharter(charter: Charter): Charter {
  const { suppliers, classes, modules } = charter;
  checkCount("suppliers", suppliers.length);
  checkCount("classes", classes.length);
  checkCount("modules", modules.length);
  for (const [index, supplier] of suppliers.entries()) asAccount(supplier, `suppliers[${index}]`);
  for (const [index, module] of modules.entries()) asAccount(module, `modules[${index}]`);
  const lastSupplier = BigInt(suppliers.length) - 1n;
  for (const [index, { supplier, defaultLoadWh }] of classes.entries()) {
    const field = `classes[${index}].supplier`;
    if (supplier < 0n || supplier > lastSupplier) throw new OutOfRangeError(field, supplier, 0n, lastSupplier);
    uintDigits(`classes[${index}].defaultLoadWh`, defaultLoadWh, 24);
  }
  return charter;
}

function checkCount(field: string, count: number): void {
  if (count < 1 || count > MOST_LISTED) throw new BadLengthError(field, count, `1 to ${MOST_LISTED}`);
}

const CHARTER_ABI = [
  "tuple(address paymentToken,address coordinator,address dso,address feeCollector,uint16 slotDuration," +
    "uint8 slotsPerPeriod,uint16 lotWh,uint16 floorPrice,uint16 tickSize,uint8 tickCount,bool wideTicks," +
    "uint24 gateClosure,uint8 horizon,uint24 readingDeadline,uint24 correctionWindow,uint24 claimWindow," +
    "uint8 tariffNotice,uint16 maxImport,uint16 maxNetworkFee,uint32 settlementFee,uint32 revealWindow,uint96 bond)",
  "address[]",
  "tuple(uint8 supplier,uint24 defaultLoadWh)[]",
  "address[]",
];

/**
 * The hash of everything fixed at creation, as members sign it: keccak256(abi.encode(terms, suppliers, classes,
 * modules)).
 * @example termsHash(charter) === (await registry.termsHash(community)) // true
 */
export function termsHash(charter: Charter): Hex {
  const { terms, suppliers, classes, modules } = charter;
  return keccak256(AbiCoder.defaultAbiCoder().encode(CHARTER_ABI, [terms, suppliers, classes, modules]));
}
