/** What an ESPI reading type says about its values, and what of it can be used. */

import type { ProblemDraft, Problems } from "../problems.ts";
import type { Quality } from "../shape.ts";
import { type Element, textAt } from "./xml.ts";

/** How the values of a meter reading are meant. */
export interface Kind {
  readonly direction: "import" | "export";
  /** Values are in 10^power Wh. */
  readonly power: number;
}

const WATT_HOURS = "72";
const DELTA_DATA = "4";
const FORWARD = "1";
const REVERSE = "19";

/** The kind of a reading type; undefined, with a problem, where its values are of no use here. */
export function kindOf(type: Element | undefined, meter: string, problems: Problems): Kind | undefined {
  const refuse = (draft: Omit<ProblemDraft, "meter">): Kind | undefined => {
    problems.add({ meter, ...draft });
    return undefined;
  };
  if (type === undefined) {
    const text = "no ReadingType belongs to these readings: unit and direction are unknown. They were left out.";
    return refuse({ code: "READING_TYPE_MISSING", field: "ReadingType", text });
  }
  const uom = textAt(type, "uom");
  if (uom !== WATT_HOURS) {
    const text = `the unit is ${uom ?? "not given"}; only energy in Wh (72) is read. These readings were left out.`;
    return refuse({ code: "UNIT_UNSUPPORTED", field: "ReadingType/uom", value: uom, text });
  }
  const power = textAt(type, "powerOfTenMultiplier") ?? "0";
  if (!/^[+-]?\d{1,2}$/.test(power) || Math.abs(Number(power)) > 12) {
    const text = `"${power.slice(0, 40)}" is no power of ten from -12 to 12. These readings were left out.`;
    return refuse({ code: "UNIT_UNSUPPORTED", field: "ReadingType/powerOfTenMultiplier", value: power, text });
  }
  const behaviour = textAt(type, "accumulationBehaviour");
  if (behaviour !== undefined && behaviour !== DELTA_DATA && behaviour !== "0") {
    const text = `accumulation is ${behaviour}; only energy per interval (4, deltaData) is read. Export interval data.`;
    return refuse({
      code: "ACCUMULATION_UNSUPPORTED",
      field: "ReadingType/accumulationBehaviour",
      value: behaviour,
      text,
    });
  }
  const flow = textAt(type, "flowDirection");
  if (flow === FORWARD || flow === REVERSE) {
    return { direction: flow === FORWARD ? "import" : "export", power: Number(power) };
  }
  const field = "ReadingType/flowDirection";
  if (flow !== undefined && flow !== "0") {
    const text = `the direction is ${flow}; only forward (1) and reverse (19) are read. These readings were left out.`;
    return refuse({ code: "FLOW_UNSUPPORTED", field, value: flow, text });
  }
  const text = "no direction is given. The readings count as imports, as most such files mean them.";
  problems.add({ code: "FLOW_ASSUMED", effect: "noted", meter, field, text });
  return { direction: "import", power: Number(power) };
}

/** ESPI qualities of readings that nobody metered: edited, by reference day, interpolated, derived, projected, mixed, weather. */
const ESTIMATED: readonly string[] = ["7", "8", "9", "11", "12", "13", "15"];
/** Questionable, raw and other: metered perhaps, checked by nobody. */
const QUESTIONABLE: readonly string[] = ["10", "14", "16"];

/** Quality of a reading from its ESPI codes; none, 0 (valid), 17, 18 and 19 (validated, verified, revenue) are metered. */
export function qualityOf(codes: readonly string[]): Quality {
  if (codes.some((code) => QUESTIONABLE.includes(code))) return "questionable";
  return codes.some((code) => ESTIMATED.includes(code)) ? "estimated" : "measured";
}
