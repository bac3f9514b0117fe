/** What the commands of this folder have in common. */

/** A value that no run can start with. */
export class BadOption extends Error {}

/** Tells on stderr what is going on, with the seconds since the start. */
export function progressOf(): (what: string) => void {
  const start = performance.now();
  return (what) => {
    const seconds = Math.round((performance.now() - start) / 1000);
    console.error(`${seconds.toString().padStart(5)} s  ${what}`);
  };
}

/** Runs a command; a bad option is answered with the usage, and exit code 2. */
export async function run(usage: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const bad = error instanceof BadOption || (error instanceof TypeError && "code" in error);
    if (!bad) throw error;
    console.error(`${error.message}\n${usage}`);
    process.exitCode = 2;
  }
}
