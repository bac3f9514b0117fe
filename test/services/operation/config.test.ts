import { expect } from "chai";
import { z } from "zod";
import { isServiceError, type ServiceError } from "../../../services/src/errors.ts";
import { keySchema, nodeSchema, readConfig, Secrets, whole } from "../../../services/src/operation/index.ts";
import { Folder } from "./folder.ts";

const schema = z.strictObject({ node: nodeSchema, key: keySchema, margin: whole("seconds", 1, 60).default(15) });
const secretFields = { RPC_URL: ["node", "urls", "0"], RPC_URL_2: ["node", "urls", "1"] };
const URL = "https://mainnet.example/v3/0123456789abcdef";
const sound = { node: { urls: [URL] }, key: { file: "a.json", passwordFile: "a.txt" } };

describe("configuration", () => {
  let folder: Folder;
  let secrets: Secrets;

  beforeEach(() => {
    folder = new Folder();
    secrets = new Secrets();
  });
  afterEach(() => {
    folder.remove();
  });

  const read = (json: unknown, env: Record<string, string> = {}) => {
    const path = folder.write("config.json", typeof json === "string" ? json : JSON.stringify(json));
    return readConfig(schema, { path, env, secretFields, secrets });
  };
  const refusal = (...args: Parameters<typeof read>): ServiceError => {
    try {
      read(...args);
    } catch (error) {
      if (isServiceError(error)) return error;
      throw error;
    }
    return expect.fail("it was taken");
  };

  it("fills in defaults", () => {
    expect(read(sound)).to.deep.include({ margin: 15 });
    expect(read(sound).node).to.deep.equal({ urls: [URL], timeoutMs: 10_000, pollMs: 1_000, confirmations: 2 });
  });

  it("names every field that is wrong, its value and what to pass", () => {
    const { code, message } = refusal({ ...sound, margin: 90, key: { file: 7, passwordFile: "" } });
    expect(code).to.equal("CONFIG_INVALID");
    expect(message).to.contain("margin is 90: pass a whole number of seconds from 1 to 60.");
    expect(message).to.contain("key.file is 7: name the keystore file.");
    expect(message).to.contain('key.passwordFile is "": name the file with the password.');
  });

  it("names fields that are missing or that nobody knows", () => {
    const { message } = refusal({ node: { urls: [URL], nodes: 1 }, marigin: 3 });
    expect(message).to.contain("key is missing");
    expect(message).to.contain("nodes in node: nothing of this name is known");
    expect(message).to.contain("marigin: nothing of this name is known");
  });

  it("does not show what may hold a key", () => {
    const { message } = refusal({ ...sound, node: { urls: ["ftp://user:hunter2@example"] } });
    expect(message).to.contain("node.urls[0] is not shown: pass the address of a node");
    expect(message).not.to.contain("hunter2");
  });

  it("takes secrets from the files that variables name", () => {
    const first = folder.write("rpc", "https://one.example/key1\n");
    const second = folder.write("rpc2", "https://two.example/key2");
    const env = { RPC_URL_FILE: first, RPC_URL_2_FILE: second };
    const { node } = read({ key: sound.key }, env);
    expect(node.urls).to.deep.equal(["https://one.example/key1", "https://two.example/key2"]);
    expect(secrets.scrub("asked https://one.example/key1")).not.to.contain("key1");
  });

  it("refuses a secret's file that others can read, that is missing, or empty", () => {
    const open = folder.write("rpc", URL, 0o644);
    expect(refusal(sound, { RPC_URL_FILE: open })).to.include({ code: "FILE_OPEN" });
    const missing = refusal(sound, { RPC_URL_FILE: `${folder.path}/nothing` });
    expect(missing).to.include({ code: "FILE_UNREADABLE" });
    expect(missing.message).to.contain("RPC_URL_FILE").and.to.contain("ENOENT");
    expect(refusal(sound, { RPC_URL_FILE: folder.write("empty", "\n") }).code).to.equal("FILE_UNREADABLE");
    expect(refusal(sound, { RPC_URL_FILE: folder.write("blank", " \n") }).code).to.equal("FILE_UNREADABLE");
  });

  it("takes comments", () => {
    expect(read(`// A relayer\n${JSON.stringify(sound).replace("{", "{ /* nodes */ ")}`)).to.deep.include({
      margin: 15,
    });
  });

  it("says where a file is no JSON object", () => {
    expect(refusal("{ no }").message).to.contain("is no JSON");
    expect(refusal("[]").message).to.contain("holds no object");
  });
});
