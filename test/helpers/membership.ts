import { keccak256, toUtf8Bytes, type BaseWallet } from "ethers";
import { CONSENT_TYPES, key, NEVER, type Market } from "./market.ts";

/** Keys of a home that is not enrolled yet; an index gives the same keys each time and none that `addHome` gives. */
export interface Keys {
  readonly owner: BaseWallet;
  readonly trading: BaseWallet;
  readonly meter: BaseWallet;
}

export const keysOf = (index: number): Keys => ({
  owner: key(10_000 + 3 * index),
  trading: key(10_001 + 3 * index),
  meter: key(10_002 + 3 * index),
});

export interface Enrolment {
  readonly owner: string;
  readonly tradingKey: string;
  readonly buyCap: number;
  readonly sellCap: number;
  readonly tariffClass: number;
  readonly zone: number;
  readonly kind: number;
  readonly modules: number;
  readonly meteringPoint: string;
  readonly deadline: number;
}

export interface Binding {
  readonly meterKey: string;
  readonly startImport: bigint;
  readonly startExport: bigint;
  readonly deadline: number;
}

/** What an owner and a meter key sign; override what a test is about. */
export const enrolmentOf = (keys: Keys, override: Partial<Enrolment> = {}): Enrolment => ({
  owner: keys.owner.address,
  tradingKey: keys.trading.address,
  buyCap: 431,
  sellCap: 431,
  tariffClass: 0,
  zone: 7,
  kind: 1,
  modules: 1,
  meteringPoint: keccak256(toUtf8Bytes(`salt ${keys.owner.address}`)),
  deadline: NEVER,
  ...override,
});

export const bindingOf = (meterKey: string, override: Partial<Binding> = {}): Binding => ({
  meterKey,
  startImport: 0n,
  startExport: 0n,
  deadline: NEVER,
  ...override,
});

type Consent = keyof typeof CONSENT_TYPES;

/** The registry's calls one by one, as the coordinator makes them, with every consent in the caller's hands. */
export function membership(m: Pick<Market, "registry" | "community" | "coordinator" | "domains">) {
  const { registry, community, coordinator, domains } = m;
  const asCoordinator = registry.connect(coordinator);

  /** Signs a consent over any fields; the nonce is the owner's next one unless the fields name another. */
  async function sign(type: Consent, signer: BaseWallet, fields: Record<string, unknown>, owner = signer.address) {
    const nonce = await registry.nonces(owner);
    return await signer.signTypedData(
      domains.registry,
      { [type]: CONSENT_TYPES[type] },
      { community, nonce, ...fields },
    );
  }

  const signEnrolment = async (
    e: Enrolment,
    signer: BaseWallet,
    override: Record<string, unknown> = {},
  ): Promise<string> =>
    await sign("Enrolment", signer, { termsHash: await registry.termsHash(community), ...e, ...override }, e.owner);

  /** Enrols without a meter. */
  async function enrol(keys: Keys, override: Partial<Enrolment> = {}): Promise<number> {
    const member = Number(await registry.memberCount(community));
    const e = enrolmentOf(keys, override);
    await asCoordinator.enroll(community, e, await signEnrolment(e, keys.owner));
    return member;
  }

  /** Owner's consent and meter key's proof, in the order the calls take them. */
  async function signBinding(
    type: "MeterBinding" | "MeterRotation",
    member: number,
    b: Binding,
    owner: BaseWallet,
    meter: BaseWallet,
  ): Promise<[consent: string, proof: string]> {
    const fields = { member, ...b };
    return [await sign(type, owner, fields), await sign(type, meter, fields, owner.address)];
  }

  async function bind(member: number, keys: Keys, override: Partial<Binding> = {}) {
    const b = bindingOf(keys.meter.address, override);
    return await asCoordinator.bindMeter(
      community,
      member,
      b,
      ...(await signBinding("MeterBinding", member, b, keys.owner, keys.meter)),
    );
  }

  async function rotateMeterKey(member: number, owner: BaseWallet, meter: BaseWallet) {
    const b = bindingOf(meter.address);
    return await asCoordinator.rotateMeterKey(
      community,
      member,
      b,
      ...(await signBinding("MeterRotation", member, b, owner, meter)),
    );
  }

  async function changeCaps(member: number, owner: BaseWallet, buyCap: number, sellCap: number) {
    const consent = await sign("CapChange", owner, { member, buyCap, sellCap, deadline: NEVER });
    return await asCoordinator.changeCaps(community, member, buyCap, sellCap, NEVER, consent);
  }

  async function changeClass(member: number, owner: BaseWallet, tariffClass: number) {
    const consent = await sign("ClassChange", owner, { member, tariffClass, deadline: NEVER });
    return await asCoordinator.changeClass(community, member, tariffClass, NEVER, consent);
  }

  return { asCoordinator, sign, signEnrolment, enrol, signBinding, bind, rotateMeterKey, changeCaps, changeClass };
}

/** Status bits of a member's word. */
export const STATUS = { enrolled: 1, metered: 2, suspended: 4, stopped: 8, leaving: 16, classChanged: 32, service: 64 };

/** A member's word, taken apart. */
export function unpackMember(word: bigint) {
  const field = (shift: bigint, bits: bigint) => (word >> shift) & ((1n << bits) - 1n);
  return {
    tradingKey: `0x${field(0n, 160n).toString(16).padStart(40, "0")}`,
    buyCap: Number(field(160n, 16n)),
    sellCap: Number(field(176n, 16n)),
    tariffClass: Number(field(192n, 8n)),
    zone: Number(field(200n, 16n)),
    kind: Number(field(216n, 8n)),
    status: Number(field(224n, 8n)),
  };
}
