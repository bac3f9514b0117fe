/** What logs say happened to a member: readings, legs of money, things left out. */
import type { MeterValue } from "../reading.ts";
import type { Amount, MemberIndex, SignedAmount } from "../units.ts";

/** A reading that the chain accepted. */
export interface AcceptedReading {
  readonly values: readonly MeterValue[];
  readonly gapLeg: SignedAmount;
}

/** A settled leg (`IPaymentEscrow.Settled`), base units. */
export interface SettledLeg {
  readonly paid: Amount;
  readonly received: Amount;
  readonly networkFee: Amount;
  readonly settlementFee: Amount;
  readonly gridLeg: SignedAmount;
  /** Afterwards: positive, the member owes its supplier. */
  readonly due: SignedAmount;
}

/** Something that the chain left out. */
export interface SkippedItem {
  readonly stage: "strip" | "entries" | "sharing" | "settlement";
  readonly member: MemberIndex;
  /** Name of a `StripReason`, an `EntryReason`, a `SharingReason` or a `SkipReason`. */
  readonly reason: string;
}

/** Money into and out of the escrow, base units. */
export interface CashFlow {
  readonly kind: "deposit" | "withdrawal" | "fees" | "bond posted" | "bond withdrawn";
  readonly amount: Amount;
}
