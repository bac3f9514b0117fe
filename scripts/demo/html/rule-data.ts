/** A rule of the comparison on the page. */
import type { MeterRule, RuleRow } from "../modes/compare.ts";
import { RULE_WORDS } from "../modes/rules.ts";
import { formatRatio } from "../ratio.ts";
import { columnOf } from "./columns.ts";
import type { RuleData } from "./shared-data.ts";
import { eur, kwh, whole } from "./text.ts";

/** @param listed The rule whose homes the page shows. */
export function ruleData(row: RuleRow, listed: MeterRule): RuleData {
  return {
    rule: row.rule,
    ...RULE_WORDS[row.rule],
    listed: row.rule === listed,
    sharedKwh: kwh(row.sharedWh),
    billsEur: eur(row.bills),
    savingsEur: eur(row.savings),
    gini: row.gini === null ? "–" : formatRatio(row.gini).slice(0, 5),
    worseOff: whole(BigInt(row.worseOff)),
    gas: whole(row.gasPerHouseholdSlot),
    savings: columnOf(row.homeSavings),
  };
}
