/** `@wattbook/services/chain`: sending and following, exactly once, whatever nodes and processes do. */
export * from "../errors.ts";
export { DEFAULT_BACKOFF } from "./backoff.ts";
export type { Backoff } from "./backoff.ts";
export { above, DEFAULT_FEES } from "./fees.ts";
export type { FeePolicy, Fees } from "./fees.ts";
export { Node } from "./node.ts";
export type { Head, NodeOptions, Receipt } from "./node.ts";
export { Outbox } from "./outbox.ts";
export type { Attempt, Call, Job, JobRequest, JobState } from "./outbox.ts";
export { headReaderOf, readWith } from "./reader.ts";
export { isFinal, keepSending, Sender } from "./sender.ts";
export type { SenderOptions, SenderStep } from "./sender.ts";
