/** Errors of the community script: a stable code, and a message that names the field or the record and what to do. */

/** Codes of this program; `docs/deploy.md` says what to do about each. */
export const COMMUNITY_CODES = [
  "FILE_UNREADABLE",
  "FILE_MALFORMED",
  "RECORD_INVALID",
  "RECORD_DUPLICATE",
  "SIGNATURE_MISSING",
  "DEPLOYMENT_MISSING",
  "COMMUNITY_MISSING",
  "PAYMENT_TOKEN_NEEDED",
  "DEV_KEYS_REFUSED",
  "KEY_UNKNOWN",
  "NOT_COORDINATOR",
  "COORDINATOR_BUSY",
] as const;
export type CommunityErrorCode = (typeof COMMUNITY_CODES)[number];

/** Whatever stops the script, or leaves a record out, for a reason it can name. */
export class CommunityError extends Error {
  override readonly name = "CommunityError";

  constructor(
    readonly code: CommunityErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
