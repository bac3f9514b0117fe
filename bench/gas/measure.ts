/** Measures rows: a warm community per number of ticks, and in it one source of rows after the other. */
import { stageOf, type RowSource } from "./rows/source.ts";
import type { Measurement, Progress } from "./types.ts";
import { warmWorld } from "./world.ts";

export interface Wanted {
  readonly sources: readonly RowSource[];
  readonly homes: readonly number[];
  readonly ticks: readonly number[];
}

/** One after the other, so that replays can begin while the next is measured. */
export async function* measure({ sources, homes, ticks }: Wanted, progress: Progress): AsyncGenerator<Measurement> {
  for (const tickCount of ticks) {
    const size = Math.max(...sources.map(({ needs }) => needs(homes)));
    const stage = stageOf(await warmWorld(size, tickCount, progress), homes, progress);
    for (const source of sources) yield* await source.measure(stage);
  }
}
