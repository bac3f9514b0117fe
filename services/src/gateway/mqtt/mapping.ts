/** From topics and payloads to samples, as the configuration maps them. */
import type { Seconds } from "@wattbook/sdk/pure";
import { energyUnit, registerWhDown } from "../energy.ts";
import type { EnergyUnit } from "../energy.ts";
import { GatewayError } from "../errors.ts";
import { parseJson, textOf, valueAt } from "../json.ts";
import type { Json } from "../json.ts";
import type { Sample } from "../sample.ts";
import { messageTime } from "../time.ts";
import { MOST_PAYLOAD } from "./bound.ts";

/** Where a register stands in a payload. */
export interface RegisterPlace {
  /** Path in a JSON payload, such as `ENERGY.Total`; without it the payload is the number. */
  readonly path?: string | undefined;
  /** Unit, where it is fixed. */
  readonly unit?: EnergyUnit | undefined;
  /** Path to the unit, such as Home Assistant's `attributes.unit_of_measurement`. */
  readonly unitPath?: string | undefined;
  /** Path to Home Assistant's state class, which has to say `total_increasing`. */
  readonly stateClassPath?: string | undefined;
}

/** One kind of topic. */
export interface TopicMapping {
  /** A topic, or one with `{meter}` for a level that holds the meter's name. */
  readonly topic: string;
  /** The meter, where the topic does not name it. */
  readonly meter?: string | undefined;
  readonly import?: RegisterPlace | undefined;
  readonly export?: RegisterPlace | undefined;
  /** Path to the time of the reading. Without one it is the time of arrival, and retained messages are refused. */
  readonly timePath?: string | undefined;
  /** Path to the meter's serial number. */
  readonly serialPath?: string | undefined;
  /** Path to a name of the sender, which has to be the meter's: a wrong one is a misrouted or forged message. */
  readonly meterPath?: string | undefined;
}

/** A message as it arrived. */
export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly arrived: Seconds;
}

const METER = "{meter}";

/** The filter to subscribe for a mapping. */
export function filterOf({ topic }: TopicMapping): string {
  return topic.replace(METER, "+");
}

/** A mapping that a topic fits, and the meter that it names. */
export interface Route {
  readonly mapping: TopicMapping;
  readonly meter: string;
}

/**
 * Finds the mapping of a topic.
 * @param meters Names of the configured meters.
 * @throws GatewayError TOPIC_UNKNOWN, METER_UNKNOWN
 */
export function routeOf(mappings: readonly TopicMapping[], meters: ReadonlySet<string>, topic: string): Route {
  for (const mapping of mappings) {
    const named = levelOf(mapping.topic, topic);
    if (named === undefined) continue;
    const meter = mapping.meter ?? named;
    if (meters.has(meter)) return { mapping, meter };
    throw new GatewayError(
      "METER_UNKNOWN",
      "topic",
      topic,
      `no meter "${meter}" is configured: add it, or deny the topic.`,
    );
  }
  throw new GatewayError(
    "TOPIC_UNKNOWN",
    "topic",
    topic,
    "no mapping has it. Add one, or deny the topic at the broker.",
  );
}

/** The level that stands for `{meter}`, empty without one; undefined where the topic does not fit. */
function levelOf(pattern: string, topic: string): string | undefined {
  const levels = topic.split("/");
  const wanted = pattern.split("/");
  if (levels.length !== wanted.length) return undefined;
  let meter = "";
  for (const [index, level] of levels.entries()) {
    if (wanted[index] === METER) meter = level;
    else if (wanted[index] !== level) return undefined;
  }
  return meter;
}

/**
 * Reads a message.
 * @throws GatewayError of a `RefusalCode`
 */
export function sampleOf({ mapping, meter }: Route, { payload, retained, arrived }: Message): Sample {
  if (payload.length > MOST_PAYLOAD) {
    const text = `it has more than ${MOST_PAYLOAD} bytes, and no more are read. Map a topic that carries registers.`;
    throw new GatewayError("MESSAGE_TOO_LONG", "payload", payload.toString("utf8", 0, 64), text);
  }
  if (retained && mapping.timePath === undefined) {
    const text = "nobody knows how old a retained message is. Send without retain, or with a time and map timePath.";
    throw new GatewayError("RETAINED_WITHOUT_TIME", "retain", retained, text);
  }
  const text = payload.toString("utf8").trim();
  const json = needsJson(mapping) ? parseJson(text, "payload") : text;
  checkSender(mapping, json, meter);
  const imported = registerOf(mapping.import, json, "import");
  const exported = registerOf(mapping.export, json, "export");
  const serial = mapping.serialPath === undefined ? undefined : required(json, mapping.serialPath);
  return {
    meter,
    at: mapping.timePath === undefined ? arrived : messageTime(required(json, mapping.timePath), mapping.timePath),
    ...(imported === undefined ? {} : { importWh: imported }),
    ...(exported === undefined ? {} : { exportWh: exported }),
    ...(serial === undefined ? {} : { serial }),
  };
}

function needsJson({ timePath, serialPath, meterPath, ...mapping }: TopicMapping): boolean {
  const paths = [timePath, serialPath, meterPath, mapping.import?.path, mapping.export?.path];
  return paths.some((path) => path !== undefined);
}

function checkSender({ meterPath }: TopicMapping, json: Json, meter: string): void {
  if (meterPath === undefined) return;
  const sender = required(json, meterPath);
  if (sender === meter) return;
  const text = `the topic is that of meter "${meter}". Check the device, and who may publish there.`;
  throw new GatewayError("PAYLOAD_OF_ANOTHER", meterPath, sender, text);
}

function registerOf(place: RegisterPlace | undefined, json: Json, side: "import" | "export"): bigint | undefined {
  if (place === undefined) return undefined;
  const field = place.path ?? side;
  const number = place.path === undefined ? (textOf(json) ?? "") : required(json, place.path);
  checkStateClass(place, json);
  const unit =
    place.unit ?? energyUnit(place.unitPath === undefined ? "" : required(json, place.unitPath), `unit of ${field}`);
  return registerWhDown(number, unit, field);
}

function checkStateClass({ stateClassPath }: RegisterPlace, json: Json): void {
  if (stateClassPath === undefined) return;
  const value = required(json, stateClassPath);
  if (value === "total_increasing") return;
  const text = "only total_increasing is a register. Map the energy sensor, not the power or the day's sum.";
  throw new GatewayError("NOT_A_REGISTER", stateClassPath, value, text);
}

function required(json: Json, path: string): string {
  const value = textOf(valueAt(json, path));
  if (value !== undefined) return value;
  const text = "the payload has no text or number there. Check the path in the configuration.";
  throw new GatewayError("FIELD_MISSING", path, undefined, text);
}
