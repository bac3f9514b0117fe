/** Wall-clock times, in milliseconds. They say something only next to each other, on one machine and in one run. */
import { Bench } from "tinybench";

/** How long an operation takes. */
export interface Timing {
  /** The first call; before the engine has compiled the code, unless an operation before it ran the same. */
  readonly first: number;
  readonly min: number;
  readonly median: number;
  readonly samples: number;
}

/** Operations, timed one after the other. */
export interface Operation {
  readonly name: string;
  readonly run: () => unknown;
}

/** Least calls and least time (ms) behind a median. */
const LEAST = { iterations: 10, time: 1_000 };

/** Times each operation: one first call, a warm-up, then many calls. */
export async function measure(operations: readonly Operation[]): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (const { name, run } of operations) {
    const start = performance.now();
    run();
    const first = performance.now() - start;
    const bench = new Bench({ ...LEAST, warmupTime: 200, warmupIterations: 3 });
    const [task] = await bench.add(name, () => void run(), { async: false }).run();
    const result = task?.result;
    if (result?.state !== "completed") throw new Error(`${name} was not timed: ${String(result?.state)}`);
    const { min, p50, samplesCount } = result.latency;
    timings.push({ first, min, median: p50, samples: samplesCount });
  }
  return timings;
}
