/** The lines of a file that hold code. */
export interface FileLines {
  readonly total: number;
  /** Those that no test ran to the end, ascending. */
  readonly uncovered: readonly number[];
}

/** Reads an lcov trace: lines by path. Of its records only `SF:path` and `DA:line,count` matter here. */
export function readLcov(trace: string): Map<string, FileLines> {
  const counts = new Map<string, Map<number, number>>();
  let file = new Map<number, number>();
  for (const record of trace.split("\n")) {
    const [, path] = /^SF:(.+)$/.exec(record) ?? [];
    const [, line, count] = /^DA:(\d+),(\d+)/.exec(record) ?? [];
    if (path !== undefined) {
      file = counts.get(path) ?? new Map<number, number>();
      counts.set(path, file);
    } else if (line !== undefined) file.set(Number(line), (file.get(Number(line)) ?? 0) + Number(count));
  }
  return new Map(
    [...counts].map(([path, lines]) => {
      const uncovered = [...lines].filter(([, count]) => count === 0).map(([line]) => line);
      return [path, { total: lines.size, uncovered: uncovered.sort((a, b) => a - b) }];
    }),
  );
}

/** `[3, 4, 5, 9]` as `3-5, 9`. */
export function ranges(ascending: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const line of ascending) {
    const run = runs.at(-1);
    if (run?.[1] === line - 1) run[1] = line;
    else runs.push([line, line]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${String(first)}-${String(last)}`)).join(", ");
}
