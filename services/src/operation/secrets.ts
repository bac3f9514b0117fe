/** What must not get into a log: known values, and everything of an address behind the host. */

const ADDRESS = /\b(https?|wss?|mqtts?|tcp):\/\/[^\s"'<>\\]+/gi;
const SHOWN = "[secret]";
/** Shorter ones would blot out ordinary words; nobody should use them. */
const LEAST_LENGTH = 4;

/** Collects secrets while the configuration is read, and takes them out of text. */
export class Secrets {
  readonly #values = new Set<string>();

  /** Keeps a value out of all later text, however it is written in JSON. Returns the value. */
  add(value: string): string {
    for (const form of [value, JSON.stringify(value).slice(1, -1), withoutPrefix(value)]) {
      if (form.length >= LEAST_LENGTH) this.#values.add(form);
    }
    return value;
  }

  /** The text without secrets: nodes' addresses keep scheme and host alone, keys often stand in their path. */
  scrub(text: string): string {
    let clean = text;
    for (const value of this.#values) clean = clean.replaceAll(value, SHOWN);
    return clean.replace(ADDRESS, hostOf);
  }
}

/** A private key is the same with and without its prefix. */
function withoutPrefix(value: string): string {
  return /^0x[0-9a-f]{64}$/i.test(value) ? value.slice(2) : value;
}

/** What ends a sentence is not the address's. */
const END = /[.,;:!?)\]]*$/;

function hostOf(found: string): string {
  const [end = ""] = END.exec(found) ?? [];
  const address = found.slice(0, found.length - end.length);
  if (!URL.canParse(address)) return SHOWN;
  const { protocol, host, pathname, search, username } = new URL(address);
  const more = username !== "" || search !== "" || (pathname !== "/" && pathname !== "");
  return `${protocol}//${host}${more ? `/${SHOWN}` : ""}${end}`;
}
