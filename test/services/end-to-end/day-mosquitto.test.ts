import { MOSQUITTO } from "./brokers.ts";
import { dayWith } from "./day.ts";

dayWith(MOSQUITTO, 2n);
