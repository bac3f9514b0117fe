/** Questions that many ask at the same time, asked once for all of them. */

/** Keys that wait to be asked about, and whom to tell. */
interface Waiting<K, V> {
  readonly key: K;
  readonly resolve: (value: V) => void;
  readonly reject: (error: unknown) => void;
}

/** Most keys of one question: the answer has to fit what a node returns of a view. */
const MOST_KEYS = 500;

/** Most answers that are kept: strangers can ask about keys of their choice, and a chain that stands has no new block. */
const MOST_ANSWERS = 10_000;

/** Keeps answers until it is told that they are old. */
export class Together<K, V> {
  readonly #ask: (keys: readonly K[]) => Promise<readonly V[]>;
  readonly #answers = new Map<K, Promise<V>>();
  #waiting: Waiting<K, V>[] = [];

  /** @param ask Answers in the order of the keys. */
  constructor(ask: (keys: readonly K[]) => Promise<readonly V[]>) {
    this.#ask = ask;
  }

  /** The answer for a key: a known one, or that of the next question, which goes out once whoever is at work pauses. */
  async get(key: K): Promise<V> {
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = new Promise<V>((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => void this.#flush());
      this.#waiting.push({ key, resolve, reject });
    });
    if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear();
    this.#answers.set(key, answer);
    // What failed is asked again by the next who wants it.
    answer.catch(() => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    });
    return answer;
  }

  /** How many answers are kept. */
  get size(): number {
    return this.#answers.size;
  }

  /** All answers are old. */
  forget(): void {
    this.#answers.clear();
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += MOST_KEYS) {
      const some = waiting.slice(from, from + MOST_KEYS);
      try {
        const answers = await this.#ask(some.map(({ key }) => key));
        for (const [index, { resolve }] of some.entries()) resolve(answers[index] as V);
      } catch (error) {
        for (const { reject } of some) reject(error);
      }
    }
  }
}
