/** What a file of this folder exports: some rows, and how they are measured. */
import { dayOf, type Day } from "../day.ts";
import type { Measurement, Progress } from "../types.ts";
import type { World } from "../world.ts";

export interface Stage {
  readonly world: World;
  /** Sizes of communities that are asked for. */
  readonly homes: readonly number[];
  readonly progress: Progress;
  /** A day of so many homes with so many entries per slot; measured once. */
  readonly day: (homes: number, steps: number) => Promise<Day>;
}

export interface RowSource {
  /** As `--rows` has it. */
  readonly name: string;
  /** How many homes there must be in the warm community. */
  readonly needs: (homes: readonly number[]) => number;
  readonly measure: (stage: Stage) => Promise<Measurement[]>;
}

export function stageOf(world: World, homes: readonly number[], progress: Progress): Stage {
  const days = new Map<string, Day>();
  const day = async (count: number, steps: number) => {
    const name = `${String(count)} ${String(steps)}`;
    const known = days.get(name);
    if (known) return known;
    progress(`${String(world.ticks)} ticks: a day of ${String(count)} homes, ${String(steps)} entries per slot`);
    const fresh = await dayOf(world, count, steps);
    days.set(name, fresh);
    return fresh;
  };
  return { world, homes, progress, day };
}
