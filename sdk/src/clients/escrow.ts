/** Client of `PaymentEscrow`: accounts, debts, pots and fees of a community's payment token. */
import { PaymentEscrowAbi } from "../abi/index.js";
import type { Address } from "../hex.ts";
import type { Pot } from "../market-module.ts";
import { asAmount, asSignedAmount } from "../units.ts";
import type { Amount, CommunityIndex, MemberIndex, Period, SignedAmount } from "../units.ts";
import { Endpoint, sendsOf } from "./endpoint.ts";
import type { ClientOptions, Sends } from "./endpoint.ts";
import type { Permit } from "./payment-token.ts";

/** A member's money. */
export interface Account {
  /** Can be withdrawn at any time. */
  readonly free: Amount;
  /** Taken by accepted orders until their period is settled. */
  readonly reserved: Amount;
  /** Strips of another epoch are void. */
  readonly epoch: bigint;
  /** Bit i: module i is enabled. */
  readonly modules: bigint;
}

/** What a member and its supplier owe each other. */
export interface Debt {
  /** Positive: the member owes; negative: it is owed. */
  readonly due: SignedAmount;
  /** Debt up to which the member may trade. */
  readonly creditLine: Amount;
}

type EscrowCalls = ReturnType<typeof escrowCalls>;

/**
 * Reads and writes the escrow.
 * @example
 * const escrow = new EscrowClient({ address, runner: wallet });
 * await escrow.send.withdraw(community, member, wallet.address, (await escrow.account(community, member)).free);
 */
export class EscrowClient {
  /** Writes as unsigned calls. */
  readonly calls: EscrowCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<EscrowCalls>;
  readonly #at: Endpoint;

  constructor(options: ClientOptions) {
    this.#at = new Endpoint(options, PaymentEscrowAbi, "PaymentEscrow");
    this.calls = escrowCalls(this.#at);
    this.send = sendsOf(this.#at, this.calls);
  }

  get address(): Address {
    return this.#at.address;
  }

  async account(community: CommunityIndex, member: MemberIndex): Promise<Account> {
    const [free, reserved, epoch, modules] = await this.#read("account", community, member);
    return { free: asAmount(free), reserved: asAmount(reserved), epoch, modules };
  }

  async debt(community: CommunityIndex, member: MemberIndex): Promise<Debt> {
    const [due, creditLine] = await this.#read("debt", community, member);
    return { due: asSignedAmount(due), creditLine: asAmount(creditLine) };
  }

  /** Money set aside for the members whom a supplier owes, and the total it owes them. */
  async dueFund(community: CommunityIndex, supplier: MemberIndex): Promise<{ fund: Amount; owed: Amount }> {
    const [fund, owed] = await this.#read("dueFund", community, supplier);
    return { fund: asAmount(fund), owed: asAmount(owed) };
  }

  /** A module's pot of a period. */
  async pot(community: CommunityIndex, module: bigint, period: Period): Promise<Pot> {
    const [outstanding, amount] = await this.#read("pot", community, module, period);
    return { outstanding: asAmount(outstanding), amount: asSignedAmount(amount) };
  }

  /** Journals of a period: opened, and settled of those. */
  async journals(community: CommunityIndex, period: Period): Promise<{ opened: bigint; settled: bigint }> {
    const [opened, settled] = await this.#read("journals", community, period);
    return { opened, settled };
  }

  /** Relayer and settlement fees that `account` can withdraw. */
  async fees(token: Address, account: Address): Promise<Amount> {
    const [amount] = await this.#read("fees", token, account);
    return asAmount(amount);
  }

  /** What the escrow owes beyond what it holds: 0 unless the token itself takes money away. */
  async shortfall(token: Address): Promise<Amount> {
    const [amount] = await this.#read("shortfall", token);
    return asAmount(amount);
  }

  /** Integers only. */
  async #read(name: string, ...args: readonly unknown[]): Promise<[bigint, bigint, bigint, bigint]> {
    const values = await this.#at.read(name, args);
    return values.toArray() as [bigint, bigint, bigint, bigint];
  }
}

function escrowCalls(at: Endpoint) {
  return {
    /** Anyone, from the sender's allowance. */
    deposit: (community: CommunityIndex, member: MemberIndex, amount: Amount) =>
      at.call("deposit", [community, member, amount]),
    /** Anyone, with its own permit: see `signPermit`. */
    depositWithPermit: (community: CommunityIndex, member: MemberIndex, amount: Amount, permit: Permit) =>
      at.call("depositWithPermit", [community, member, amount, permit.deadline, permit.v, permit.r, permit.s]),
    /** Owner; to any address but zero and the escrow's own. */
    withdraw: (community: CommunityIndex, member: MemberIndex, to: Address, amount: Amount) =>
      at.call("withdraw", [community, member, to, amount]),
    /** The account that earned them; to any address but zero and the escrow's own. */
    withdrawFees: (token: Address, to: Address) => at.call("withdrawFees", [token, to]),
    /** Owner or trading key: voids every strip that nobody posted yet. */
    bumpEpoch: (community: CommunityIndex, member: MemberIndex) => at.call("bumpEpoch", [community, member]),
    /** Owner. */
    enableModule: (community: CommunityIndex, member: MemberIndex, module: bigint, on: boolean) =>
      at.call("enableModule", [community, member, module, on]),
    /** Owner of the member's supplier. */
    setCreditLine: (community: CommunityIndex, member: MemberIndex, line: Amount) =>
      at.call("setCreditLine", [community, member, line]),
    /** The creditor: marks a debt as paid off chain. */
    markPaid: (community: CommunityIndex, member: MemberIndex, amount: Amount) =>
      at.call("markPaid", [community, member, amount]),
    /** Anyone, for a member whom its supplier owes. */
    claimDue: (community: CommunityIndex, member: MemberIndex) => at.call("claimDue", [community, member]),
  };
}
