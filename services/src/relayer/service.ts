/** The relayer as the API sees it. */
import { asCommunity, asMember, asPeriod, digestOf, isWattbookError, readingDigest, STRIP_TYPE } from "@wattbook/sdk";
import { isServiceError, ServiceError } from "../errors.ts";
import { type ReadingBody, readingOf, type Receipt, signatureOf, type StripBody, stripOf } from "../wire.ts";
import type { Notice } from "./bus.ts";
import type { CommunityInfo, ReadingStatus, StripStatus } from "./http/answers.ts";
import type { Kept, RelayerApi } from "./http/api.ts";
import { Refusal } from "./refusal.ts";
import type { Relayer, ServedCommunity } from "./relayer.ts";
import type { ReadingRow } from "./store/readings.ts";
import type { StripRow } from "./store/strips.ts";
import { withdrawalSigner } from "./strips/withdrawal.ts";

/** Answers with what a relayer holds. */
export class RelayerService implements RelayerApi {
  readonly #relayer: Relayer;

  constructor(relayer: Relayer) {
    this.#relayer = relayer;
  }

  communities(): readonly CommunityInfo[] {
    return [...this.#relayer.served.keys()].map((community) => this.community(String(community)));
  }

  community(community: string): CommunityInfo {
    const { orderBook, lead, margin, admission } = this.#served(community);
    const { account, domains, options } = this.#relayer;
    return {
      community,
      chainId: String(options.node.chainId),
      relayer: account,
      feeTo: account,
      leastFeePerEntry: String(options.leastFee),
      lead,
      margin,
      sealed: admission !== undefined,
      orderBook: orderBook.verifyingContract,
      settlement: domains.settlement.verifyingContract,
      commitBook: domains.commits.verifyingContract,
    };
  }

  async takeStrip(community: string, body: StripBody, key: string | undefined): Promise<Kept> {
    const { desk, orderBook } = this.#served(community);
    return this.#counted("strip", async () => {
      const strip = stripOf(asCommunity(BigInt(community)), body);
      // The entries as they came: encoding them again would take longer than hashing them.
      const digest = digestOf(orderBook, STRIP_TYPE, { ...strip, entries: body.entries });
      const { kept, known } = await desk.take(digest, { strip, signature: signatureOf(body) }, key);
      if (!known) this.#relayer.tell("stored", digest);
      return { receipt: { ...this.#receiptOf(kept), signature: kept.receipt }, known };
    });
  }

  async takeReading(community: string, body: ReadingBody, key: string | undefined): Promise<Kept> {
    const { view, readings } = this.#served(community);
    return this.#counted("reading", async () => {
      const reading = readingOf(view.terms, view.community, body);
      const digest = readingDigest(this.#relayer.domains.settlement, reading);
      const { row, known } = await readings.take(digest, { reading, signature: signatureOf(body) }, body, key);
      if (!known) this.#relayer.tell("stored", row.digest);
      return { receipt: this.#receiptOf(row), known };
    });
  }

  strip(digest: string): StripStatus {
    const row = this.#relayer.strips.find(digest);
    if (row !== undefined) return { ...statusOf(row), commit: this.#commitOf(row) };
    throw new ServiceError(
      "STRIP_UNKNOWN",
      `Strip ${digest} was not handed in here. Hand it in, or ask another relayer.`,
    );
  }

  reading(digest: string): ReadingStatus {
    const row = this.#relayer.readings.find(digest);
    if (row !== undefined) return readingStatusOf(row);
    const help = "Hand it in, or ask another relayer";
    throw new ServiceError("READING_UNKNOWN", `Reading ${digest} was not handed in here. ${help}.`);
  }

  async withdraw(digest: string, signature: string): Promise<StripStatus> {
    const { strips, commits, account, served } = this.#relayer;
    const row = strips.find(digest);
    const desk = served.get(row?.community ?? -1);
    if (row === undefined || desk === undefined) return this.strip(digest);
    if (desk.admission !== undefined) {
      const why = "its receipt binds this relayer to commit to it. Bump your epoch before the gate to void it";
      throw new ServiceError("WITHDRAWAL_LATE", `Strip ${digest} cannot be withdrawn: ${why}.`);
    }
    const { member } = await desk.view.trader(asPeriod(BigInt(row.period)), asMember(BigInt(row.member)));
    const withdrawal = { strip: digest, relayer: account };
    const signer = withdrawalSigner(desk.orderBook, withdrawal, signature);
    if (signer.toLowerCase() !== member.tradingKey.toLowerCase()) {
      const found = `signature: it is of ${signer}, not of the trading key ${member.tradingKey}`;
      throw new ServiceError("SIGNATURE_INVALID", `${found}. Sign with the trading key, for relayer ${account}.`);
    }
    if (strips.find(digest)?.state === "withdrawn") return this.strip(digest);
    const { frontier } = desk.desk.queue.held(asMember(BigInt(row.member)), asPeriod(BigInt(row.period)));
    if (frontier !== null && frontier > row.ends) {
      throw new ServiceError(
        "WITHDRAWAL_LATE",
        `Later strips of the period go on from this one. Withdraw those first.`,
      );
    }
    await commits.commit(() => strips.withdraw(digest));
    if (strips.find(digest)?.state !== "withdrawn") {
      const help = "What is on chain is binding; bump the epoch to void what is not";
      throw new ServiceError("WITHDRAWAL_LATE", `Strip ${digest} is being posted already, or is done. ${help}.`);
    }
    desk.desk.queue.remove(digest);
    return this.strip(digest);
  }

  listen(community: string, listener: (notice: Notice) => void): () => void {
    return this.#relayer.bus.listen((notice) => {
      if (notice.community === community) listener(notice);
    });
  }

