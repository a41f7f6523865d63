import { createHash } from "node:crypto";
import { hasEscapedBytes, pathToBytes } from "../core/bytes.js";
import { withOriginSync } from "../errors/with-origin.js";
import type { FoundMatch, FoundSource, Operation, PlanSource } from "../plan/operation.js";
import type { Plan } from "../plan/plan.js";
import type { FileSource, SourceEntry, SourceMatch } from "../ports/file-source.js";
import { listSources } from "../rootfs/apply-copy.js";
import { contextMode } from "../rootfs/copied-tree.js";

/**
 * The plan with `found` in every context source: what is there on disk, in short. The Dockerfile synthesis needs it
 * to give files the same modes as the direct build does. Files are listed and not read.
 */
export function resolveSources(plan: Plan, files: FileSource): Plan {
  const stages = plan.stages.map((stage) => ({
    ...stage,
    layers: stage.layers.map((layer) => ({
      ...layer,
      operations: layer.operations.map((operation) =>
        withOriginSync(operation.origin, () => resolveOperation(operation, files)),
      ),
    })),
  }));
  return { ...plan, stages };
}

function resolveOperation(operation: Operation, files: FileSource): Operation {
  if (operation.op === "copy") {
    const listed = listSources(files, operation);
    return {
      ...operation,
      sources: operation.sources.map((source) => withFound(source, listed.get(source))),
    };
  }
  if (operation.op !== "run" || operation.mounts === undefined) return operation;
  const mounts = operation.mounts.map((mount) =>
    mount.type === "bind" ? { ...mount, source: resolveMounted(mount.source, files) } : mount,
  );
  return { ...operation, mounts };
}

function resolveMounted(source: PlanSource, files: FileSource): PlanSource {
  if (source.from !== "context") return source;
  // As the direct build fills a mount.
  return withFound(
    source,
    listSources(files, { sources: [source], dest: "/source", into: false }).get(source),
  );
}

function withFound(source: PlanSource, matches: readonly SourceMatch[] | undefined): PlanSource {
  if (source.from !== "context" || matches === undefined) return source;
  return { ...source, found: foundSource(matches, source.path) };
}

/** More would only be carried around: whoever asks for entries spells one instruction a file. */
const MOST_ENTRIES = 10_000;

const PLAIN = { ids: undefined, mode: undefined } as const;

/** A short account of what a context source is on disk. */
function foundSource(matches: readonly SourceMatch[], pattern: string): FoundSource {
  const counts = { file: 0, folder: 0, symlink: 0 };
  const hash = createHash("sha256");
  const irregular: FoundSource["irregular"][number][] = [];
  const entries: NonNullable<FoundSource["entries"]>[number][] = [];
  let bytes = 0;
  let total = 0;
  const single = matches.length === 1 && !isGlob(pattern, matches[0]!);
  const through = new Set(matches.flatMap((match) => match.through ?? []));
  const inodes = new Set<string>();
  let hardLinks = false;
  let notText: string | undefined;
  for (const match of matches) {
    if (match.shape === "folder" && !single) counts.folder++;
    for (const entry of match.entries) {
      const path = single ? entry.path : joined(match, entry);
      if (hasEscapedBytes(path) || hasEscapedBytes(entry.target ?? "")) notText ??= path;
      counts[entry.type]++;
      bytes += entry.size;
      total++;
      hash.update(pathToBytes(path)).update(`\0${entry.type}\0${entry.size}\n`);
      if (entry.type !== "symlink" && entry.mode !== contextMode(PLAIN, entry.type, entry.mode)) {
        irregular.push({ path, type: entry.type, mode: entry.mode });
      }
      if (entry.linked) {
        const { dev, ino } = entry.host.guard;
        hardLinks ||= match.shape === "folder" && inodes.has(`${dev} ${ino}`);
        inodes.add(`${dev} ${ino}`);
      }
      if (total > MOST_ENTRIES) continue;
      const target = entry.target === undefined ? {} : { target: entry.target };
      entries.push({ path, type: entry.type, mode: entry.mode, ...target });
    }
    inodes.clear();
  }
  const found: FoundSource = {
    shape: single ? matches[0]!.shape : "many",
    files: counts.file,
    folders: counts.folder,
    symlinks: counts.symlink,
    bytes,
    listing: `sha256:${hash.digest("hex")}`,
    irregular,
    ...(single ? {} : { matches: matches.map(foundMatch) }),
    ...(through.size === 0 ? {} : { through: [...through] }),
    ...(hardLinks ? { hardLinks } : {}),
    ...(notText === undefined ? {} : { notText }),
  };
  return total <= MOST_ENTRIES ? { ...found, entries } : found;
}

function foundMatch({ path, shape, through }: SourceMatch): FoundMatch {
  const real = through?.at(-1);
  return real === undefined ? { path, shape } : { path, shape, real };
}

function isGlob(pattern: string, match: SourceMatch): boolean {
  const plain = pattern.replace(/^\.\//, "").replace(/\/+$/, "");
  return (
    plain !== match.path &&
    plain.replace(/\\(.)/g, "$1") !== match.path &&
    !(plain === "" && match.path === ".")
  );
}

function joined(match: SourceMatch, entry: SourceEntry): string {
  if (entry.path === "") return match.path;
  return match.path === "." ? entry.path : `${match.path}/${entry.path}`;
}
