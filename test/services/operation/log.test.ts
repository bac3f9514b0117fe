import { expect } from "chai";
import { createLog, Secrets } from "../../../services/src/operation/index.ts";

describe("logs", () => {
  const KEY = `0x${"ab".repeat(32)}`;
  const lines: string[] = [];
  const secrets = new Secrets();
  const log = createLog("relayer", "debug", secrets, { write: (line) => lines.push(line) });
  secrets.add(KEY);
  secrets.add('open "sesame"');

  beforeEach(() => {
    lines.length = 0;
  });

  it("are JSON lines that name the service", () => {
    log.info({ digest: "0x12" }, "took a strip");
    expect(JSON.parse(lines[0] ?? "")).to.include({ service: "relayer", digest: "0x12", msg: "took a strip" });
  });

  it("hold no secret, wherever it stands", () => {
    const wrapped = { deep: [{ text: `the key is ${KEY}` }], raw: KEY.slice(2) };
    const cause = new Error('tried open "sesame"');
    log.error({ err: cause, wrapped, password: "abc", node: { url: "http://n/k" }, a: { b: { privateKey: 1 } } }, KEY);
    const [line = ""] = lines;
    expect(line).not.to.match(/(ab){32}/);
    expect(line).not.to.contain("sesame");
    expect(JSON.parse(line)).to.deep.include({ password: "[secret]", node: { url: "[secret]" } });
  });

  it("show a node's address without what may be its key", () => {
    log.warn({ err: new Error("server response 401 (url=https://u:p@rpc.example:8545/v3/k1?token=t2)") }, "lost");
    expect(lines[0]).to.contain("https://rpc.example:8545/[secret]");
    for (const part of ["k1", "t2", "u:p"]) expect(lines[0]).not.to.contain(part);
    log.warn("asks http://127.0.0.1:8545 again, or http://127.0.0.1:8546.");
    expect(lines[1]).to.contain("http://127.0.0.1:8545 again, or http://127.0.0.1:8546.");
  });
});
