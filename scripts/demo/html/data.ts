/**
 * What the page gets. Every figure is an exact text that the demo computed with integers; the page turns numbers into
 * floats for pixels alone.
 *
 * A `Column` holds one value per slot, apart by spaces: integers, or `-` where there is none.
 */
export type Column = string;

export interface PageData {
  /** Of this shape. */
  readonly format: 1;
  readonly title: string;
  readonly origin: Origin;
  /** What happened, sentence by sentence. */
  readonly story: readonly string[];
  readonly headline: readonly Figure[];
  readonly prices: Prices;
  /** Seconds. */
  readonly slotDuration: number;
  /** The first days, slot by slot. */
  readonly days: readonly DayData[];
  /** Says which days and homes are left out; empty where none is. */
  readonly leftOut: string;
  readonly homes: readonly HomeData[];
  readonly flows: FlowData;
  /** Undefined where nobody asked for one. */
  readonly battery?: BatteryData;
  readonly gas: GasData;
  readonly checks: readonly Check[];
}

/** Where the homes come from. */
export interface Origin {
  readonly measured: boolean;
  /** One word or two. */
  readonly badge: string;
  readonly text: string;
  /** What the reader should know about the input. */
  readonly notes: readonly string[];
}

export interface Figure {
  /** Of a kind, for tests and links. */
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly unit: string;
  readonly note: string;
}

/** Base units per Wh, of which one is 0.1 ct/kWh. */
export interface Prices {
  readonly retail: string;
  readonly feedIn: string;
  readonly networkFee: string;
}

export interface DayData {
  /** "Monday, 15 February 2021" */
  readonly label: string;
  /** Unix seconds of its first slot. */
  readonly start: number;
  readonly slots: number;
  /** Wh of all homes. */
  readonly load: Column;
  readonly pv: Column;
  readonly traded: Column;
  /** Clearing price, base units per Wh; none where nothing was traded. */
  readonly price: Column;
  /** One per slot. */
  readonly books: readonly BookData[];
}

/** The orders of a slot that the chain took, tick by tick, cheapest first; ticks without an order are left out. */
export interface BookData {
  /** Base units per Wh. */
  readonly price: Column;
  /** Wh wanted and offered at the tick. */
  readonly bids: Column;
  readonly asks: Column;
  /** Wh wanted at this price or more, and offered at it or less. */
  readonly demand: Column;
  readonly supply: Column;
  /** Wh of the bids and asks that were filled. */
  readonly bidsFilled: Column;
  readonly asksFilled: Column;
  /** Undefined where nothing was traded. */
  readonly cleared?: ClearedData;
  /** The long side, where it was filled in part. */
  readonly rationed: "buyers" | "sellers" | "";
  /** Who ordered, what came of it, and who was rationed. */
  readonly sentences: readonly string[];
}

export interface ClearedData {
  /** Clearing price, base units per Wh. */
  readonly price: string;
  /** Price of the only tick that can be filled in part. */
  readonly marginal: string;
  /** Wh. */
  readonly traded: string;
}

export interface HomeData {
  readonly name: string;
  /** Name of its PV series; empty for none. */
  readonly pv: string;
  /** What happened to it, sentence by sentence. */
  readonly sentences: readonly string[];
  /** `retailer - bill`, base units and EUR. */
  readonly saving: string;
  readonly savingEur: string;
  readonly billEur: string;
  readonly retailerEur: string;
  readonly boughtKwh: string;
  readonly soldKwh: string;
  /** ct/kWh, "–" where it traded nothing. */
  readonly averagePrice: string;
  /** Shares of its load and of its PV, "12.3 %"; "–" where it has none. */
  readonly selfSufficiency: string;
  readonly selfConsumption: string;
  /** Over the whole run. */
  readonly bill: readonly BillRow[];
  /** One per day of `PageData.days`; none for homes that are left out. */
  readonly days: readonly HomeDay[];
}

/** A line of a bill. */
export interface BillRow {
  readonly kind: "cost" | "income" | "total" | "compare" | "saving";
  readonly label: string;
  /** kWh; empty where there is none. */
  readonly energy: string;
  /** ct/kWh, mean; empty where there is none. */
  readonly price: string;
  /** EUR, below zero where the home gets it. */
  readonly amount: string;
}

/** A home's day. Energy in Wh, above zero from the grid; money in base units, above zero to be paid. */
export interface HomeDay {
  /** Empty where the meters decide. */
  readonly forecast: Column;
  /** Bought less sold. */
  readonly traded: Column;
  readonly metered: Column;
  /** Metered less traded. */
  readonly imbalance: Column;
  readonly load: Column;
  readonly pv: Column;
  /** Into the battery; below zero out of it. */
  readonly battery: Column;
  /** Clearing price where the home traded, base units per Wh; none where it is a fraction. */
  readonly price: Column;
  readonly paid: Column;
  /** Above zero is income. */
  readonly received: Column;
  readonly networkFee: Column;
  readonly relayerFee: Column;
  readonly grid: Column;
  /** All of these; the settlement fee belongs to no slot. */
  readonly total: Column;
  readonly bill: readonly BillRow[];
}

/** Energy of the whole run. */
export interface FlowData {
  readonly links: readonly FlowLink[];
  readonly sentences: readonly string[];
}

export type FlowSource = "pv" | "grid" | "battery";
export type FlowSink = "use" | "feed-in" | "battery";

export interface FlowLink {
  readonly from: FlowSource;
  readonly to: FlowSink;
  readonly label: string;
  readonly wh: string;
  readonly kwh: string;
  /** Of its source, "12.3 %". */
  readonly share: string;
}

/** What a battery of the community would have done. */
export interface BatteryData {
  readonly sentences: readonly string[];
  /** One per day of the page. */
  readonly days: readonly BatteryDay[];
  readonly outcomes: readonly BatteryOutcomeData[];
}

/** Wh, above zero from the grid and into the battery; stored: mWh at the slot's end. */
export interface BatteryDay {
  readonly forecast: Column;
  readonly net: Column;
  readonly moved: Column;
  readonly stored: Column;
  readonly pcc: Column;
}

export interface BatteryOutcomeData {
  readonly name: string;
  readonly costEur: string;
  readonly savedEur: string;
  readonly importKwh: string;
  readonly exportKwh: string;
  readonly peakKw: string;
}

export interface GasData {
  readonly stages: readonly GasStage[];
  /** Of all stages, per home and day, rounded up. */
  readonly perHomeDay: string;
  /** Mean saving of a home per day, base units, rounded down. */
  readonly savingPerHomeDay: string;
  /** Cents per ETH: an assumption, not a figure of the run. */
  readonly ethCents: string;
  readonly notes: readonly string[];
}

export interface GasStage {
  readonly id: string;
  readonly label: string;
  readonly meaning: string;
  /** Whole run. */
  readonly gas: string;
  /** Rounded up. */
  readonly perHomeSlot: string;
  readonly perHomeDay: string;
}

export interface Check {
  readonly sound: boolean;
  readonly text: string;
}
