/** What decoding a session's calls needs. */
import type { Scope } from "./decode.ts";
import type { Session } from "./link.ts";

/** Units and times of a session's community. */
export function scopeOf({ wattbook, money, terms }: Session): Scope {
  return { deployment: wattbook.deployment, money, terms };
}
