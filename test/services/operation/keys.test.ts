import { chmodSync } from "node:fs";
import { expect } from "chai";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { isServiceError } from "../../../services/src/errors.ts";
import { type KeyFile, openKey, type Passwords, readKey, Secrets } from "../../../services/src/operation/index.ts";
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
    file: folder.write("key.json", text),
    passwordFile: folder.write("password", password),
  });
  const refusal = async (given: KeyFile, more: Partial<Passwords> = {}) => {
    const thrown: unknown = await openKey("relayer", given, { secrets: new Secrets(), ...more }).catch(
      (error: unknown) => error,
    );
    return isServiceError(thrown) ? thrown : expect.fail(`threw ${String(thrown)}`);
  };

  it("opens a keystore, and keeps key and password out of logs from then on", async () => {
    const secrets = new Secrets();
    const { address } = await openKey("relayer", files(), { secrets });
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
    for (const field of ["file", "passwordFile"] as const) {
      for (const mode of [0o640, 0o604, 0o620]) {
        const given = files();
        chmodSync(given[field], mode);
        const { code, message } = await refusal(given);
        expect(code).to.equal("FILE_OPEN");
        expect(message)
          .to.contain(field === "file" ? "relayer: " : "relayer.passwordFile: ")
          .and.to.contain("chmod 600");
      }
    }
  });

  it("has its address before it is opened, and has to be the one that is named", async () => {
    const { file } = files();
    expect(readKey("relayer", { file }).address).to.equal(wallet.address);
    expect(readKey("relayer", { file, address: wallet.address.toLowerCase() }).name).to.equal("relayer");
    const other = await refusal({ ...files(), address: `0x${"12".repeat(20)}` });
    expect(other.code).to.equal("KEY_MISMATCH");
    expect(other.message).to.contain("relayer.address").and.to.contain(wallet.address);
    const unnamed = JSON.parse(json) as Record<string, unknown>;
    delete unnamed["address"];
    expect((await refusal(files(JSON.stringify(unnamed)))).code).to.equal("KEY_FILE_INVALID");
    const lying = JSON.stringify({ ...unnamed, address: "22".repeat(20) });
    expect((await refusal(files(lying))).code).to.equal("KEY_FILE_INVALID");
  });

  it("takes the password of a file for all keys, or asks, or says that it needs one", async () => {
    const { file, passwordFile: path } = files();
    const opened = async (more: Partial<Passwords>) =>
      (await openKey("relayer", { file }, { secrets: new Secrets(), ...more })).address;
    expect(await opened({ file: { field: "KEY_PASSWORD_FILE", path } })).to.equal(wallet.address);
    const asked: string[] = [];
    const ask = (question: string) => {
      asked.push(question);
      return Promise.resolve("correct horse");
    };
    expect(await opened({ ask })).to.equal(wallet.address);
    expect(asked).to.deep.equal([`Password of ${file}`]);
    expect((await refusal({ file })).code).to.equal("PASSWORD_NEEDED");
    const wrong = await refusal({ file }, { ask: () => Promise.resolve("guess") });
    expect(wrong.code).to.equal("KEY_PASSWORD_WRONG");
    expect(`${wrong.message} ${String(wrong.stack)}`).not.to.contain("guess");
  });

  it("never shows a private key in an error", async () => {
    const error = await refusal(files(wallet.privateKey));
    expect(error.code).to.equal("KEY_FILE_INVALID");
    expect(`${error.message} ${String(error.cause)}`).not.to.match(/(4b){32}/);
    expect((await refusal(files(json.slice(0, 200)))).code).to.equal("KEY_FILE_INVALID");
  });
});
