import { expect } from "chai";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { temporaryFolder } from "./support.ts";

describe("the gateway's program", function () {
  this.timeout(60_000);

  it("says what is wrong with its configuration, and ends", async function () {
    const folder = temporaryFolder();
    const args = ["--import", "tsx", "services/src/gateway/main.ts", join(folder.path, "none.json")];
    const { code, text } = await new Promise<{ code: unknown; text: string }>((resolve) => {
      execFile(process.execPath, args, (error, _, stderr) => {
        resolve({ code: error?.code, text: stderr });
      });
    });
    folder.remove();
    expect(code).to.equal(1);
    expect(text).to.match(/^FILE_UNREADABLE: configuration: .*none\.json cannot be read \(ENOENT\)/);
  });
});
