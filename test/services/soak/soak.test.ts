import { expect } from "chai";
import { missingNode, soak } from "./soak.ts";

const SEED = BigInt(process.env["SOAK_SEED"] ?? "1");
const HOURS = Number(process.env["SOAK_HOURS"] ?? "24");

describe(`${HOURS} simulated hours of faults, seed ${SEED}`, function () {
  // An hour takes two seconds of a machine that does nothing else.
  this.timeout(60_000 + HOURS * 30_000);

  it("lose and double no reading and no order", async function () {
    const missing = missingNode();
    if (missing !== undefined) {
      process.stderr.write(`skipped: ${missing}\n`);
      this.skip();
    }
    const { periods, readings, strips, late, faults } = await soak({ seed: SEED, hours: HOURS });
    expect(periods).to.be.least(HOURS);
    expect(readings).to.equal(6 * periods);
    expect(strips).to.be.greaterThan(periods);
    expect(late, "strips that outlasted their slots").to.be.below(strips / 20);
    for (const name of ["one lost power", "two lost power", "relayer lost power", "keeper lost power"]) {
      expect(faults[name], `${name}, with seed ${SEED}`).to.be.greaterThan(0);
    }
    for (const name of ["reorganisation", "broker drops", "transaction dropped", "rpc hang", "relay lose"]) {
      expect(faults[name], `${name}, with seed ${SEED}`).to.be.greaterThan(0);
    }
  });
});
