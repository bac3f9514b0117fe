import { expect } from "chai";
import { ranges, readLcov } from "../../scripts/coverage/lcov.ts";

describe("coverage report", function () {
  it("names the lines of each file that no test ran", function () {
    const trace = ["TN:", "SF:a.sol", "DA:3,1", "DA:9,0", "DA:4,0", "LH:1", "LF:3", "end_of_record"];
    const second = ["SF:lib/b.sol", "DA:1,12", "LH:1", "LF:1", "end_of_record", ""];
    expect(Object.fromEntries(readLcov([...trace, ...second].join("\n")))).to.deep.equal({
      "a.sol": { total: 3, uncovered: [4, 9] },
      "lib/b.sol": { total: 1, uncovered: [] },
    });
  });

  it("counts a line once however often the trace names it", function () {
    const trace = "SF:a.sol\nDA:1,0\nDA:2,0\nend_of_record\nSF:a.sol\nDA:1,1\nDA:2,0\nend_of_record\n";
    expect(readLcov(trace).get("a.sol")).to.deep.equal({ total: 2, uncovered: [2] });
  });

  it("writes lines in a row as a range", function () {
    expect(ranges([])).to.equal("");
    expect(ranges([7])).to.equal("7");
    expect(ranges([3, 4, 5, 9, 11, 12])).to.equal("3-5, 9, 11-12");
  });
});
