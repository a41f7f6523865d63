import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach } from "vitest";
import { NodeFiles } from "../../../src/adapters/files-node/node-files.js";
import { MemoryBlobStore } from "../../../src/adapters/store-memory/memory-blob-store.js";
import { encoderFor } from "../../../src/archive/compression.js";
import { type BuiltImage, buildImage } from "../../../src/engine/build-image.js";
import type { BuildImageOptions, BuildPorts } from "../../../src/engine/ports.js";
import type { Operation } from "../../../src/plan/operation.js";
import type { Plan, Stage } from "../../../src/plan/plan.js";
import { readTarEntries, type TestEntry } from "./read-tar.js";

/** A file, a folder (`null`), a link (`{ link }`) or a file with its mode. */
export type TestFile =
  | string
  | Uint8Array
  | null
  | { readonly link: string }
  | { readonly text: string; readonly mode: number };

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A context folder with these files, removed after the test. */
export function makeContext(files: Readonly<Record<string, TestFile>>): string {
  const root = mkdtempSync(join(tmpdir(), "lw-context-"));
  folders.push(root);
  for (const [path, file] of Object.entries(files)) {
    const full = join(root, path);
    mkdirSync(file === null ? full : dirname(full), { recursive: true });
    if (file === null) continue;
    if (typeof file === "string" || file instanceof Uint8Array) writeFileSync(full, file);
    else if ("link" in file) symlinkSync(file.link, full);
    else {
      writeFileSync(full, file.text);
      chmodSync(full, file.mode);
    }
  }
  return root;
}

/** A plan of one stage on scratch, a layer an inner list. */
export function planOf(layers: readonly (readonly Operation[])[], stage: Partial<Stage> = {}): Plan {
  return plansOf([
    { id: "image", layers: layers.map((operations, at) => ({ id: `layer${at}`, operations })), ...stage },
  ]);
}

/** A plan of several stages. */
export function plansOf(stages: readonly (Partial<Stage> & { readonly id: string })[]): Plan {
  return {
    schema: 1,
    platform: { os: "linux", architecture: "amd64" },
    contexts: {},
    stages: stages.map((stage) => ({
      base: { kind: "scratch" },
      layers: [],
      config: [],
      squash: "keep",
      ...stage,
    })),
  };
}

/** A write operation. */
export function write(path: string, text = "", mode = 0o644): Operation {
  return { op: "write", path, contents: { digest: "", size: text.length, text }, mode: { octal: mode } };
}

/** A copy of context paths. */
export function copy(
  paths: string | readonly string[],
  dest: string,
  options: Partial<Extract<Operation, { op: "copy" }>> = {},
): Operation {
  const sources = [paths].flat().map((path) => ({ from: "context", path }) as const);
  return { op: "copy", sources, dest, into: dest.endsWith("/") && dest !== "/", ...options };
}

export interface TestBuild {
  readonly built: BuiltImage;
  readonly layers: readonly (readonly TestEntry[])[];
  readonly config: Record<string, never> & { readonly history: readonly unknown[] };
}

/** Builds a plan with memory adapters and reads the layers back. */
export async function testBuild(
  plan: Plan,
  context: string | undefined = undefined,
  ports: Partial<BuildPorts> = {},
  options: Partial<BuildImageOptions> = {},
): Promise<TestBuild> {
  const folder = context ?? makeContext({});
  const unused = () => {
    throw new Error("the test did not expect this port to be used");
  };
  const built = await buildImage(
    plan,
    {
      store: new MemoryBlobStore(),
      files: new NodeFiles({ main: folder }),
      bases: { open: unused },
      downloads: { fetch: unused },
      ...ports,
    },
    { encoder: encoderFor("gzip:6"), folder, ...options },
  );
  const layers: TestEntry[][] = [];
  for (const layer of built.image.layers) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of layer.blob()) chunks.push(chunk);
    layers.push(readTarEntries(gunzipSync(Buffer.concat(chunks))));
  }
  await built.close();
  return { built, layers, config: JSON.parse(Buffer.from(built.image.config.bytes).toString("utf8")) };
}

/** Entries in one line each: `path mode uid:gid content`. */
export function lines(entries: readonly TestEntry[] | undefined): string[] {
  return (entries ?? []).map(({ path, type, mode, uid, gid, text, target }) => {
    const tail =
      type === "file" ? ` ${JSON.stringify(text)}` : target === undefined ? "" : ` ${type} ${target}`;
    return `${path}${type === "folder" ? "/" : ""} ${mode.toString(8).padStart(4, "0")} ${uid}:${gid}${tail}`;
  });
}

/** Config changes and annotations of every kind, for tests of documents. */
export const annotated: Partial<Stage> = {
  config: [
    { set: "env", name: "B", value: "1" },
    { set: "env", name: "A", value: "2" },
    { set: "label", name: "z", value: "<&>" },
    { set: "label", name: "a", value: "1" },
    { set: "expose", port: "80/tcp" },
    { set: "annotation", name: "org.opencontainers.image.title", value: "t" },
    { set: "cmd", args: ["/app"] },
  ],
};
