import { expect } from "chai";
import { AbiCoder, id, Interface, makeError } from "ethers";
import { revertOf } from "../../../sdk/src/clients/decode-revert.ts";
import { FaultError } from "../../../sdk/src/clients/fault-errors.ts";
import { faultOf } from "../../../sdk/src/clients/faults.ts";
import { HINTS } from "../../../sdk/src/clients/hints.ts";
import { TOKEN_ERRORS } from "../../../sdk/src/clients/revert-names.ts";
import { EmptyStripError } from "../../../sdk/src/errors.ts";
import type { WattbookErrorCode } from "../../../sdk/src/errors.ts";
import * as abis from "../../../sdk/src/abi/index.js";

/** A JSON-RPC error as ethers passes it on. */
function rpc(code: number, message: string, data?: unknown): Error {
  const error = { code, message, ...(data === undefined ? {} : { data }) };
  return makeError("could not coalesce error", "UNKNOWN_ERROR", { error });
}

/** An HTTP answer as ethers passes it on. */
function http(status: number, body = ""): Error {
  return makeError("server response", "SERVER_ERROR", {
    request: "https://node.example/key",
    info: { responseStatus: `${status} x`, responseBody: body },
  });
}

/** What nodes and wallets really say, with the code it gets. */
const SAID: readonly (readonly [string, unknown, WattbookErrorCode])[] = [
  ["a wallet's refusal", { code: 4001, message: "MetaMask Tx Signature: User denied" }, "SIGNATURE_REJECTED"],
  ["ethers' refusal", makeError("user rejected", "ACTION_REJECTED", {} as never), "SIGNATURE_REJECTED"],
  [
    "geth without funds",
    rpc(-32000, "insufficient funds for gas * price + value: have 0 want 21000"),
    "INSUFFICIENT_FUNDS",
  ],
  ["Hardhat without funds", rpc(-32000, "Sender doesn't have enough funds to send tx."), "INSUFFICIENT_FUNDS"],
  ["a used nonce", rpc(-32000, "nonce too low: next nonce 5, tx nonce 4"), "NONCE_TAKEN"],
  ["a transaction that anvil has", rpc(-32003, "transaction already imported"), "NONCE_TAKEN"],
  ["a transaction that Hardhat has", rpc(-32000, "Known transaction: 0xd433a62f"), "NONCE_TAKEN"],
  ["a cheap replacement", rpc(-32000, "replacement transaction underpriced"), "NONCE_TAKEN"],
  ["geth's other chain", rpc(-32000, "invalid chain id for signer: have 5 want 1"), "WRONG_CHAIN"],
  ["a wallet's other chain", rpc(-32603, 'Provided chainId "1" must match the active chainId "5"'), "WRONG_CHAIN"],
  ["a chain that a wallet lacks", { code: 4902, message: "Unrecognized chain ID" }, "WRONG_CHAIN"],
  ["geth's pruned history", rpc(4444, "pruned history unavailable"), "LOGS_PRUNED"],
  [
    "Erigon's pruned data",
    rpc(-32000, "old data not available due to pruning: from tx: 19, min tx: 32"),
    "LOGS_PRUNED",
  ],
  ["Nethermind's receipts", rpc(-32602, "Receipts for block 9 are neither stored nor reproducible"), "LOGS_PRUNED"],
  [
    "Infura's result limit",
    rpc(-32005, "query returned more than 10000 results. Try with this block range [0x1, 0x2]."),
    "LOG_RANGE_TOO_LARGE",
  ],
  ["Infura's range limit", rpc(-32602, "range 1000000 exceeds limit of 10000"), "LOG_RANGE_TOO_LARGE"],
  [
    "Alchemy",
    rpc(-32602, "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range"),
    "LOG_RANGE_TOO_LARGE",
  ],
  ["QuickNode", rpc(-32614, "eth_getLogs is limited to a 10,000 range"), "LOG_RANGE_TOO_LARGE"],
  ["publicnode", rpc(-32701, "exceed maximum block range: 50000"), "LOG_RANGE_TOO_LARGE"],
  ["dRPC", rpc(35, "ranges over 10000 blocks are not supported on freetier"), "LOG_RANGE_TOO_LARGE"],
  [
    "Optimism's",
    rpc(-32000, "requested too many blocks from 0 to 16777216, maximum is set to 2048"),
    "LOG_RANGE_TOO_LARGE",
  ],
  [
    "Tenderly",
    rpc(-32602, "invalid params", { payload: "range 9009594 is bigger than range limit 2000" }),
    "LOG_RANGE_TOO_LARGE",
  ],
  ["a wide range", rpc(-32000, "too wide blocks range, the limit is 100"), "LOG_RANGE_TOO_LARGE"],
  ["HTTP 429", http(429), "RPC_REFUSED"],
  ["a limit per second", rpc(-32005, "daily request count exceeded, request rate limited"), "RPC_REFUSED"],
  ["a missing key", http(401, "Unauthorized"), "RPC_REFUSED"],
  ["a missing method", rpc(-32601, "the method eth_getLogs does not exist/is not available"), "RPC_REFUSED"],
  ["a transaction too cheap", rpc(-32000, "intrinsic gas too low"), "RPC_REFUSED"],
  ["ethers' time limit", makeError("request timeout", "TIMEOUT", {} as never), "RPC_TIMEOUT"],
  ["a node's time limit", rpc(-32002, "request timed out"), "RPC_TIMEOUT"],
  ["a gateway's time limit", http(504), "RPC_TIMEOUT"],
  ["AbortSignal.timeout", new DOMException("late", "TimeoutError"), "RPC_TIMEOUT"],
  [
    "no node",
    Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" }),
    "RPC_UNAVAILABLE",
  ],
  ["a browser without network", new TypeError("Failed to fetch"), "RPC_UNAVAILABLE"],
  ["a lost connection", new TypeError("fetch failed", { cause: { code: "ECONNRESET" } }), "RPC_UNAVAILABLE"],
  [
    "ethers' start-up",
    makeError("failed to bootstrap network detection", "NETWORK_ERROR", {} as never),
    "RPC_UNAVAILABLE",
  ],
  ["geth without the block", rpc(-32000, "header not found"), "RPC_UNAVAILABLE"],
  ["geth without the block of logs", rpc(-32000, "unknown block"), "RPC_UNAVAILABLE"],
  ["Nethermind without the block", rpc(-32001, "Block not found"), "RPC_UNAVAILABLE"],
  [
    "anvil without the block",
    rpc(-32602, "BlockOutOfRangeError: block height is 0 but requested was 100"),
    "RPC_UNAVAILABLE",
  ],
  [
    "Hardhat without the block",
    rpc(-32000, "Received invalid block tag 100. Latest block number is 0"),
    "RPC_UNAVAILABLE",
  ],
  ["Hardhat without the block of logs", rpc(-32602, "blockHash cannot be found"), "RPC_UNAVAILABLE"],
  ["a broken gateway", http(502, "<html>"), "RPC_UNAVAILABLE"],
  ["an internal error", rpc(-32603, "Internal error"), "RPC_UNAVAILABLE"],
  ["a page instead of JSON", new SyntaxError("Unexpected token '<', \"<html>\" is not valid JSON"), "RPC_INVALID"],
  ["an answer cut off", new SyntaxError("Unexpected end of JSON input"), "RPC_INVALID"],
  ["an empty answer", makeError('could not decode result data (value="0x")', "BAD_DATA", {} as never), "NO_CONTRACT"],
];

