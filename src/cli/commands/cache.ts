import { type Command, Option } from "commander";
import type { PruneReport } from "../../adapters/store-dir/prune.js";
import { sizeText } from "../../core/size.js";
import { ageText, parseAge, parseSize } from "../option-value.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";
import { columns, counted } from "../text.js";

interface CacheFlags {
  readonly store?: string;
}

interface PruneFlags extends CacheFlags {
  readonly maxSize?: string;
  readonly olderThan?: string;
  readonly dryRun?: boolean;
}

/** `layerwright cache`: the store of layers. */
export function define(command: Command, shell: Shell): void {
  const store = () => new Option("--store <directory>", "directory of the store").env("LAYERWRIGHT_CACHE");
  const ls = command
    .command("ls")
    .alias("list")
    .description("list the contents of the store")
    .addOption(store());
  examples(ls, ["layerwright cache ls", "layerwright cache ls --json"]);
  act(ls, shell, list);
  const prune = command
    .command("prune")
    .description("remove the least recently used entries (default: all that no build is using)")
    .option("--max-size <size>", "keep at most this much, e.g. 10GB")
    .option("--older-than <age>", "remove entries unused for this long, e.g. 30d or 12h")
    .option("--dry-run", "show what would be removed, without removing it")
    .addOption(store());
  examples(prune, [
    "layerwright cache prune --max-size 10GB",
    "layerwright cache prune --older-than 30d --dry-run",
  ]);
  act(prune, shell, pruneStore);
  examples(command, ["layerwright cache ls", "layerwright cache prune --max-size 10GB --older-than 30d"]);
}

async function list(_: Session, __: readonly string[], flags: CacheFlags): Promise<Report> {
  const { openStore } = await import("../../project/workspace.js");
  const { keptFolders } = await import("../../project/prune.js");
  const store = await openStore(flags.store);
  await store.close();
  const { blobs, records, temporary, bytes } = await store.list();
  const folders = await keptFolders(store);
  const total = bytes + sumOf(folders);
  const now = Date.now();
  return {
    json: { folder: store.folder, blobs, records, temporary, bytes, folders, total },
    quiet: blobs.map(({ digest }) => `${digest}\n`).join(""),
    text: (paint) =>
      columns(
        blobs.map(({ digest, size, usedAt }) => [digest, sizeText(size), ageText(now - usedAt)]),
        [1],
      ) +
      `${paint.bold(sizeText(total))} in ${store.folder}: ${counted(blobs.length, "blob")}, ${counted(records.count, "record")}, ${counted(temporary.count, "temporary file")} (${sizeText(bytes)})\n` +
      foldersText(folders),
  };
}

async function pruneStore(_: Session, __: readonly string[], flags: PruneFlags): Promise<Report> {
  const limits = {
    ...(flags.maxSize === undefined ? {} : { maxBytes: parseSize("--max-size", flags.maxSize) }),
    ...(flags.olderThan === undefined ? {} : { maxAgeMs: parseAge("--older-than", flags.olderThan) }),
  };
  const chosen = Object.keys(limits).length === 0 ? { maxBytes: 0 } : limits;
  const { openStore } = await import("../../project/workspace.js");
  const { pruneFolders, pruneGroups } = await import("../../project/prune.js");
  const store = await openStore(flags.store);
  const dryRun = flags.dryRun === true;
  try {
    const report = await store.prune({ ...chosen, dryRun });
    const folders = await pruneFolders(store, { ...chosen, dryRun }, report.keptBytes);
    return pruneReport(store.folder, dryRun, report, folders, pruneGroups(dryRun));
  } finally {
    await store.close();
  }
}

function pruneReport(
  folder: string,
  dryRun: boolean,
  report: PruneReport,
  folders: Folders,
  groups: number,
): Report {
  const verb = dryRun ? "would remove" : "removed";
  const { removed, removedRecords, freedBytes, keptBytes } = report;
  return {
    json: { folder, dryRun, ...report, folders, groups },
    quiet: removed.map(({ digest }) => `${digest}\n`).join(""),
    text: (paint) =>
      `${verb} ${counted(removed.length, "blob")} and ${counted(removedRecords, "record")}: ${paint.bold(sizeText(freedBytes))}, ${sizeText(keptBytes)} left\n` +
      (folders.length === 0
        ? ""
        : `${verb} ${counted(folders.length, "directory", "directories")} of run steps: ${sizeText(sumOf(folders))}\n`) +
      (groups === 0 ? "" : `${verb} ${counted(groups, "cgroup")} of killed commands\n`),
  };
}

type Folders = readonly { readonly kind: "root" | "cache" | "work"; readonly size: number }[];

function foldersText(folders: Folders): string {
  if (folders.length === 0) return "";
  const count = (kind: Folders[number]["kind"], one: string, many = `${one}s`): string[] => {
    const number = folders.filter((folder) => folder.kind === kind).length;
    return number === 0 ? [] : [counted(number, one, many)];
  };
  const parts = [
    ...count("root", "unpacked base"),
    ...count("cache", "cache"),
    ...count("work", "working directory", "working directories"),
  ];
  return `${sizeText(sumOf(folders))} of it for run steps: ${parts.join(", ")}\n`;
}

function sumOf(folders: Folders): number {
  return folders.reduce((sum, { size }) => sum + size, 0);
}
