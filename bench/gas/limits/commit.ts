/** What promising strips, and ending the promise, cannot do without. */
import type { Call, Measured } from "../types.ts";
import { part, sentParts } from "./parts.ts";

/** A place in the ring of commits, and the relayer's bond locked. */
export const committed = (call: Call): Measured => ({
  call,
  parts: [
    ...sentParts(call),
    part("registry, escrow", "account", 2),
    part("terms, first module, bond", "read", 3),
    part("commit, root, relayer's bond", "rewrite", 3),
  ],
});

/** The bond released. */
export const finished = (call: Call): Measured => ({
  call,
  parts: [
    ...sentParts(call),
    part("registry, escrow", "account", 2),
    part("terms, bond", "read", 2),
    part("commit, relayer's bond", "rewrite", 2),
  ],
});
