/**
 * `@wattbook/sdk/battery`: a community's battery in two stages, a plan by linear programming and a rule that corrects it in real time. The
 * solver, `highs`, is an optional peer that its user loads.
 */
export { checkBattery, storedAfter } from "./battery.ts";
export type { Battery, BatteryMove } from "./battery.ts";
export * from "./check-plan.ts";
export * from "./correct.ts";
export * from "./dispatch.ts";
export * from "./errors.ts";
export * from "./peak.ts";
export { planBattery } from "./plan.ts";
export type { BatteryPlan, CheapestPlan, PlannedSlot } from "./plan.ts";
export * from "./rolling.ts";
export { planByRule } from "./rule.ts";
export { netOfPcc } from "./slots.ts";
export type { BatterySlot, GridFlow } from "./slots.ts";
export { loadSolver } from "./solver.ts";
export type { LinearSolver, SolverAnswer } from "./solver.ts";
export type { BatteryInput } from "./task.ts";
