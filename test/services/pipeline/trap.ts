/** Where the plug is pulled: a door that sees a message tells, and waits until somebody is dead. */

/** The way of a sample, then of a strip or a reading, in this order. */
export const STEPS = [
  "received",
  "stored",
  "signed",
  "handed over",
  "in a signed call",
  "broadcast",
  "mined",
  "acknowledged",
] as const;
export type Step = (typeof STEPS)[number];

/** How it is known from outside that a step is reached. What is on its way then is lost with whoever dies. */
export const KNOWN_BY: Readonly<Record<Step, string>> = {
  received: "the broker's message has gone to the gateway",
  stored: "the gateway acknowledges it to the broker",
  signed: "the gateway's request arrives at the relayer's door",
  "handed over": "the relayer answers it with a receipt",
  "in a signed call": "the relayer's transaction arrives at the node's door",
  broadcast: "the node has it and answers",
  mined: "the node answers with its receipt",
  acknowledged: "the relayer says that it is on chain",
};

/** What takes those steps. */
export type Kind = "sample" | "strip" | "reading";

/** One step of one kind at a time. */
export class Trap {
  #step: string | undefined;
  #kill: () => Promise<void> = () => Promise.resolve();
  #sprung = false;

  /** @param kill Resolves once the victim is dead. */
  set(step: Step, kind: Kind, kill: () => Promise<void>): void {
    this.#step = `${step} ${kind}`;
    this.#kill = kill;
    this.#sprung = false;
  }

  /** Whether it was reached. */
  get sprung(): boolean {
    return this.#sprung;
  }

  /** A message is at a step. @return Whether that was the one: then the message is lost */
  async at(step: Step, kind: Kind): Promise<boolean> {
    if (this.#step !== `${step} ${kind}`) return false;
    this.#step = undefined;
    await this.#kill();
    this.#sprung = true;
    return true;
  }
}
