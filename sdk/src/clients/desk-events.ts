/** What events of the coordinator's desk say: alarms, invoices and papers. */
import { unpackMandate } from "../coordinator/mandate.ts";
import { SET_POINT_BREACHES } from "../coordinator/set-point.ts";
import { asMember, asPermille } from "../units.ts";
import type { Fields } from "./event-fields.ts";
import { reasonOf } from "./reasons.ts";

const supplierOf = (f: Fields) => ({ ...f.community(), supplier: asMember(f.integer("supplier"), "supplier") });

/** What a comparison found; `settled`: number of members that the sum holds. */
const comparisonOf = (f: Fields) => ({
  ...{ ...f.community(), period: f.period() },
  ...{ pccNet: f.signedWh("pccNet"), membersNet: f.signedWh("membersNet") },
  ...{ deviation: f.wh("deviation"), tolerated: f.wh("tolerated"), settled: f.integer("settled") },
});

/** One reader per event. */
export const DESK_EVENTS = {
  AgreementKept: (f: Fields) => ({
    ...{ ...f.member(), party: f.address("party"), termsHash: f.text("termsHash") },
    ...{ fromPeriod: f.period("fromPeriod"), sequence: f.integer("sequence") },
  }),
  AgreementEnded: (f: Fields) => ({ ...f.member(), endPeriod: f.period("endPeriod") }),
  MandateKept: (f: Fields) => ({
    ...{ ...f.member(), dispatcher: f.address("dispatcher"), mandate: unpackMandate(f.integer("mandate")) },
  }),
  MandateRevoked: (f: Fields) => ({ ...f.member(), throughSequence: f.integer("throughSequence") }),
  SetPointBreach: (f: Fields) => ({
    ...{ ...f.member(), dispatcher: f.address("dispatcher"), counter: f.integer("counter") },
    breach: reasonOf(SET_POINT_BREACHES, f.integer("breach")),
  }),
  PccBound: (f: Fields) => ({
    ...{ ...f.community(), meterKey: f.address("meterKey"), fromPeriod: f.period("fromPeriod") },
    ...{ startImport: f.wh("startImport"), startExport: f.wh("startExport"), mostWh: f.wh("mostWh") },
  }),
  PccRevoked: (f: Fields) => ({ ...f.community(), by: f.address("by") }),
  ToleranceSet: (f: Fields) => ({
    ...{ ...f.community(), fromPeriod: f.period("fromPeriod") },
    ...{ permille: asPermille(f.integer("permille")), absoluteWh: f.wh("absoluteWh") },
  }),
  /** The gap is what no slot knows. */
  PccRead: (f: Fields) => ({
    ...{ ...f.community(), period: f.period(), revision: f.integer("revision"), values: f.values() },
    ...{ gapImport: f.wh("gapImport"), gapExport: f.wh("gapExport") },
  }),
  PccCorrected: (f: Fields) => ({
    ...{ ...f.community(), period: f.period(), imported: f.wh("imported"), exported: f.wh("exported") },
    ...{ importedBefore: f.wh("importedBefore"), exportedBefore: f.wh("exportedBefore") },
  }),
  PccBalanced: comparisonOf,
  /** The alarm: members and PCC differ by more than is tolerated. */
  PccImbalance: comparisonOf,
  PccMissing: (f: Fields) => ({
    ...{ ...f.community(), period: f.period(), membersNet: f.signedWh("membersNet"), settled: f.integer("settled") },
  }),
  /** `tariff`: see `decodeTariff`. */
  SupplyPublished: (f: Fields) => ({
    ...{ ...supplierOf(f), fromPeriod: f.period("fromPeriod"), blob: f.address("blob"), tariff: f.text("tariff") },
  }),
  /** `amount`: what the account changes by. */
  Invoiced: (f: Fields) => ({
    ...{ ...supplierOf(f), period: f.period(), revision: f.integer("revision") },
    ...{ amount: f.signedAmount("amount"), head: f.text("head") },
  }),
  Acknowledged: (f: Fields) => ({ ...supplierOf(f), head: f.text("head"), invoiced: f.signedAmount("invoiced") }),
  PaymentNoted: (f: Fields) => ({ ...supplierOf(f), amount: f.signedAmount("amount"), paid: f.signedAmount("paid") }),
  EIP712DomainChanged: () => ({}),
} as const;
