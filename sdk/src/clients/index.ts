/** Clients: thin wrappers around the contracts, with named fields and units. They take an ethers provider or signer. */
export type { Account, Standing } from "./account-word.ts";
export * from "./auction-logs.ts";
export * from "./commit-book.ts";
export { COMMIT_FATES } from "./commit-word.ts";
export type { CommitFate, CommitInfo } from "./commit-word.ts";
export * from "./connect.ts";
export * from "./coordinator-desk.ts";
export * from "./decode-revert.ts";
export * from "./deployment.ts";
export type { Calls, ClientOptions, Sends, Simulations, UnsignedCall } from "./endpoint.ts";
export { EnergyTokenClient } from "./energy-tokens.ts";
export * from "./escrow.ts";
export * from "./events.ts";
export * from "./fault-errors.ts";
export { faultOf } from "./faults.ts";
export * from "./fills.ts";
export { HINTS } from "./hints.ts";
export { JOURNAL_STATES, unpackJournal } from "./journal-word.ts";
export type { JournalCounts, JournalInfo, JournalState } from "./journal-word.ts";
export * from "./log-facts.ts";
export * from "./log-reader.ts";
export * from "./log-store.ts";
export * from "./market.ts";
export * from "./metered-auction.ts";
export { MeteredModuleClient } from "./metered-module.ts";
export type { SharingRound } from "./metered-module.ts";
export * from "./member-word.ts";
export { OrderBookClient } from "./order-book.ts";
export type { OrderBookOptions } from "./order-book.ts";
export * from "./payment-token.ts";
export * from "./prepare-strip.ts";
export * from "./reason-hints.ts";
export * from "./reasons.ts";
export * from "./rebuild.ts";
export * from "./registry.ts";
export * from "./revert.ts";
export type { BuiltInErrorName, ContractErrorName, RevertName, TokenErrorName } from "./revert-names.ts";
export { DEFAULT_CHUNK, scanLogs } from "./scan.ts";
export type { LogFilter, LogSource, ScannedLog, ScanOptions, ScanProgress, ScanRange } from "./scan.ts";
export * from "./sealed-market.ts";
export { SettlementClient } from "./settlement.ts";
export type {
  ClaimItem,
  CorrectItem,
  EstimateItem,
  GapInfo,
  LedgerInfo,
  MeteredItem,
  MeterInfo,
  SettleItem,
  SignedReading,
} from "./settlement.ts";
export * from "./sharing.ts";
export * from "./sharing-logs.ts";
export { syncLogs } from "./sync-logs.ts";
export type { AnchoredSource, SyncedLogs, SyncOptions } from "./sync-logs.ts";
export type { Patience } from "./timing.ts";
export type { LineOptions, Transport } from "./transport.ts";
