// docs/tiny-images.md, from the figures of a run.
import { megabytes, WAYS } from "./text-table.mjs";

const fenced = (language, text) => `\`\`\`${language}\n${text.trim()}\n\`\`\``;
const list = (value) => (Array.isArray(value) ? value : [value]);

/** The page as text. */
export function tinyImagesPage(results, about) {
  const parts = [head(about), figures(results, "unpacked"), COMPRESSED, figures(results, "compressed")];
  return `${[...parts, reallyWon(results)].join("\n\n")}

${results.map(section).join("\n\n")}
`;
}

function head({ date, machine, versions, baseSize }) {
  return `# Tiny images

What small images cost and what makes them small, on Debian bookworm. **Every number on this page was printed by
\`npm run table\`** (as root, with the peers of [CONTRIBUTING](../CONTRIBUTING.md)), which builds every row four ways and
writes this page; it ends with an error when one of ours is larger than the best Dockerfile that we could write by hand.

- ${date}, on ${machine}.
- ${versions.join("; ")}.
- The base is a minimal bookworm of ${megabytes(baseSize)} MB from the machine's own package mirror, with the settings of
  the official Debian images: \`docker-clean\` removes archives after each installation, \`docker-gzip-indexes\` keeps the
  lists compressed, \`docker-no-languages\` fetches no translations.

**naive** is the Dockerfile as most people write it first, **best by hand** as an expert writes it; both are built by
BuildKit. **Ours** is one description, built through the Dockerfile that it becomes, by the same BuildKit, and directly,
with no daemon. Plain bytes of all layers, the base included, in MB (millions of bytes):`;
}

/** What of the figures is due to the description, and what an expert has without it. */
function reallyWon(results) {
  const saved = (id, from, to = "direct") => {
    const { sizes } = results.find(({ row }) => row.id === id) ?? {};
    return sizes === undefined ? "?" : megabytes(Math.max(sizes[from].unpacked - sizes[to].unpacked, 0));
  };
  return `## What you really win

- Against a Dockerfile as most people write it first: ${saved("a", "naive")} MB where two commands install nginx (a),
  ${saved("c", "naive")} MB where later steps clean up (c). The official images remove the archives themselves, so that is the
  lists of packages, not the packages. On a base without these settings both would be about ten times as much.
- Against a Dockerfile as everybody is told to write it: ${saved("b", "naive")} MB (b). The recipe leaves out documentation,
  logs and backups.
- Against the best that an expert writes: ${saved("b", "best")} MB for an installation (a, b, h), and elsewhere about
  nothing. Everything on this page can be written by hand. What the description adds is that nobody has to know how, and
  that the direct build and the Dockerfile agree.
- What makes an image small is what it holds: alone on scratch (f), without a package manager (e), without what a later
  step replaced (d, g). That is the choice of a base and of stages, whatever builds them.`;
}

const COMPRESSED = "The same, compressed, as it is pushed and pulled:";

function figures(results, figure) {
  const rows = results.map(
    ({ row, sizes }) =>
      `| (${row.id}) | ${row.title} | ${WAYS.map((way) => megabytes(sizes[way][figure])).join(" | ")} |`,
  );
  return `| | | naive | best by hand | ours, Dockerfile | ours, direct |\n|---|---|---:|---:|---:|---:|\n${rows.join("\n")}`;
}

function section({ row, sizes }) {
  const { naive, best, direct } = sizes;
  const layers = `${naive.layers} layers become ${direct.layers}.`;
  const saved = naive.unpacked - direct.unpacked;
  const against = best.unpacked - direct.unpacked;
  const parts = [
    `## (${row.id}) ${row.title}`,
    `${megabytes(saved)} MB less than the naive file, ${difference(against)} the best by hand${
      naive.layers === direct.layers ? "." : `; ${layers}`
    } ${row.why}`,
    "The naive file, and ours:",
    fenced("dockerfile", list(row.naive)[0]),
    fenced("js", unindented(row.ours.toString())),
  ];
  return parts.join("\n\n");
}

function difference(bytes) {
  if (bytes > 0) return `${bytes.toLocaleString("en")} bytes less than`;
  if (bytes < 0) return `${(-bytes).toLocaleString("en")} bytes of tar headers more than`;
  return "exactly as much as";
}

/** A function's own text, its last line at the margin. */
function unindented(code) {
  const lines = code.split("\n");
  const margin = Math.min(
    ...lines
      .slice(1)
      .filter((line) => line !== "")
      .map((line) => line.search(/\S/)),
  );
  return Number.isFinite(margin)
    ? [lines[0], ...lines.slice(1).map((line) => line.slice(Math.max(margin - 2, 0)))].join("\n")
    : code;
}
