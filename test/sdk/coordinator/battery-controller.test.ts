import { expect } from "chai";
import type { BaseWallet } from "ethers";
import {
  BatteryController,
  type CounterStore,
  type TakenCounter,
} from "../../../sdk/src/coordinator/battery-controller.ts";
import type { MandateState } from "../../../sdk/src/coordinator/mandate.ts";
import { signSetPoint, type SetPoint } from "../../../sdk/src/coordinator/set-point.ts";
import { SetPointRefusedError } from "../../../sdk/src/errors.ts";
import { asMember, asPermille, asSeconds, asWatts } from "../../../sdk/src/units.ts";
import { dispatcherKey } from "../../helpers/desk.ts";
import { key } from "../../helpers/market.ts";
import { DESK_DOMAIN, mandateOf, setPointOf } from "./world.ts";

const NOW = asSeconds(1_500n);
const HALF = asPermille(500n);
const valid: MandateState = { mandate: mandateOf(), revokedAt: null };

/** Keeps a counter as a disk would: whoever asks later gets what was saved last. */
class Disk implements CounterStore {
  saved: TakenCounter | null = null;
  broken = false;

  async load(): Promise<TakenCounter | null> {
    return Promise.resolve(this.saved);
  }

  async save(taken: TakenCounter): Promise<void> {
    if (this.broken) throw new Error("disk full");
    await new Promise((resolve) => setImmediate(resolve));
    this.saved = taken;
  }
}

const signed = async (fields: Partial<SetPoint> = {}, signer: BaseWallet = dispatcherKey) => {
  const setPoint = setPointOf(fields);
  return { setPoint, signature: await signSetPoint(DESK_DOMAIN, setPoint, signer) };
};

function controller(mandate: MandateState | null = valid, counters = new Disk()) {
  return { battery: new BatteryController({ domain: DESK_DOMAIN, mandate, counters }), disk: counters };
}

async function refusal(promise: Promise<void>): Promise<SetPointRefusedError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof SetPointRefusedError)) throw new Error(`expected a refusal, got ${String(thrown)}`);
  expect(thrown.code).to.equal("SET_POINT_REFUSED");
  return thrown;
}

const idle = { discharging: false, powerW: 0n };

