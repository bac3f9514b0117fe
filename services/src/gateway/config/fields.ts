/** Kinds of fields that the gateway's configuration has. */
import { z } from "zod";
import { file, whole } from "../../operation/index.ts";

/** A text that is not empty; `what` for the message. */
export function text(what: string, most = 256) {
  const message = `pass ${what}, 1 to ${most} characters`;
  return z.string({ error: message }).min(1, message).max(most, message);
}

/** A name of a meter, of the configuration or of a client. */
export const name = text("a name", 64);

const DIGITS = "pass a whole number, as a number or as digits in quotes";

/** Integers that may be large, as numbers or as texts. */
export const large = z
  .union([z.int(DIGITS).min(0, DIGITS), z.string(DIGITS).regex(/^\d{1,19}$/, DIGITS)], DIGITS)
  .transform((value) => BigInt(value));

/** Registers of a meter, Wh. */
export const energies = z.strictObject({ importWh: large.default(0n), exportWh: large.default(0n) });

export const seconds = whole("seconds", 1, 31_536_000);
export const port = whole("a port", 1, 65_535);
export const host = text("the name or address of a machine");

/** Seconds that divide an hour. */
export const divisor = seconds.refine(
  (value) => 3_600 % value === 0,
  "pass a divisor of an hour, so that slots begin with a sample",
);

/** A secret in a file of its own. */
export const secretFile = file("a file, mode 600");
