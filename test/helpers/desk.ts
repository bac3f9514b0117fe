import { concat, Signature, toBeHex, type BaseWallet, type Signer } from "ethers";
import { encodeValues, key, NEVER, type Connection, type HomeKeys, type Market } from "./market.ts";
import type { Values } from "./settling.ts";
import { DESK_TYPES } from "./typed-data.ts";

/** `ICoordinatorDesk.Breach`. */
export const Breach = {
  None: 0n,
  BadSignature: 1n,
  NoMandate: 2n,
  OtherMandate: 3n,
  Revoked: 4n,
  OutsideTime: 5n,
  OverPower: 6n,
  OutsideSoc: 7n,
} as const;

/** `ICoordinatorDesk.Finding`. */
export const Finding = { Missing: 0n, Balanced: 1n, Imbalance: 2n } as const;

export const SUPPLIER = 3;
/** Hash of some text that two agreed on. */
export const TERMS_HASH = `0x${"17".repeat(32)}`;
/** Keys that no home has. */
export const dispatcherKey = key(90_000);
export const pccKey = key(90_001);

export type PriceAt = readonly [importPrice: number, exportPrice: number];

/** Bytes of prices at the PCC. */
export const supplyBytes = (prices: readonly PriceAt[]): string =>
  concat(["0x0000", ...prices.flatMap((pair) => pair.map((price) => toBeHex(price, 2)))]);

/** The reading's registers go on by these. */
export const sumsOf = (values: Values): readonly [bigint, bigint] => [
  values.reduce((sum, [taken]) => sum + BigInt(taken), 0n),
  values.reduce((sum, [, given]) => sum + BigInt(given), 0n),
];

export type Desk = Awaited<ReturnType<typeof deployDesk>>;
type Type = keyof typeof DESK_TYPES;
type AnySigner = BaseWallet | Signer;

