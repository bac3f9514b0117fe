/** The structs that events of the registry carry. */
import type { Charter } from "../charter.ts";
import type { Enrolment } from "../consent.ts";
import type { Hex } from "../hex.ts";
import type { CommunityTerms } from "../terms.ts";
import { asAmount, asLots, asPrice } from "../units.ts";
import type { Fields } from "./event-fields.ts";

/** What a community was created with; `termsHash(charter)` gives the same hash. */
export function communityOf(f: Fields): { readonly termsHash: Hex; readonly charter: Charter } {
  const classes = f
    .structs("classes")
    .map((each) => ({ supplier: each.integer("supplier"), defaultLoadWh: each.wh("defaultLoadWh") }));
  const [suppliers, modules] = [f.list<string>("suppliers"), f.list<string>("modules")];
  return {
    termsHash: f.text("termsHash"),
    charter: { terms: termsOf(f.struct("terms")), suppliers, classes, modules },
  };
}

function termsOf(f: Fields): CommunityTerms {
  const accounts = {
    paymentToken: f.address("paymentToken"),
    coordinator: f.address("coordinator"),
    dso: f.address("dso"),
    feeCollector: f.address("feeCollector"),
  };
  return {
    ...accounts,
    slotDuration: f.seconds("slotDuration"),
    slotsPerPeriod: f.integer("slotsPerPeriod"),
    lotWh: f.wh("lotWh"),
    floorPrice: asPrice(f.integer("floorPrice")),
    tickSize: asPrice(f.integer("tickSize")),
    tickCount: f.integer("tickCount"),
    wideTicks: f.flag("wideTicks"),
    gateClosure: f.seconds("gateClosure"),
    horizon: f.integer("horizon"),
    readingDeadline: f.seconds("readingDeadline"),
    correctionWindow: f.seconds("correctionWindow"),
    claimWindow: f.seconds("claimWindow"),
    tariffNotice: f.integer("tariffNotice"),
    maxImport: asPrice(f.integer("maxImport")),
    maxNetworkFee: asPrice(f.integer("maxNetworkFee")),
    settlementFee: asAmount(f.integer("settlementFee")),
    revealWindow: f.seconds("revealWindow"),
    bond: f.amount("bond"),
  };
}

/** What an owner consented to when it joined; community, terms and nonce stand elsewhere. */
export function enrolmentOf(f: Fields): Omit<Enrolment, "community" | "termsHash" | "nonce"> {
  return {
    owner: f.address("owner"),
    tradingKey: f.address("tradingKey"),
    buyCap: asLots(f.integer("buyCap")),
    sellCap: asLots(f.integer("sellCap")),
    tariffClass: f.integer("tariffClass"),
    zone: f.integer("zone"),
    kind: f.integer("kind"),
    modules: f.integer("modules"),
    meteringPoint: f.text("meteringPoint"),
    deadline: f.seconds("deadline"),
  };
}
