/**
 * A gateway that runs one period and kills itself at the step named in CRASH_AT: what a power cut does. The parent
 * starts it again without a step and looks at what the relayer has. CRASH_QUEUE is the file of the queue, CRASH_RELAYER
 * the address of the relayer; without them it does nothing, for it stands among the tests.
 */
import { asSeconds } from "@wattbook/sdk/pure";
import { Gateway } from "../../../services/src/gateway/gateway.ts";
import { HttpHandOver } from "../../../services/src/gateway/http-hand-over.ts";
import { HOURLY, MEMBER, TRADER } from "./gateway-support.ts";
import { DAY } from "./queue-support.ts";

const END = DAY + 14_400n;

function gatewayAt(queue: string, url: string): Gateway {
  const { CRASH_AT, CRASH_TURN = "1" } = process.env;
  let turns = Number(CRASH_TURN);
  return new Gateway({
    queue,
    meters: new Map([["m", HOURLY]]),
    adapters: [],
    members: [MEMBER],
    traders: [TRADER],
    prepare: TRADER.prepare,
    handOver: new HttpHandOver({ url }),
    readings: { signAfter: asSeconds(60n), giveUpAfter: asSeconds(36_000n) },
    clock: () => asSeconds(END + 61n),
    probe: (step) => {
      if (step !== CRASH_AT) return;
      turns -= 1;
      if (turns === 0) process.kill(process.pid, "SIGKILL");
    },
  });
}

async function run(gateway: Gateway): Promise<void> {
  // The source repeats whatever it got no acknowledgement for, as a broker would.
  for (let hour = 0; hour <= 4; hour++) {
    const at = asSeconds(DAY + BigInt(hour) * 3_600n);
    await gateway.sink({ meter: "m", at, importWh: 250n * BigInt(hour), exportWh: 0n });
  }
  await gateway.step();
  await gateway.step();
  await gateway.stop();
}

const { CRASH_QUEUE, CRASH_RELAYER } = process.env;
if (CRASH_QUEUE !== undefined && CRASH_RELAYER !== undefined) void run(gatewayAt(CRASH_QUEUE, CRASH_RELAYER));
