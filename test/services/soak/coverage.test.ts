import { expect } from "chai";
import { demanded, hoursOf } from "./coverage.ts";

describe("what a soak has to have made", function () {
  it("is everything in a day, less in fewer hours, and nothing rare in two", function () {
    expect(demanded(24)).to.have.members([
      ...["one", "two", "relayer", "keeper"].map((name) => `${name} lost power`),
      ...["reorganisation", "broker drops", "transaction dropped", "rpc hang", "relay lose", "disk full"],
      ...["node on another chain", "node behind", "one of two nodes behind", "node far behind"],
    ]);
    expect(demanded(6)).to.have.members(["broker drops", "disk full", "node behind", "one of two nodes behind"]);
    expect(demanded(2)).to.deep.equal([]);
    for (let hours = 1; hours < 48; hours++) expect(demanded(hours + 1)).to.include.members(demanded(hours));
  });

  it("takes whole hours alone", function () {
    expect(hoursOf("2")).to.equal(2);
    for (const text of ["", "0", "1.5", "-1", "day", "1000"]) expect(() => hoursOf(text), text).to.throw("SOAK_HOURS");
  });
});
