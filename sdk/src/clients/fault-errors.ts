/** Errors of what lies between the SDK and a contract: deployments, nodes, wallets. Each says what to do in `hint`. */
import { WattbookError } from "../errors.ts";
import type { WattbookErrorCode } from "../errors.ts";

/** A fault of a node, a wallet or a deployment. */
export abstract class FaultError extends WattbookError {
  abstract override readonly code: WattbookErrorCode;

  constructor(
    what: string,
    override readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(`${what} ${hint}`, options);
  }

  /** Whether the same request may succeed a moment later. */
  get transient(): boolean {
    return false;
  }
}

/** A node or a wallet of another chain than the deployment. */
export class WrongChainError extends FaultError {
  readonly code = "WRONG_CHAIN";

  constructor(
    /** Chain id of the deployment; null where unknown. */
    readonly expected: bigint | null,
    /** Chain id of the node or the wallet; null where it does not say. */
    readonly actual: bigint | null,
    options?: ErrorOptions,
  ) {
    super(
      `The node or wallet is on chain ${actual ?? "unknown"}, the deployment on chain ${expected ?? "unknown"}.`,
      `Switch the wallet to chain ${expected ?? "of the deployment"}, or load the deployment of chain ${actual ?? "in use"}.`,
      options,
    );
  }
}

/** An address that holds no contract. */
export class NoContractError extends FaultError {
  readonly code = "NO_CONTRACT";

  constructor(
    /** What should be there, such as "Settlement". */
    readonly contract: string,
    /** Empty where it is not known. */
    readonly address: string,
    options?: ErrorOptions,
  ) {
    super(
      `There is no contract${address === "" ? "" : ` at ${address}`} (${contract}).`,
      "Check the address and the network; on a development node, deploy again after each restart.",
      options,
    );
  }
}

/** An account that cannot pay for gas. */
export class InsufficientFundsError extends FaultError {
  readonly code = "INSUFFICIENT_FUNDS";

