/** `@wattbook/services/keeper`: clears due slots, lets members join, shares, and settles due periods. */
export { dueIn } from "./due.ts";
export type { Due, PeriodFacts } from "./due.ts";
export { Keeper } from "./keeper.ts";
export type { KeeperOptions, Pass, Task } from "./keeper.ts";
export { SqliteLogStore } from "./log-store.ts";
export { logFile, openKeeper } from "./open.ts";
export type { KeeperParts, OpenKeeper } from "./open.ts";
export { joinedTo, startKeeper } from "./start.ts";
export type { KeeperSetup, KeeperStart, Kept, RunningKeeper } from "./start.ts";
export { sharingParts, sharingWork } from "./sharing.ts";
export type { ChunkCall, SharingPeriod, SharingTask, SharingWork } from "./sharing.ts";
export { partsOf } from "./parts.ts";
export type { CallLimits, Part } from "./parts.ts";
