import { join } from "node:path";
import { expect } from "chai";
import { asCommunity, asMember, asPeriod } from "@wattbook/sdk/pure";
import type { OutboxKey } from "../../services/src/gateway/queue/outbox.ts";
import { Queue } from "../../services/src/gateway/queue/queue.ts";
import { Folder, run } from "./support.ts";

const folders: Folder[] = [];
after(() => {
  for (const folder of folders) folder.remove();
});

const key = (kind: OutboxKey["kind"], member: number, period: number, part = 0): OutboxKey => ({
  ...{ kind, community: asCommunity(0n), member: asMember(BigInt(member)) },
  ...{ period: asPeriod(BigInt(period)), part: BigInt(part) },
});

/** Each member's messages, and what became of them. */
const MESSAGES = [
  [key("reading", 4, 10), "refused"],
  [key("reading", 4, 11), "accepted"],
  [key("reading", 4, 12), "refused"],
  [key("reading", 4, 13), "refused"],
  [key("strip", 4, 14, 0), "refused"],
  [key("strip", 4, 15, 0), "accepted"],
  [key("reading", 5, 12), "refused"],
  [key("reading", 6, 12), "accepted"],
] as const;

/** A stopped gateway's folder. */
function place() {
  const folder = new Folder();
  folders.push(folder);
  const path = join(folder.path, "gateway.sqlite");
  const config = folder.write("gateway.json", {
    ...{ deployment: "deployment.json", queue: "gateway.sqlite", node: { urls: ["http://127.0.0.1:1"] } },
    relayer: { url: "http://127.0.0.1:1" },
    meters: [{ name: "north", maxW: 10_000 }],
    adapters: [{ type: "csv", path: "registers.csv", values: "register" }],
  });
  const queue = new Queue(path);
  for (const [index, [each, state]] of MESSAGES.entries()) {
    queue.outbox.add(each, "{}", `0x${String(index + 1).padStart(64, "0")}`);
    const answer = { code: "READING_REFUSED", message: "the meter key is not the member's. Name the right one." };
    queue.outbox.finish(each, state, JSON.stringify(state === "refused" ? answer : {}));
  }
  queue.close();
  const left = () => {
    const open = new Queue(path);
    const found = open.outbox.refused().map(({ item: { kind, member, period } }) => `${kind} ${member} ${period}`);
    const accepted = open.outbox.counts().filter(({ state }) => state === "accepted");
    open.close();
    return { found, accepted: accepted.reduce((sum, { count }) => sum + count, 0n) };
  };
  const refused = (...args: readonly string[]) => ["gateway", "refused", "--config", config, ...args];
  return { path, refused, left };
}

const ALL = ["reading 4 10", "reading 4 12", "reading 4 13", "strip 4 14", "reading 5 12"];

describe("wattbook gateway refused", function () {
  it("lists what was refused, why, and what is made anew once it is forgotten", async function () {
    const { refused, left } = place();
    const { code, stdout } = await run(refused());
    expect(code).to.equal(0);
    expect(stdout).to.match(/^reading +0 +4 +10 +READING_REFUSED +no, a later one was taken +the meter key is not/m);
    expect(stdout).to.match(/^reading +0 +4 +12 +READING_REFUSED +yes/m);
    expect(stdout).to.match(/^strip +0 +4 +14 +READING_REFUSED +yes/m);
    const json = JSON.parse((await run(refused("--json", "--member", "5"))).stdout) as object;
    expect(json).to.deep.equal({
      messages: [
        {
          ...{ kind: "reading", community: 0, member: 5, period: 12, code: "READING_REFUSED", again: true },
          message: "the meter key is not the member's. Name the right one.",
        },
      ],
      ...{ forgotten: 0, dryRun: false },
    });
    expect(left()).to.deep.equal({ found: ALL, accepted: 3n });
  });

  it("shows what a relayer says on one line, without what a terminal would obey", async function () {
    const { refused, path } = place();
    const queue = new Queue(path);
    const answer = { code: "\u001b[2J\u001b]0;owned\u0007READING\nyes", message: "\u001b[31mred\n" };
    queue.outbox.finish(
      key("reading", 5, 12),
      "refused",
      JSON.stringify({ ...answer, code: answer.code + "x".repeat(9_000) }),
    );
    queue.close();
    const { stdout } = await run(refused("--member", "5"));
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(stdout).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(stdout.split("\n").filter((line) => line.startsWith("reading "))).to.have.lengthOf(1);
    expect(stdout).not.to.match(/^yes/m);
    expect(stdout.length).to.be.lessThan(1_000);
  });

  it("forgets what is asked for after a yes, and nothing that was taken or that nothing would replace", async function () {
    const { refused, left } = place();
    for (const given of [{}, { answers: ["n"] }]) {
      const { code, stderr } = await run(refused("--forget"), given);
      expect(code).to.equal(1);
      expect(stderr).to.include("CONFIRMATION_NEEDED");
    }
    const dry = await run(refused("--forget", "--dry-run"));
    expect(dry.stdout).to.include("Would forget 4 messages. Nothing was written.");
    expect(left().found).to.deep.equal(ALL);
    expect((await run(refused("--forget", "--member", "4"), { answers: ["y"] })).stdout).to.equal(
      "Forgot 3 messages. Start the gateway: it makes them anew.\n",
    );
    expect(left()).to.deep.equal({ found: ["reading 4 10", "reading 5 12"], accepted: 3n });
    expect((await run(refused("--forget", "--community", "0", "--yes"))).stdout).to.include("Forgot 1 message.");
    expect(left()).to.deep.equal({ found: ["reading 4 10"], accepted: 3n });
    expect((await run(refused("--member", "77"))).stdout).to.equal("Nothing was refused.\n");
  });

  it("leaves alone a gateway that runs, a queue that is not there, and options of the gateway itself", async function () {
    const { refused, path } = place();
    const running = new Queue(path);
    const busy = await run(refused());
    running.close();
    expect([busy.code, busy.stderr.split(":")[0]]).to.deep.equal([1, "STORE_IN_USE"]);
    const folder = new Folder();
    folders.push(folder);
    const config = folder.write("gateway.json", {
      ...{ deployment: "deployment.json", queue: "none.sqlite", node: { urls: ["http://127.0.0.1:1"] } },
      ...{ relayer: { url: "http://127.0.0.1:1" }, meters: [], adapters: [] },
    });
    const none = await run(["gateway", "refused", "--config", config]);
    expect(none.stderr.split(":")[0]).to.be.oneOf(["FILE_UNREADABLE", "CONFIG_INVALID"]);
    const mixed = await run(["gateway", "--check", "refused"]);
    expect([mixed.code, mixed.stderr.split(":")[0]]).to.deep.equal([2, "OPTION_INVALID"]);
  });
});
