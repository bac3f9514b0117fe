/** What a member signs once for a run of periods where meters decide: a budget, or a standing order with price limits besides. */
import {
  SHARING_BUDGET_TYPE,
  signSharingBudget,
  signStandingOrder,
  STANDING_ORDER_TYPE,
  NO_TICK,
  type Amount,
  type KeptBudget,
  type MemberIndex,
  type Period,
  type SharingBudget,
  type Tick,
  type UnsignedCall,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { messageFields } from "./decode.ts";
import { CliError } from "./errors.ts";
import type { Session } from "./link.ts";
import { modeOf } from "./mode.ts";
import { scopeOf } from "./scope.ts";

/** What is up to the member. A budget has no ticks. */
export interface Wishes {
  readonly budget: Amount;
  readonly buyTick: Tick | null;
  readonly sellTick: Tick | null;
  readonly firstPeriod: Period;
  readonly lastPeriod: Period;
}

/** What the chain keeps of it; sequence 0 for nothing. */
export type Kept = KeptBudget & Pick<Wishes, "buyTick" | "sellTick">;

/** A budget or a standing order, ready to be signed. */
export interface Paper {
  readonly name: "SharingBudget" | "StandingOrder";
  /** Every field of the message, in words. */
  readonly fields: readonly (readonly [string, string])[];
  /** Signs it, for a call that keeps it on chain. */
  readonly sign: (wallet: Wallet) => Promise<UnsignedCall>;
}

/** Of one of the two kinds of communities. */
export interface Papers {
  /** Whether its members set price limits. */
  readonly limits: boolean;
  readonly kept: (member: MemberIndex) => Promise<Kept>;
  /** As the next one of the member, in its epoch: it replaces the one before. */
  readonly next: (member: MemberIndex, wishes: Wishes) => Promise<Paper>;
}

/**
 * Budgets of a community that shares, standing orders of one with an auction of what meters say.
 * @throws CliError NOT_AVAILABLE
 */
export async function papersOf(session: Session): Promise<Papers> {
  const mode = await modeOf(session);
  if (mode === "sharing") return budgets(session);
  if (mode === "metered") return standingOrders(session);
  const advice = "Use wattbook order place";
  throw new CliError("NOT_AVAILABLE", `Community ${session.community} has an order book and no budgets. ${advice}.`);
}

function budgets(session: Session): Papers {
  const { wattbook, community } = session;
  const { sharing, domains } = wattbook;
  const kept = async (member: MemberIndex): Promise<Kept> => {
    return { ...(await sharing.budget(community, member)), buyTick: null, sellTick: null };
  };
  return {
    limits: false,
    kept,
    next: async (member, { budget, firstPeriod, lastPeriod }) => {
      const numbers = await nextNumbers(session, member, await kept(member));
      const paper: SharingBudget = { community, member, budget, firstPeriod, lastPeriod, ...numbers };
      return {
        name: "SharingBudget",
        fields: messageFields(SHARING_BUDGET_TYPE.fields, { ...paper }, scopeOf(session)),
        sign: async (wallet) => {
          const signature = await signSharingBudget(domains.sharing, paper, wallet);
          return sharing.calls.keepBudgets(community, [{ budget: paper, signature }]);
        },
      };
    },
  };
}

function standingOrders(session: Session): Papers {
  const { wattbook, community } = session;
  const { meteredAuction, domains } = wattbook;
  const kept = async (member: MemberIndex): Promise<Kept> => meteredAuction.order(community, member);
  return {
    limits: true,
    kept,
    next: async (member, wishes) => {
      const order = { community, member, ...wishes, ...(await nextNumbers(session, member, await kept(member))) };
      const raw = { ...order, buyTick: order.buyTick ?? NO_TICK, sellTick: order.sellTick ?? NO_TICK };
      return {
        name: "StandingOrder",
        fields: messageFields(STANDING_ORDER_TYPE.fields, raw, scopeOf(session)),
        sign: async (wallet) => {
          const signature = await signStandingOrder(domains.meteredAuction, order, wallet);
          return meteredAuction.calls.keepOrders(community, [{ order, signature }]);
        },
      };
    },
  };
}

/** A new epoch begins its sequences anew. */
async function nextNumbers({ wattbook, community }: Session, member: MemberIndex, { epoch, sequence }: Kept) {
  const account = await wattbook.escrow.account(community, member);
  return { epoch: account.epoch, sequence: account.epoch === epoch ? sequence + 1n : 1n };
}
