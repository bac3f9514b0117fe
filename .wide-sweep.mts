import { warmWorld } from "./bench/gas/world.ts";
import { ALL_SLOTS, entriesOf, SLOTS } from "./bench/gas/homes.ts";
const ticks = 64;
const world = await warmWorld(100, ticks, () => {}, { wideTicks: true });
const { gas, period, homes } = world;
for (const n of [20, 40, 60, 80, 100]) {
  await world.restore();
  try {
    const r = await gas.post(period, homes.slice(0, n).map((home) => ({ home, entries: entriesOf(home, world.dayOf(period), ticks) })));
    console.log("wide 64 ticks", n, Number(r.gasUsed) / n / SLOTS, Number(r.gasUsed));
  } catch (e) { console.log(n, String(e).slice(0, 200)); }
}
