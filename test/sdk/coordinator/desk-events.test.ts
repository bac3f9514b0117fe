import { expect } from "chai";
import fc from "fast-check";
import { Interface } from "ethers";
import type { ParamType } from "ethers";
import { CoordinatorDeskAbi } from "../../../sdk/src/abi/index.js";
import { DESK_EVENTS, deskEventsOf } from "../../../sdk/src/clients/desk-events.ts";
import { packMandate, unpackMandate } from "../../../sdk/src/coordinator/mandate.ts";
import { SET_POINT_BREACHES } from "../../../sdk/src/coordinator/set-point.ts";
import { encodeValues } from "../../../sdk/src/reading.ts";
import { account, anyAddress, anyWord, metered } from "../support.ts";
import { deskWorld, mandateOf } from "./world.ts";

const abi = new Interface(CoordinatorDeskAbi);
const DESK = account(0xde);
const LIMITS = unpackMandate(packMandate(mandateOf()));

/** Any value of a parameter that the desk can emit. */
function anyOf({ name, type }: ParamType): fc.Arbitrary<unknown> {
  if (name === "mandate") {
    return fc.bigInt(1n, 1_000n).map((sequence) => packMandate({ ...LIMITS, sequence }));
  }
  if (name === "breach") return fc.bigInt(0n, BigInt(SET_POINT_BREACHES.length - 1));
  if (name === "permille") return fc.bigInt(0n, 1_000n);
  if (type === "address") return anyAddress;
  if (type === "bytes32") return anyWord;
  if (type === "bytes") return fc.constant(encodeValues([metered(250, 0), metered(0, 7)]));
  const bits = BigInt(Math.min(Number(/\d+/.exec(type)?.[0]), 96));
  if (type.startsWith("int")) return fc.bigInt(-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n);
  return fc.bigInt(0n, (1n << bits) - 1n);
}

/** As the event's argument was, out of what the reader made of it. */
function argument(name: string, value: unknown): unknown {
  if (name === "mandate") return packMandate(value as Parameters<typeof packMandate>[0]);
  if (name === "breach") return BigInt(SET_POINT_BREACHES.indexOf(value as (typeof SET_POINT_BREACHES)[number]));
  if (name === "values") return encodeValues(value as Parameters<typeof encodeValues>[0]);
  return typeof value === "string" ? value.toLowerCase() : value;
}

describe("Events of the coordinator's desk", function () {
  it("all have a reader, and no other", function () {
    const names: string[] = [];
    abi.forEachEvent(({ name }) => names.push(name));
    expect(Object.keys(DESK_EVENTS).sort()).to.deep.equal(names.sort());
  });

  abi.forEachEvent((fragment) => {
    it(`${fragment.name} is read and says all that its log says`, function () {
      const { name, inputs } = fragment;
      fc.assert(
        fc.property(fc.tuple(...inputs.map(anyOf)), (values) => {
          const log = { address: DESK, blockNumber: 7, ...abi.encodeEventLog(fragment, values) };
          const [event, ...more] = deskEventsOf([log], DESK.toUpperCase().replace("0X", "0x"));
          expect([event?.name, more.length]).to.deep.equal([name, 0]);
          const read = event as unknown as Readonly<Record<string, unknown>>;
          const found = inputs.map((input) => argument(input.name, read[input.name]));
          expect(found).to.deep.equal(values.map((value) => (typeof value === "string" ? value.toLowerCase() : value)));
          expect(Object.keys(read)).to.have.length(inputs.length + 1);
        }),
        { numRuns: 20 },
      );
    });
  });

  it("are found in receipts; others are left out", async function () {
    const { raw, home, d, client } = await deskWorld();
    const receipt = await (await d.entrust(home)).wait();
    const events = deskEventsOf(receipt, client.address);
    expect(events.map(({ name }) => name)).to.deep.equal(["MandateKept"]);
    expect(deskEventsOf(receipt, raw.stranger.address)).to.deep.equal([]);
    expect(deskEventsOf(null, client.address)).to.deep.equal([]);
    const unknown = { address: client.address, blockNumber: 1, topics: [`0x${"77".repeat(32)}`], data: "0x" };
    expect(deskEventsOf([unknown], client.address)).to.deep.equal([]);
  });
});