  constructor(
    /** What the node said. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The account cannot pay for the transaction: ${reason}.`,
      "Send it some of the chain's own coin, or let another account or a paymaster send the unsigned call.",
      options,
    );
  }
}

/** A signature or a connection that the user declined in the wallet. */
export class SignatureRejectedError extends FaultError {
  readonly code = "SIGNATURE_REJECTED";

  constructor(options?: ErrorOptions) {
    super("The request was rejected in the wallet: nothing was sent.", "Ask again when the user is ready.", options);
  }
}

/** A nonce that another transaction of the account took. */
export class NonceTakenError extends FaultError {
  readonly code = "NONCE_TAKEN";

  constructor(
    /** What the node said. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `Another transaction of the account stands in the way: ${reason}.`,
      "Wait for pending transactions, look whether this one was mined already, then send again with a fresh nonce.",
      options,
    );
  }
}

/** A node that did not answer in time. */
export class RpcTimeoutError extends FaultError {
  readonly code = "RPC_TIMEOUT";

  constructor(
    /** What was asked, such as "eth_getLogs". */
    readonly request: string,
    /** Milliseconds waited; null where the node or a library gave up first. */
    readonly waited: number | null,
    options?: ErrorOptions,
  ) {
    super(
      `The node did not answer ${request} ${waited === null ? "in time" : `within ${waited} ms`}.`,
      "Try again, allow more time (timeout), or use another node. A transaction may have been sent: look before resending.",
      options,
    );
  }

  override get transient(): boolean {
    return true;
  }
}

/** A node that cannot be reached, or is out of order. */
export class RpcUnavailableError extends FaultError {
  readonly code = "RPC_UNAVAILABLE";

  constructor(
    /** What the transport said. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `The node is not available: ${reason}.`,
      "Check its address and that it runs, or use another node. A transaction may have been sent: look before resending.",
      options,
    );
  }

  override get transient(): boolean {
    return true;
  }
}

/** A node that is reached and declines: rate limits, missing rights, methods it does not offer. */
export class RpcRefusedError extends FaultError {
  readonly code = "RPC_REFUSED";

  constructor(
    /** What the node said. */
    readonly reason: string,
    /** Whether it asks for patience only. */
    readonly busy: boolean,
    options?: ErrorOptions,
    /** Whether it declines whoever asks, or the method, by its code or HTTP status: that says nothing of what was asked. */
    readonly denied = false,
  ) {
    super(
      `The node refuses the request: ${reason}.`,
      busy
        ? "Ask less often, or use a node with a higher limit."
        : "Check the request, the access key and the node's methods.",
      options,
    );
  }

  override get transient(): boolean {
    return this.busy;
  }
}

/** An answer that is none: no JSON, or cut off. */
export class RpcInvalidError extends FaultError {
  readonly code = "RPC_INVALID";

  constructor(
    /** What is wrong with it. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The node's answer cannot be read: ${reason}.`, "Check that the address is a JSON-RPC node's.", options);
  }

  override get transient(): boolean {
    return true;
  }
}

/** A node whose answers contradict each other or the deployment. */
export class RpcInconsistentError extends FaultError {
  readonly code = "RPC_INCONSISTENT";

  constructor(
    /** What it claims. */
    readonly claim: string,
    /** What speaks against it. */
    readonly evidence: string,
    options?: ErrorOptions,
  ) {
    super(`The node claims ${claim}, but ${evidence}.`, "Do not sign anything with it: use another node.", options);
  }
}

/** Logs that the node no longer has. */
export class LogsPrunedError extends FaultError {
  readonly code = "LOGS_PRUNED";

  constructor(
    /** First block that was asked for; null where unknown. */
    readonly fromBlock: number | null,
    options?: ErrorOptions,
  ) {
    super(
      `The node has pruned the logs${fromBlock === null ? " that were asked for" : ` from block ${fromBlock} on`}.`,
      "Use a node that keeps all receipts (an archive node), or start from a checkpoint.",
      options,
    );
  }
}

/** More blocks or logs than the node answers for at once. `scanLogs` halves the range by itself. */
export class LogRangeError extends FaultError {
  readonly code = "LOG_RANGE_TOO_LARGE";

  constructor(
    /** What the node said. */
    readonly reason: string,
    /** Most blocks that the node names; null where it names none. */
    readonly most: number | null,
    options?: ErrorOptions,
  ) {
    super(`The node does not answer for so many logs at once: ${reason}.`, "Ask for fewer blocks.", options);
  }
}

/** A deployment file that is not one. */
export class DeploymentInvalidError extends FaultError {
  readonly code = "DEPLOYMENT_INVALID";

  constructor(
    /** Field of the file, such as "contracts.Settlement". */
    readonly field: string,
    readonly value: unknown,
    /** What should be there. */
    readonly expected: string,
    options?: ErrorOptions,
  ) {
    super(
      `${field} of the deployment is ${shown(value)}.`,
      `It should be ${expected}: take the deployment.json that the deploy script wrote.`,
      options,
    );
  }
}

/** A deployment file of another version of the SDK. */
export class DeploymentVersionError extends FaultError {
  readonly code = "DEPLOYMENT_VERSION";

  constructor(
    readonly field: string,
    readonly value: unknown,
    /** What this SDK reads. */
    readonly supported: string,
  ) {
    super(
      `${field} of the deployment is ${shown(value)}; this SDK reads ${supported}.`,
      "Deploy with this version, or install the version of @wattbook/sdk that the deployment was made with.",
    );
  }
}

/** Contracts that do not belong together, or are not Wattbook's. */
export class DeploymentMismatchError extends FaultError {
  readonly code = "DEPLOYMENT_MISMATCH";

  constructor(
    /** Such as "Settlement". */
    readonly contract: string,
    /** What it was asked, such as "escrow". */
    readonly part: string,
    readonly answer: string,
    readonly expected: string,
    options?: ErrorOptions,
  ) {
    super(
      `${contract}.${part} answers ${answer}, not ${expected}: the addresses are not of one deployment.`,
      "Take all addresses from one deployment.json.",
      options,
    );
  }
}

/** A log checkpoint that is none, or of another scan. */
export class CheckpointInvalidError extends FaultError {
  readonly code = "CHECKPOINT_INVALID";

  constructor(
    readonly field: string,
    readonly value: unknown,
    readonly expected: string,
  ) {
    super(`${field} of the checkpoint is ${shown(value)}, not ${expected}.`, "Delete it and scan from the start.");
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = typeof value === "bigint" ? value.toString() : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
