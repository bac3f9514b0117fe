/** What keys sign, written down once more for the tests: neither the SDK nor the reference model has a say in it. */

export const STRIP_TYPES = {
  Strip: [
    { name: "community", type: "uint32" },
    { name: "member", type: "uint32" },
    { name: "period", type: "uint32" },
    { name: "after", type: "uint8" },
    { name: "epoch", type: "uint32" },
    { name: "deadline", type: "uint40" },
    { name: "maxReserve", type: "uint96" },
    { name: "feePerEntry", type: "uint32" },
    { name: "feeTo", type: "address" },
    { name: "entries", type: "bytes" },
  ],
};
export const BUDGET_TYPES = {
  SharingBudget: [
    { name: "community", type: "uint32" },
    { name: "member", type: "uint32" },
    { name: "budget", type: "uint48" },
    { name: "firstPeriod", type: "uint32" },
    { name: "lastPeriod", type: "uint32" },
    { name: "epoch", type: "uint32" },
    { name: "sequence", type: "uint32" },
  ],
};
export const STANDING_ORDER_TYPES = {
  StandingOrder: [
    { name: "community", type: "uint32" },
    { name: "member", type: "uint32" },
    { name: "budget", type: "uint48" },
    { name: "buyTick", type: "uint8" },
    { name: "sellTick", type: "uint8" },
    { name: "firstPeriod", type: "uint32" },
    { name: "lastPeriod", type: "uint32" },
    { name: "epoch", type: "uint32" },
    { name: "sequence", type: "uint32" },
  ],
};
export const READING_TYPES = {
  Reading: [
    { name: "community", type: "uint32" },
    { name: "member", type: "uint32" },
    { name: "period", type: "uint32" },
    { name: "closesGap", type: "bool" },
    { name: "startImport", type: "uint96" },
    { name: "startExport", type: "uint96" },
    { name: "values", type: "bytes" },
  ],
};
export const CONSENT_TYPES = {
  Enrolment: [
    { name: "community", type: "uint32" },
    { name: "termsHash", type: "bytes32" },
    { name: "owner", type: "address" },
    { name: "tradingKey", type: "address" },
    { name: "buyCap", type: "uint16" },
    { name: "sellCap", type: "uint16" },
    { name: "tariffClass", type: "uint8" },
    { name: "zone", type: "uint16" },
    { name: "kind", type: "uint8" },
    { name: "modules", type: "uint16" },
    { name: "meteringPoint", type: "bytes32" },
    { name: "deadline", type: "uint40" },
    { name: "nonce", type: "uint256" },
  ],
  MeterBinding: [
    { name: "community", type: "uint32" },
    { name: "member", type: "uint32" },
    { name: "meterKey", type: "address" },
    { name: "startImport", type: "uint96" },
    { name: "startExport", type: "uint96" },
    { name: "deadline", type: "uint40" },
    { name: "nonce", type: "uint256" },
  ],
  MeterRotation: [
    { name: "community", type: "uint32" },
    { name: "member", type: "uint32" },
    { name: "meterKey", type: "address" },
    { name: "deadline", type: "uint40" },
    { name: "nonce", type: "uint256" },
  ],
  CapChange: [
    { name: "community", type: "uint32" },
    { name: "member", type: "uint32" },
    { name: "buyCap", type: "uint16" },
    { name: "sellCap", type: "uint16" },
    { name: "deadline", type: "uint40" },
    { name: "nonce", type: "uint256" },
  ],
  ClassChange: [
    { name: "community", type: "uint32" },
    { name: "member", type: "uint32" },
    { name: "tariffClass", type: "uint8" },
    { name: "deadline", type: "uint40" },
    { name: "nonce", type: "uint256" },
  ],
};
