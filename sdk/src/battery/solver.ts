/**
 * The solver: `highs` from npm, or anything with the same `solve`. It is handed over, not imported: whoever only trades does not carry 3.5 MB
 * of WebAssembly, and a browser loads it from where its page keeps it. Its floating-point numbers end in this file.
 */
import { SolverFailedError, SolverUnfitError } from "./errors.ts";

/** Solves linear programs in CPLEX LP format; an instance of `highs` is one. */
export interface LinearSolver {
  /** `output_flag` says whether it may print. */
  solve(program: string, options: { readonly output_flag: boolean }): SolverAnswer;
}

/** What a solver says. */
export interface SolverAnswer {
  /** "Optimal" where it found the optimum. */
  readonly Status: string;
  readonly ObjectiveValue: number;
  /** By name of the variable. */
  readonly Columns: Readonly<Record<string, { readonly Primal?: number } | undefined>>;
}

/** An optimum in whole numbers. */
export interface Optimum {
  /** The objective, rounded down but for the solver's tolerance. */
  readonly least: bigint;
  /** The objective and the solver's tolerance, as a number of a program. */
  readonly limit: string;
  /** `scale` times a variable, rounded to the nearest whole number. */
  readonly at: (variable: string, scale: bigint) => bigint;
}

/** What the solver may be off by, base units: its own tolerance is 1e-7, and larger numbers are less fine. */
const tolerance = (objective: number): number => 1e-4 + 1e-12 * Math.abs(objective);

/**
 * Loads a solver.
 * @param load The default export of `highs`.
 * @param settings For `load`: in a browser `{ locateFile }` says where `highs.wasm` is.
 * @throws SolverUnfitError
 * @example
 * import loadHighs from "highs";
 * const loaded = await loadSolver(loadHighs);
 * loaded.solve("Minimize\ncost: 2 x\nSubject To\nneed: x >= 3\nEnd", { output_flag: false }).ObjectiveValue // 6
 */
export async function loadSolver(
  load: unknown,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<LinearSolver> {
  if (typeof load !== "function") throw new SolverUnfitError(`its loader is ${typeof load}, not a function`);
  const made: unknown = await Promise.resolve((load as (settings: unknown) => unknown)(settings)).catch(
    (cause: unknown) => {
      throw new SolverUnfitError(`its loader failed: ${String(cause)}`, { cause });
    },
  );
  const { solve } = (made ?? {}) as Partial<LinearSolver>;
  if (typeof solve !== "function") throw new SolverUnfitError(`its loader gives ${typeof made} without solve`);
  return made as LinearSolver;
}

/**
 * Solves a program.
 * @throws SolverFailedError where there is no optimum
 */
export function optimumOf(solver: LinearSolver, program: string): Optimum {
  const answer = answerOf(solver, program);
  if (answer.Status !== "Optimal") throw new SolverFailedError(answer.Status);
  const finite = (name: string, value: number | undefined): number => {
    if (value === undefined || !Number.isFinite(value)) throw new SolverFailedError(`${name} is ${value ?? "missing"}`);
    return value;
  };
  const objective = finite("the objective", answer.ObjectiveValue);
  return {
    least: BigInt(Math.floor(objective + tolerance(objective))),
    limit: String(objective + tolerance(objective)),
    at: (name, scale) => BigInt(Math.round(finite(name, answer.Columns[name]?.Primal) * Number(scale))),
  };
}

function answerOf(solver: LinearSolver, program: string): SolverAnswer {
  try {
    return solver.solve(program, { output_flag: false });
  } catch (cause) {
    throw new SolverFailedError(String(cause), { cause });
  }
}
