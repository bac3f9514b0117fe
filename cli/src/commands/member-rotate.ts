/** `wattbook member rotate`: a new meter key for a member; the registers go on. */
import { asMember, asSeconds, type Hex, type MeterRotation } from "@wattbook/sdk";
import { z } from "zod";
import { signConsents } from "../lib/consents.ts";
import { CliError } from "../lib/errors.ts";
import { parseJson, readText } from "../lib/files.ts";
import { keyOf, readKey } from "../lib/keystore.ts";
import { memberOf, type LinkOptions, type Session } from "../lib/link.ts";
import { jsonText, type Output } from "../lib/output.ts";
import { scopeOf } from "../lib/scope.ts";
import { outcomeJson, outcomeText, sendCalls, type SigningOptions } from "../lib/send.ts";

export type RotateOptions = LinkOptions &
  SigningOptions & { readonly newKey?: string; readonly newPasswordFile?: string; readonly file?: string };

/** Signs a rotation, or takes a signed one from a file, and sends it where the coordinator's key is here. */
export async function rotateMeter(session: Session, options: RotateOptions, output: Output): Promise<void> {
  const signed =
    options.file === undefined ? await signedHere(session, options, output) : rotationIn(session, options.file);
  if (signed === undefined) {
    output.result({ dryRun: true }, () => "Would sign the rotation above.");
    return;
  }
  if (session.config.keys.coordinator === undefined) {
    const { rotation, ...signatures } = signed;
    const { member, meterKey, deadline, nonce } = rotation;
    const json = { member: Number(member), meterKey, deadline: String(deadline), nonce: String(nonce), ...signatures };
    output.say(
      "There is no keys.coordinator here: hand this to the coordinator, who runs wattbook member rotate --file.",
    );
    output.result(json, () => jsonText(json));
    return;
  }
  await send(session, signed, options, output);
}

interface SignedRotation {
  readonly rotation: MeterRotation;
  readonly consent: Hex;
  readonly proof: Hex;
}

async function send(
  session: Session,
  { rotation, consent, proof }: SignedRotation,
  options: RotateOptions,
  output: Output,
): Promise<void> {
  const { wattbook, community, config } = session;
  const from = keyOf(config, "coordinator");
  const coordinator = await wattbook.registry.ownerOf(community, asMember(0n));
  if (from.address !== coordinator) {
    throw new CliError(
      "NOT_COORDINATOR",
      `The coordinator is ${coordinator}, keys.coordinator is ${from.address}. Name its key.`,
    );
  }
  const call = wattbook.registry.calls.rotateMeterKey(rotation, consent, proof);
  const outcome = await sendCalls(session, { from, steps: [{ call }], scope: scopeOf(session) }, options, output);
  const { member, meterKey } = rotation;
  output.result({ ...outcomeJson(outcome), member: Number(member), meterKey }, () => {
    const text = `meter key ${meterKey} signs the readings of member ${member} from the next period on`;
    return outcome.dryRun ? `Would make it so that ${text}.` : `${outcomeText(outcome)}\nThe ${text}.`;
  });
}

async function signedHere(
  session: Session,
  options: RotateOptions,
  output: Output,
): Promise<SignedRotation | undefined> {
  const { wattbook, community, config } = session;
  if (options.newKey === undefined) {
    throw new CliError(
      "OPTION_INVALID",
      "--new-key is missing: name the keystore of the new meter key, or pass a signed rotation with --file.",
    );
  }
  const member = await memberOf(options, session);
  const owner = keyOf(config, "owner");
  const onChain = await wattbook.registry.ownerOf(community, member);
  if (owner.address !== onChain) {
    throw new CliError(
      "NOT_OWNER",
      `Member ${member} belongs to ${onChain}, keys.owner is ${owner.address}. Name the owner's key.`,
    );
  }
  const meter = readKey("--new-key", { file: options.newKey, passwordFile: options.newPasswordFile });
  const nonce = await wattbook.registry.nonceOf(owner.address);
  const rotation: MeterRotation = {
    community,
    member,
    meterKey: meter.address,
    deadline: asSeconds(session.now + GOOD_FOR),
    nonce,
  };
  const message = { name: "MeterRotation", consent: rotation } as const;
  const signatures = await signConsents(
    session,
    [
      { ...message, key: owner },
      { ...message, key: meter },
    ],
    options,
    output,
  );
  const [consent, proof] = signatures ?? [];
  return consent === undefined || proof === undefined ? undefined : { rotation, consent, proof };
}

/** A week for the coordinator to send it. */
const GOOD_FOR = 7n * 86_400n;

const bytes = z.string().regex(/^0x([0-9a-fA-F]{2})+$/, "must be a signature in hex");
const digits = z.string().regex(/^\d{1,30}$/, "must be a whole number as text");
const schema = z.strictObject({
  member: z.int().nonnegative(),
  meterKey: z.string(),
  deadline: digits,
  nonce: digits,
  consent: bytes,
  proof: bytes,
});

function rotationIn({ community }: Session, path: string): SignedRotation {
  const { success, data, error } = schema.safeParse(parseJson(path, readText("--file", path)));
  if (!success) {
    const [issue] = error.issues;
    throw new CliError(
      "FILE_MALFORMED",
      `${path}: ${issue?.path.map(String).join(".") ?? "the file"}: ${issue?.message ?? "malformed"}.`,
    );
  }
  const { member, meterKey, deadline, nonce, consent, proof } = data;
  const rotation = {
    community,
    member: asMember(BigInt(member)),
    meterKey,
    deadline: asSeconds(BigInt(deadline)),
    nonce: BigInt(nonce),
  };
  return { rotation, consent, proof };
}
