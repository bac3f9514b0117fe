/** What a member signs once for a run of periods where meters decide: a budget, or a standing order with price limits besides. */
import {
  SHARING_BUDGET_TYPE,
  signSharingBudget,
  signStandingOrder,
  STANDING_ORDER_TYPE,
  NO_TICK,
  type Amount,
  type CompactSignature,
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

/** The message that is signed; without ticks where it is a budget. */
export type PaperMessage = SharingBudget & Pick<Wishes, "buyTick" | "sellTick">;

/** With the trading key's signature. */
export interface SignedPaper {
  readonly message: PaperMessage;
  readonly signature: CompactSignature;
}

/** A budget or a standing order, ready to be signed. */
export interface Paper {
  /** Every field of the message, in words. */
  readonly fields: readonly (readonly [string, string])[];
  readonly sign: (wallet: Wallet) => Promise<SignedPaper>;
}

/** Of one of the two kinds of communities. */
export interface Papers {
  /** Of the message. */
  readonly name: "SharingBudget" | "StandingOrder";
  /** Whether its members set price limits. */
  readonly limits: boolean;
  readonly kept: (member: MemberIndex) => Promise<Kept>;
  /** As the next one of the member, in its epoch: it replaces the one before. */
  readonly next: (member: MemberIndex, wishes: Wishes) => Promise<Paper>;
  /** Keeps them on chain; anyone may send it. */
  readonly keep: (signed: readonly SignedPaper[]) => UnsignedCall;
}

/**
 * Budgets of a community that shares, standing orders of one with an auction of what meters say.
 * @throws CliError NOT_AVAILABLE
 */
export async function papersOf(session: Session): Promise<Papers> {
  const { mode } = await session.wattbook.logs(session.community);
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
    name: "SharingBudget",
    limits: false,
    kept,
    next: async (member, { budget, firstPeriod, lastPeriod }) => {
      const numbers = await nextNumbers(session, member, await kept(member));
      const paper: SharingBudget = { community, member, budget, firstPeriod, lastPeriod, ...numbers };
      return {
        fields: messageFields(SHARING_BUDGET_TYPE.fields, { ...paper }, scopeOf(session)),
        sign: async (wallet) => ({
          message: { ...paper, buyTick: null, sellTick: null },
          signature: await signSharingBudget(domains.sharing, paper, wallet),
        }),
      };
    },
    keep: (signed) => {
      const items = signed.map(({ message, signature }) => ({ budget: message, signature }));
      return sharing.calls.keepBudgets(community, items);
    },
  };
}

function standingOrders(session: Session): Papers {
  const { wattbook, community } = session;
  const { meteredAuction, domains } = wattbook;
  const kept = async (member: MemberIndex): Promise<Kept> => meteredAuction.order(community, member);
  return {
    name: "StandingOrder",
    limits: true,
    kept,
    next: async (member, wishes) => {
      const order = { community, member, ...wishes, ...(await nextNumbers(session, member, await kept(member))) };
      const raw = { ...order, buyTick: order.buyTick ?? NO_TICK, sellTick: order.sellTick ?? NO_TICK };
      return {
        fields: messageFields(STANDING_ORDER_TYPE.fields, raw, scopeOf(session)),
        sign: async (wallet) => ({
          message: order,
          signature: await signStandingOrder(domains.meteredAuction, order, wallet),
        }),
      };
    },
    keep: (signed) => {
      const items = signed.map(({ message, signature }) => ({ order: message, signature }));
      return meteredAuction.calls.keepOrders(community, items);
    },
  };
}

/** A new epoch begins its sequences anew. */
async function nextNumbers({ wattbook, community }: Session, member: MemberIndex, { epoch, sequence }: Kept) {
  const account = await wattbook.escrow.account(community, member);
  return { epoch: account.epoch, sequence: account.epoch === epoch ? sequence + 1n : 1n };
}
