/** Text that may be shown: nothing that a terminal obeys, and no addresses of nodes, whose paths hold keys. */

/**
 * At most `most` characters, control characters replaced.
 * @example printable("\u001b[31mred", 40) // "?[31mred"
 */
export function printable(text: string, most: number): string {
  const characters = Array.from(text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?"));
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : characters.join("");
}

/**
 * Addresses with scheme and host alone.
 * @example withoutKeys("https://rpc.example/v3/abc refused") // "https://rpc.example/… refused"
 */
export function withoutKeys(text: string): string {
  return text.replace(/\b(https?|wss?):\/\/[^\s"')<>]+/gi, hostOf);
}

/** What ends a sentence is not the address's. */
const END = /[.,;:!?]*$/;

function hostOf(found: string): string {
  const [end = ""] = END.exec(found) ?? [];
  const address = found.slice(0, found.length - end.length);
  if (!URL.canParse(address)) return "<URL>";
  const { protocol, host, pathname, search, username } = new URL(address);
  const more = username !== "" || search !== "" || (pathname !== "/" && pathname !== "");
  return `${protocol}//${host}${more ? "/…" : ""}${end}`;
}
