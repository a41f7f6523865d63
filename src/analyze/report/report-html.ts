import { createHash } from "node:crypto";
import { shownLine, shownText } from "../../core/shown-text.js";
import type { ReportData } from "./report-data.js";

/** The page's own script and style. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/**
 * The page of a report: one file that asks for nothing else, which its content security policy makes sure of. The data
 * is JSON in the page; all that is shown of it is put in as text, by the script.
 */
export function reportHtml(data: ReportData, { script, style }: PageAssets): string {
  const policy = [
    "default-src 'none'",
    `script-src '${integrity(script)}'`,
    `style-src '${integrity(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${htmlText(shownLine(data.title))} – layerwright report</title>
<style>${style}</style>
</head>
<body>
<noscript><p>This page draws its figures itself: allow its script, which asks nothing of the network.</p></noscript>
<script type="application/json" id="data">${scriptJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function htmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** JSON that cannot end the element that it is in, nor open a comment in it, nor look like other text than it is. */
function scriptJson(data: unknown): string {
  return shownText(JSON.stringify(data)).replaceAll("<", "\\u003c");
}

function integrity(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
