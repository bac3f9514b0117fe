/**
 * Workers send failures to the reporting process as JSON, which has no bigints: without this, a failed comparison of two
 * amounts would end as "Do not know how to serialize a BigInt", and the results of its whole file would be lost.
 */
import { inspect } from "node:util";
import Mocha from "mocha";

interface Failing {
  fail: (this: unknown, test: unknown, error: unknown, force?: boolean) => void;
}

const runner = Mocha.Runner.prototype as unknown as Failing;
const fail = runner.fail;

runner.fail = function (test, error, force) {
  fail.call(this, test, sendable(error), force);
};

/** The error itself, what it holds besides text as text. */
function sendable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const held = error as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(held)) {
    if (typeof value === "bigint" || (typeof value === "object" && value !== null))
      held[name] = inspect(value, { depth: 8, sorted: true });
  }
  return error;
}
