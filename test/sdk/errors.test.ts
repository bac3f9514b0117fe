import { readFileSync } from "node:fs";
import { expect } from "chai";
import * as battery from "../../sdk/src/battery/errors.ts";
import * as faults from "../../sdk/src/clients/fault-errors.ts";
import { ContractRevertError } from "../../sdk/src/clients/revert.ts";
import * as errors from "../../sdk/src/errors.ts";
import { BadSignatureError, EmptyStripError, isWattbookError, WattbookError } from "../../sdk/src/errors.ts";

const EVIDENCE = ["field", 3, "Pass less.", 1] as const;

/** One instance of every concrete class, with made-up evidence. */
function everyError(): WattbookError[] {
  const made = Object.values({ ...errors, ...faults, ...battery } as Record<string, unknown>).flatMap((value) => {
    if (typeof value !== "function" || !(value.prototype instanceof WattbookError)) return [];
    if (value === faults.FaultError) return [];
    const Concrete = value as new (...evidence: unknown[]) => WattbookError;
    return [new Concrete(...EVIDENCE.slice(0, Concrete.length))];
  });
  return [...made, new ContractRevertError("NotOwner", { community: 0n })];
}

describe("errors", function () {
  it("has one code per class, upper case, and one class per code", function () {
    const codes = everyError().map((error) => error.code);
    expect(new Set(codes).size).to.equal(codes.length);
    for (const code of codes) expect(code).to.match(/^[A-Z]+(_[A-Z]+)*$/);
    const text = readFileSync(new URL("../../sdk/src/errors.ts", import.meta.url), "utf8");
    const [union = ""] = /WattbookErrorCode =[^;]*;/.exec(text) ?? [];
    const declared = [...union.matchAll(/"([A-Z_]+)"/g)].map((match) => match[1]);
    expect([...codes].sort()).to.deep.equal([...declared].sort());
  });

  it("names each error after its class and says what to do", function () {
    for (const error of everyError()) {
      expect(error.name).to.equal(error.constructor.name);
      expect(error.message).to.match(/^.+[.:] .*\.$/);
      if (error instanceof faults.FaultError) expect(error.message.endsWith(` ${error.hint}`)).to.equal(true);
    }
  });

  it("tells its own errors from others", function () {
    const own: unknown = new EmptyStripError();
    expect(isWattbookError(own)).to.equal(true);
    expect(isWattbookError(own, "EMPTY_STRIP")).to.equal(true);
    expect(isWattbookError(own, "OVER_CAP")).to.equal(false);
    expect(isWattbookError(new TypeError("EMPTY_STRIP"))).to.equal(false);
    expect(isWattbookError(null)).to.equal(false);
  });

  it("keeps the cause", function () {
    const cause = new Error("inner");
    expect(new BadSignatureError("it recovers no key", { cause }).cause).to.equal(cause);
    expect(new faults.RpcTimeoutError("eth_call", 10, { cause }).cause).to.equal(cause);
  });
});
