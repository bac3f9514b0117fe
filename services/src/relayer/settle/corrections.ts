/** What replaces an estimate: the late reading, and the position that the period was settled with. */
import {
  addPositions,
  asCommunity,
  asMember,
  asPeriod,
  type CorrectItem,
  EscrowClient,
  journalOf,
  MarketClient,
  NO_POSITION,
  type Position,
  RegistryClient,
  settledHash,
  type Deployment,
} from "@wattbook/sdk";
import type { Node } from "../../chain/index.ts";
import { headReaderOf } from "../chain/runner.ts";
import type { CommunityView } from "../chain/view.ts";
import type { Facts } from "../store/facts.ts";
import type { ReadingRow } from "../store/readings.ts";
import { type ReadingBody, readingOf, signatureOf } from "../../wire.ts";
import { type Candidate, whoseOf } from "./items.ts";

/** A late reading, ready to be handed in. */
export interface Correction {
  readonly candidate: Candidate;
  readonly item: CorrectItem;
}

/** Makes corrections. */
export class Corrections {
  readonly #facts: Facts;
  readonly #registry: RegistryClient;
  readonly #escrow: EscrowClient;
  readonly #runner: ReturnType<typeof headReaderOf>;

  constructor(node: Node, { contracts }: Deployment, facts: Facts) {
    this.#facts = facts;
    this.#runner = headReaderOf(node);
    this.#registry = new RegistryClient({ address: contracts.ProsumerRegistry, runner: this.#runner });
    this.#escrow = new EscrowClient({ address: contracts.PaymentEscrow, runner: this.#runner });
  }

  /**
   * Corrections of one period. What would not match the member's journal is left out.
   * @throws Faults of the node
   */
  async of(
    { community, terms }: CommunityView,
    candidates: readonly Candidate[],
    late: (row: ReadingRow, reason: string) => void,
  ): Promise<Correction[]> {
    const period = asPeriod(BigInt(candidates[0]?.row.period ?? 0));
    const members = candidates.map(({ row }) => asMember(BigInt(row.member)));
    const onChain = await this.#escrow.journalWords(community, period, members);
    const found: Correction[] = [];
    for (const [index, candidate] of candidates.entries()) {
      const { row, records } = candidate;
      const position = await this.#positionOf(terms.slotsPerPeriod, candidate);
      const journal = journalOf(records);
      if (settledHash(journal, position) !== onChain[index]?.hash) {
        late(row, "JournalMismatch: the logs do not explain what the period was settled with.");
        continue;
      }
      const body = JSON.parse(row.body) as ReadingBody;
      const reading = readingOf(terms, asCommunity(community), body);
      found.push({ candidate, item: { reading, signature: signatureOf(body), journal, position } });
    }
    return found;
  }

  /** What a member's records came to, of all modules together; records that were voided count for nothing. */
  async #positionOf(slots: bigint, { row, records }: Candidate): Promise<Position[]> {
    const whose = whoseOf(row);
    const voided = this.#facts.voidedOf(whose);
    let position: Position[] = Array.from({ length: Number(slots) }, () => NO_POSITION);
    for (const module of new Set(records.map(({ head }) => head.module))) {
      if (voided.has(module)) continue;
      // What settlement asks of a module is the same in all of them.
      const address = await this.#registry.moduleAt(whose.community, module);
      const client = new MarketClient({ address, runner: this.#runner });
      const context = await client.context(whose.community, whose.period);
      const payloads = records.filter(({ head }) => head.module === module).map(({ payload }) => payload);
      const answer = await client.positionOf(whose, context, payloads);
      position = position.map((own, slot) => addPositions(own, answer?.position[slot] ?? NO_POSITION));
    }
    return position;
  }
}
