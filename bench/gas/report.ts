/** A whole run as one object: what `--json` prints and `bench/results.json` keeps. */
import { availableParallelism } from "node:os";
import type { BaselineRow } from "../baselines/types.ts";
import { BUDGETS, NEXT_FORK, type Budget } from "./budgets.ts";
import { costsOf, type Cost } from "./cost.ts";
import { measure, type Wanted } from "./measure.ts";
import { ReplayPool } from "./replay/pool.ts";
import { replaysBy } from "./replay/replays.ts";
import { FORKS, nextForkTool, scheduleOf } from "./replay/tool.ts";
import { warmUpsOf, type WarmUp } from "./ring.ts";
import { problemsOf, rowOf, type Row } from "./row.ts";
import { speedsOf, type Speed } from "./speed.ts";
import type { Progress } from "./types.ts";

export interface Report {
  readonly hardfork: string;
  readonly rows: readonly Row[];
  readonly baselines: readonly BaselineRow[];
  readonly nextForkTool: typeof nextForkTool & { readonly experimental: true; readonly budget: number };
  readonly costs: readonly Cost[];
  readonly ethEur: number;
  readonly warmUp: readonly WarmUp[];
  readonly speed: readonly Speed[];
  /** Budgets that no row of this run belongs to. */
  readonly notMeasured: readonly Budget[];
  /** Wall clock of the whole run on this machine. */
  readonly seconds: number;
  readonly machine: { readonly node: string; readonly cores: number };
  /** What makes the run fail. */
  readonly problems: readonly string[];
}

export interface Asked extends Wanted {
  readonly ethEur: number;
  readonly baselines: (homes: readonly number[], progress: Progress) => Promise<BaselineRow[]>;
}

export async function run({ ethEur, baselines, ...wanted }: Asked, progress: Progress): Promise<Report> {
  const start = performance.now();
  const pool = new ReplayPool();
  try {
    const { rows, problems } = await rowsOf(wanted, pool, progress);
    const others = await baselines(wanted.homes, progress).catch((error: unknown) => {
      // What another book cannot do is named, and takes nothing from the other rows.
      problems.push(`other order books: ${String(error)}`);
      return [];
    });
    return {
      hardfork: FORKS.now,
      rows,
      baselines: others,
      nextForkTool: { ...nextForkTool, experimental: true, budget: NEXT_FORK },
      costs: costsOf(rows, ethEur),
      ethEur,
      warmUp: warmUpsOf(rows),
      speed: speedsOf(rows),
      notMeasured: BUDGETS.filter((budget) => !rows.some((row) => isFor(budget, row))),
      seconds: Math.round((performance.now() - start) / 1000),
      machine: { node: process.version, cores: availableParallelism() },
      problems,
    };
  } finally {
    await pool.close();
  }
}

const isFor = ({ operation, homes }: Budget, row: Row) =>
  row.operation === operation && (homes === undefined || homes === row.homes);

/** Replays run while the next rows are measured. */
async function rowsOf(wanted: Wanted, pool: ReplayPool, progress: Progress) {
  const replaysOf = replaysBy(pool);
  const next = scheduleOf(FORKS.next);
  const pending: Promise<{ row: Row; problems: string[] }>[] = [];
  for await (const measurement of measure(wanted, progress)) {
    const { makesWords = false } = measurement;
    const finished = rowOf(measurement, replaysOf, { next }).then((row) => ({
      row,
      problems: problemsOf(row, makesWords),
    }));
    // Waited for below; until then a failure is nobody's.
    finished.catch(() => undefined);
    pending.push(finished);
  }
  progress("replaying at the next fork's prices");
  const finished = await Promise.all(pending);
  return { rows: finished.map(({ row }) => row), problems: finished.flatMap(({ problems }) => problems) };
}
