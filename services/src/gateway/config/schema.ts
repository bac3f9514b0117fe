/** The gateway's configuration, JSON. Secrets stand in files of their own: every field that names one ends in `File`. */
import { z } from "zod";
import { askedNodeSchema, file, keySchema, levelSchema, listenSchema, whole } from "../../operation/index.ts";
import { AdapterConfig } from "./adapter-schema.ts";
import { energies, large, name, seconds, secretFile } from "./fields.ts";
import { mistakesIn } from "./mistakes.ts";

const REGISTERS = "name import, export or both, in a list";
const METERS = "describe at least one meter, in a list";
const ADAPTERS = "describe at least one adapter, in a list";
const RELAYER = "pass the address of the relayer, such as https://relayer.example";

export const MeterConfig = z.strictObject({
  name,
  /** Most power in either direction, W. */
  maxW: large,
  registers: z
    .array(z.enum(["import", "export"], { error: REGISTERS }), REGISTERS)
    .min(1, REGISTERS)
    .default(["import", "export"]),
  serial: name.optional(),
  wrapWh: large.optional(),
  onFall: z.enum(["refuse", "reset"], { error: "pass refuse or reset" }).default("refuse"),
  base: energies.default({ importWh: 0n, exportWh: 0n }),
  maxGap: seconds.default(7_200),
  clockTolerance: seconds.default(300),
  maxLate: seconds.default(259_200),
});

const index = (what: string) => whole(what, 0, 0xffff_ffff);

export const MemberConfig = z.strictObject({
  community: index("a community's index"),
  member: index("a member's index"),
  meter: name,
  meterKey: keySchema,
  acceptGaps: z.boolean({ error: "pass true or false" }).default(false),
  trade: z
    .strictObject({
      tradingKey: keySchema,
      /** Most it pays, base units per Wh. */
      buy: large.optional(),
      /** Least it takes, base units per Wh. */
      sell: large.optional(),
      leadTime: seconds.default(21_600),
    })
    .optional(),
});

export const GatewayConfig = z
  .strictObject({
    deployment: file("the file deployment.json"),
    node: askedNodeSchema,
    /** Made where it is missing. */
    queue: file("the file of the queue"),
    relayer: z.strictObject({
      url: z.url({ protocol: /^https?$/, error: RELAYER }),
      tokenFile: secretFile.optional(),
      /** Most that it may ask for an order, base units. */
      mostFeePerEntry: large.default(0n),
    }),
    meters: z.array(MeterConfig, METERS).min(1, METERS),
    members: z.array(MemberConfig, "describe members in a list").default([]),
    adapters: z.array(AdapterConfig, ADAPTERS).min(1, ADAPTERS),
    signAfter: seconds.default(900),
    giveUpAfter: seconds.default(86_400),
    operation: listenSchema(9_091).prefault({}),
    log: levelSchema,
  })
  .superRefine((config, context) => {
    for (const { path, message } of mistakesIn(config)) context.addIssue({ code: "custom", path, message });
  });

export type GatewayConfig = z.output<typeof GatewayConfig>;
export type MeterConfig = z.output<typeof MeterConfig>;
export type MemberConfig = z.output<typeof MemberConfig>;
