import { expect } from "chai";
import { asCommunity, asMember, asPeriod, asSeconds, communityTerms, estimatesFrom, periodEnd } from "@wattbook/sdk";
import type { CommunityView } from "../../../services/src/relayer/chain/view.ts";
import type { Candidate } from "../../../services/src/relayer/settle/items.ts";
import type { MeterModule } from "../../../services/src/relayer/settle/meter-module.ts";
import { MeterPlans } from "../../../services/src/relayer/settle/meter-plans.ts";
import type { Facts } from "../../../services/src/relayer/store/facts.ts";
import { keyOf, SHORT } from "./world.ts";

describe("relayer: plans for readings of those who share", () => {
  const period = asPeriod(498_000n);
  const who = keyOf("anybody").address;
  const terms = communityTerms({ ...SHORT, paymentToken: who, coordinator: who, dso: who, feeCollector: who });

  /** How many readings are planned which way. @param joined Members; the first `here` of them have handed in a reading. */
  async function planned(
    given: Partial<Record<"community" | "joined" | "here", number>> & {
      readonly after?: bigint;
      readonly delay?: bigint;
      readonly due?: boolean;
    },
    plans = plansOf(given.joined ?? 3),
  ) {
    const { community = 0, joined = 3, here = joined, after = 0n, delay = 0n, due = false } = given;
    const now = () => asSeconds(periodEnd(terms, period) + after);
    const view = { community: asCommunity(BigInt(community)), terms, now };
    const module = { delay: () => Promise.resolve(asSeconds(delay)), mostTogether: 60 };
    const candidates = Array.from({ length: here }, (_, member) => ({
      ...{ row: { community, period: Number(period), member }, records: [], clear: true },
    }));
    const plan = await plans.of(
      view as unknown as CommunityView,
      module as unknown as MeterModule,
      candidates as unknown as Candidate[],
      due,
    );
    return Object.entries(plan).flatMap(([name, { length }]) => (length === 0 ? [] : [`${name} ${length}`]));
  }

  function plansOf(joined: number): MeterPlans {
    const traders = () => Array.from({ length: joined }, (_, member) => asMember(BigInt(member)));
    return new MeterPlans({ traders, meteredOf: () => undefined } as unknown as Facts);
  }

  it("wait for the others and for the delay of their own community", async () => {
    const plans = plansOf(3);
    expect(await planned({ after: 1n, delay: 900n }, plans)).to.deep.equal(["waiting 3"]);
    expect(await planned({ community: 1, after: 1n, delay: 0n }, plans)).to.deep.equal(["together 3"]);
    expect(await planned({ after: 900n, delay: 900n }, plans)).to.deep.equal(["together 3"]);
    expect(await planned({ here: 2 }, plans)).to.deep.equal(["waiting 2"]);
    expect(await planned({ here: 2, due: true }, plans)).to.deep.equal(["apart 2"]);
  });

  it("are made at once for more than a call takes, and for nobody in particular once totals are frozen", async () => {
    expect(await planned({ joined: 60 })).to.deep.equal(["together 60"]);
    expect(await planned({ joined: 61 })).to.deep.equal(["apart 61"]);
    expect(await planned({ joined: 61, here: 60 })).to.deep.equal(["waiting 60"]);
    const frozen = estimatesFrom(terms, period) - periodEnd(terms, period);
    expect(await planned({ here: 2, due: true, after: frozen + 60n })).to.deep.equal(["plain 2"]);
    expect(await planned({ due: true, after: frozen + 60n })).to.deep.equal(["plain 3"]);
  });
});
