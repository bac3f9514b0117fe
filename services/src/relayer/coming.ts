/** Messages that are being taken: the same one may come many times at once, and is taken once. */
import { type CompactSignature, signatureBytes } from "@wattbook/sdk";

interface Taking<T> {
  readonly signature: string;
  readonly answer: Promise<T>;
}

/** Takes one of the same messages at a time. */
export class Coming<T extends { readonly known: boolean }> {
  readonly #taking = new Map<string, Taking<T>>();

  /**
   * Takes a message, or waits for the same one. One that was refused under another signature says nothing of this one: anybody
   * could keep a message out with a bad signature.
   */
  async take(digest: string, signed: CompactSignature, work: () => Promise<T>): Promise<T> {
    const signature = signatureBytes(signed);
    for (;;) {
      const taking = this.#taking.get(digest);
      if (taking === undefined) break;
      try {
        return { ...(await taking.answer), known: true };
      } catch (error) {
        if (taking.signature === signature) throw error;
      }
    }
    const answer = work().finally(() => this.#taking.delete(digest));
    this.#taking.set(digest, { signature, answer });
    return answer;
  }
}
