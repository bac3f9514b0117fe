/** What a file of this folder exports: some rows, and how they are measured. */
import type { Measurement, Progress } from "../types.ts";
import type { World } from "../world.ts";

export interface Stage {
  readonly world: World;
  /** Sizes of communities that are asked for. */
  readonly homes: readonly number[];
  readonly progress: Progress;
}

export interface RowSource {
  readonly name: string;
  measure(stage: Stage): Promise<Measurement[]>;
}
