// Whether a service is ready: `node ready.mjs PORT` ends with 0 or 1, and says what is missing.
import process from "node:process";

const [port] = process.argv.slice(2);
try {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_000) });
  process.stdout.write(await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(String(error));
  process.exitCode = 1;
}
