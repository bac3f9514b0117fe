import { chmodSync } from "node:fs";
import { expect } from "chai";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { isServiceError } from "../../../services/src/errors.ts";
import { openKey, Secrets } from "../../../services/src/operation/index.ts";
import { Folder } from "./folder.ts";

/** Weak on purpose: the default takes seconds. */
const FAST = { scrypt: { N: 2 ** 4, r: 8, p: 1 } };

describe("keys", () => {
  const wallet = new Wallet(`0x${"4b".repeat(32)}`);
  const json = encryptKeystoreJsonSync(wallet, "correct horse", FAST);
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => {
    folder.remove();
  });

  const files = (text = json, password = "correct horse\n") => ({
    keystore: folder.write("key.json", text),
    passwordFile: folder.write("password", password),
  });
  const refusal = async (given: ReturnType<typeof files>) => {
    const thrown: unknown = await openKey("relayer", given, new Secrets()).catch((error: unknown) => error);
    return isServiceError(thrown) ? thrown : expect.fail(`threw ${String(thrown)}`);
  };

  it("opens a keystore, and keeps key and password out of logs from then on", async () => {
    const secrets = new Secrets();
    const { address } = await openKey("relayer", files(), secrets);
    expect(address).to.equal(wallet.address);
    expect(secrets.scrub(`${wallet.privateKey} ${"4b".repeat(32)} correct horse`)).to.equal(
      "[secret] [secret] [secret]",
    );
  });

  it("tells a wrong password from a damaged file", async () => {
    const wrong = await refusal(files(json, "wrong horse"));
    expect(wrong.code).to.equal("KEY_PASSWORD_WRONG");
    expect(wrong.message).to.contain("relayer.passwordFile").and.not.to.contain("wrong horse");
    expect((await refusal(files("{}"))).code).to.equal("KEY_FILE_INVALID");
    const cut = JSON.stringify({ ...(JSON.parse(json) as object), Crypto: {} });
    expect((await refusal(files(cut))).code).to.equal("KEY_FILE_INVALID");
  });

  it("refuses a keystore or a password that others can read", async () => {
    for (const file of ["keystore", "passwordFile"] as const) {
      for (const mode of [0o640, 0o604, 0o620]) {
        const given = files();
        chmodSync(given[file], mode);
        const { code, message } = await refusal(given);
        expect(code).to.equal("FILE_OPEN");
        expect(message).to.contain(`relayer.${file}`).and.to.contain("chmod 600");
      }
    }
  });
});
