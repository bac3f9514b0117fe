import { plotsOf } from "../bench/gas/page/plots.ts";
import { readFileSync, writeFileSync } from "node:fs";
for (const { file, svg } of plotsOf(JSON.parse(readFileSync("/tmp/scratch/r.json", "utf8")))) { writeFileSync(`/tmp/scratch/${file}`, svg); console.log(file, svg.length, svg.slice(0, 400)); }
