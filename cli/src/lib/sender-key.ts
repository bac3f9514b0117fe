/** Who sends what anyone may send: the keeper's key, else the owner's, else the coordinator's. */
import { type Config, type Role } from "./config.ts";
import { CliError } from "./errors.ts";
import { keyOf, type LockedKey } from "./keystore.ts";

const SENDERS: readonly Role[] = ["keeper", "owner", "coordinator"];

/** The first of them that the configuration names. @throws CliError KEY_MISSING and those of `keyOf` */
export function senderKey(config: Config): LockedKey {
  const role = SENDERS.find((each) => config.keys[each] !== undefined);
  if (role !== undefined) return keyOf(config, role);
  const advice = "Anyone may send this, and has to pay for its gas. Make a key: wattbook init --keys keeper";
  throw new CliError("KEY_MISSING", `${config.path} names none of keys.${SENDERS.join(", keys.")}. ${advice}.`);
}