/** What a node answers to eth_call, as ethers passes it on: always as a CALL_EXCEPTION. */
function answered(error: { code?: number; message: string; data?: unknown }): Error {
  return Object.assign(makeError("missing revert data", "CALL_EXCEPTION", { data: null } as never), {
    info: { error, payload: { method: "eth_call" } },
  });
}

describe("faultOf a call", function () {
  const cases: readonly (readonly [string, Parameters<typeof answered>[0], WattbookErrorCode])[] = [
    ["a rate limit", { code: -32005, message: "rate limit exceeded" }, "RPC_REFUSED"],
    ["a lost connection", { message: "socket hang up" }, "RPC_UNAVAILABLE"],
    ["a missing key", { code: -32603, message: "Response status code 401: Unauthorized" }, "RPC_REFUSED"],
    ["a path that is not there", { message: "Received an unexpected status code from https://x/key" }, "RPC_REFUSED"],
    ["a node out of order", { code: -32603, message: "Response status code 500: boom" }, "RPC_UNAVAILABLE"],
    ["a page instead of JSON", { message: "Invalid JSON-RPC response received: <html>" }, "RPC_INVALID"],
    ["state that is gone", { code: -32000, message: "missing trie node" }, "LOGS_PRUNED"],
    ["geth's revert", { code: 3, message: "execution reverted" }, "CONTRACT_REVERTED"],
    ["Hardhat's revert", { code: -32603, message: "VM Exception while processing: reverted" }, "CONTRACT_REVERTED"],
    ["Nethermind's", { code: -32015, message: "VM execution error.", data: "Reverted 0x" }, "CONTRACT_REVERTED"],
    ["an endless loop", { code: -32000, message: "out of gas: gas required exceeds: 1" }, "CONTRACT_REVERTED"],
    [
      "MetaMask's",
      { code: -32603, message: "Internal JSON-RPC error.", data: { code: 3, message: "execution reverted" } },
      "CONTRACT_REVERTED",
    ],
    ["a request cut off", { code: -1, message: "Failed to make POST request to https://x/key" }, "RPC_UNAVAILABLE"],
    ["a word that nobody knows", { message: "no" }, "RPC_REFUSED"],
  ];
  for (const [name, error, code] of cases) {
    it(`tells the node's fault from the contract's: ${name}`, function () {
      expect(faultOf(answered(error))?.code).to.equal(code);
      expect(faultOf(answered(error))?.message).not.to.include("https");
    });
  }
});

