/** What a relayer is made of, and what it tells. */
import type { CommunityIndex, Deployment, Domain } from "@wattbook/sdk";
import type { Signer } from "ethers";
import type { FeePolicy, Node } from "../chain/index.ts";
import type { Logger } from "../operation/index.ts";
import type { Gates } from "./gates.ts";
import type { Numbers } from "./numbers.ts";
import type { Served } from "./post/poster.ts";
import type { ReadingDesk } from "./readings/desk.ts";
import type { Admission } from "./sealed/admission.ts";
import type { CommitStep } from "./sealed/outcomes.ts";
import type { SealedOptions } from "./sealed/sealed.ts";
import type { StripTerms } from "./strips/desk.ts";

/** What a relayer does, step by step: for logs, counters, and tests that pull the plug. */
export type RelayerStep =
  | "received"
  | "stored"
  | "batched"
  | "signed"
  | "broadcast"
  | "mined"
  | "done"
  | "acknowledged"
  | "raised"
  | "cancelled"
  | "unmined"
  | "requeued"
  | "reverted"
  | "refused"
  | "expired"
  | "late"
  | "bundled"
  | "bundleMissing"
  | CommitStep;

/** What a relayer is made of. */
export interface RelayerOptions {
  readonly deployment: Deployment;
  readonly communities: readonly CommunityIndex[];
  readonly node: Node;
  /** Signs transactions and receipts itself. */
  readonly signer: Signer;
  /** Holds the relayer's files. */
  readonly folder: string;
  readonly fees: FeePolicy;
  readonly confirmations: number;
  /** Base units, seconds; see the configuration. */
  readonly leastFee: StripTerms["leastFee"];
  readonly lead: number;
  readonly margin: number;
  readonly patience: number;
  /** Seconds for which a period is kept after its end; 30 days if left out. */
  readonly keep?: number | undefined;
  readonly sealed?: SealedOptions | undefined;
  /** Messages per member and minute. */
  readonly perMember: number;
  /** Strips of a period that a member may take back; 32 if left out. */
  readonly withdrawals?: number | undefined;
  /** Threads that check signatures. */
  readonly threads?: number | undefined;
  readonly log: Logger;
  readonly numbers?: Numbers | undefined;
  /** Told of each step once it is done, with the digest or the job's key. */
  readonly observe?: ((step: RelayerStep, name: string) => void) | undefined;
}

/** A community, with everything that serves it. */
export interface ServedCommunity extends Served {
  readonly readings: ReadingDesk;
  readonly gates: Gates;
  /** Where strips count. */
  readonly orderBook: Domain;
  /** Seconds; see `CommunityInfo`. */
  readonly lead: number;
  readonly margin: number;
  /** In a sealed community, who lets strips into the commit. */
  readonly admission: Admission | undefined;
}
