import { AEDES } from "./brokers.ts";
import { dayWith } from "./day.ts";

dayWith(AEDES, 1n);
