import { lstatSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { sha256Hex } from "../core/sha256.js";
import { operationsOf, sourcesOf } from "../plan/assert-plan.js";
import type { Plan } from "../plan/plan.js";
import { stageKeys } from "../plan/stage-keys.js";
import type { FileSource } from "../ports/file-source.js";

/**
 * A digest over all that an image is made from, without reading any of it: its plan with what the lock pins, and what
 * `lstat` says of each file of its sources and of its bases on disk. A file that was only touched counts as changed.
 */
export function inputStamp(plan: Plan, files: FileSource, context: string): string {
  const sources = plan.stages.flatMap(operationsOf).flatMap((operation) => {
    const exclude = operation.op === "copy" ? (operation.exclude ?? []) : [];
    return sourcesOf(operation).flatMap((source) => {
      if (source.from !== "context") return [];
      const matches = files.list(source.context, source.path, exclude);
      return matches.map(({ path, entries }) => [
        source.context ?? null,
        path,
        entries.map(({ path: below, type, mode, size, target, host, linked }) => {
          const { mtimeMs, dev, ino } = host.guard;
          // Names of one file become one file in the image, and another when they no longer are one.
          return [below, type, mode, size, target ?? null, mtimeMs, ...(linked ? [dev, ino] : [])];
        }),
      ]);
    });
  });
  const bases = plan.stages.flatMap(({ base }) =>
    "path" in base ? stampsOf(resolve(context, base.path)) : [],
  );
  // Lists of lists have one spelling already, and every build of a catalog comes here.
  return sha256Hex(JSON.stringify([[...stageKeys(plan).values()].at(-1), sources, bases]));
}

/** What `lstat` says of a file, or of all in a folder. */
function stampsOf(path: string): unknown[] {
  if (!statSync(path).isDirectory()) return [stampOf(path)];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  return names.map((name) => [name, ...stampOf(join(path, name))]);
}

function stampOf(path: string): unknown[] {
  const { mode, uid, gid, size, mtimeMs } = lstatSync(path);
  return [mode, uid, gid, size, mtimeMs];
}
