import type { ConfigChange } from "../../src/plan/config.js";
import type {
  CopyOperation,
  FoundSource,
  Operation,
  RunOperation,
  WriteOperation,
} from "../../src/plan/operation.js";
import type { BaseFacts, KnownPath, Plan, PlanBase, Stage } from "../../src/plan/plan.js";

/** A plan of one image: each argument an operation that is a layer of its own, or several that are one. */
export function planOf(
  base: PlanBase,
  layers: readonly (Operation | readonly Operation[])[],
  config: readonly ConfigChange[] = [],
  more: Partial<Pick<Stage, "squash">> & { readonly contexts?: Record<string, string> } = {},
): Plan {
  const stage: Stage = {
    id: "one",
    base,
    layers: layers.map((layer, index) => ({
      id: String(index),
      operations: (Array.isArray(layer) ? layer : [layer]) as Operation[],
    })),
    config,
    squash: more.squash ?? "keep",
  };
  return {
    schema: 1,
    platform: { os: "linux", architecture: "amd64" },
    stages: [stage],
    contexts: more.contexts ?? {},
  };
}

export const scratch: PlanBase = { kind: "scratch" };
export const registry: PlanBase = { kind: "registry", reference: "debian:12" };

/** A local base of which all of these paths are known, and of which `/bin/sh` is one. */
export function localBase(
  paths: Readonly<Record<string, KnownPath>>,
  config: BaseFacts["config"] = {},
): PlanBase {
  const facts: BaseFacts = {
    config: { Env: ["PATH=/bin"], ...config },
    paths,
    users: { www: { uid: 33, gid: 34 } },
    groups: { mail: 8 },
  };
  return { kind: "layout", path: "base", tag: "v1", known: facts };
}

export function folder(mode = 0o755, uid = 0, gid = 0): KnownPath {
  return { type: "folder", mode, uid, gid };
}

export function found(shape: FoundSource["shape"], more: Partial<FoundSource> = {}): FoundSource {
  const files = shape === "folder" ? 2 : 1;
  return { shape, files, folders: 0, symlinks: 0, bytes: 1, listing: "", irregular: [], ...more };
}

export function copyFile(path: string, dest: string, more: Partial<CopyOperation> = {}): CopyOperation {
  return {
    op: "copy",
    sources: [{ from: "context", path, found: found("file") }],
    dest,
    into: false,
    ...more,
  };
}

export function copyFolder(
  path: string,
  dest: string,
  more: Partial<CopyOperation> = {},
  facts: FoundSource = found("folder"),
): CopyOperation {
  return { op: "copy", sources: [{ from: "context", path, found: facts }], dest, into: true, ...more };
}

export function write(path: string, text: string, more: Partial<WriteOperation> = {}): WriteOperation {
  const size = Buffer.byteLength(text);
  return { op: "write", path, contents: { digest: "", size, text }, mode: { octal: 0o644 }, ...more };
}

export function run(command: RunOperation["command"], more: Partial<RunOperation> = {}): RunOperation {
  return { op: "run", command, shell: ["/bin/sh", "-c"], env: {}, ...more };
}