describe("faultOf", function () {
  for (const [name, thrown, code] of SAID) {
    it(`reads ${name}`, function () {
      const fault = faultOf(thrown);
      expect(fault?.code, fault?.message).to.equal(code);
      expect(fault?.cause).to.equal(thrown);
      expect(fault?.message.endsWith(fault.hint ?? "?")).to.equal(true);
    });
  }

  it("tells what a node names: chains, the largest range, never its address", function () {
    expect(faultOf(rpc(-32000, "invalid chain id for signer: have 5 want 1"))).to.include({ expected: 5n, actual: 1n });
    const limits = SAID.map(([, thrown]) => faultOf(thrown)).flatMap((fault) =>
      fault && "most" in fault ? [fault.most] : [],
    );
    expect(limits).to.deep.equal([null, 10_000, null, 10_000, 50_000, 10_000, 2_048, 2_000, 100]);
    for (const scheme of ["https", "wss"]) {
      const thrown = new Error(`fetch failed: "${scheme}://node.example/secret-key"`);
      expect(faultOf(thrown)?.message).not.to.include("secret-key");
    }
  });

  it("says what is worth trying again", function () {
    const transient = (thrown: unknown) => {
      const fault = faultOf(thrown);
      return fault instanceof FaultError && fault.transient;
    };
    expect([http(429), http(503), rpc(-32002, "request timed out")].map(transient)).to.deep.equal([true, true, true]);
    expect([http(401), rpc(4444, "pruned history unavailable"), { code: 4001 }].map(transient)).to.deep.equal([
      false,
      false,
      false,
    ]);
  });

  it("leaves its own errors, bugs and abortions alone", function () {
    const own = new EmptyStripError();
    expect(faultOf(own)).to.equal(own);
    for (const other of [new TypeError("x is undefined"), new DOMException("stop", "AbortError"), "text", null, 7]) {
      expect(faultOf(other), String(other)).to.equal(undefined);
    }
  });
});

describe("reverts", function () {
  const reverted = (data: string | null) => makeError("execution reverted", "CALL_EXCEPTION", { data } as never);

  it("decode every custom error of contracts and payment tokens, each with a hint", function () {
    const { LocalEuroAbi, DoubleAuctionAbi, EnergyTokenAbi, PaymentEscrowAbi, ProsumerRegistryAbi, SettlementAbi } =
      abis;
    const sealed = [abis.SealedAuctionAbi, abis.CommitBookAbi];
    const open = [LocalEuroAbi, DoubleAuctionAbi, EnergyTokenAbi, PaymentEscrowAbi, ProsumerRegistryAbi, SettlementAbi];
    const all = [...open, ...sealed, abis.EnergySharingAbi, abis.MeteredAuctionAbi, abis.CoordinatorDeskAbi];
    const seen = new Set<string>();
    for (const abi of [...all, TOKEN_ERRORS].map((each) => new Interface(each))) {
      abi.forEachError((error) => {
        if (error.name === "FaucetClosed") return; // the test token's own
        const zeros = error.inputs.map(({ type }) =>
          type === "string"
            ? ""
            : type === "address"
              ? `0x${"01".repeat(20)}`
              : type === "bytes32"
                ? `0x${"02".repeat(32)}`
                : 0n,
        );
        const found = revertOf(reverted(abi.encodeErrorResult(error, zeros)));
        expect(found?.error).to.equal(error.name);
        expect(Object.keys(found?.args ?? {})).to.deep.equal(error.inputs.map((input) => input.name));
        expect(found?.hint.length, error.name).to.be.greaterThan(10);
        seen.add(error.name);
      });
    }
    expect([...seen, "Error", "Panic", "Unknown"].sort()).to.deep.equal(Object.keys(HINTS).sort());
  });

  it("decode texts, panics and the unknown", function () {
    const coder = AbiCoder.defaultAbiCoder();
    const text = `0x08c379a0${coder.encode(["string"], ["blocked"]).slice(2)}`;
    expect(revertOf(reverted(text))).to.deep.include({ error: "Error", args: { reason: "blocked" } });
    const panic = `0x4e487b71${coder.encode(["uint256"], [0x11n]).slice(2)}`;
    expect(revertOf(reverted(panic))).to.deep.include({
      error: "Panic",
      args: { panic: 17n, meaning: "arithmetic overflow" },
    });
    const strange = id("Strange()").slice(0, 10);
    expect(revertOf(reverted(strange))).to.deep.include({ error: "Unknown", args: { data: strange } });
    expect(revertOf(reverted(null))).to.include({ error: "Unknown" });
    expect(revertOf({ code: 3, message: "execution reverted" })).to.include({ error: "Unknown" });
    const cutOff = text.slice(0, 40);
    expect(revertOf(reverted(cutOff))).to.include({ error: "Unknown" });
  });

  it("name the reason of a refused strip or entry, and what to do about it", function () {
    const abi = new Interface(abis.DoubleAuctionAbi);
    const strip = revertOf(reverted(abi.encodeErrorResult("StripRefused", [8])));
    expect(strip).to.deep.include({ args: { reason: "Underfunded" } });
    expect(strip?.hint).to.include("Deposit");
    const entry = revertOf(reverted(abi.encodeErrorResult("EntryRefused", [3, 5])));
    expect(entry).to.deep.include({ args: { index: 3n, reason: "GateClosed" } });
    expect(entry?.hint).to.include("gate");
  });
});
