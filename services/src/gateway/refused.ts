/** Readings and strips that a relayer refused for good, in the queue of a gateway that is stopped. */
import { existsSync } from "node:fs";
import type { CommunityIndex, MemberIndex, Period } from "@wattbook/sdk/pure";
import { z } from "zod";
import { ServiceError } from "../errors.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { OutboxItem, OutboxKind } from "./queue/outbox.ts";
import { Queue } from "./queue/queue.ts";

/** A refused message, and why it was refused. */
export interface RefusedMessage {
  readonly kind: OutboxKind;
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  readonly period: Period;
  readonly code: string;
  readonly message: string;
  /** Whether it is made anew once it is forgotten: not where a later one of the member was taken. */
  readonly again: boolean;
}

export interface RefusedOptions {
  /** Forgets those that are made anew then. */
  readonly forget: boolean;
  readonly community?: CommunityIndex;
  readonly member?: MemberIndex;
}

const Answer = z.object({ code: z.string().default("REFUSED"), message: z.string().default("") });

/**
 * Lists refused messages, and forgets them where that is asked for.
 * @throws ServiceError STORE_IN_USE while the gateway runs, FILE_UNREADABLE where there is no queue
 */
export function refusedMessages(
  { queue: path }: Pick<GatewayConfig, "queue">,
  { forget, community, member }: RefusedOptions,
): RefusedMessage[] {
  if (!existsSync(path)) {
    throw new ServiceError("FILE_UNREADABLE", `queue ${path} is not there. Name the gateway's configuration.`);
  }
  const queue = new Queue(path);
  try {
    const found = queue.outbox
      .refused()
      .filter(
        ({ item }) =>
          (community === undefined || item.community === community) && (member === undefined || item.member === member),
      );
    if (forget) {
      queue.transaction(() => {
        for (const { item, again } of found) if (again) queue.outbox.forget(item);
      });
    }
    return found.map(({ item, again }) => ({ ...shown(item), again }));
  } finally {
    queue.close();
  }
}

function shown({ kind, community, member, period, answer }: OutboxItem): Omit<RefusedMessage, "again"> {
  const { code, message } = Answer.catch({ code: "REFUSED", message: answer ?? "" }).parse(JSON.parse(answer ?? "{}"));
  return { kind, community, member, period, code, message };
}
