/** Errors of the deployment: a stable code, and a message that names what is wrong and what to do. */

import type { WattbookErrorCode } from "@wattbook/sdk";

/** Codes of this program; `docs/deploy.md` says what to do about each. */
export const DEPLOY_CODES = [
  "OPTION_INVALID",
  "OPTION_UNKNOWN",
  "ENV_MALFORMED",
  "ENV_UNKNOWN_KEY",
  "ENV_DUPLICATE_KEY",
  "ENV_URL_INVALID",
  "ENV_CHAIN_ID_INVALID",
  "ENV_KEY_INVALID",
  "VARIABLE_MISSING",
  "NETWORK_UNKNOWN",
  "NETWORK_EPHEMERAL",
  "NO_ACCOUNT",
  "NOT_BUILT",
  "RPC_FAILED",
  "CONFIRMATION_NEEDED",
  "FOLDER_UNREADABLE",
  "FOLDER_MALFORMED",
  "FOLDER_VERSION",
  "DEPLOYER_CHANGED",
  "DEPLOYER_BUSY",
  "DEPLOYER_NONCE_TAKEN",
  "CHAIN_RESET",
  "CODE_MISMATCH",
  "DEPLOYMENT_REVERTED",
  "TRANSACTION_PENDING",
  "TRANSACTION_LOST",
  "VERIFICATION_FAILED",
] as const;

/** The SDK's codes name what nodes and contracts do wrong. */
export type DeployErrorCode = (typeof DEPLOY_CODES)[number] | WattbookErrorCode;

/** Whatever stops a deployment for a reason it can name. */
export class DeployError extends Error {
  override readonly name = "DeployError";

  constructor(
    readonly code: DeployErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
