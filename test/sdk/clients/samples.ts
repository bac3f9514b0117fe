/** Arguments for calls: any values that encode. */
import { meteringPointHash } from "../../../sdk/src/consent.ts";
import {
  asAmount,
  asCommunity,
  asLots,
  asMember,
  asPeriod,
  asPermille,
  asPrice,
  asSeconds,
  asSignedAmount,
  asSlot,
  asSlotOffset,
  asWatts,
  asWh,
} from "../../../sdk/src/units.ts";
import { flatTariff } from "../../../sdk/src/tariff.ts";
import { account, ACCOUNTS, entry, HEADER, metered, RETAIL, TERMS, traded } from "../support.ts";

const community = asCommunity(0n);
const member = asMember(3n);
const period = asPeriod(20_600n);
const who = account(0xbeef);
const deadline = asSeconds(2_000_000_000n);
const amount = asAmount(7n);
const values = [metered(250, 3)] as const;
const consent = { community, member, nonce: 1n, deadline };

export const samples = {
  ...{ community, member, period, who, amount, values },
  slot: asSlot(period * 96n + 5n),
  frontier: asSlotOffset(9n),
  key: { community, member, period },
  token: { community, vintage: period, zone: 7n, source: 1n },
  strip: { ...HEADER, community, member, period, maxReserve: asAmount(99n), entries: [entry(5, "sell", 3, 20)] },
  reading: {
    ...{ community, member, period, closesGap: false, values },
    ...{ startImport: asWh(10n), startExport: asWh(20n) },
  },
  record: {
    head: { sellWh: asWh(10n), buyWh: asWh(0n), reserve: amount, entries: 1n, module: 0n },
    digest: `0x${"33".repeat(32)}`,
    payload: "0x0503001400ff",
  },
  enrolment: {
    ...{ community, termsHash: `0x${"44".repeat(32)}`, owner: who, tradingKey: account(0xcafe) },
    ...{ buyCap: asLots(100n), sellCap: asLots(50n), tariffClass: 0n, zone: 7n, kind: 1n, modules: 1n },
    meteringPoint: meteringPointHash(`0x${"55".repeat(32)}`, "AT001"),
    ...{ nonce: 0n, deadline },
  },
  binding: { ...consent, meterKey: account(0xfeed), startImport: asWh(1n), startExport: asWh(2n) },
  rotation: { ...consent, meterKey: account(0xfeed) },
  caps: { ...consent, buyCap: asLots(10n), sellCap: asLots(20n) },
  tariffClass: { ...consent, tariffClass: 1n },
  charter: {
    terms: TERMS,
    suppliers: [who],
    classes: [{ supplier: 0n, defaultLoadWh: asWh(250n) }],
    modules: [ACCOUNTS.dso],
  },
  tariff: flatTariff(TERMS, asPrice(20n), [RETAIL]),
  agreement: { community, member, termsHash: `0x${"66".repeat(32)}`, fromPeriod: period, sequence: 1n, deadline },
  mandate: {
    ...{ community, member, dispatcher: who, maxChargeW: asWatts(3_000n), maxDischargeW: asWatts(5_000n) },
    ...{ minSocPermille: asPermille(200n), maxSocPermille: asPermille(900n) },
    ...{ validFrom: asSeconds(1n), validUntil: deadline, sequence: 1n },
  },
  setPoint: {
    ...{ community, member, mandate: 1n, counter: 1n, validFrom: asSeconds(1n), validUntil: deadline },
    ...{ discharging: true, powerW: asWatts(7n) },
    ...{ minSocPermille: asPermille(200n), maxSocPermille: asPermille(900n) },
  },
  pccBinding: {
    ...{ community, meterKey: account(0xfeed), startImport: asWh(1n), startExport: asWh(2n) },
    ...{ mostWh: asWh(3n), sequence: 1n, deadline },
  },
  pccReading: {
    ...{ community, period, revision: 1n, closesGap: true, values },
    ...{ startImport: asWh(10n), startExport: asWh(20n) },
  },
  supply: { community, supplier: member, fromPeriod: period, prices: [RETAIL], deadline },
  permit: { deadline, v: 27n, r: `0x${"66".repeat(32)}`, s: `0x${"77".repeat(32)}` },
  leg: {
    ...{ member, supplier: member, reserved: amount, lost: asAmount(0n), paid: asAmount(1n), received: asAmount(2n) },
    ...{ networkFee: asAmount(3n), settlementFee: asAmount(4n), gridLeg: asSignedAmount(-5n) },
    journal: 5n,
  },
  position: [traded(30, 0)],
} as const;
