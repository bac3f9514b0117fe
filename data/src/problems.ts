/** What an importer left out or took for granted: named, so that nobody has to guess. */

/** Codes of problems that do not make a file unusable. */
export type ProblemCode =
  | "CELL_MISSING"
  | "CELL_SURPLUS"
  | "NOT_A_TIME"
  | "NOT_A_NUMBER"
  | "NEGATIVE"
  | "TOO_LARGE"
  | "TIME_UNALIGNED"
  | "TIME_WITHOUT_ZONE"
  | "TIME_SKIPPED"
  | "TIME_AMBIGUOUS"
  | "READING_DUPLICATE"
  | "READING_CONFLICT"
  | "READING_OVERLAP"
  | "READING_MISSING"
  | "READING_SPLIT"
  | "INTERVAL_TOO_LONG"
  | "INTERVAL_UNFIT"
  | "INTERVAL_INCOMPLETE"
  | "REGISTER_DOWN"
  | "METER_UNNAMED"
  | "METER_EMPTY"
  | "EXPORT_ABSENT"
  | "FLOW_ASSUMED"
  | "FLOW_UNSUPPORTED"
  | "UNIT_UNSUPPORTED"
  | "ACCUMULATION_UNSUPPORTED"
  | "READING_TYPE_MISSING"
  | "READING_SET_UNUSED"
  | "PROBLEMS_CUT";

export interface Problem {
  readonly code: ProblemCode;
  /** `skipped`: a value was not used. `noted`: it was used, and this is how. */
  readonly effect: "skipped" | "noted";
  /** What is wrong and what to do, with meter, place and value. */
  readonly message: string;
  readonly meter?: string | undefined;
  /** Line in a CSV file, from 1. */
  readonly line?: number | undefined;
  /** Column or element: `import_kwh`, `timePeriod/start`. */
  readonly field?: string | undefined;
  /** As it stands in the file, cut to 64 characters. */
  readonly value?: string | undefined;
  /** First slot or reading concerned, unix seconds. */
  readonly from?: number | undefined;
  /** How many slots, rows or readings; 1 if absent. */
  readonly count?: number | undefined;
}

/** A problem before it has its sentence. */
export type ProblemDraft = Omit<Problem, "message" | "effect"> & {
  readonly effect?: Problem["effect"];
  /** What is wrong, and what to do. */
  readonly text: string;
};

const MOST_VALUE = 64;

/** Collects problems up to a bound: a broken file must not fill the memory with complaints. */
export class Problems {
  readonly #list: Problem[] = [];
  readonly #most: number;
  #cut = 0;

  constructor(most = 1_000) {
    this.#most = most;
  }

  add({ text, effect = "skipped", ...rest }: ProblemDraft): void {
    if (this.#list.length >= this.#most) {
      this.#cut += 1;
      return;
    }
    const value = rest.value?.slice(0, MOST_VALUE);
    const place = [
      rest.line === undefined ? "" : `line ${rest.line}`,
      rest.meter === undefined ? "" : `meter "${rest.meter}"`,
      rest.field === undefined ? "" : rest.field,
    ].filter((part) => part !== "");
    const message = `${place.join(", ")}${place.length > 0 ? ": " : ""}${text}`;
    this.#list.push({ ...rest, ...(value === undefined ? {} : { value }), effect, message });
  }

  /** The first one that cost a value, as the end of a message; empty without one. */
  get reason(): string {
    const problem = this.#list.find(({ effect, code }) => effect === "skipped" && code !== "METER_EMPTY");
    return problem === undefined ? "" : ` First problem: ${problem.message}`;
  }

  /** All of them, and how many more there were. */
  get all(): readonly Problem[] {
    if (this.#cut === 0) return this.#list;
    const message = `${this.#cut} more problems are not listed. Solve these first, then read the file again.`;
    return [...this.#list, { code: "PROBLEMS_CUT", effect: "noted", message, count: this.#cut }];
  }
}
