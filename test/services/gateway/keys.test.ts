import { expect } from "chai";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openKey } from "../../../services/src/gateway/keys.ts";
import { expectRejection, temporaryFolder } from "./support.ts";

const WALLET = new Wallet(`0x${"33".repeat(32)}`);
const PASSWORD = "correct horse";

describe("key files", function () {
  const folder = temporaryFolder();
  after(function () {
    folder.remove();
  });

  function file(name: string, text: string, mode = 0o600): string {
    const path = join(folder.path, name);
    writeFileSync(path, text, { mode });
    return path;
  }

  const scrypt = { N: 1_024, r: 8, p: 1 };
  const json = encryptKeystoreJsonSync({ address: WALLET.address, privateKey: WALLET.privateKey }, PASSWORD, {
    scrypt,
  });
  const keystore = file("key.json", json);
  const password = file("password", `${PASSWORD}\n`);

  it("open with their password, with or without a line break behind it", async function () {
    const opened = await openKey({ file: keystore, passwordFile: password, address: WALLET.address.toLowerCase() });
    expect(opened.address).to.equal(WALLET.address);
    expect((await openKey({ file: keystore, passwordFile: file("bare", PASSWORD) })).address).to.equal(WALLET.address);
  });

  it("say that the password is wrong, and not which one it was", async function () {
    const error = await expectRejection(
      openKey({ file: keystore, passwordFile: file("wrong", "guess") }),
      "KEY_PASSWORD_WRONG",
    );
    expect(error.message).to.include(keystore);
    expect(String(error.stack)).not.to.include("guess");
  });

  it("are refused where others can read them, keystore or password", async function () {
    if (process.platform === "win32") this.skip(); // no such permissions there
    for (const mode of [0o644, 0o640, 0o604]) {
      const open = file(`open-${mode}.json`, json, mode);
      const error = await expectRejection(openKey({ file: open, passwordFile: password }), "KEY_FILE_OPEN");
      expect(error.message).to.include(`chmod 600 ${open}`);
      const openPassword = file(`open-${mode}`, PASSWORD, mode);
      await expectRejection(openKey({ file: keystore, passwordFile: openPassword }), "KEY_FILE_OPEN");
    }
  });

  it("are refused where they are no keystore, broken, of another key or missing", async function () {
    const open = (path: string) => openKey({ file: path, passwordFile: password });
    await expectRejection(open(file("none.json", "{}")), "KEY_FILE_INVALID");
    await expectRejection(open(file("key.txt", WALLET.privateKey)), "KEY_FILE_INVALID");
    await expectRejection(open(file("cut.json", json.slice(0, 200))), "KEY_FILE_INVALID");
    await expectRejection(open(join(folder.path, "missing.json")), "FILE_UNREADABLE");
    const other = { file: keystore, passwordFile: password, address: `0x${"12".repeat(20)}` };
    await expectRejection(openKey(other), "KEY_MISMATCH");
  });

  it("never show a private key in an error", async function () {
    const error = await expectRejection(
      openKey({ file: file("raw", WALLET.privateKey), passwordFile: password }),
      "KEY_FILE_INVALID",
    );
    expect(`${error.message} ${String(error.cause)}`).not.to.match(/[0-9a-f]{64}/i);
  });
});
