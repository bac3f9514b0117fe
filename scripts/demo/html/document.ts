/** The page as one HTML file that needs nothing else: style, data and code inside, and a policy that forbids any request. */

import { createHash } from "node:crypto";
import type { Bundle } from "./bundle.ts";
import type { PageData } from "./data.ts";
import type { SharedPageData } from "./shared-data.ts";

/** Id of the element that holds the data. */
export const DATA_ID = "data";

export function renderDocument(data: PageData | SharedPageData, { script, style }: Bundle): string {
  requireInline(script, style);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Wattbook: ${escapeText(data.title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<noscript><p>This report draws itself: it needs JavaScript. Nothing is fetched from anywhere.</p></noscript>
<div id="page"></div>
<!-- Charts: Observable Plot and D3, ISC licence, Copyright Observable, Inc. and Mike Bostock. -->
<script type="application/json" id="${DATA_ID}">${embed(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Only this very script runs, and nothing is requested from anywhere. Charts carry style attributes. */
function policyOf(code: string): string {
  const hash = createHash("sha256").update(code).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/**
 * JSON that cannot end the script element it stands in, whatever a home is called: `<` only occurs inside of strings, where its
 * escape means the same.
 */
export function embed(value: object): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/** The bundler writes these another way; code that could end its own element would be a fault of the build. */
function requireInline(script: string, style: string): void {
  if (/<\/script|<!--/i.test(script) || style.includes("</")) throw new Error("the bundle does not fit into a page");
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
