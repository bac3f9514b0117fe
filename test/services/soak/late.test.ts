import { expect } from "chai";
import { gateOf, slotIn, asPeriod, asSlotOffset } from "@wattbook/sdk";
import { COMMUNITY, gatewayOf, MEMBER, prepare, TERMS, TRADER } from "../gateway/gateway-support.ts";
import { DAY } from "../gateway/queue-support.ts";
import { checkStrips, type MadeStrip } from "./check.ts";

const GATE_PASSED = '{"code":"GateTooNear","message":"The first gate closes at once."}';

/** A strip as a gateway made it, in whatever state. */
async function stripIn(state: string, answer: string): Promise<MadeStrip> {
  const { gateway, world } = gatewayOf({ traders: [TRADER], prepare });
  world.now = DAY + 3n * 3_600n;
  await gateway.step();
  const item = gateway.queue.outbox.last("strip", COMMUNITY.community, MEMBER.member);
  await gateway.stop();
  if (item === undefined) throw new Error("no strip");
  const { digest, body, member, period } = item;
  return { digest, body, member: Number(member), period: Number(period), state, answer, gateway: "one" };
}

describe("a late strip of a soak", function () {
  const world = { terms: TERMS, community: COMMUNITY.community };

  it("needs a fault before its first gate", async function () {
    const strip = await stripIn("refused", GATE_PASSED);
    const asked: unknown[] = [];
    const troubledBefore = (...of: unknown[]) => asked.push(of) > 0;
    expect(checkStrips({ world, troubledBefore }, [strip], new Map())).to.equal(1);
    const gate = gateOf(TERMS, slotIn(TERMS, asPeriod(BigInt(strip.period)), asSlotOffset(0n)));
    expect(asked).to.deep.equal([[gate, "one", strip.digest]]);
    expect(() => checkStrips({ world, troubledBefore: () => false }, [strip], new Map())).to.throw("met no fault");
  });

  it("is excused for lateness alone, and not where it is on chain", async function () {
    const parts = { world, troubledBefore: () => true };
    const other = await stripIn("refused", '{"code":"Underfunded","message":"x"}');
    expect(() => checkStrips(parts, [other], new Map())).to.throw("is refused");
    const placed = await stripIn("refused", GATE_PASSED);
    expect(() => checkStrips(parts, [placed], new Map([[placed.digest, 1]]))).to.throw("is refused");
    const lost = await stripIn("accepted", "{}");
    expect(() => checkStrips(parts, [lost], new Map())).to.throw("is lost");
  });
});
