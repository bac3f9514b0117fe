/** Adapters in the configuration. */
import { zoneOf } from "@wattbook/data/import";
import { z } from "zod";
import { file, whole } from "../../operation/index.ts";
import { ENERGY_UNITS } from "../energy.ts";
import { divisor, host, name, port, secretFile, text } from "./fields.ts";

const winterHours = whole("hours east of Greenwich", -12, 14).default(1);
const unit = z.enum(ENERGY_UNITS, { error: `pass one of ${ENERGY_UNITS.join(", ")}` });
const path = text("a path in the message, such as attributes.energy");

const register = z
  .strictObject({
    path: path.optional(),
    unit: unit.optional(),
    unitPath: path.optional(),
    stateClassPath: path.optional(),
  })
  .refine((each) => (each.unit === undefined) !== (each.unitPath === undefined), "name either unit or unitPath");

const topic = z
  .strictObject({
    topic: text("a topic").regex(/^[^#+]*$/, "write {meter} instead of a wildcard"),
    meter: name.optional(),
    import: register.optional(),
    export: register.optional(),
    timePath: path.optional(),
    serialPath: path.optional(),
    meterPath: path.optional(),
  })
  .refine((each) => each.import !== undefined || each.export !== undefined, "map import, export or both")
  .refine(
    (each) => (each.meter === undefined) === each.topic.includes("{meter}"),
    "name meter, or write {meter} in the topic",
  );

const BROKER = "pass mqtt://host:1883 or mqtts://host:8883; user and password have fields of their own";
const TOPICS = "map at least one topic, in a list";

function isZone(name: string): boolean {
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
}

const TYPES = ["p1-tcp", "p1-serial", "sunspec", "mqtt", "http", "csv"] as const;

export const AdapterConfig = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("p1-tcp"),
      meter: name,
      host,
      port,
      every: divisor.default(60),
      winterHours,
    }),
    z.strictObject({
      type: z.literal("p1-serial"),
      meter: name,
      path: text("a device, such as /dev/serial/by-id/usb-p1"),
      baudRate: whole("baud", 300, 4_000_000).default(115_200),
      every: divisor.default(60),
      winterHours,
    }),
    z.strictObject({
      type: z.literal("sunspec"),
      meter: name,
      host,
      port: port.default(502),
      unit: whole("a unit id", 0, 255).default(1),
      model: whole("a model", 1, 65_535).optional(),
      every: divisor.default(60),
      reversed: z.boolean({ error: "pass true or false" }).default(false),
    }),
    z.strictObject({
      type: z.literal("mqtt"),
      url: z.string({ error: BROKER }).regex(/^mqtts?:\/\/[^\s@]+$/, BROKER),
      clientId: name,
      username: text("a user's name").optional(),
      passwordFile: secretFile.optional(),
      caFile: file("the file with the authority's certificate").optional(),
      certFile: file("the file with the gateway's certificate").optional(),
      keyFile: secretFile.optional(),
      topics: z.array(topic, TOPICS).min(1, TOPICS),
    }),
    z.strictObject({
      type: z.literal("http"),
      host: host.default("127.0.0.1"),
      port,
      tokenFiles: z.record(name, secretFile, 'pass { "meter": "file with its token" }'),
    }),
    z.strictObject({
      type: z.literal("csv"),
      path: file("the file"),
      values: z.enum(["register", "interval"], { error: "pass register or interval" }),
      zone: text("an IANA zone, such as Europe/Amsterdam")
        .refine(isZone, "pass an IANA zone, such as Europe/Amsterdam")
        .optional(),
    }),
  ],
  { error: `pass one of ${TYPES.join(", ")}` },
);

export type AdapterConfig = z.output<typeof AdapterConfig>;