describe("A battery's controller", function () {
  it("follows what its mandate allows, while it counts", async function () {
    const { battery, disk } = controller();
    expect(battery.powerAt(NOW, HALF)).to.deep.equal(idle);
    await battery.take(await signed({ powerW: asWatts(1_234n) }), NOW);
    expect(disk.saved).to.deep.equal({ mandate: 1n, counter: 1n });
    const charging = { discharging: false, powerW: 1_234n };
    expect(battery.powerAt(asSeconds(999n), HALF)).to.deep.equal(idle);
    expect(battery.powerAt(asSeconds(1_000n), HALF)).to.deep.equal(charging);
    expect(battery.powerAt(asSeconds(1_999n), HALF)).to.deep.equal(charging);
    expect(battery.powerAt(asSeconds(2_000n), HALF)).to.deep.equal(idle);
    await battery.take(await signed({ counter: 2n, discharging: true, powerW: asWatts(5_000n) }), NOW);
    expect(battery.powerAt(NOW, HALF)).to.deep.equal({ discharging: true, powerW: 5_000n });
  });

  it("stops where the state of charge is reached", async function () {
    const { battery } = controller();
    const band = { minSocPermille: asPermille(300n), maxSocPermille: asPermille(700n) };
    await battery.take(await signed(band), NOW);
    expect(battery.powerAt(NOW, asPermille(699n)).powerW).to.equal(3_000n);
    expect(battery.powerAt(NOW, asPermille(700n)).powerW).to.equal(0n);
    expect(battery.powerAt(NOW, asPermille(100n)).powerW).to.equal(3_000n);
    await battery.take(await signed({ ...band, counter: 2n, discharging: true }), NOW);
    expect(battery.powerAt(NOW, asPermille(301n)).powerW).to.equal(3_000n);
    expect(battery.powerAt(NOW, asPermille(300n)).powerW).to.equal(0n);
    expect(battery.powerAt(NOW, asPermille(900n)).powerW).to.equal(3_000n);
  });

  const outside: Record<string, readonly [Partial<SetPoint>, string, string]> = {
    "too much charging": [{ powerW: asWatts(3_001n) }, "OverPower", "powerW"],
    "too much discharging": [{ discharging: true, powerW: asWatts(5_001n) }, "OverPower", "powerW"],
    "a state of charge below": [{ minSocPermille: asPermille(199n) }, "OutsideSoc", "minSocPermille"],
    "a state of charge above": [{ maxSocPermille: asPermille(901n) }, "OutsideSoc", "maxSocPermille"],
    "a start before the mandate": [{ validFrom: asSeconds(499n) }, "OutsideTime", "validFrom"],
    "an end behind it": [{ validUntil: asSeconds(9_000_000_001n) }, "OutsideTime", "validUntil"],
    "another mandate": [{ mandate: 2n }, "OtherMandate", "mandate"],
    "another battery": [{ member: asMember(5n) }, "NoMandate", "member"],
  };
  for (const [what, [fields, reason, field]] of Object.entries(outside)) {
    it(`rejects a set-point outside of its mandate: ${what} (N3)`, async function () {
      const { battery, disk } = controller();
      const error = await refusal(battery.take(await signed(fields), NOW));
      expect(error).to.include({ reason, field: `SetPoint.${field}` });
      expect(error.message).to.include(String(setPointOf(fields)[field as keyof SetPoint]));
      expect(battery.powerAt(NOW, HALF)).to.deep.equal(idle);
      expect(disk.saved).to.equal(null);
    });
  }

  it("rejects a replayed set-point, and any with a counter that does not rise (N6)", async function () {
    const { battery, disk } = controller();
    const first = await signed({ counter: 7n });
    await battery.take(first, NOW);
    for (const again of [first, await signed({ counter: 6n }), await signed({ counter: 7n, powerW: asWatts(1n) })]) {
      expect(await refusal(battery.take(again, NOW))).to.include({ reason: "Replayed", field: "SetPoint.counter" });
    }
    await battery.take(await signed({ counter: 8n, powerW: asWatts(2n) }), NOW);
    expect(battery.powerAt(NOW, HALF).powerW).to.equal(2n);
    expect(disk.saved).to.deep.equal({ mandate: 1n, counter: 8n });
  });

  it("rejects it after a restart too, and when it comes twice at once (N6)", async function () {
    const disk = new Disk();
    const once = await signed({ counter: 3n });
    await controller(valid, disk).battery.take(once, NOW);
    const { battery } = controller(valid, disk);
    expect((await refusal(battery.take(once, NOW))).reason).to.equal("Replayed");
    expect(battery.powerAt(NOW, HALF)).to.deep.equal(idle);
    const next = await signed({ counter: 4n });
    const [taken, replayed] = [battery.take(next, NOW), battery.take(next, NOW)];
    await taken;
    expect((await refusal(replayed)).reason).to.equal("Replayed");
  });

  it("counts within a mandate: a dispatcher that has used all counters up blocks none after it (N6)", async function () {
    const disk = new Disk();
    const { battery } = controller(valid, disk);
    const last = await signed({ counter: 2n ** 48n - 1n });
    await battery.take(last, NOW);
    const second: MandateState = { mandate: mandateOf({ sequence: 2n }), revokedAt: null };
    battery.setMandate(second);
    await battery.take(await signed({ mandate: 2n, counter: 1n, powerW: asWatts(7n) }), NOW);
    expect(battery.powerAt(NOW, HALF).powerW).to.equal(7n);
    // A controller that starts again with the mandate before, of a node that lags, takes nothing of it.
    const { battery: restarted } = controller(valid, disk);
    for (const old of [last, await signed({ counter: 9n })]) {
      expect(await refusal(restarted.take(old, NOW))).to.include({ reason: "Replayed", field: "SetPoint.mandate" });
    }
  });

  it("follows nothing whose counter is not safe", async function () {
    const { battery, disk } = controller();
    disk.broken = true;
    const thrown: unknown = await battery.take(await signed(), NOW).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(Error).with.property("message", "disk full");
    expect(battery.powerAt(NOW, HALF)).to.deep.equal(idle);
    disk.broken = false;
    await battery.take(await signed(), NOW); // the line goes on
    expect(battery.powerAt(NOW, HALF).powerW).to.equal(3_000n);
  });

  it("rejects what its dispatcher did not sign, and what is over", async function () {
    const { battery } = controller();
    expect((await refusal(battery.take(await signed({}, key(5)), NOW))).reason).to.equal("BadSignature");
    const { setPoint, signature } = await signed();
    const forged = { setPoint: { ...setPoint, powerW: asWatts(1n) }, signature };
    expect((await refusal(battery.take(forged, NOW))).reason).to.equal("BadSignature");
    const malformed = { setPoint, signature: { r: "0x12", vs: signature.vs } };
    expect((await refusal(battery.take(malformed, NOW))).reason).to.equal("BadSignature");
    expect(await refusal(battery.take(await signed(), asSeconds(2_000n)))).to.include({
      reason: "NotNow",
      field: "SetPoint.validUntil",
    });
  });

  it("stops at once when its member revokes the mandate, or gives another one", async function () {
    const { battery } = controller();
    await battery.take(await signed(), NOW);
    battery.setMandate({ mandate: mandateOf(), revokedAt: asSeconds(1_600n) });
    expect(battery.powerAt(asSeconds(1_599n), HALF).powerW).to.equal(3_000n);
    expect(battery.powerAt(asSeconds(1_600n), HALF)).to.deep.equal(idle);
    const late = await signed({ counter: 2n, validFrom: asSeconds(1_600n) });
    expect((await refusal(battery.take(late, NOW))).reason).to.equal("Revoked");
    const old = await signed({ counter: 2n });
    expect((await refusal(battery.take(old, asSeconds(1_600n)))).reason).to.equal("Revoked");
    battery.setMandate({ mandate: mandateOf({ sequence: 2n }), revokedAt: null });
    expect(battery.powerAt(NOW, HALF)).to.deep.equal(idle);
    await battery.take(await signed({ mandate: 2n, counter: 2n }), NOW);
    expect(battery.powerAt(NOW, HALF).powerW).to.equal(3_000n);
    battery.setMandate(null);
    expect(battery.powerAt(NOW, HALF)).to.deep.equal(idle);
    expect((await refusal(battery.take(await signed({ counter: 3n }), NOW))).reason).to.equal("NoMandate");
  });
});
