import { expect } from "chai";
import { globSync } from "node:fs";
import { messagesIn } from "./messages.ts";

/** With these words messages tell people what to do. */
const TO_DO = new RegExp(
  `(?:^|[.:;,}]\\s|\\b(?:or|and|then|once)\\s)(?:${[
    ...["add", "allow", "ask", "begin", "bump", "check", "claim", "close", "compare", "correct", "create", "deposit"],
    ...[
      "export",
      "get",
      "give",
      "hand",
      "install",
      "leave",
      "let",
      "look",
      "make",
      "map",
      "mend",
      "move",
      "name",
      "pass",
    ],
    ...[
      "post",
      "put",
      "raise",
      "read",
      "remove",
      "replace",
      "restore",
      "run",
      "say",
      "see",
      "send",
      "set",
      "settle",
      "sign",
    ],
    ...["start", "stop", "switch", "take", "try", "type", "update", "use", "wait", "withdraw", "write"],
  ].join("|")})\\b`,
  "i",
);
/** Parts that are filled in and say what to do themselves: those of a schema, a list of advice, a relayer's own answer. */
const FILLED_IN = /\{(?:issue\?\.message|lines\.join|help\.join|adviceOn\()|they are dropped: \{text\}/;
/** Whoever stopped a command knows what to do. */
const WANTED = new Set(['"STOPPED"']);

describe("Coded errors of services and command line", function () {
  const written = globSync(["services/src/**/*.ts", "cli/src/**/*.ts"]).sort().flatMap(messagesIn);

  it("are found in the source, with their texts", function () {
    const codes = new Set(written.map(({ code }) => code));
    for (const code of ["STORE_FULL", "CLOCK_AHEAD", "OPTION_INVALID", "OWN_CLOCK_BEHIND", "CRC_MISMATCH"]) {
      expect(codes).to.include(`"${code}"`);
    }
    expect(written.length).to.be.greaterThan(100);
  });

  it("say what to do, in a sentence that ends", function () {
    const silent = written.filter(({ code, text }) => {
      return !WANTED.has(code) && !FILLED_IN.test(text) && !TO_DO.test(text) && !text.endsWith("?");
    });
    expect(silent.map(({ place, code, text }) => `${place} ${code}: ${text}`)).to.deep.equal([]);
    const open = written.filter(({ text }) => !/(?:[.?]|\}|: wattbook [a-z]+|chmod 600 \{path\})$/.test(text));
    expect(open.map(({ place, text }) => `${place}: ${text}`)).to.deep.equal([]);
  });
});
