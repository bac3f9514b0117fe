/** The gateway's configuration, JSON. Secrets stand in files of their own: every field that names one ends in `File`. */
import { z } from "zod";
import { ENERGY_UNITS } from "../energy.ts";

const name = z.string().min(1).max(64);
const file = z.string().min(1).describe("Path, from the configuration's folder");
/** Integers that may be large, as numbers or as texts. */
const whole = z
  .union([z.int().min(0), z.string().regex(/^\d{1,19}$/, "write digits")])
  .transform((value) => BigInt(value));
const seconds = z.int().min(1).max(31_536_000);
const port = z.int().min(1).max(65_535);
const host = z.string().min(1);
const divisor = seconds.refine(
  (value) => 3_600 % value === 0,
  "take a divisor of an hour, so that slots begin with a sample",
);
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "write an address");
const energies = z.strictObject({ importWh: whole.default(0n), exportWh: whole.default(0n) });

const key = z.strictObject({
  file: file.describe("Encrypted keystore"),
  passwordFile: file.optional().describe("Or the environment variable KEY_PASSWORD_FILE"),
  address: address.optional(),
});

export const MeterConfig = z.strictObject({
  name,
  maxW: whole.describe("Most power in either direction, W"),
  registers: z
    .array(z.enum(["import", "export"]))
    .min(1)
    .default(["import", "export"]),
  serial: z.string().min(1).max(64).optional(),
  wrapWh: whole.optional(),
  onFall: z.enum(["refuse", "reset"]).default("refuse"),
  base: energies.default({ importWh: 0n, exportWh: 0n }),
  maxGap: seconds.default(7_200),
  clockTolerance: seconds.default(300),
  maxLate: seconds.default(259_200),
});

export const MemberConfig = z.strictObject({
  community: z.int().min(0).max(0xffff_ffff),
  member: z.int().min(0).max(0xffff_ffff),
  meter: name,
  meterKey: key,
  acceptGaps: z.boolean().default(false),
  trade: z
    .strictObject({
      tradingKey: key,
      buy: whole.optional().describe("Most it pays, base units per Wh"),
      sell: whole.optional().describe("Least it takes, base units per Wh"),
      leadTime: seconds.default(21_600),
    })
    .optional(),
});

const register = z
  .strictObject({
    path: z.string().min(1).optional(),
    unit: z.enum(ENERGY_UNITS).optional(),
    unitPath: z.string().min(1).optional(),
    stateClassPath: z.string().min(1).optional(),
  })
  .refine(({ unit, unitPath }) => (unit === undefined) !== (unitPath === undefined), "name either unit or unitPath");

const topic = z
  .strictObject({
    topic: z
      .string()
      .min(1)
      .regex(/^[^#+]*$/, "name {meter} instead of a wildcard"),
    meter: name.optional(),
    import: register.optional(),
    export: register.optional(),
    timePath: z.string().min(1).optional(),
    serialPath: z.string().min(1).optional(),
    meterPath: z.string().min(1).optional(),
  })
  .refine((each) => each.import !== undefined || each.export !== undefined, "map import, export or both")
  .refine(
    (each) => (each.meter === undefined) === each.topic.includes("{meter}"),
    "name meter, or {meter} in the topic",
  );

export const AdapterConfig = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("p1-tcp"),
    meter: name,
    host,
    port,
    every: divisor.default(60),
    winterHours: z.int().min(-12).max(14).default(1),
  }),
  z.strictObject({
    type: z.literal("p1-serial"),
    meter: name,
    path: z.string().min(1),
    baudRate: z.int().min(300).default(115_200),
    every: divisor.default(60),
    winterHours: z.int().min(-12).max(14).default(1),
  }),
  z.strictObject({
    type: z.literal("sunspec"),
    meter: name,
    host,
    port: port.default(502),
    unit: z.int().min(0).max(255).default(1),
    model: z.int().optional(),
    every: divisor.default(60),
    reversed: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal("mqtt"),
    url: z.string().regex(/^mqtts?:\/\/\S+$/, "write mqtt://host:1883 or mqtts://host:8883"),
    clientId: name,
    username: z.string().optional(),
    passwordFile: file.optional(),
    caFile: file.optional(),
    certFile: file.optional(),
    keyFile: file.optional(),
    topics: z.array(topic).min(1),
  }),
  z.strictObject({ type: z.literal("http"), host: host.default("127.0.0.1"), port, tokenFiles: z.record(name, file) }),
  z.strictObject({ type: z.literal("csv"), path: file, values: z.enum(["register", "interval"]) }),
]);

export const GatewayConfig = z.strictObject({
  queue: file.describe("The queue; made where it is missing"),
  chain: z.strictObject({ url: z.url(), deployment: file.describe("deployment.json") }),
  relayer: z.strictObject({ url: z.url(), tokenFile: file.optional() }),
  meters: z.array(MeterConfig).min(1),
  members: z.array(MemberConfig).default([]),
  adapters: z.array(AdapterConfig).min(1),
  signAfter: seconds.default(900),
  giveUpAfter: seconds.default(86_400),
});

export type GatewayConfig = z.infer<typeof GatewayConfig>;
export type MeterConfig = z.infer<typeof MeterConfig>;
export type MemberConfig = z.infer<typeof MemberConfig>;
export type AdapterConfig = z.infer<typeof AdapterConfig>;
