/** Whether a member has a meter. */

import {
  type Address,
  type CommunityIndex,
  faultOf,
  type MemberIndex,
  type MeterBinding,
  revertOf,
  type Wattbook,
} from "@wattbook/sdk";

/** In whose name to ask about whose meter. */
export interface MeterQuestion {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  readonly coordinator: Address;
}

/**
 * Whether a meter is bound to a member, also one that counts from the next period on: the registry says so to a binding
 * before it looks at the signatures.
 */
export async function isMetered(
  { registry, provider }: Wattbook,
  { coordinator: from, ...whose }: MeterQuestion,
  binding: MeterBinding,
): Promise<boolean> {
  const { to, data } = registry.calls.bindMeter({ ...binding, ...whose }, "0x", "0x");
  try {
    await provider.call({ to, data, from });
    return false;
  } catch (error) {
    const revert = revertOf(error);
    if (revert === undefined) throw faultOf(error) ?? error;
    return revert.error === "MeterStillBound";
  }
}
