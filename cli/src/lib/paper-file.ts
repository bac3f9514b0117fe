/** Signed budgets and standing orders as files, for whoever sends them; and why the chain left some out. */
import {
  asAmount,
  asCommunity,
  asMember,
  asPeriod,
  asTick,
  compactSignature,
  EnergySharingAbi,
  reasonOf,
  SHARING_REASONS,
  signatureBytes,
  type CommunityIndex,
} from "@wattbook/sdk";
import { Interface, type TransactionReceipt } from "ethers";
import { z } from "zod";
import { CliError } from "./errors.ts";
import { parseJson, readText } from "./files.ts";
import type { Papers, SignedPaper } from "./paper.ts";

const index = z
  .int()
  .min(0)
  .max(Number(2n ** 32n - 1n));
const tick = z.int().min(0).max(127).nullable();
const fileSchema = z.strictObject({
  type: z.enum(["SharingBudget", "StandingOrder"]),
  message: z.strictObject({
    ...{ community: index, member: index, budget: z.string().regex(/^\d{1,15}$/, "base units, as text") },
    ...{ buyTick: tick.default(null), sellTick: tick.default(null) },
    ...{ firstPeriod: index, lastPeriod: index, epoch: index, sequence: index },
  }),
  signature: z.string().regex(/^0x[0-9a-f]{128}$/i, "64 bytes in hex"),
});

/** What `--sign-only` prints. */
export function fileOf(type: Papers["name"], { message, signature }: SignedPaper): z.input<typeof fileSchema> {
  const { community, member, budget, buyTick, sellTick, firstPeriod, lastPeriod, epoch, sequence } = message;
  const orNull = (value: bigint | null) => (value === null ? null : Number(value));
  return {
    type,
    message: {
      ...{ community: Number(community), member: Number(member), budget: budget.toString() },
      ...(type === "StandingOrder" && { buyTick: orNull(buyTick), sellTick: orNull(sellTick) }),
      ...{ firstPeriod: Number(firstPeriod), lastPeriod: Number(lastPeriod) },
      ...{ epoch: Number(epoch), sequence: Number(sequence) },
    },
    signature: signatureBytes(signature),
  };
}

/** @throws CliError FILE_UNREADABLE, FILE_MALFORMED */
export function readPaper(path: string, type: Papers["name"], community: CommunityIndex): SignedPaper {
  const { success, data, error } = fileSchema.safeParse(parseJson(path, readText("file", path)));
  if (!success) {
    const [issue] = error.issues;
    const field = issue?.path.map(String).join(".") ?? "";
    const found = `${path}: ${field === "" ? "the file" : field}: ${issue?.message ?? "malformed"}`;
    throw new CliError("FILE_MALFORMED", `${found}. Pass what wattbook budget sign --sign-only printed.`);
  }
  const { message } = data;
  if (data.type !== type || BigInt(message.community) !== community) {
    const found = `${path} holds a ${data.type} of community ${message.community}`;
    throw new CliError("FILE_MALFORMED", `${found}. Pass a ${type} of community ${community}.`);
  }
  const orNull = (value: number | null) => (value === null ? null : asTick(BigInt(value)));
  return {
    message: {
      ...{ community: asCommunity(BigInt(message.community)), member: asMember(BigInt(message.member)) },
      ...{ budget: asAmount(BigInt(message.budget)) },
      ...{ buyTick: orNull(message.buyTick), sellTick: orNull(message.sellTick) },
      ...{ firstPeriod: asPeriod(BigInt(message.firstPeriod)), lastPeriod: asPeriod(BigInt(message.lastPeriod)) },
      ...{ epoch: BigInt(message.epoch), sequence: BigInt(message.sequence) },
    },
    signature: compactSignature(data.signature),
  };
}

/** Both modules skip with the same event. */
const MODULE = new Interface(EnergySharingAbi);

/** Members whose budget the chain left out, and why. */
export function skippedIn(receipts: readonly TransactionReceipt[]): Map<bigint, string> {
  const found = new Map<bigint, string>();
  for (const log of receipts.flatMap(({ logs }) => logs)) {
    const event = MODULE.parseLog(log);
    if (event?.name !== "Skipped") continue;
    found.set(event.args["member"] as bigint, reasonOf(SHARING_REASONS, event.args["reason"] as bigint));
  }
  return found;
}

/** The error for one of them. */
export function leftOut(reason: string): CliError {
  return new CliError(
    "ORDER_LEFT_OUT",
    `The chain left the budget out: ${reason}. Look at it with wattbook budget show, and sign it again.`,
  );
}
