/** The plan of a running deployment, on disk before anything that it says happens. */

import type { ContractName } from "../lib/contracts.ts";
import type { Folder } from "./folder.ts";
import { type Attempt, type Plan, type Step, stepOf, writePlan } from "./plan.ts";

export class Journal {
  readonly #folder: Folder;
  #plan: Plan;

  constructor(folder: Folder, plan: Plan) {
    this.#folder = folder;
    this.#plan = plan;
  }

  get plan(): Plan {
    return this.#plan;
  }

  step(contract: ContractName): Step {
    return stepOf(this.#plan, contract);
  }

  /** Notes a transaction that is about to be sent. */
  async add(contract: ContractName, attempt: Attempt): Promise<void> {
    await this.#set(contract, [...this.step(contract).attempts, attempt]);
  }

  /** Notes the hash of a transaction that the node signed. */
  async name(contract: ContractName, hash: string): Promise<void> {
    await this.#set(contract, [...this.step(contract).attempts.slice(0, -1), { hash }]);
  }

  /** Drops the bytes of transactions that are mined; their hashes stay. */
  async close(): Promise<void> {
    const steps = this.#plan.steps.map((step) => ({
      ...step,
      attempts: step.attempts.map(({ hash }) => (hash === undefined ? {} : { hash })),
    }));
    await this.#write({ ...this.#plan, steps });
  }

  async #set(contract: ContractName, attempts: Attempt[]): Promise<void> {
    const steps = this.#plan.steps.map((step) => (step.contract === contract ? { ...step, attempts } : step));
    await this.#write({ ...this.#plan, steps });
  }

  async #write(plan: Plan): Promise<void> {
    if (JSON.stringify(plan) === JSON.stringify(this.#plan)) return;
    await writePlan(this.#folder, plan);
    this.#plan = plan;
  }
}
