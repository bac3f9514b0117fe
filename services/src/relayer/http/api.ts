/** What the routes do, apart from HTTP. */
import type { CommunityInfo, ReadingStatus, StripStatus } from "./answers.ts";
import type { ReadingBody, Receipt, StripBody } from "../../wire.ts";
import type { Notice } from "../bus.ts";

/** What a relayer can be asked. */
export interface RelayerApi {
  communities(): readonly CommunityInfo[];
  /** @throws ServiceError COMMUNITY_UNKNOWN */
  community(community: string): CommunityInfo;
  /** @throws Refusal, ServiceError */
  takeStrip(community: string, body: StripBody, key: string | undefined): Promise<Kept>;
  /** @throws Refusal, ServiceError */
  takeReading(community: string, body: ReadingBody, key: string | undefined): Promise<Kept>;
  /** @throws ServiceError STRIP_UNKNOWN */
  strip(digest: string): StripStatus;
  /** @throws ServiceError READING_UNKNOWN */
  reading(digest: string): ReadingStatus;
  /** @throws ServiceError STRIP_UNKNOWN, SIGNATURE_INVALID, WITHDRAWAL_LATE */
  withdraw(digest: string, signature: string): Promise<StripStatus>;
  /** @return Ends it. */
  listen(community: string, listener: (notice: Notice) => void): () => void;
}

/** Something was kept. */
export interface Kept {
  readonly receipt: Receipt;
  /** Whether it came before. */
  readonly known: boolean;
}
