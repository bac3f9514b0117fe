/** What the page is made of: fields to read, places to write, buttons that say what went wrong. */
import { faultOf } from "@wattbook/sdk";

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}.`);
  return found;
}

/** The text of a field. */
export const field = (id: string): string => (element(id) as HTMLInputElement | HTMLSelectElement).value;

/** Writes a line. */
export function status(id: string, text: string): void {
  element(id).textContent = text;
}

/** Fills a table's body with rows, or a list of choices with [value, text]. */
export function cells(id: string, rows: readonly (readonly string[])[]): void {
  const target = element(id);
  const made = rows.map((texts) => {
    if (target instanceof HTMLSelectElement) return new Option(texts[1], texts[0]);
    const row = document.createElement("tr");
    for (const text of texts) row.insertCell().textContent = text;
    return row;
  });
  target.replaceChildren(...made);
}

/** What a button does: one at a time, with its error and a hint in the message line. */
export function step(id: string, work: () => Promise<void>): void {
  const button = element(id) as HTMLButtonElement;
  button.disabled = false;
  button.onclick = () => {
    button.disabled = true;
    status("message", "");
    void work()
      .then(() => {
        status("message", `${button.textContent}: done.`);
      })
      .catch((error: unknown) => {
        status("message", faultOf(error)?.message ?? String(error));
      })
      .finally(() => {
        button.disabled = false;
      });
  };
}
