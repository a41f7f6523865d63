import type { HostPlace } from "../../archive/held-directory.js";
import { hostText } from "../../archive/held-directory.js";
import type { IgnoreRules, ParentMatches } from "../../core/ignore-rules.js";
import { PlanError } from "../../errors/layerwright-error.js";
import type { SourceEntry } from "../../ports/file-source.js";
import type { ListedEntry } from "./listed-file.js";
import { sortedNames } from "./read-names.js";
import { lookAt, sourceEntry } from "./source-entry.js";

/** One set of rules on the way down a folder tree. */
export interface RuleCursor {
  readonly rules: IgnoreRules;
  /** What the rules said of the folder that is read. */
  readonly matches: ParentMatches;
  /** The folder's path as the rules see it, with a trailing slash; empty at the top. */
  readonly prefix: string;
}

/** Names that a layer cannot hold (image-spec layer.md, whiteouts). */
const RESERVED = ".wh.";

/** A folder that is ignored itself, and is there only if something in it is not. */
interface Hidden {
  readonly entry: SourceEntry;
  readonly parent: Hidden | undefined;
  written: boolean;
}

/** Lists all below a folder that no rule ignores, parents first; names of a folder in byte order. Links are not followed. */
export function listFolder(place: HostPlace, cursors: readonly RuleCursor[]): SourceEntry[] {
  const entries: SourceEntry[] = [];
  listInto(
    entries,
    place,
    undefined,
    cursors.filter((cursor) => cursor.rules.patterns.length > 0),
    undefined,
  );
  return entries;
}

function listInto(
  entries: SourceEntry[],
  place: HostPlace,
  parent: ListedEntry | undefined,
  cursors: readonly RuleCursor[],
  hidden: Hidden | undefined,
): void {
  for (const name of sortedNames(place)) {
    const judged = judge(name, cursors);
    if (judged === "drop") continue;
    const stats = lookAt(place, name);
    const folder = stats.isDirectory();
    if (judged.ignored && !(folder && judged.descend)) continue;
    if (name.startsWith(RESERVED)) refuseReserved(place.child(name).path);
    const entry = sourceEntry(parent, place, name, stats);
    if (entry === undefined) continue;
    const now: Hidden | undefined = judged.ignored ? { entry, parent: hidden, written: false } : undefined;
    if (now === undefined) {
      writeHidden(entries, hidden);
      entries.push(entry);
    }
    if (!folder) continue;
    const above = now ?? (hidden?.written ? undefined : hidden);
    listInto(entries, place.child(name), entry, judged.cursors, above);
  }
}

/** Ignored parents of something that is not ignored come along, as BuildKit sends them. */
function writeHidden(entries: SourceEntry[], hidden: Hidden | undefined): void {
  if (hidden === undefined || hidden.written) return;
  writeHidden(entries, hidden.parent);
  hidden.written = true;
  entries.push(hidden.entry);
}

interface Judged {
  readonly ignored: boolean;
  readonly descend: boolean;
  readonly cursors: readonly RuleCursor[];
}

const KEEP: Judged = { ignored: false, descend: true, cursors: [] };

function judge(name: string, cursors: readonly RuleCursor[]): Judged | "drop" {
  if (cursors.length === 0) return KEEP;
  let ignored = false;
  const below: RuleCursor[] = [];
  for (const { rules, matches, prefix } of cursors) {
    const path = prefix + name;
    const verdict = rules.decide(path, matches);
    if (verdict.ignored) {
      if (!rules.hasExceptions || !rules.mayHoldExceptions(path)) return "drop";
      ignored = true;
    }
    below.push({ rules, matches: verdict.matches, prefix: `${path}/` });
  }
  return { ignored, descend: true, cursors: below };
}

function refuseReserved(path: string | Buffer): never {
  throw new PlanError("SOURCE_NAME_RESERVED", { path: hostText(path) }, { subject: hostText(path) });
}