  #commitOf({ digest, community, period }: StripRow): StripStatus["commit"] {
    const { bundles, rounds } = this.#relayer.sealed;
    const at = bundles.placeOf(digest);
    const root = bundles.find(community, period)?.root;
    if (at === undefined || root === undefined) return null;
    const made = rounds.commits(community, period).find((commit) => commit.root === root);
    return { root, chunk: at.chunk, index: at.place, place: made?.place ?? null, transaction: made?.tx ?? null };
  }

  #served(community: string): ServedCommunity {
    const served = this.#relayer.served.get(Number(community));
    if (served !== undefined) return served;
    const known = [...this.#relayer.served.keys()].join(", ");
    throw new ServiceError(
      "COMMUNITY_UNKNOWN",
      `Community ${community} is not served here, only ${known}. Name one of these, or ask another relayer.`,
    );
  }

  #receiptOf({ digest, received }: Pick<StripRow, "digest" | "received">): Receipt {
    return { digest, acceptedAt: String(received), relayer: this.#relayer.account };
  }

  async #counted(kind: "strip" | "reading", work: () => Promise<Kept>): Promise<Kept> {
    const { numbers } = this.#relayer.options;
    try {
      const kept = await work();
      numbers?.messages.inc({ kind, answer: kept.known ? "known" : "accepted" });
      return kept;
    } catch (error) {
      const coded = isServiceError(error) || isWattbookError(error);
      const answer = error instanceof Refusal ? error.detail.reason : coded ? error.code : "INTERNAL";
      numbers?.messages.inc({ kind, answer });
      throw error;
    }
  }
}

function statusOf(row: StripRow): Omit<StripStatus, "commit"> {
  return {
    ...namesIn(row),
    state: row.state,
    gate: row.gate,
    refused: row.refused === null ? [] : (JSON.parse(row.refused) as number[]),
  };
}

function readingStatusOf(row: ReadingRow): ReadingStatus {
  return { ...namesIn(row), state: row.state };
}

function namesIn(row: StripRow | ReadingRow) {
  return {
    digest: row.digest,
    community: String(row.community),
    period: String(row.period),
    member: String(row.member),
    reason: row.reason,
    acceptedAt: row.received,
    inCall: row.batch,
    transaction: row.tx,
  };
}
