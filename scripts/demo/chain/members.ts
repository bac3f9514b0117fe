/** From homes to members: keys, consents, meters. */

import {
  asLots,
  asMember,
  asSeconds,
  asWh,
  type Enrolment,
  type MemberIndex,
  type MeterBinding,
  meteringPointHash,
  type MeterValue,
  signConsent,
} from "@wattbook/sdk";
import { keccak256, toUtf8Bytes } from "ethers";
import type { Home } from "../homes.ts";
import { type HomeKeys, homeKeys } from "./keys.ts";
import { SERVICES, type World } from "./world.ts";

/** A home on chain. */
export interface Member extends HomeKeys {
  readonly home: Home;
  readonly index: MemberIndex;
  /** Registers of its meter; they advance with each reading. */
  readonly registers: { now: MeterValue };
}

/** Unix seconds that never come within a run. */
export const NEVER = asSeconds(2n ** 40n - 1n);
/** The only module, the order book. */
const MODULES = 1n;
/** Source of a home's energy, a label of energy tokens: 1 for solar, 0 for none. */
const SOLAR = 1n;

/** Keys first: the node has to know which accounts pay for gas. */
export function memberOf(seed: bigint, home: Home): Member {
  const index = asMember(BigInt(SERVICES.length + home.index));
  // A meter that has been there for a while: its registers do not start at zero.
  const start = BigInt(home.index + 1) * 1_000_000n;
  const now = { imported: asWh(start), exported: asWh(home.pv === undefined ? 0n : start / 2n) };
  return { home, index, registers: { now }, ...homeKeys(seed, home.index) };
}

/** Admits a home: its owner and its meter sign, the coordinator sends. */
export async function enrol(world: World, member: Member): Promise<void> {
  const { chain, roles, registry, domains, community } = world;
  const { owner, trading, meter, home, index } = member;
  const enrolment: Enrolment = {
    community,
    termsHash: await registry.termsHash(community),
    owner: owner.address,
    tradingKey: trading.address,
    buyCap: asLots(BigInt(home.buyCap)),
    sellCap: asLots(BigInt(home.sellCap)),
    tariffClass: 0n,
    zone: 0n,
    kind: home.pv === undefined ? 0n : SOLAR,
    modules: MODULES,
    meteringPoint: meteringPointHash(keccak256(toUtf8Bytes(owner.privateKey)), `metering point ${home.index + 1}`),
    deadline: NEVER,
    nonce: await registry.nonceOf(owner.address),
  };
  const consent = await signConsent(domains.registry, "Enrolment", enrolment, owner);
  await chain.send(roles.coordinator, registry.calls.enroll(enrolment, consent));

  const { imported: startImport, exported: startExport } = member.registers.now;
  const nonce = enrolment.nonce + 1n;
  const binding: MeterBinding = {
    community,
    member: index,
    meterKey: meter.address,
    startImport,
    startExport,
    deadline: NEVER,
    nonce,
  };
  const bound = await signConsent(domains.registry, "MeterBinding", binding, owner);
  const proof = await signConsent(domains.registry, "MeterBinding", binding, meter);
  await chain.send(roles.coordinator, registry.calls.bindMeter(binding, bound, proof));
}
