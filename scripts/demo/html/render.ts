/** A run as a page. */

import type { Report } from "../report.ts";
import { pageData, type PageInput, type PageOptions } from "./assemble.ts";
import { bundlePage } from "./bundle.ts";
import { renderDocument } from "./document.ts";

/** One HTML file that needs nothing else; the same run gives the same bytes. */
export async function renderPage(report: Report, input: PageInput, options: PageOptions): Promise<string> {
  return renderDocument(pageData(report, input, options), await bundlePage());
}
