/** Client of `CoordinatorDesk`: agreements, battery mandates, the PCC meter and the account with the supplier. */
import { CoordinatorDeskAbi } from "../abi/index.js";
import { unpackMandate } from "../coordinator/mandate.ts";
import type { BatteryMandate, MandateState } from "../coordinator/mandate.ts";
import { encodeSupply } from "../coordinator/papers.ts";
import type { Agreement, PccBinding, SupplyTariff } from "../coordinator/papers.ts";
import type { PccReading, PccTolerance } from "../coordinator/pcc.ts";
import { SET_POINT_BREACHES } from "../coordinator/set-point.ts";
import type { SetPoint, SetPointBreach, SignedSetPoint } from "../coordinator/set-point.ts";
import { asAccount } from "../hex.ts";
import type { Address, Hex } from "../hex.ts";
import { encodeValues } from "../reading.ts";
import type { MeterValue } from "../reading.ts";
import type { CompactSignature } from "../signature.ts";
import type { Domain } from "../typed-data.ts";
import { asMember, asPeriod, asPermille, asSeconds, asSignedAmount, asWh } from "../units.ts";
import type { CommunityIndex, MemberIndex, Period, SignedAmount, Wh } from "../units.ts";
import { readDomain } from "./domain.ts";
import { Endpoint, sendsOf, simulationsOf } from "./endpoint.ts";
import type { ClientOptions, Sends, Simulations } from "./endpoint.ts";

/** An agreement as the desk keeps it. */
export interface AgreementInfo {
  readonly termsHash: Hex;
  /** The owner who signed it; it counts for no other. */
  readonly party: Address;
  readonly fromPeriod: Period;
  /** First period behind it; null while nobody ended it. */
  readonly endPeriod: Period | null;
  readonly sequence: bigint;
}

/** A mandate as the desk keeps it. */
export interface MandateInfo extends MandateState {
  /** The owner who signed it; it counts for no other. */
  readonly party: Address;
  /** No mandate with a sequence up to this one is taken. */
  readonly voidedThrough: bigint;
}

/** A PCC meter. */
export interface PccInfo {
  /** Zero where it was revoked. */
  readonly meterKey: Address;
  readonly fromPeriod: Period;
  /** First period without a reading. */
  readonly nextPeriod: Period;
  readonly importRegister: Wh;
  readonly exportRegister: Wh;
  /** What a slot may show, each way. */
  readonly mostWh: Wh;
  readonly sequence: bigint;
}

/** The reading in force of a period. */
export interface PccReadingInfo {
  readonly revision: bigint;
  readonly valuesHash: Hex;
  readonly imported: Wh;
  readonly exported: Wh;
  /** What its slots cost, without what closed a gap. */
  readonly amount: SignedAmount;
}

/** The running account with a supplier; positive: the coordinator owes. */
export interface SupplierAccountInfo {
  readonly invoiced: SignedAmount;
  /** What the supplier acknowledged last. */
  readonly acknowledged: SignedAmount;
  readonly paid: SignedAmount;
  /** invoiced - paid. */
  readonly balance: SignedAmount;
  /** Hash chain over the invoices. */
  readonly head: Hex;
}

/** A PCC reading and the meter key's signature. */
export interface SignedPccReading {
  readonly reading: PccReading;
  readonly signature: CompactSignature;
}

type DeskCalls = ReturnType<typeof deskCalls>;

/**
 * Reads and writes the coordinator's desk, which holds no money and stops nobody.
 * @example
 * const client = new CoordinatorDeskClient({ address: desk.address, runner: provider });
 * await client.agreement(community, member) // null
 */
export class CoordinatorDeskClient {
  /** Writes as unsigned calls. */
  readonly calls: DeskCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<DeskCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<DeskCalls>;
  readonly #at: Endpoint;

