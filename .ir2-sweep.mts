import { createRequire } from "node:module";
import { readFileSync, existsSync, writeFileSync } from "node:fs";
const require = createRequire("/work/wt/sweep/package.json");
const solc = require("solc");
const root = "/work/wt/sweep/";
const runs = Number(process.argv[2] ?? 1000);
const input = { language: "Solidity", sources: { "contracts/DoubleAuction.sol": { content: readFileSync(root + "contracts/DoubleAuction.sol", "utf8") } }, settings: { optimizer: { enabled: true, runs }, viaIR: true, evmVersion: "osaka", outputSelection: { "*": { DoubleAuction: ["irOptimized", "evm.deployedBytecode.object", "evm.deployedBytecode.sourceMap", "evm.deployedBytecode.generatedSources"], }, "contracts/DoubleAuction.sol": {"": ["ast"]} } } };
const files: string[] = [];
const out = JSON.parse(solc.compile(JSON.stringify(input), { import: (p: string) => { const f = existsSync(root + p) ? root + p : root + "node_modules/" + p; files.push(p); return existsSync(f) ? { contents: readFileSync(f, "utf8") } : { error: "no " + p }; } }));
const c = out.contracts["contracts/DoubleAuction.sol"].DoubleAuction;
writeFileSync("/tmp/sweep/double.yul", c.irOptimized);
const code = c.evm.deployedBytecode.object as string;
console.log("size", code.length / 2);
const ids = Object.fromEntries(Object.entries(out.sources as Record<string, {id: number}>).map(([k, v]) => [v.id, k]));
// bytes per source line
const map = (c.evm.deployedBytecode.sourceMap as string).split(";");
const b = Buffer.from(code, "hex");
let i = 0, k = 0; let cur: string[] = ["", "", "", "", ""];
const per: Record<string, number> = {};
const lineOf: Record<string, number[]> = {};
const lines = (f: string) => (lineOf[f] ??= (() => { const t = readFileSync(existsSync(root + f) ? root + f : root + "node_modules/" + f, "utf8"); const a = [0]; for (let j = 0; j < t.length; j++) if (t[j] === "\n") a.push(j + 1); return a; })());
while (i < b.length && k < map.length) {
  const parts = map[k].split(":"); parts.forEach((p, j) => { if (p !== "") cur[j] = p; });
  const o = b[i]; const n = o >= 0x60 && o <= 0x7f ? o - 0x5e : 1;
  const f = ids[Number(cur[2])] ?? "gen";
  let line = 0; if (f !== "gen") { const ls = lines(f); const pos = Number(cur[0]); let lo = 0, hi = ls.length - 1; while (lo < hi) { const m = (lo + hi + 1) >> 1; if (ls[m] <= pos) lo = m; else hi = m - 1; } line = lo + 1; }
  const key = f + ":" + line; per[key] = (per[key] ?? 0) + n;
  i += n; k++;
}
const byFile: Record<string, number> = {};
for (const [key, n] of Object.entries(per)) byFile[key.split(":")[0]] = (byFile[key.split(":")[0]] ?? 0) + n;
console.log(Object.entries(byFile).sort((a, b) => b[1] - a[1]).map(([f, n]) => `${n} ${f}`).join("\n"));
console.log(Object.entries(per).filter(([f]) => f.includes("EntryLoops")).sort((a, b) => Number(a[0].split(":")[1]) - Number(b[0].split(":")[1])).map(([f, n]) => `${f.split(":")[1]}:${n}`).join(" "));
