/** A month of a community that shares after the fact: every second home has a roof. */
import {
  asAmount,
  asMember,
  asPeriod,
  asPrice,
  asSignedAmount,
  asWh,
  communityTerms,
  flatTariff,
} from "@wattbook/sdk/pure";
import type { CommunityTerms, SharingMember, SharingPreviewInput } from "@wattbook/sdk/pure";
import { drawFrom } from "../lib/random.ts";
import type { Draw } from "../lib/random.ts";

const ACCOUNT = `0x${"00".repeat(19)}a1`;
const SUN = { rises: 28, sets: 72 };
const BUDGET = asAmount(5_000_000n);

/** Days of 96 slots, as `previewSharing` takes them. */
export function sharedMonth(homes: number, days: number): { terms: CommunityTerms; days: SharingPreviewInput[] } {
  const terms = communityTerms({ paymentToken: ACCOUNT, coordinator: ACCOUNT, dso: ACCOUNT, feeCollector: ACCOUNT });
  const tariff = flatTariff(terms, asPrice(20n), [{ importPrice: asPrice(300n), exportPrice: asPrice(80n) }]);
  const scheme = { rule: "sdr", compensation: asPrice(0n) } as const;
  const draw = drawFrom(3);
  return {
    terms,
    days: Array.from({ length: days }, (_, day) => ({
      period: asPeriod(20_000n + BigInt(day)),
      tariff,
      scheme,
      members: Array.from({ length: homes }, (__, home) => memberOf(draw, home, terms)),
    })),
  };
}

function memberOf(draw: Draw, home: number, { slotsPerPeriod }: CommunityTerms): SharingMember {
  const values = Array.from({ length: Number(slotsPerPeriod) }, (_, slot) => {
    const sunny = home % 2 === 0 && slot >= SUN.rises && slot < SUN.sets;
    const energy = asWh(draw(20, 400));
    return { imported: sunny ? asWh(0n) : energy, exported: sunny ? energy : asWh(0n) };
  });
  const metering = { kind: "metered", values, gapLeg: asSignedAmount(0n) } as const;
  return { member: asMember(4n + BigInt(home)), tariffClass: 0n, metering, budget: BUDGET };
}
