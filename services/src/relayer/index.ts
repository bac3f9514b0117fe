/** `@wattbook/services/relayer`: brings signed strips and readings on chain. */
export * from "../errors.ts";
export { RELAYER_SECRETS, relayerSchema } from "./config.ts";
export type { RelayerConfig } from "./config.ts";
export type { Notice } from "./bus.ts";
export { createApp, DEFAULT_LIMITS } from "./http/app.ts";
export type { ApiLimits } from "./http/app.ts";
export type { RelayerApi } from "./http/api.ts";
export { describeApi } from "./http/describe.ts";
export { Refusal } from "./refusal.ts";
export { Relayer } from "./relayer.ts";
export type { RelayerOptions, RelayerStep } from "./relayer.ts";
export { DEFAULT_SEALED } from "./sealed/sealed.ts";
export type { SealedOptions } from "./sealed/sealed.ts";
export { RelayerService } from "./service.ts";
export { startRelayer } from "./start.ts";
export type { RunningRelayer, StartParts } from "./start.ts";
export { signWithdrawal, WITHDRAWAL_TYPE, withdrawalSigner } from "./strips/withdrawal.ts";
export type { Withdrawal } from "./strips/withdrawal.ts";
