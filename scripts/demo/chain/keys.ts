/** Keys of everybody in a run, derived from its seed. They guard play money on a node that ends with the run. */

import { keccak256, toUtf8Bytes, Wallet } from "ethers";

/** Who needs no meter. */
export const ROLES = ["deployer", "coordinator", "dso", "feeCollector", "supplier", "relayer", "keeper"] as const;
export type Role = (typeof ROLES)[number];
export type Roles = Readonly<Record<Role, Wallet>>;

/** A home's three keys. */
export interface HomeKeys {
  /** Owns the money. */
  readonly owner: Wallet;
  /** Signs strips. */
  readonly trading: Wallet;
  /** In the meter: signs readings. */
  readonly meter: Wallet;
}

export function rolesOf(seed: bigint): Roles {
  const entries = ROLES.map((role) => [role, key(seed, role)]);
  return Object.fromEntries(entries) as Roles;
}

/** Keys of a home, counted from 0. */
export function homeKeys(seed: bigint, home: number): HomeKeys {
  const of = (name: string) => key(seed, `home ${home} ${name}`);
  return { owner: of("owner"), trading: of("trading"), meter: of("meter") };
}

function key(seed: bigint, label: string): Wallet {
  return new Wallet(keccak256(toUtf8Bytes(`wattbook demo ${seed}: ${label}`)));
}
