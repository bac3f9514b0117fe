/** `@wattbook/services/files`: keys, secrets and configurations in files, for programs that need no service. */
export { isServiceError, ServiceError } from "./errors.ts";
export type { ServiceErrorCode } from "./errors.ts";
export { readConfig } from "./operation/config.ts";
export { checkPrivate, readPrivate, readSecret, readText } from "./operation/files.ts";
export { openKey, readKey, unlockKey } from "./operation/keys.ts";
export type { KeyFile, LockedKey, Passwords } from "./operation/keys.ts";
export { Secrets } from "./operation/secrets.ts";
