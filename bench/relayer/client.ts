/** Posts bodies as fast as they are taken, from a process of its own: `tsx client.ts <url> <file> <connections>`. */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

/** What came back. */
export interface ClientResult {
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
}

const [url = "", file = "", connections = "1"] = process.argv.slice(2);
const bodies = JSON.parse(readFileSync(file, "utf8")) as string[];
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });

function post(body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => {
        resolve(response.statusCode ?? 0);
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const statuses: Record<string, number> = {};
const start = performance.now();
let next = 0;
const lane = async () => {
  while (next < bodies.length) {
    const status = await post(bodies[next++] ?? "");
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
};
await Promise.all(Array.from({ length: Number(connections) }, lane));
const result: ClientResult = { seconds: (performance.now() - start) / 1_000, statuses };
console.log(JSON.stringify(result));
agent.destroy();
