/** The plots of the page. */
import type { Report } from "../report.ts";
import { budgets } from "./plots/budgets.ts";
import type { Plot } from "./plots/common.ts";
import { life } from "./plots/life.ts";
import { others } from "./plots/others.ts";
import { spent } from "./plots/spent.ts";

export function plotsOf(report: Report): Plot[] {
  return [budgets, life, spent, others].flatMap((draw) => draw(report) ?? []);
}
