/** Where messages of a community are handed in. */
import { isSealed, type Wattbook } from "@wattbook/sdk";
import { Allowance } from "./allowance.ts";
import type { Bus } from "./bus.ts";
import type { CommunityView } from "./chain/view.ts";
import { Gates } from "./gates.ts";
import type { RelayerOptions, ServedCommunity } from "./options.ts";
import { ReadingDesk } from "./readings/desk.ts";
import type { Admission } from "./sealed/admission.ts";
import { DEFAULT_SEALED, type Sealed } from "./sealed/sealed.ts";
import type { SignaturePool } from "./signatures/pool.ts";
import type { Facts } from "./store/facts.ts";
import type { GroupCommit } from "./store/group-commit.ts";
import type { Readings } from "./store/readings.ts";
import type { Requests } from "./store/requests.ts";
import type { Strips } from "./store/strips.ts";
import { StripDesk } from "./strips/desk.ts";
import { Volumes } from "./strips/volumes.ts";
import { DEFAULT_WITHDRAWALS } from "./strips/withdrawal.ts";

/** What desks have in common. */
export interface DesksParts {
  readonly options: RelayerOptions;
  readonly account: string;
  readonly domains: Wattbook["domains"];
  readonly bus: Bus;
  readonly strips: Strips;
  readonly readings: Readings;
  readonly requests: Requests;
  readonly facts: Facts;
  readonly commits: GroupCommit;
  readonly signatures: SignaturePool;
  /** A message's signature was found to be good. */
  readonly received: (digest: string) => void;
}

/** Sets up desks. */
export class Desks {
  readonly #parts: DesksParts;
  readonly #allowance: Allowance;

  constructor(parts: DesksParts) {
    this.#parts = parts;
    this.#allowance = new Allowance(parts.options.perMember);
  }

  /** Everything that serves a community. */
  serve(view: CommunityView, sealedOnes: Sealed): ServedCommunity {
    const { options, domains, bus } = this.#parts;
    const { lead, margin, sealed = DEFAULT_SEALED } = options;
    const posted = new Volumes();
    const admission = isSealed(view.terms) ? sealedOnes.serve(view, posted) : undefined;
    // In a sealed community strips are taken until they are committed.
    const times = admission === undefined ? { lead, margin } : { lead: sealed.lead, margin: sealed.lead };
    return {
      ...{ view, admission, ...times },
      desk: this.#stripDesk(view, posted, times.margin, admission),
      readings: this.#readingDesk(view),
      gates: new Gates(bus, times.lead),
      orderBook: admission === undefined ? domains.market : domains.sealedMarket,
    };
  }

  #stripDesk(view: CommunityView, posted: Volumes, margin: number, admission: Admission | undefined): StripDesk {
    const { options, account, domains, strips, requests, facts, commits, signatures, received } = this.#parts;
    const { leastFee, withdrawals = DEFAULT_WITHDRAWALS } = options;
    return new StripDesk({
      ...{ view, posted, admission, strips, requests, facts, commits, signatures, date },
      terms: { feeTo: account, leastFee, margin: BigInt(margin), withdrawals },
      ...{ receipts: domains.commits, signer: options.signer },
      admit: (strip, digest) => {
        this.#allowance.use(strip.community, strip.member);
        received(digest);
      },
    });
  }

  #readingDesk(view: CommunityView): ReadingDesk {
    const { readings, requests, commits, signatures, received } = this.#parts;
    return new ReadingDesk({
      ...{ view, readings, requests, commits, signatures, date },
      admit: (reading, digest) => {
        this.#allowance.use(reading.community, reading.member);
        received(digest);
      },
    });
  }
}

function date(): number {
  return Math.floor(Date.now() / 1_000);
}
