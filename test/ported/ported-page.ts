import { portedCases } from "./cases.js";
import { complaints } from "./complaints.js";
import type { PortedResult, ThreeWays } from "./port-case.js";

/** When, where and with what the cases were built. */
export interface AboutRun {
  readonly date: string;
  readonly machine: string;
  readonly versions: readonly string[];
}

/** The text of `docs/ported.md`. */
export function portedPage(results: readonly PortedResult[], { date, machine, versions }: AboutRun): string {
  const ordered = portedCases.flatMap(({ name }) => results.filter((result) => result.name === name));
  const wrong = ordered.flatMap(complaints);
  const left = portedCases.filter(({ name }) => !results.some((result) => result.name === name));
  return `# Ten ported Dockerfiles

Ten Dockerfiles of the shapes that people have, written for this page by hand and as descriptions. \`npm run ported\` (as root, with
the peers of [CONTRIBUTING](../CONTRIBUTING.md)) builds each three ways, compares the images and writes this page: **by
hand** is the plain Dockerfile through BuildKit, **ours** is the Dockerfile that the description becomes, through the same
BuildKit, **direct** is the image that the description becomes with no daemon. The sources are in \`test/ported/\`.

- ${date}, on ${machine}.
- ${versions.join("; ")}.
- The bases are Debian bookworm with the settings of the official images, and packages of Debian on it.${
    left.length === 0 ? "" : `\n- Not built in this run: ${left.map(({ name }) => `\`${name}\``).join(", ")}.`
  }

## Size

What the image adds to its base: layers, plain bytes in kB, and compressed bytes in kB. BuildKit and the direct build
compress with encoders of their own.

${table(
  [
    "case",
    "layers: by hand",
    "ours",
    "direct",
    "plain: by hand",
    "ours",
    "direct",
    "gzip: by hand",
    "ours",
    "direct",
  ],
  ordered.map(({ name, weight }) => [
    `\`${name}\``,
    ...three(weight, ({ layers }) => String(layers)),
    ...three(weight, ({ unpacked }) => kilobytes(unpacked)),
    ...three(weight, ({ compressed }) => kilobytes(compressed)),
  ]),
)}

## Commands that a change runs again

Each change is one line, and then the image is built again with all that the builder remembers.

${table(
  ["case", "changed", "by hand", "ours", "direct"],
  ordered.flatMap(({ name, runs }) =>
    runs.map(({ edit, runs: ran }) => [`\`${name}\``, edit, ...three(ran, String)]),
  ),
)}

## Lines of Dockerfile

Lines that are neither empty nor a comment.

${table(
  ["case", "", "by hand", "ours", "times"],
  ordered.map(({ name, title, lines }) => [
    `\`${name}\``,
    title,
    String(lines.byHand),
    String(lines.ours),
    (lines.ours / lines.byHand).toFixed(2),
  ]),
)}

## What differs

The trees and configs of the three images are equal, but for the content of these paths, which is another each time a
command runs, and which a pass may have removed in ours:

${leftoverLines(ordered).join("\n")}

${
  wrong.length === 0
    ? "Beside these, no difference was found; no image of ours is larger by more than 2 KiB, which is what the times in logs make, and no change runs more commands than by hand."
    : `What is not as it should be:\n\n${wrong.map((complaint) => `- ${complaint}`).join("\n")}`
}
`;
}

function leftoverLines(results: readonly PortedResult[]): string[] {
  const named = portedCases.filter(({ name }) => results.some((result) => result.name === name));
  return named.flatMap(({ name, leftovers }) =>
    leftovers.map(({ path, reason }) => `- \`${name}\`: \`${path.source}\`; ${reason}.`),
  );
}

function three<Value>(ways: ThreeWays<Value>, text: (way: Value) => string): string[] {
  return [text(ways.byHand), text(ways.dockerfile), text(ways.direct)];
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toLocaleString("en", { maximumFractionDigits: bytes < 100_000 ? 1 : 0 });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) =>
    rows.every((row) => /^[\d.,]+$/.test(row[column]!)) ? "---:" : "---",
  );
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
