/** Client of `PaymentEscrow`: accounts, journals, pledges, bonds, debts, pots and fees of a community's payment token. */
import { PaymentEscrowAbi } from "../abi/index.js";
import type { Address } from "../hex.ts";
import type { Pot } from "../market-module.ts";
import { packRecords } from "../packed-records.ts";
import type { AppendedRecord } from "../packed-records.ts";
import { packTerms } from "../terms-word.ts";
import type { Terms } from "../terms.ts";
import { asAmount, asSeconds, asSignedAmount } from "../units.ts";
import type { Amount, CommunityIndex, MemberIndex, Period, Seconds, SignedAmount } from "../units.ts";
import { unpackStanding } from "./account-word.ts";
import type { Account, Standing } from "./account-word.ts";
import { Endpoint, sendsOf, simulationsOf } from "./endpoint.ts";
import type { ClientOptions, Sends, Simulations } from "./endpoint.ts";
import { stateOf, unpackCounts, unpackJournal } from "./journal-word.ts";
import type { JournalCounts, JournalInfo } from "./journal-word.ts";
import type { Permit } from "./payment-token.ts";

/** What a member and its supplier owe each other. */
export interface Debt {
  /** Positive: the member owes; negative: it is owed. */
  readonly due: SignedAmount;
  /** Debt up to which the member may trade. */
  readonly creditLine: Amount;
}

/** Money that backs a member's orders in a sealed community. */
export interface Pledge {
  /** All of it, with what is leaving. */
  readonly pledged: Amount;
  /** What was asked back and not released yet. */
  readonly leaving: Amount;
  /** From then on it can be released; null where nothing is leaving. */
  readonly leavesAt: Seconds | null;
}

/** What a reveal looks at: a member as it was at a gate. */
export interface GateStanding extends Pick<Account, "epoch" | "modules"> {
  /** Backs orders of the period. */
  readonly pledged: Amount;
}

/** What a relayer posted in a community. */
export interface Bond {
  readonly balance: Amount;
  /** The part that backs commits and cannot be withdrawn now. */
  readonly locked: Amount;
}

/** A member's settled period (`IPaymentEscrow.Leg`), base units. */
export interface Leg {
  readonly member: MemberIndex;
  readonly supplier: MemberIndex;
  readonly reserved: Amount;
  readonly lost: Amount;
  readonly paid: Amount;
  readonly received: Amount;
  readonly networkFee: Amount;
  readonly settlementFee: Amount;
  /** Positive: the member pays its supplier. */
  readonly gridLeg: SignedAmount;
  /** The journal's word afterwards; see `unpackJournal`. */
  readonly journal: bigint;
}

/** `contracts/types/Pot.sol`: period 24, amount int96, outstanding 96, low bit first. */
function potOf(word: bigint): Pot {
  const amount = asSignedAmount(BigInt.asIntN(96, word >> 24n));
  return { outstanding: asAmount(BigInt.asUintN(96, word >> 120n)), amount };
}

/** What a view answers; where it answers less, the rest is missing. */
type Integers = [bigint, bigint, bigint, bigint, bigint];

type EscrowCalls = ReturnType<typeof escrowCalls>;

/**
 * Reads and writes the escrow.
 * @example
 * const escrow = new EscrowClient({ address: deployment.contracts.PaymentEscrow, runner: wallet });
 * await escrow.send.withdraw(community, member, wallet.address, (await escrow.account(community, member)).free);
 */
export class EscrowClient {
  /** Writes as unsigned calls. */
  readonly calls: EscrowCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<EscrowCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<EscrowCalls>;
  readonly #at: Endpoint;

