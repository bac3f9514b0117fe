/** Consents of owners and meters: shown in words, then signed by the configured keys. */
import { CONSENT_TYPES, signConsent, type ConsentName, type Consents, type Hex } from "@wattbook/sdk";
import { confirm } from "./confirm.ts";
import { messageFields } from "./decode.ts";
import { unlock, type LockedKey } from "./keystore.ts";
import type { Session } from "./link.ts";
import type { Output } from "./output.ts";
import { scopeOf } from "./scope.ts";
import type { AskingOptions } from "./send.ts";
import { pairsText } from "./table.ts";
import { paint } from "./terminal.ts";

/** A message that a key is to sign. */
export interface ToSign<N extends ConsentName = ConsentName> {
  readonly name: N;
  readonly consent: Consents[N];
  readonly key: LockedKey;
}

/**
 * Shows messages, asks, and signs them. Undefined in a dry run.
 * @throws CliError CONFIRMATION_NEEDED, and those of `unlock`
 */
export async function signConsents(
  session: Session,
  wanted: readonly ToSign[],
  options: AskingOptions,
  output: Output,
): Promise<Hex[] | undefined> {
  for (const each of wanted) output.say(consentText(session, each));
  if (options.dryRun) return undefined;
  if (wanted.length === 0) return [];
  await confirm(
    wanted.length === 1 ? "Sign this message?" : `Sign these ${wanted.length} messages?`,
    options.yes,
    session.terminal,
  );
  const wallets = new Map<string, Awaited<ReturnType<typeof unlock>>>();
  const signatures: Hex[] = [];
  for (const { name, consent, key } of wanted) {
    const wallet = wallets.get(key.file) ?? (await unlock(key, options.passwordFile, session.terminal));
    wallets.set(key.file, wallet);
    signatures.push(await signConsent(session.wattbook.domains.registry, name, consent, wallet));
  }
  return signatures;
}

function consentText(session: Session, { name, consent, key }: ToSign): string {
  const { terminal } = session;
  const values = consent as unknown as Readonly<Record<string, unknown>>;
  const fields = messageFields(CONSENT_TYPES[name].fields, values, scopeOf(session));
  const title = paint("bold", name, terminal.stderr, terminal.env);
  return `To be signed by ${key.address} (${key.name}):\n${title}\n${pairsText(fields, "  ")}`;
}
