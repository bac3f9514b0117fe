// Whether a service is ready: `node ready.js PORT` ends with 0 or 1, and says what is missing.
import { get } from "node:http";
import process from "node:process";

const [port] = process.argv.slice(2);
const request = get({ host: "127.0.0.1", port, path: "/readyz", timeout: 4_000 }, (response) => {
  response.pipe(process.stdout);
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
request.on("timeout", () => request.destroy(new Error("no answer")));
request.on("error", (error) => {
  process.stdout.write(error.message);
  process.exitCode = 1;
});
