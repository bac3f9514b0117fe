import type { Hex } from "./bytes.ts";
import * as consents from "./consents.ts";
import { readingFields, stripFields, type Reading, type Strip } from "./messages.ts";
import { digest, type Domain } from "./typed-data.ts";

/** What the trading key signs; the verifying contract is the order book. */
export function stripDigest(domain: Domain, strip: Strip): Hex {
  return digest(domain, "Strip", stripFields(strip));
}

/** What the meter key signs; the verifying contract is settlement. */
export function readingDigest(domain: Domain, reading: Reading): Hex {
  return digest(domain, "Reading", readingFields(reading));
}

/** What an owner signs; the verifying contract is the registry. */
export function enrolmentDigest(domain: Domain, consent: consents.Enrolment): Hex {
  return digest(domain, "Enrolment", consents.enrolmentFields(consent));
}

/** The meter key signs the same digest, as proof that it is there. */
export function meterBindingDigest(domain: Domain, consent: Parameters<typeof consents.meterBindingFields>[0]): Hex {
  return digest(domain, "MeterBinding", consents.meterBindingFields(consent));
}

export function meterRotationDigest(domain: Domain, consent: Parameters<typeof consents.meterRotationFields>[0]): Hex {
  return digest(domain, "MeterRotation", consents.meterRotationFields(consent));
}

export function capChangeDigest(domain: Domain, consent: Parameters<typeof consents.capChangeFields>[0]): Hex {
  return digest(domain, "CapChange", consents.capChangeFields(consent));
}

export function classChangeDigest(domain: Domain, consent: Parameters<typeof consents.classChangeFields>[0]): Hex {
  return digest(domain, "ClassChange", consents.classChangeFields(consent));
}
