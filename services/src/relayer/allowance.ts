/** How much a member may hand in per minute, counted once its signature was found to be good: nobody can use up another's. */
import { ServiceError } from "../errors.ts";

const MINUTE = 60_000;

/** Counts messages of members. */
export class Allowance {
  readonly #perMinute: number;
  readonly #now: () => number;
  #since: number;
  readonly #counts = new Map<string, number>();

  /** @param now Milliseconds. */
  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#now = now;
    this.#since = now();
  }

  /** @throws ServiceError RATE_LIMITED */
  use(community: bigint, member: bigint): void {
    if (this.#now() - this.#since >= MINUTE) {
      this.#counts.clear();
      this.#since = this.#now();
    }
    const name = `${community}:${member}`;
    const used = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, used);
    if (used <= this.#perMinute) return;
    const most = `Member ${member} of community ${community} may hand in ${this.#perMinute} messages per minute`;
    throw new ServiceError("RATE_LIMITED", `${most}. Try again in a minute.`);
  }
}
