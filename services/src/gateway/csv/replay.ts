/** Registers and intervals from files: backfill after an outage, and days to try things with. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { importAny, parseTable } from "@wattbook/data/import";
import type { AnyOptions, MeterData, Row, Table } from "@wattbook/data/import";
import { asSeconds, type Seconds } from "@wattbook/sdk/pure";
import { ENERGY_UNITS, registerWhDown } from "../energy.ts";
import type { EnergyUnit } from "../energy.ts";
import { asServiceError, GatewayError } from "../errors.ts";
import type { Adapter, Report, Sample, Sink } from "../sample.ts";
import { timesOf } from "./times.ts";

export interface CsvReplayOptions {
  readonly path: string;
  /**
   * `register`: columns meter, time, import_UNIT, export_UNIT of cumulative registers, at any times.
   * `interval`: any format that `@wattbook/data` reads; its energies become registers from 0.
   */
  readonly values: "register" | "interval";
  /** IANA zone of times without an offset, such as Europe/Amsterdam. Without it their rows are refused. */
  readonly zone?: string | undefined;
  /** How an interval file is meant. */
  readonly interval?: AnyOptions;
}

const DEFAULT_INTERVAL: AnyOptions = { wide: { loadUnit: "W", pvKwp: { digits: 1n, scale: 0 } } };

export class CsvReplayAdapter implements Adapter {
  readonly #options: CsvReplayOptions;
  #stopped = false;

  constructor(options: CsvReplayOptions) {
    this.#options = options;
  }

  /** Resolves at the file's end. A row that is refused is reported, the others are kept. */
  async start(sink: Sink, report: Report): Promise<void> {
    const { path, values, zone, interval = DEFAULT_INTERVAL } = this.#options;
    const file = basename(path);
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      throw asServiceError(error, "FILE_UNREADABLE", "path", `${path} cannot be read: check name and permissions.`);
    });
    const samples =
      values === "register"
        ? registerSamples(text, file, report, zone)
        : intervalSamples(imported(text, file, { ...interval, zone: zone ?? interval.zone }, report));
    for (const sample of samples) {
      if (this.#stopped) return;
      try {
        await sink(sample);
      } catch (error) {
        const named = asServiceError(error, "MESSAGE_MALFORMED", file, "see the cause.");
        // A full disk: what was kept stays, and the file can be replayed from its start.
        if (named.retry) throw named;
        report(named, sample.meter);
      }
    }
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return Promise.resolve();
  }
}

/** An interval file; what was left out of it is reported. */
function imported(text: string, file: string, options: AnyOptions, report: Report): MeterData {
  const data = importAny(text, file, options);
  for (const { effect, code, line, meter, message } of data.problems) {
    if (effect !== "skipped") continue;
    const field = line === undefined ? file : `${file}:${line}`;
    report(new GatewayError("MESSAGE_MALFORMED", field, code, message), meter);
  }
  return data;
}

/** Columns of a register file, by place. */
export interface Columns {
  readonly meter: number;
  readonly time: number;
  readonly imported: Register;
  readonly exported: Register | undefined;
}

interface Register {
  readonly index: number;
  readonly unit: EnergyUnit;
}

/**
 * Samples of a register file, row by row; rows that cannot be read are reported and left out.
 * @throws GatewayError FIELD_MISSING for a missing column
 */
export function* registerSamples(text: string, file: string, report: Report, zone?: string): Generator<Sample> {
  const table = parseTable(text, file, {
    onBadRow: (error) => {
      report(asServiceError(error, "MESSAGE_MALFORMED", file, "give every row a cell per column."));
    },
  });
  const columns = columnsOf(table);
  const timeOf = timesOf(table.rows, columns, zone);
  for (const row of table.rows) {
    try {
      yield sampleOfRow(row, columns, timeOf(row));
    } catch (error) {
      report(
        asServiceError(error, "MESSAGE_MALFORMED", `${file}:${row.line}`, "see the cause."),
        row.cells[columns.meter],
      );
    }
  }
}

function columnsOf(table: Table): Columns {
  const register = (side: string): Register | undefined => {
    for (const unit of ENERGY_UNITS) {
      const index = table.headers.findIndex((header) => header.toLowerCase() === `${side}_${unit}`.toLowerCase());
      if (index >= 0) return { index, unit };
    }
    return undefined;
  };
  const column = (name: string) => table.headers.findIndex((header) => header.toLowerCase() === name);
  const [meter, time, imported] = [column("meter"), column("time"), register("import")];
  if (meter >= 0 && time >= 0 && imported !== undefined) return { meter, time, imported, exported: register("export") };
  const hint = "name the columns of a register file meter, time, import_kWh and export_kWh (or _Wh, _MWh).";
  throw new GatewayError("FIELD_MISSING", `${table.file}:1`, table.headers.join(","), hint);
}

function sampleOfRow({ cells, line }: Row, { meter, imported, exported }: Columns, at: Seconds): Sample {
  const wh = (column: Register, side: string) =>
    registerWhDown(cells[column.index] ?? "", column.unit, `line ${line}, ${side}`);
  return {
    meter: cells[meter] ?? "",
    at,
    importWh: wh(imported, "import"),
    exportWh: exported === undefined ? 0n : wh(exported, "export"),
  };
}

/** Registers at the slot boundaries of interval data. After slots that are not known they go on, marked as after a gap. */
export function* intervalSamples({ start, slotDuration, meters }: MeterData): Generator<Sample> {
  for (const { name, imported, exported } of meters) {
    let [importWh, exportWh] = [0n, 0n];
    let known = false;
    for (const [slot, energy] of imported.entries()) {
      const fedIn = exported[slot] ?? null;
      const at = (boundary: number) => asSeconds(BigInt(start + boundary * slotDuration));
      if (energy === null || fedIn === null) {
        known = false;
        continue;
      }
      if (!known) yield { meter: name, at: at(slot), importWh, exportWh, ...(slot === 0 ? {} : { afterGap: true }) };
      known = true;
      importWh += energy;
      exportWh += fedIn;
      yield { meter: name, at: at(slot + 1), importWh, exportWh };
    }
  }
}
