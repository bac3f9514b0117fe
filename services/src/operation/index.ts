/** `@wattbook/services/operation`: what every service needs to be run: logs, numbers, health, configuration, keys, a proper end. */
export { readConfig } from "./config.ts";
export type { ConfigSource, SecretFields } from "./config.ts";
export { openDoor } from "./door.ts";
export type { Door } from "./door.ts";
export { checkPrivate, readPrivate, readSecret, readText } from "./files.ts";
export { openKey, readKey, unlockKey } from "./keys.ts";
export type { KeyFile, LockedKey, Passwords } from "./keys.ts";
export { createLog, LEVELS } from "./log.ts";
export type { Level, Logger } from "./log.ts";
export { Counter, createMetrics, Gauge, Histogram, Registry } from "./metrics.ts";
export { OwnClock } from "./own-clock.ts";
export { checkProgram, passwordsOf, runMain, runProgram } from "./program.ts";
export type { Did, Program, ProgramFile, StartParts } from "./program.ts";
export { findingsOf, holds, nodeAnswers, Readiness, storeWrites } from "./readiness.ts";
export type { Findings, Need } from "./readiness.ts";
export {
  address,
  askedNodeSchema,
  decimal,
  feesSchema,
  file,
  keySchema,
  levelSchema,
  listenSchema,
  nodeSchema,
  whole,
} from "./schema.ts";
export { Secrets } from "./secrets.ts";
export { listenFault, serveOperation } from "./server.ts";
export type { Listen, OperationServer } from "./server.ts";
export { GRACE, stopSignal } from "./stop.ts";
export { untilAnswered, untilNodeAnswers } from "./until.ts";