  constructor(options: ClientOptions) {
    this.#at = new Endpoint(options, PaymentEscrowAbi, "PaymentEscrow");
    this.calls = escrowCalls(this.#at);
    this.send = sendsOf(this.#at, this.calls);
    this.simulate = simulationsOf(this.#at, this.calls);
  }

  get address(): Address {
    return this.#at.address;
  }

  /** A member's free money, base units; its epoch and modules. */
  async account(community: CommunityIndex, member: MemberIndex): Promise<Account> {
    const [free, epoch, modules] = await this.#read("account", community, member);
    return { free: asAmount(free), epoch, modules };
  }

  /** How far a member's journal of a period is. */
  async journal(community: CommunityIndex, member: MemberIndex, period: Period): Promise<JournalInfo> {
    const [hash, entries, records, frontier, state] = await this.#read("journal", community, member, period);
    return { hash, entries, records, frontier, state: stateOf(state) };
  }

  /** The same from the packed word, as settlement reads it. */
  async journalWord(community: CommunityIndex, member: MemberIndex, period: Period): Promise<JournalInfo> {
    const [word] = await this.#read("journalWord", community, member, period);
    return unpackJournal(word);
  }

  /** As `journalWord`, for many at once, in the order given. */
  async journalWords(
    community: CommunityIndex,
    period: Period,
    members: readonly MemberIndex[],
  ): Promise<JournalInfo[]> {
    const [words] = await this.#at.read("journalWords", [community, period, members]);
    return Array.from(words as readonly bigint[], unpackJournal);
  }

  /** What a member and its supplier owe each other, and the credit line. */
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

  /** What accepting a strip looks at, in one call. */
  async standing(community: CommunityIndex, member: MemberIndex): Promise<Standing> {
    const [free, epoch, modules, inDebt] = await this.#at.read("standing", [community, member]);
    return {
      free: asAmount(free as bigint),
      epoch: epoch as bigint,
      modules: modules as bigint,
      inDebt: Boolean(inDebt),
    };
  }

  /** Standings of many members and what their journals count, at once, in the order given; `ringFree` as `periodFree`; and the order book. */
  async standings(
    community: CommunityIndex,
    period: Period,
    members: readonly MemberIndex[],
  ): Promise<{ accounts: Standing[]; journals: JournalCounts[]; ringFree: boolean; firstModule: Address }> {
    const [words, ringFree, firstModule] = await this.#at.read("standings", [community, period, members]);
    return {
      accounts: Array.from(words as readonly bigint[], unpackStanding),
      journals: Array.from(words as readonly bigint[], unpackCounts),
      ringFree: ringFree as boolean,
      firstModule: firstModule as Address,
    };
  }

  /** What a member pledged in a sealed community. */
  async pledge(community: CommunityIndex, member: MemberIndex): Promise<Pledge> {
    const [pledged, leaving, leavesAt] = await this.#read("pledgeOf", community, member);
    return {
      pledged: asAmount(pledged),
      leaving: asAmount(leaving),
      leavesAt: leaving === 0n ? null : asSeconds(leavesAt),
    };
  }

  /** What a reveal looks at, in one call: the member as it was at the gate of a sealed `period`. */
  async standingAtGate(community: CommunityIndex, member: MemberIndex, period: Period): Promise<GateStanding> {
    const [pledged, epoch, modules] = await this.#read("standingAtGate", community, member, period);
    return { pledged: asAmount(pledged), epoch, modules };
  }

  /** What a relayer posted in a community. */
  async bond(community: CommunityIndex, relayer: Address): Promise<Bond> {
    const [balance, locked] = await this.#read("bond", community, relayer);
    return { balance: asAmount(balance), locked: asAmount(locked) };
  }

  /** The payment token of a community. */
  async tokenOf(community: CommunityIndex): Promise<Address> {
    return this.#address("tokenOf", community);
  }

  /** Whether records of a period can be taken: its ring entry does not belong to an older, unsettled period. */
  async periodFree(community: CommunityIndex, period: Period): Promise<boolean> {
    const [free] = await this.#at.read("periodFree", [community, period]);
    return free as boolean;
  }

  /**
   * The pots of a period, one per module. None where the period has left the ring.
   * @param count Of the community's modules.
   */
  async pots(community: CommunityIndex, period: Period, count: bigint): Promise<{ pots: Pot[]; free: boolean }> {
    const [words, free] = await this.#at.read("potWords", [community, period, count]);
    return { pots: Array.from(words as readonly bigint[], potOf), free: free as boolean };
  }

  /** The registry of this deployment. */
  async registry(): Promise<Address> {
    return this.#address("registry");
  }

  /** The only contract that moves money between accounts. */
  async settlement(): Promise<Address> {
    return this.#address("settlement");
  }

  async #address(name: string, ...args: readonly unknown[]): Promise<Address> {
    const [value] = await this.#at.read(name, args);
    return value as Address;
  }

  /** Integers only. */
  async #read(name: string, ...args: readonly unknown[]): Promise<Integers> {
    const values = await this.#at.read(name, args);
    return values.toArray() as Integers;
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
    /** Owner: free balance to pledged, for periods whose gate closes later. */
    pledge: (community: CommunityIndex, member: MemberIndex, amount: Amount) =>
      at.call("pledge", [community, member, amount]),
    /** Owner: asks pledged money back; `pledgeLeavesAt` tells from when it can be released. */
    unpledge: (community: CommunityIndex, member: MemberIndex, amount: Amount) =>
      at.call("unpledge", [community, member, amount]),
    /** Anyone: what was asked back and is due becomes free. */
    releasePledge: (community: CommunityIndex, member: MemberIndex) => at.call("releasePledge", [community, member]),
    /** Anyone who relays in a sealed community, from the sender's allowance. */
    postBond: (community: CommunityIndex, amount: Amount) => at.call("postBond", [community, amount]),
    /** Whoever posted it, what is not locked; to any address but zero and the escrow's own. */
    withdrawBond: (community: CommunityIndex, to: Address, amount: Amount) =>
      at.call("withdrawBond", [community, to, amount]),
    /** Owner of the member's supplier. */
    setCreditLine: (community: CommunityIndex, member: MemberIndex, line: Amount) =>
      at.call("setCreditLine", [community, member, line]),
    /** The creditor: marks a debt as paid off chain. */
    markPaid: (community: CommunityIndex, member: MemberIndex, amount: Amount) =>
      at.call("markPaid", [community, member, amount]),
    /** Anyone, for a member whom its supplier owes. */
    claimDue: (community: CommunityIndex, member: MemberIndex) => at.call("claimDue", [community, member]),
    ...internalCalls(at),
  };
}

/** What only market modules and the other contracts of the deployment may call: for traces and simulations. */
function internalCalls(at: Endpoint) {
  return {
    /** Registry only. */
    openCommunity: (community: CommunityIndex, token: Address, terms: Terms, firstModule: Address) =>
      at.call("openCommunity", [community, token, packTerms(terms), firstModule]),
    /** Registry only. */
    openAccount: (community: CommunityIndex, member: MemberIndex, modules: bigint) =>
      at.call("openAccount", [community, member, modules]),
    /** Registry only. */
    recheck: (community: CommunityIndex, member: MemberIndex) => at.call("recheck", [community, member]),
    /** The community's module of that index, which all heads name; `feeTo` gets the records' fees. */
    append: (
      community: CommunityIndex,
      period: Period,
      { module, feeTo, records }: { module: bigint; feeTo: Address; records: readonly AppendedRecord[] },
    ) => at.call("append", [community, period, module, feeTo, packRecords(module, records)]),
    /** Settlement only. `journal`: the word afterwards. */
    storeJournal: ({ community, member, period }: JournalKey, journal: bigint) =>
      at.call("storeJournal", [community, member, period, journal]),
    /** The community's first module only. */
    lockBond: (community: CommunityIndex, relayer: Address, amount: Amount) =>
      at.call("lockBond", [community, relayer, amount]),
    /** The community's first module only. */
    releaseBond: (community: CommunityIndex, relayer: Address, amount: Amount) =>
      at.call("releaseBond", [community, relayer, amount]),
    /** The community's first module only. */
    forfeitBond: (community: CommunityIndex, relayer: Address, amount: Amount) =>
      at.call("forfeitBond", [community, relayer, amount]),
    /** Settlement only. */
    openJournals: (community: CommunityIndex, period: Period, count: bigint) =>
      at.call("openJournals", [community, period, count]),
    /** Settlement only. */
    settle: (
      community: CommunityIndex,
      period: Period,
      batch: { legs: readonly Leg[]; potWords: readonly bigint[]; opened: bigint; settled: bigint; settler: Address },
    ) => at.call("settle", [community, period, batch.legs, batch.potWords, batch.opened, batch.settled, batch.settler]),
    /** Settlement only. */
    correct: ({ community, member, period }: JournalKey, supplier: MemberIndex, gridLeg: SignedAmount) =>
      at.call("correct", [community, period, member, supplier, gridLeg]),
  };
}

/** Whose journal. */
export interface JournalKey {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  readonly period: Period;
}
