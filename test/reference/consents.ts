import type { Hex } from "./bytes.ts";
import type { Field } from "./typed-data.ts";

/** What an owner signs for the registry; `nonce` counts the owner's consents. */
export interface Enrolment {
  community: bigint;
  termsHash: Hex;
  owner: Hex;
  tradingKey: Hex;
  buyCap: bigint;
  sellCap: bigint;
  tariffClass: bigint;
  zone: bigint;
  kind: bigint;
  modules: bigint;
  meteringPoint: Hex;
  deadline: bigint;
  nonce: bigint;
}

/** What every later consent names beside the change itself. */
export interface Change {
  community: bigint;
  member: bigint;
  deadline: bigint;
  nonce: bigint;
}

export function enrolmentFields(consent: Enrolment): Field[] {
  return [
    ["uint32", "community", consent.community],
    ["bytes32", "termsHash", consent.termsHash],
    ["address", "owner", consent.owner],
    ["address", "tradingKey", consent.tradingKey],
    ["uint16", "buyCap", consent.buyCap],
    ["uint16", "sellCap", consent.sellCap],
    ["uint8", "tariffClass", consent.tariffClass],
    ["uint16", "zone", consent.zone],
    ["uint8", "kind", consent.kind],
    ["uint16", "modules", consent.modules],
    ["bytes32", "meteringPoint", consent.meteringPoint],
    ["uint40", "deadline", consent.deadline],
    ["uint256", "nonce", consent.nonce],
  ];
}

function changeFields({ community, member, deadline, nonce }: Change, changed: readonly Field[]): Field[] {
  return [
    ["uint32", "community", community],
    ["uint32", "member", member],
    ...changed,
    ["uint40", "deadline", deadline],
    ["uint256", "nonce", nonce],
  ];
}

export function meterBindingFields(
  consent: Change & { meterKey: Hex; startImport: bigint; startExport: bigint },
): Field[] {
  return changeFields(consent, [
    ["address", "meterKey", consent.meterKey],
    ["uint96", "startImport", consent.startImport],
    ["uint96", "startExport", consent.startExport],
  ]);
}

export function meterRotationFields(consent: Change & { meterKey: Hex }): Field[] {
  return changeFields(consent, [["address", "meterKey", consent.meterKey]]);
}

export function capChangeFields(consent: Change & { buyCap: bigint; sellCap: bigint }): Field[] {
  return changeFields(consent, [
    ["uint16", "buyCap", consent.buyCap],
    ["uint16", "sellCap", consent.sellCap],
  ]);
}

export function classChangeFields(consent: Change & { tariffClass: bigint }): Field[] {
  return changeFields(consent, [["uint8", "tariffClass", consent.tariffClass]]);
}
