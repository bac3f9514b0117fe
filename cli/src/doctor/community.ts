/** What the contracts say: community, member, keys, money. */
import {
  asCommunity,
  asMember,
  asSeconds,
  isSealed,
  periodAt,
  type CommunityIndex,
  type MemberIndex,
  type Terms,
  type Wattbook,
} from "@wattbook/sdk";
import { ZeroAddress } from "ethers";
import type { Role } from "../lib/config.ts";
import { EXIT } from "../lib/errors.ts";
import { amountText, coinText, type Money } from "../lib/units.ts";
import type { Finding } from "./check.ts";
import { doubtful, failing, fine, type Local } from "./local.ts";

/** Who sends transactions, and so pays for gas. */
const SENDERS: readonly Role[] = ["owner", "coordinator", "relayer", "keeper"];
/** Gas that a sender should be able to pay for. */
const ENOUGH_GAS = 1_000_000n;

/** Looks at the configured community and member, and at what the keys hold. */
export async function lookAtCommunity(local: Local, wattbook: Wattbook): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    findings.push(...(await gasOf(local, wattbook)));
    const { community, member } = local.config;
    if (community === undefined) {
      const advice = `Add "community" to ${local.config.path}, or pass --community to each command.`;
      return [...findings, doubtful("community", "not configured", advice)];
    }
    const index = asCommunity(BigInt(community));
    const found = await communityOf(index, wattbook);
    findings.push(found.finding);
    if (found.terms === undefined) return findings;
    findings.push(...coordinatorOf(local, await wattbook.registry.ownerOf(index, asMember(0n))));
    if (member === undefined) return findings;
    findings.push(
      ...(await memberOf(local, wattbook, { community: index, member: asMember(BigInt(member)), terms: found.terms })),
    );
    return findings;
  } catch (error) {
    return [...findings, failing("community", error)];
  }
}

async function gasOf({ keys }: Local, { provider }: Wattbook): Promise<Finding[]> {
  const { maxFeePerGas, gasPrice } = await provider.getFeeData();
  const needed = ENOUGH_GAS * (maxFeePerGas ?? gasPrice ?? 0n);
  const findings: Finding[] = [];
  for (const role of SENDERS) {
    const key = keys.get(role);
    if (key === undefined) continue;
    const balance = await provider.getBalance(key.address);
    const check = `gas: ${role}`;
    const found = `holds ${coinText(balance)} of the chain's coin`;
    if (balance >= needed) findings.push(fine(check, found));
    else
      findings.push(
        doubtful(check, found, `Send ${key.address} some: 1 million gas cost up to ${coinText(needed)} now.`),
      );
  }
  return findings;
}

async function communityOf(
  community: CommunityIndex,
  { registry }: Wattbook,
): Promise<{ finding: Finding; terms: Terms | undefined }> {
  const count = await registry.communityCount();
  if (community >= count) {
    const there = count === 0n ? "none was created yet" : `there are 0 to ${count - 1n}`;
    const advice = "Correct the number, or create one: wattbook community create";
    const found = `${community} is not there, ${there}`;
    return { finding: { check: "community", state: "fail", found, advice, exit: EXIT.usage }, terms: undefined };
  }
  const { terms, paused } = await registry.trading(community);
  const found = `${community}, ${isSealed(terms) ? "sealed" : "open"}, ${await registry.memberCount(community)} members`;
  if (!paused) return { finding: fine("community", found), terms };
  const advice = "The coordinator paused trading: new orders are refused until the current period ends.";
  return { finding: doubtful("community", `${found}, paused`, advice), terms };
}

function coordinatorOf({ keys }: Local, coordinator: string): Finding[] {
  const key = keys.get("coordinator");
  return key === undefined ? [] : [sameKey("coordinator", key.address, coordinator, "the community's coordinator is")];
}

/** Whether a key is the one that the chain knows. */
function sameKey(role: Role, address: string, onChain: string, what: string): Finding {
  if (address === onChain) return fine(`role: ${role}`, "is the one that the chain knows");
  if (onChain === ZeroAddress) {
    const advice = "Bind it, or wait: a key counts from the period after it was bound.";
    return doubtful(`role: ${role}`, `${what} not set yet`, advice);
  }
  const found = `${what} ${onChain}`;
  const advice = `keys.${role} is ${address}: name the right keystore file, or change the key on chain.`;
  return { check: `role: ${role}`, state: "fail", found, advice, exit: EXIT.failed };
}

interface Whose {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  readonly terms: Terms;
}

async function memberOf(local: Local, wattbook: Wattbook, { community, member, terms }: Whose): Promise<Finding[]> {
  const { registry, escrow, provider } = wattbook;
  if (member >= (await registry.memberCount(community))) {
    const advice = "Correct the number, or enrol: wattbook member enroll";
    return [{ check: "member", state: "fail", found: `${member} is not enrolled`, advice, exit: EXIT.usage }];
  }
  const block = await provider.getBlock("latest");
  const period = periodAt(terms, asSeconds(BigInt(block?.timestamp ?? 0)));
  const [word, owner, meterKey, account] = await Promise.all([
    registry.member(community, member, period),
    registry.ownerOf(community, member),
    registry.meterKey(community, member, period),
    escrow.account(community, member),
  ]);
  const findings: Finding[] = [
    word.active || word.service
      ? fine("member", `${member}, ${word.service ? "a service account" : "its orders are accepted"}`)
      : doubtful("member", `${member}: orders are not accepted`, `${whyInactive(word)}.`),
  ];
  const known = { owner, trading: word.tradingKey, meter: meterKey };
  for (const role of ["owner", "trading", "meter"] as const) {
    const key = local.keys.get(role);
    if (key !== undefined) findings.push(sameKey(role, key.address, known[role], `member ${member}'s ${role} key is`));
  }
  const token = await wattbook.paymentToken(community);
  const money: Money = { token: token.address, symbol: await token.symbol(), decimals: await token.decimals() };
  const free = amountText(money, account.free);
  findings.push(
    account.free > 0n || word.service
      ? fine("money", `${free} free on the account`)
      : doubtful("money", `${free} free on the account`, "Orders reserve money: deposit some with wattbook deposit."),
  );
  if (!local.keys.has("owner")) return findings;
  const [allowed, held] = await Promise.all([token.allowance(owner, escrow.address), token.balanceOf(owner)]);
  const text = `${amountText(money, held)} in the owner's wallet, ${amountText(money, allowed)} allowed to the escrow`;
  findings.push(
    held > 0n || account.free > 0n
      ? fine("allowance", text)
      : doubtful(
          "allowance",
          text,
          `Get some ${money.symbol} for ${owner}; wattbook deposit asks for the allowance itself.`,
        ),
  );
  return findings;
}

function whyInactive({
  enrolled,
  metered,
  suspended,
  stopped,
  leaving,
}: Record<"enrolled" | "metered" | "suspended" | "stopped" | "leaving", boolean>): string {
  if (suspended) return "The coordinator suspended it";
  if (stopped) return "Its owner stopped trading";
  if (leaving) return "It leaves at the end of the period";
  if (!enrolled) return "Its enrolment counts from the next period on";
  return metered
    ? "It counts from the next period on"
    : "It has no meter yet, or one that counts from the next period on";
}