/** A desk for a deployed community, and whatever is signed for it. Every field has a value that is accepted. */
export async function deployDesk({ ethers }: Connection, m: Market) {
  const desk = await ethers.deployContract("CoordinatorDesk", [m.registry, m.escrow, m.settlement]);
  const domain = { ...m.domains.settlement, verifyingContract: await desk.getAddress() };
  const { community } = m;
  const byCoordinator = desk.connect(m.coordinator);

  const sign = async (type: Type, signer: AnySigner, fields: Record<string, unknown>) =>
    await signer.signTypedData(domain, { [type]: DESK_TYPES[type] }, { community, ...fields });

  async function compact(type: Type, signer: AnySigner, fields: Record<string, unknown>) {
    const { r, yParityAndS: vs } = Signature.from(await sign(type, signer, fields));
    return { r, vs };
  }

  function agreement(home: HomeKeys, fields: Partial<Record<"sequence" | "fromPeriod" | "deadline", number>> = {}) {
    const { sequence = 1, fromPeriod = 0, deadline = NEVER } = fields;
    return { member: home.member, termsHash: TERMS_HASH, fromPeriod, sequence, deadline };
  }

  /** An agreement, signed by both sides and sent by anybody. */
  async function agree(home: HomeKeys, fields: Parameters<typeof agreement>[1] = {}) {
    const paper = agreement(home, fields);
    const signatures = [
      await sign("MembershipAgreement", home.owner, paper),
      await sign("MembershipAgreement", m.coordinator, paper),
    ] as const;
    return await desk.connect(m.stranger).keepAgreement(community, paper, ...signatures);
  }

  function mandate(home: HomeKeys, fields: Partial<Record<MandateField, number>> & { dispatcher?: string } = {}) {
    return {
      member: home.member,
      ...{ dispatcher: dispatcherKey.address, maxChargeW: 3_000, maxDischargeW: 5_000 },
      ...{ minSocPermille: 200, maxSocPermille: 900, validFrom: 0, validUntil: NEVER, sequence: 1, ...fields },
    };
  }

  /** A mandate, signed by the owner and sent by anybody. */
  async function entrust(home: HomeKeys, fields: Parameters<typeof mandate>[1] = {}) {
    const paper = mandate(home, fields);
    return await desk
      .connect(m.stranger)
      .keepMandate(community, paper, await sign("BatteryMandate", home.owner, paper));
  }

  /** A set-point within what `mandate` allows. */
  async function setPoint(home: HomeKeys, fields: Partial<SetPointFields> = {}, signer: AnySigner = dispatcherKey) {
    const paper = {
      ...{ member: home.member, mandate: 1, counter: 1, validFrom: 1_000, validUntil: 2_000 },
      ...{ discharging: false, powerW: 3_000, minSocPermille: 200, maxSocPermille: 900, ...fields },
    };
    return { ...paper, ...(await compact("SetPoint", signer, paper)) };
  }

  /** Arguments of `bindPcc`. */
  async function binding(fields: Partial<BindingFields> = {}, meter: AnySigner = pccKey, dso: AnySigner = m.dso) {
    const paper = {
      ...{ meterKey: await meter.getAddress(), startImport: 0n, startExport: 0n },
      ...{ mostWh: 100_000, sequence: 1, deadline: NEVER, ...fields },
    };
    const signatures = [await sign("PccBinding", dso, paper), await sign("PccBinding", meter, paper)] as const;
    return [community, paper, ...signatures] as const;
  }

  const bind = async (...args: Parameters<typeof binding>) => await byCoordinator.bindPcc(...(await binding(...args)));

  /** A reading as the contract takes it. */
  async function reading(period: number, values: Values, fields: Partial<ReadingFields> = {}, meter = pccKey) {
    const paper = {
      ...{ revision: 0, closesGap: false, startImport: 0n, startExport: 0n, ...fields },
      values: encodeValues(values),
    };
    return { ...paper, ...(await compact("PccReading", meter, { period, ...paper })) };
  }

  const post = async (period: number, ...rest: [Values, Partial<ReadingFields>?]) =>
    await desk.connect(m.stranger).postPcc(community, period, await reading(period, ...rest));

  const correct = async (period: number, ...rest: [Values, Partial<ReadingFields>?]) =>
    await desk.connect(m.stranger).correctPcc(community, period, await reading(period, ...rest));

  const compare = async (period: number, values: Values) =>
    await desk.connect(m.stranger).comparePcc(community, period, encodeValues(values));

  /** Arguments of `publishSupply`. */
  async function supply(
    fromPeriod: number,
    prices: readonly PriceAt[],
    fields: Partial<SupplyFields> = {},
    supplier: AnySigner = m.supplier,
  ) {
    const paper = { supplier: SUPPLIER, fromPeriod, tariff: supplyBytes(prices), deadline: NEVER, ...fields };
    return [community, paper, await sign("SupplyTariff", supplier, paper)] as const;
  }

  const deliver = async (...args: Parameters<typeof supply>) =>
    await byCoordinator.publishSupply(...(await supply(...args)));

  const account = async (supplier = SUPPLIER) => {
    const { invoiced, acknowledged, paid, head } = await desk.supplierAccount(community, supplier);
    return { invoiced, acknowledged, paid, head };
  };

  return {
    ...{ desk, domain, byCoordinator, sign, agreement, agree, mandate, entrust, setPoint },
    ...{ binding, bind, reading, post, correct, compare, supply, deliver, account },
  };
}

type MandateField =
  "maxChargeW" | "maxDischargeW" | "minSocPermille" | "maxSocPermille" | "validFrom" | "validUntil" | "sequence";

interface SetPointFields {
  readonly mandate: number;
  readonly counter: number;
  readonly validFrom: number;
  readonly validUntil: number;
  readonly discharging: boolean;
  readonly powerW: number;
  readonly minSocPermille: number;
  readonly maxSocPermille: number;
}

interface BindingFields {
  readonly meterKey: string;
  readonly startImport: bigint;
  readonly startExport: bigint;
  readonly mostWh: number;
  readonly sequence: number;
  readonly deadline: number;
}

interface ReadingFields {
  readonly revision: number;
  readonly closesGap: boolean;
  readonly startImport: bigint;
  readonly startExport: bigint;
}

interface SupplyFields {
  readonly supplier: number;
  readonly tariff: string;
  readonly deadline: number;
}
