import { expect } from "chai";
import { GatewayError } from "../../../services/src/gateway/errors.ts";
import { logReport } from "../../../services/src/gateway/report-log.ts";
import { createLog, Secrets } from "../../../services/src/operation/index.ts";

describe("what a gateway logs of failures", function () {
  const lines: Record<string, unknown>[] = [];
  const world = { now: 0 };
  const log = createLog("gateway", "info", new Secrets(), {
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const report = logReport(log, () => world.now);
  const down = (wait: number) => new GatewayError("LINK_DOWN", "tcp://p1:23", "refused", `trying again in ${wait} ms.`);

  it("is said once a minute, with how often it came since", function () {
    for (const [at, wait] of [
      [0, 500],
      [500, 1_000],
      [59_999, 30_000],
      [60_000, 30_000],
    ] as const) {
      world.now = at;
      report(down(wait), "north");
    }
    expect(lines.map(({ repeated }) => repeated)).to.deep.equal([undefined, 2]);
    expect(lines[0]).to.include({ code: "LINK_DOWN", meter: "north", level: 40 });
  });

  it("is said at once of another meter or for another reason", function () {
    lines.length = 0;
    report(down(500), "south");
    report(new GatewayError("CRC_MISMATCH", "checksum", "1234", "the next telegram counts."), "south");
    expect(lines).to.have.length(2);
  });
});
