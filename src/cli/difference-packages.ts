import type { PackageDifference } from "../analyze/difference/package-differences.js";
import { shownLine } from "../core/shown-text.js";
import { columns } from "./columns.js";
import { mark, place } from "./difference-words.js";
import type { Paint } from "./paint.js";

/** Rows that are shown unless all are asked for. */
const SHOWN = 12;

/** The packages that differ: one row for what is installed in several places and went the same way. */
export function packageSection(packages: readonly PackageDifference[], paint: Paint, all: boolean): string {
  if (packages.length === 0) return "";
  const groups = new Map<string, PackageDifference[]>();
  for (const it of packages) {
    const key = JSON.stringify([it.kind, it.name, it.before, it.after]);
    const group = groups.get(key) ?? [];
    group.push(it);
    groups.set(key, group);
  }
  const rows = [...groups.values()].map((group) => {
    const { kind, name, before, after, origin } = group[0]!;
    const what = before === undefined ? "added" : after === undefined ? "removed" : "changed";
    const versions = [before, after].flatMap((version) =>
      version === undefined ? [] : [shownLine(version)],
    );
    const places = group.length === 1 ? "" : ` (${group.length} places)`;
    return [
      mark(what, paint),
      shownLine(name),
      `${versions.join(" -> ")}${places}`,
      { text: kind, paint: paint.dim },
      place(origin, paint),
    ];
  });
  const shown = all ? rows : rows.slice(0, SHOWN);
  const rest = rows.length - shown.length;
  const counts = (["added", "removed", "changed"] as const).flatMap((kind) => {
    const count = packages.filter((it) => kindOf(it) === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  return `${counts.join(", ")}\n${columns(shown)}${rest === 0 ? "" : paint.dim(`and ${rest} more (--files lists all)\n`)}`;
}

function kindOf({ before, after }: PackageDifference): "added" | "removed" | "changed" {
  return before === undefined ? "added" : after === undefined ? "removed" : "changed";
}
