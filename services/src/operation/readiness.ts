/** Whether a service can do its work now: its node answers for the right chain and is not behind, its file can be written. */
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
          const version = store.pragma("user_version", { simple: true }) as number;
          store.transaction(() => store.pragma(`user_version = ${version}`)).immediate();
        } catch (error) {
          throw storeFault(path, error);
        }
        resolve();
      }),
  };
}

/** Milliseconds for which an answer is good, so that whoever asks often costs little. */
const FRESH = 2_000;

/** Asks all needs, at most every two seconds. */
export class Readiness {
  readonly #needs: readonly Need[];
  #asked = -Infinity;
  #answer: Promise<Findings> = Promise.resolve({});

  constructor(needs: readonly Need[]) {
    this.#needs = needs;
  }

  async look(): Promise<Findings> {
    if (performance.now() - this.#asked > FRESH) {
      this.#asked = performance.now();
      this.#answer = this.#askAll();
    }
    return this.#answer;
  }

  async #askAll(): Promise<Findings> {
    const found = await Promise.all(
      this.#needs.map(async ({ name, check }) => {
        const fault = await check().then(
          () => null,
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
        return [name, fault] as const;
      }),
    );
    return Object.fromEntries(found);
  }
}
