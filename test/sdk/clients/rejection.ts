import { expect } from "chai";
import { WattbookError } from "../../../sdk/src/errors.ts";
import type { WattbookErrorCode } from "../../../sdk/src/errors.ts";

/** The coded error with which `work` fails. */
export async function rejection(work: Promise<unknown>, code: WattbookErrorCode): Promise<WattbookError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof WattbookError)) {
    throw new Error(`Expected ${code}, got ${String(thrown)}.`, { cause: thrown });
  }
  expect(thrown.code, thrown.message).to.equal(code);
  return thrown;
}
