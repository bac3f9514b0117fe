/** `@wattbook/services/relayer`: brings signed strips and readings on chain. */
export * from "../errors.ts";
export { readRelayerConfig, relayerSchema } from "./config.ts";
export type { RelayerConfig } from "./config.ts";
export type { Notice } from "./bus.ts";
export { createApp, DEFAULT_LIMITS } from "./http/app.ts";
export type { ApiLimits } from "./http/app.ts";
export type { RelayerApi } from "./http/api.ts";
export { describeApi } from "./http/describe.ts";
export { Refusal } from "./refusal.ts";
export { Relayer } from "./relayer.ts";
export type { RelayerOptions, RelayerStep } from "./relayer.ts";
export { RelayerService } from "./service.ts";
export { relayerProgram } from "./program.ts";
export { checkRelayer, startRelayer } from "./start.ts";
export type { RelayerParts, RunningRelayer } from "./start.ts";
export { signWithdrawal, WITHDRAWAL_TYPE, withdrawalSigner } from "./strips/withdrawal.ts";
export type { Withdrawal } from "./strips/withdrawal.ts";
