import { expect } from "chai";
import fc from "fast-check";
import { formatTime, parseTime } from "@wattbook/data/import";

describe("times in files", function () {
  const same = 1_613_347_200;
  const spellings = [
    "1613347200",
    "1613347200.0",
    "2021-02-15T00:00Z",
    "2021-02-15 00:00:00",
    "2021-02-15T00:00:00.000Z",
    "2021-02-15T01:00:00+01:00",
    "2021-02-15T01:00+0100",
    "2021-02-15 01:00+01",
    "2021-02-14T18:30:00-05:30",
  ];
  for (const text of spellings) {
    it(`reads ${text}`, function () {
      expect(parseTime(text)).to.equal(same);
    });
  }

  const wrong = [
    "",
    "x",
    "15.02.2021 00:00",
    "2021-02-30T00:00Z",
    "2021-13-01T00:00Z",
    "2021-02-15T24:00Z",
    "2021-02-15",
  ];
  for (const text of [
    ...wrong,
    "-5",
    "1613347200.5",
    "1613347200000",
    "2021-02-15T00:60Z",
    "2021-02-15T00:00+19:00",
    "2021-02-15T00:00+01:60",
    "2021-02-15T00:00X",
  ]) {
    it(`refuses "${text}"`, function () {
      expect(parseTime(text)).to.equal(undefined);
    });
  }

  it("reads what it writes", function () {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 66_000_000 }), (minutes) => {
        expect(parseTime(formatTime(minutes * 60))).to.equal(minutes * 60);
      }),
    );
  });
});
