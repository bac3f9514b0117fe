/** One day in a process that does nothing else. Arguments: how many meters, a folder and, for a live day, the broker. */
import { liveDay } from "./live-day.ts";
import { queueDay } from "./queue-day.ts";

const [, , count = "", folder = "", broker] = process.argv;
const tell = (message: object) => process.send?.(message);

const result =
  broker === undefined
    ? await queueDay(Number(count), folder)
    : await liveDay(Number(count), folder, broker, (slot) => tell({ slot }));
tell({ result });
process.disconnect();
