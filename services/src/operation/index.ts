/** `@wattbook/services/operation`: what every service needs to be run: logs, numbers, health, configuration, keys, a proper end. */
export { readConfig } from "./config.ts";
export type { ConfigSource, SecretFields } from "./config.ts";
export { readPrivate, readSecret, readText } from "./files.ts";
export { openKey } from "./keys.ts";
export type { KeyFiles } from "./keys.ts";
export { createLog, LEVELS } from "./log.ts";
export type { Level, Logger } from "./log.ts";
export { Counter, createMetrics, Gauge, Histogram, Registry } from "./metrics.ts";
export { nodeAnswers, Readiness, storeWrites } from "./readiness.ts";
export type { Findings, Need } from "./readiness.ts";
export { address, decimal, feesSchema, keySchema, levelSchema, listenSchema, nodeSchema, whole } from "./schema.ts";
export { Secrets } from "./secrets.ts";
export { serveOperation } from "./server.ts";
export type { Listen, OperationServer } from "./server.ts";
export { GRACE, stopSignal } from "./stop.ts";
