import { expect } from "chai";
import { type DataErrorCode, importWide, InputError, parseTable, type WideOptions } from "@wattbook/data/import";
import { csv, MIDNIGHT } from "./factories.ts";

const COLUMNS: WideOptions = { loadUnit: "W", pvKwp: { digits: 5n, scale: 0 } };
const read = (text: string, options = COLUMNS) => importWide(text, "test.csv", options);

const HEAD = ["time", "home", "roof_pu"];
const row = (slot: number, ...cells: (string | number)[]) => [MIDNIGHT + 900 * slot, ...cells];

/** The error that reading a text raises. */
function failure(text: string): InputError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error("it was read");
}

interface Case {
  readonly name: string;
  readonly text: string;
  readonly code: DataErrorCode;
  /** Line and column, from 1. */
  readonly at: readonly [number, number];
}

const BAD: readonly Case[] = [
  { name: "an empty file", text: "", code: "CSV_EMPTY", at: [1, 1] },
  { name: "a header alone", text: csv(HEAD), code: "CSV_EMPTY", at: [2, 1] },
  { name: "a single row", text: csv(HEAD, row(0, 1, 0)), code: "CSV_TOO_SHORT", at: [2, 1] },
  { name: "no PV column", text: csv(["time", "home"], row(0, 1), row(1, 1)), code: "COLUMN_MISSING", at: [1, 3] },
  { name: "no load column", text: csv(["time", "r_pu"], row(0, 1), row(1, 1)), code: "COLUMN_MISSING", at: [1, 3] },
  { name: "semicolons", text: "time;home;roof_pu\n1;2;3\n4;5;6", code: "COLUMN_MISSING", at: [1, 2] },
  {
    name: "a column without a name",
    text: csv(["time", "", "r_pu"], row(0, 1, 0)),
    code: "COLUMN_MISSING",
    at: [1, 2],
  },
  { name: "two columns of a name", text: csv(["time", "a", "a"], row(0, 1, 0)), code: "COLUMN_DUPLICATE", at: [1, 3] },
  { name: "a short row", text: csv(HEAD, row(0, 1, 0), row(1, 1)), code: "CELL_MISSING", at: [3, 3] },
  { name: "a long row", text: csv(HEAD, row(0, 1, 0), row(1, 1, 0, 7)), code: "CELL_SURPLUS", at: [3, 4] },
  { name: "an empty cell", text: csv(HEAD, row(0, 1, 0), row(1, "", 0)), code: "CELL_MISSING", at: [3, 2] },
  { name: "no time in the first column", text: csv(HEAD, ["x", 1, 0], row(1, 1, 0)), code: "NOT_A_TIME", at: [2, 1] },
  { name: "milliseconds", text: csv(HEAD, [`${MIDNIGHT}000`, 1, 0]), code: "NOT_A_TIME", at: [2, 1] },
  { name: "a gap", text: csv(HEAD, ...[0, 1, 2, 5].map((k) => row(k, 1, 0))), code: "TIME_GAP", at: [5, 1] },
  { name: "a time twice", text: csv(HEAD, ...[0, 1, 1].map((k) => row(k, 1, 0))), code: "TIME_DUPLICATE", at: [4, 1] },
  {
    name: "time going back",
    text: csv(HEAD, ...[0, 2, 1].map((k) => row(k, 1, 0))),
    code: "TIME_BACKWARDS",
    at: [4, 1],
  },
  {
    name: "a row off the step",
    text: csv(HEAD, ...[0, 1, 2, 3.5].map((k) => row(k, 1, 0))),
    code: "TIME_IRREGULAR",
    at: [5, 1],
  },
  {
    name: "a step of a minute",
    text: csv(HEAD, ...[0, 60, 120].map((s) => [MIDNIGHT + s, 1, 0])),
    code: "STEP_UNSUPPORTED",
    at: [3, 1],
  },
  {
    name: "rows between slots",
    text: csv(HEAD, ...[60, 960].map((s) => [MIDNIGHT + s, 1, 0])),
    code: "TIME_UNALIGNED",
    at: [2, 1],
  },
  ...["NaN", "nan", "inf", "-", "1,5", "1.2.3", "0x10", "12 W"].map((text) => ({
    name: `"${text}" for a load`,
    text: csv(HEAD, row(0, 1, 0), row(1, `"${text}"`, 0)),
    code: "NOT_A_NUMBER" as const,
    at: [3, 2] as const,
  })),
  { name: "a negative load", text: csv(HEAD, row(0, 1, 0), row(1, -0.5, 0)), code: "NEGATIVE", at: [3, 2] },
  { name: "negative PV", text: csv(HEAD, row(0, 1, 0), row(1, 1, -0.01)), code: "NEGATIVE", at: [3, 3] },
  { name: "PV in watts", text: csv(HEAD, row(0, 1, 0), row(1, 1, 830)), code: "TOO_LARGE", at: [3, 3] },
  { name: "an absurd load", text: csv(HEAD, row(0, 1, 0), row(1, "1e9", 0)), code: "TOO_LARGE", at: [3, 2] },
  { name: "an open quote", text: `time,home,roof_pu\n${MIDNIGHT},"1,0`, code: "CSV_MALFORMED", at: [2, 1] },
];

describe("wide CSV", function () {
  for (const { name, text, code, at } of BAD) {
    it(`refuses ${name} with ${code} and its place`, function () {
      const error = failure(text);
      expect(error.code).to.equal(code);
      expect([error.place.line, error.place.column]).to.deep.equal(at);
      expect(error.message).to.match(new RegExp(`^test\\.csv:${at[0]}:${at[1]}:`));
    });
  }

  it("names the missing rows of a gap", function () {
    const { message } = failure(csv(HEAD, ...[0, 1, 2, 5].map((k) => row(k, 1, 0))));
    expect(message).to.include("2 row(s) missing").and.to.include("2021-02-15T00:45Z to 2021-02-15T01:00Z");
  });

  it("reads loads in W and PV per unit, and takes blanks, empty lines, CRLF and a byte order mark", function () {
    const text = `\uFEFFtime, home ,roof_pu\r\n${MIDNIGHT},400,0.5\r\n\r\n${MIDNIGHT + 900}, 401 ,1e-1\r\n`;
    const data = read(text);
    expect(data).to.include({ start: MIDNIGHT, slotDuration: 900, slots: 2 });
    const quality = ["measured", "measured"];
    expect(data.meters).to.deep.equal([
      { name: "home", kind: "load", imported: [100n, 100n], exported: [0n, 0n], quality },
      { name: "roof_pu", kind: "plant", imported: [0n, 0n], exported: [625n, 125n], quality },
    ]);
  });

  it("reads loads in Wh", function () {
    const { meters } = read(csv(HEAD, row(0, "1.5", 0), row(1, "1.5", 0)), { ...COLUMNS, loadUnit: "Wh" });
    expect(meters[0]?.imported).to.deep.equal([1n, 2n]);
  });

  it("reads ISO times with and without an offset, across a change of clocks", function () {
    const times = ["2021-03-28T00:30:00Z", "2021-03-28T01:45+01:00", "2021-03-28 03:00+02:00", "2021-03-28T01:15"];
    const { start, slotDuration } = read(csv(HEAD, ...times.map((time) => [time, 1, 0])));
    expect({ start, slotDuration }).to.deep.equal({ start: 1_616_891_400, slotDuration: 900 });
  });

  it("keeps the line numbers of a file with empty lines", function () {
    const table = parseTable("time,a\n\n\n1,2\n", "test.csv");
    expect(table.rows.map(({ line }) => line)).to.deep.equal([4]);
  });
});
