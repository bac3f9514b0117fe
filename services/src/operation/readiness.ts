/** Whether a service can do its work now: its node answers for the right chain and is not behind, its file can be written. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Node } from "../chain/index.ts";
import { storeFault, type Store } from "../store/open.ts";

/** Something a service cannot work without. */
export interface Need {
  readonly name: string;
  /** @throws what is wrong */
  readonly check: () => Promise<void>;
}

/** What was found, by the need's name: null where it is met. */
export type Findings = Readonly<Record<string, string | null>>;

/** The node is reachable, on the chain of the deployment, and not behind what it said before. */
export function nodeAnswers(node: Node): Need {
  const check = async () => {
    await node.head();
  };
  return { name: "node", check };
}

/** The file takes a write that survives: with a full disk nothing may be acknowledged. */
export function storeWrites(name: string, path: string, store: Store): Need {
  return {
    name,
    check: () =>
      new Promise((resolve) => {
        try {
          const version = store.pragma("user_version", { simple: true }) as number | bigint;
          store.transaction(() => store.pragma(`user_version = ${version}`)).immediate();
        } catch (error) {
          throw storeFault(path, error);
        }
        resolve();
      }),
  };
}

/** What is known already: `fault` says what is wrong, or null. */
export function holds(name: string, fault: () => string | null): Need {
  const check = () => {
    const found = fault();
    return found === null ? Promise.resolve() : Promise.reject(new Error(found));
  };
  return { name, check };
}

/** Milliseconds for which an answer is good, so that whoever asks often costs little. */
const FRESH = 2_000;

/** Asks all needs, at most every two seconds. */
export class Readiness {
  #needs: readonly Need[];
  #asked = -Infinity;
  #answer: Promise<Findings> = Promise.resolve({});

  constructor(needs: readonly Need[]) {
    this.#needs = needs;
  }

  /** What is needed from now on. */
  become(needs: readonly Need[]): void {
    this.#needs = needs;
    this.#asked = -Infinity;
  }

  async look(): Promise<Findings> {
    if (performance.now() - this.#asked > FRESH) {
      this.#asked = performance.now();
      this.#answer = findingsOf(this.#needs);
    }
    return this.#answer;
  }
}

/** Milliseconds after which whoever asks is told that there is no answer yet: a service waits longer for its node. */
const PATIENCE = 5_000;

/** Asks all needs now. */
export async function findingsOf(needs: readonly Need[], patience = PATIENCE): Promise<Findings> {
  const found = await Promise.all(needs.map(async (need) => [need.name, await faultOf(need, patience)] as const));
  return Object.fromEntries(found);
}

async function faultOf({ check }: Need, patience: number): Promise<string | null> {
  const late = new AbortController();
  const found = check().then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const waited = sleep(patience, `There is no answer within ${patience} ms.`, { signal: late.signal });
  const first = await Promise.race([found, waited]);
  waited.catch(() => undefined);
  late.abort();
  return first;
}
