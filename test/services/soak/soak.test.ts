import { expect } from "chai";
import { demanded, hoursOf } from "./coverage.ts";
import { missingNode, soak } from "./soak.ts";

const SEED = BigInt(process.env["SOAK_SEED"] ?? "1");
const HOURS = hoursOf(process.env["SOAK_HOURS"] ?? "24");

describe(`${HOURS} simulated hours of faults, seed ${SEED}`, function () {
  // An hour takes two seconds of a machine that does nothing else.
  this.timeout(60_000 + HOURS * 30_000);

  it("lose and double no reading and no order", async function () {
    const missing = missingNode();
    if (missing !== undefined) {
      process.stderr.write(`skipped: ${missing}\n`);
      this.skip();
    }
    const { periods, readings, strips, faults } = await soak({ seed: SEED, hours: HOURS });
    expect(periods).to.be.least(HOURS);
    expect(readings).to.equal(6 * periods);
    expect(strips).to.be.greaterThan(periods);
    for (const name of demanded(HOURS)) expect(faults[name], `${name}, with seed ${SEED}`).to.be.greaterThan(0);
    expect(Object.keys(faults), "kinds of faults").to.have.length.above(10);
  });
});