  constructor(options: ClientOptions) {
    this.#at = new Endpoint(options, CoordinatorDeskAbi, "CoordinatorDesk");
    this.calls = deskCalls(this.#at);
    this.send = sendsOf(this.#at, this.calls);
    this.simulate = simulationsOf(this.#at, this.calls);
  }

  get address(): Address {
    return this.#at.address;
  }

  /** A member's latest agreement, ended or not; null if there was none. */
  async agreement(community: CommunityIndex, member: MemberIndex): Promise<AgreementInfo | null> {
    const answer = await this.#at.read("agreementOf", [community, member]);
    const [termsHash, party, from, end, sequence] = answer.toArray() as [Hex, Address, bigint, bigint, bigint];
    if (sequence === 0n) return null;
    const endPeriod = end === NEVER ? null : asPeriod(end);
    return { termsHash, party, fromPeriod: asPeriod(from), endPeriod, sequence };
  }

  /** Whether the member's owner of today has an agreement for a period. */
  async isAgreed(community: CommunityIndex, member: MemberIndex, period: Period): Promise<boolean> {
    const [agreed] = await this.#at.read("isAgreed", [community, member, period]);
    return agreed as boolean;
  }

  /** A member's latest mandate, revoked or not; null if there was none. It is what `BatteryController.setMandate` takes. */
  async mandate(community: CommunityIndex, member: MemberIndex): Promise<MandateInfo | null> {
    const answer = await this.#at.read("mandateOf", [community, member]);
    const [word, dispatcher, revoked, voidedThrough, party] = answer.toArray() as [
      bigint,
      Address,
      bigint,
      bigint,
      Address,
    ];
    if (word === 0n) return null;
    const mandate = { community, member, dispatcher, ...unpackMandate(word) };
    return { mandate, revokedAt: revoked === 0n ? null : asSeconds(revoked), party, voidedThrough };
  }

  /** Sequence of a member's latest mandate, kept or voided unseen; 0 if there is none. The next one counts on from there. */
  async latestMandate(community: CommunityIndex, member: MemberIndex): Promise<bigint> {
    const [word, , , voidedThrough] = (await this.#at.read("mandateOf", [community, member])).toArray() as bigint[];
    const { sequence } = unpackMandate(word ?? 0n);
    return voidedThrough !== undefined && voidedThrough > sequence ? voidedThrough : sequence;
  }

  /** What takes a set-point out of its mandate; the pure `auditSetPoint` says the same without a call. */
  async auditSetPoint(signed: SignedSetPoint): Promise<SetPointBreach> {
    const [breach] = await this.#at.read("auditSetPoint", [signed.setPoint.community, rawSetPoint(signed)]);
    return SET_POINT_BREACHES[Number(breach)] ?? "None";
  }

  /** The PCC meter of a period; null if there is none. */
  async pcc(community: CommunityIndex, period: Period): Promise<PccInfo | null> {
    const answer = await this.#at.read("pccFor", [community, period]);
    const [meterKey, ...numbers] = answer.toArray() as [Address, bigint, bigint, bigint, bigint, bigint, bigint];
    const [from, next, imported, exported, most, sequence] = numbers;
    if (sequence === 0n) return null;
    return {
      meterKey,
      fromPeriod: asPeriod(from),
      nextPeriod: asPeriod(next),
      importRegister: asWh(imported),
      exportRegister: asWh(exported),
      mostWh: asWh(most),
      sequence,
    };
  }

  /** The PCC reading in force of a period; null if there is none, or if it is too long ago. */
  async pccReading(community: CommunityIndex, period: Period): Promise<PccReadingInfo | null> {
    const answer = await this.#at.read("pccReadingOf", [community, period]);
    const [known, revision, valuesHash, ...numbers] = answer.toArray() as [
      boolean,
      bigint,
      Hex,
      bigint,
      bigint,
      bigint,
    ];
    const [imported, exported, amount] = numbers;
    if (!known) return null;
    return {
      ...{ revision, valuesHash, imported: asWh(imported), exported: asWh(exported) },
      amount: asSignedAmount(amount),
    };
  }

  /** How far members and PCC may differ in a period. */
  async tolerance(community: CommunityIndex, period: Period): Promise<PccTolerance> {
    const answer = await this.#at.read("toleranceAt", [community, period]);
    const [permille, absolute] = answer.toArray() as [bigint, bigint];
    return { permille: asPermille(permille), absoluteWh: asWh(absolute) };
  }

  /** Who delivers at the PCC in a period, and the contract whose code `decodeTariffCode` reads; null if nobody does. */
  async supply(
    community: CommunityIndex,
    period: Period,
  ): Promise<{ readonly supplier: MemberIndex; readonly blob: Address } | null> {
    const [supplier, blob] = (await this.#at.read("supplyAt", [community, period])).toArray() as [bigint, Address];
    return supplier === 0n ? null : { supplier: asMember(supplier), blob: asAccount(blob, "blob") };
  }

  /** The running account with a supplier. */
  async supplierAccount(community: CommunityIndex, supplier: MemberIndex): Promise<SupplierAccountInfo> {
    const answer = await this.#at.read("supplierAccount", [community, supplier]);
    const [invoiced, acknowledged, paid, head] = answer.toArray() as [bigint, bigint, bigint, Hex];
    return {
      invoiced: asSignedAmount(invoiced),
      acknowledged: asSignedAmount(acknowledged),
      paid: asSignedAmount(paid),
      balance: asSignedAmount(invoiced - paid),
      head,
    };
  }

  /** Where papers, set-points and PCC readings count (EIP-5267). */
  async domain(): Promise<Domain> {
    return readDomain(this.#at);
  }

  /** The registry of this deployment. */
  async registry(): Promise<Address> {
    return this.#address("registry");
  }

  /** The escrow of this deployment. */
  async escrow(): Promise<Address> {
    return this.#address("escrow");
  }

  /** The settlement contract of this deployment. */
  async settlement(): Promise<Address> {
    return this.#address("settlement");
  }

  /** The digest of an agreement as the contract computes it; the pure `paperDigest` computes the same without a call. */
  async agreementDigest(agreement: Agreement): Promise<Hex> {
    return this.#digest("agreementDigest", agreement.community, rawAgreement(agreement));
  }

  /** Likewise of a mandate. */
  async mandateDigest(mandate: BatteryMandate): Promise<Hex> {
    return this.#digest("mandateDigest", mandate.community, rawMandate(mandate));
  }

  /** Likewise of the binding of a PCC meter. */
  async pccBindingDigest(binding: PccBinding): Promise<Hex> {
    return this.#digest("pccBindingDigest", binding.community, rawBinding(binding));
  }

  /** Likewise of prices at the PCC. */
  async supplyDigest(supply: SupplyTariff): Promise<Hex> {
    return this.#digest("supplyDigest", supply.community, rawSupply(supply));
  }

  /** Likewise of a set-point; `setPointDigest` is pure. */
  async setPointDigest(setPoint: SetPoint): Promise<Hex> {
    return this.#digest("setPointDigest", setPoint.community, rawSetPoint({ setPoint, signature: NO_SIGNATURE }));
  }

  /** Likewise of a PCC reading; `pccReadingDigest` is pure. */
  async pccReadingDigest(reading: PccReading): Promise<Hex> {
    const raw = rawReading({ reading, signature: NO_SIGNATURE });
    return this.#digest("pccReadingDigest", reading.community, reading.period, raw);
  }

  async #digest(name: string, ...args: readonly unknown[]): Promise<Hex> {
    const [digest] = await this.#at.read(name, args);
    return digest as Hex;
  }

  async #address(name: string): Promise<Address> {
    const [value] = await this.#at.read(name, []);
    return value as Address;
  }
}

function deskCalls(at: Endpoint) {
  return {
    /** Anyone who has both signatures, of the member's owner and of the coordinator. */
    keepAgreement: (agreement: Agreement, byMember: Hex, byCoordinator: Hex) =>
      at.call("keepAgreement", [agreement.community, rawAgreement(agreement), byMember, byCoordinator]),
    /** Owner or coordinator; from the next period on. */
    endAgreement: (community: CommunityIndex, member: MemberIndex) => at.call("endAgreement", [community, member]),
    /** Anyone who has the owner's signature. */
    keepMandate: (mandate: BatteryMandate, signature: Hex) =>
      at.call("keepMandate", [mandate.community, rawMandate(mandate), signature]),
    /** Owner, at once: also every mandate with a sequence up to this one that nobody has sent yet. */
    revokeMandate: (community: CommunityIndex, member: MemberIndex, throughSequence: bigint) =>
      at.call("revokeMandate", [community, member, throughSequence]),
    /** Anyone who has a set-point that its dispatcher signed outside its mandate. */
    reportSetPoint: (signed: SignedSetPoint) =>
      at.call("reportSetPoint", [signed.setPoint.community, rawSetPoint(signed)]),
    /** Coordinator, with the signatures of the DSO and of the meter key; from the next period on. */
    bindPcc: (binding: PccBinding, consent: Hex, proof: Hex) =>
      at.call("bindPcc", [binding.community, rawBinding(binding), consent, proof]),
    /** DSO or coordinator, at once. */
    revokePcc: (community: CommunityIndex) => at.call("revokePcc", [community]),
    /** Coordinator, from the next period on. */
    setTolerance: (community: CommunityIndex, { permille, absoluteWh }: PccTolerance) =>
      at.call("setTolerance", [community, permille, absoluteWh]),
    /** Anyone who has the reading. */
    postPcc: (signed: SignedPccReading) =>
      at.call("postPcc", [signed.reading.community, signed.reading.period, rawReading(signed)]),
    /** Anyone who has the reading, until the correction window ends. */
    correctPcc: (signed: SignedPccReading) =>
      at.call("correctPcc", [signed.reading.community, signed.reading.period, rawReading(signed)]),
    /**
     * Anyone, from the reading deadline on, once all journals are settled.
     * @param values Those of the reading in force; nothing where it is missing.
     */
    comparePcc: (community: CommunityIndex, period: Period, values: readonly MeterValue[]) =>
      at.call("comparePcc", [community, period, encodeValues(values)]),
    /** Coordinator, with the supplier's signature, before the period begins. */
    publishSupply: (supply: SupplyTariff, consent: Hex) =>
      at.call("publishSupply", [supply.community, rawSupply(supply), consent]),
    /** Supplier: every invoice up to the account's head. */
    acknowledge: (community: CommunityIndex, supplier: MemberIndex, head: Hex) =>
      at.call("acknowledge", [community, supplier, head]),
    /** Whoever received it: the supplier a positive amount, the coordinator a negative one. */
    notePayment: (community: CommunityIndex, supplier: MemberIndex, amount: SignedAmount) =>
      at.call("notePayment", [community, supplier, amount]),
  };
}

/** What stands for the end of an agreement that nobody ended. */
const NEVER = 2n ** 32n - 1n;

const NO_WORD = `0x${"00".repeat(32)}`;
const NO_SIGNATURE: CompactSignature = { r: NO_WORD, vs: NO_WORD };

function rawAgreement({ member, termsHash, fromPeriod, sequence, deadline }: Agreement): readonly unknown[] {
  return [member, termsHash, fromPeriod, sequence, deadline];
}

function rawMandate(m: BatteryMandate): readonly unknown[] {
  const { member, dispatcher, maxChargeW, maxDischargeW, minSocPermille, maxSocPermille } = m;
  const limits = [maxChargeW, maxDischargeW, minSocPermille, maxSocPermille];
  return [member, dispatcher, ...limits, m.validFrom, m.validUntil, m.sequence];
}

function rawSetPoint({ setPoint: s, signature: { r, vs } }: SignedSetPoint): readonly unknown[] {
  const what = [s.discharging, s.powerW, s.minSocPermille, s.maxSocPermille];
  return [s.member, s.mandate, s.counter, s.validFrom, s.validUntil, ...what, r, vs];
}

function rawBinding({
  meterKey,
  startImport,
  startExport,
  mostWh,
  sequence,
  deadline,
}: PccBinding): readonly unknown[] {
  return [meterKey, startImport, startExport, mostWh, sequence, deadline];
}

function rawReading({ reading, signature: { r, vs } }: SignedPccReading): readonly unknown[] {
  const { revision, closesGap, startImport, startExport, values } = reading;
  return [revision, closesGap, startImport, startExport, encodeValues(values), r, vs];
}

function rawSupply({ supplier, fromPeriod, prices, deadline }: SupplyTariff): readonly unknown[] {
  return [supplier, fromPeriod, encodeSupply(prices), deadline];
}
