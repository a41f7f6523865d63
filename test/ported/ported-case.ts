import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Image } from "layerwright";
import { imageOf } from "../../src/image/image.js";
import type { BaseNode } from "../../src/image/nodes.js";
import { portedBase } from "./bases.js";

/** A change that people make to a project of this shape: one line of a file, here and in the description alike. */
export interface PortedEdit {
  readonly name: string;
  /** The file or files with the line; a command of the build is in two. */
  readonly files: readonly string[];
  readonly find: string;
  /** `NONCE` in it is another word in every run, so that no builder remembers the change. */
  readonly replace: string;
}

/** Paths whose content is another each time a command runs, or that a pass removes from what ships. */
export interface Leftover {
  /** Matches paths without the leading slash. */
  readonly path: RegExp;
  readonly reason: string;
}

/** A Dockerfile of a shape that people have, and the same as a description. */
export interface PortedCase {
  readonly name: string;
  readonly title: string;
  /** The bases that its Dockerfile names. */
  readonly bases: readonly string[];
  readonly edits: readonly PortedEdit[];
  readonly leftovers: readonly Leftover[];
}

/** Copies a case, with an edit where one is given, into a directory of its own, which is then its build context. */
export function layOut({ name }: PortedCase, context: string, edit?: PortedEdit, nonce = ""): void {
  rmSync(context, { recursive: true, force: true });
  cpSync(fileURLToPath(new URL(name, import.meta.url)), context, { recursive: true });
  setModes(context);
  for (const file of edit?.files ?? []) {
    const path = join(context, file);
    const before = readFileSync(path, "utf8");
    if (before.split(edit!.find).length !== 2) {
      throw new Error(`${name}: ${file} must have ${JSON.stringify(edit!.find)} once`);
    }
    writeFileSync(
      path,
      before.replace(edit!.find, () => edit!.replace.replaceAll("NONCE", nonce)),
    );
  }
}

/** Sets the modes that a checkout has under the usual umask: COPY by hand takes those of the disk. */
function setModes(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) setModes(path);
    else chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/** The image that the description of a context gives, its bases taken from their layouts on disk. */
export async function describedImage(context: string): Promise<Image> {
  const { image } = (await import(pathToFileURL(join(context, "image.ts")).href)) as { image: Image };
  const bases = new Map<string, string>();
  for (const reference of references(image.node)) bases.set(reference, await portedBase(reference));
  return imageOf(withLayouts(image.node, bases));
}

const isRegistry = (value: object): value is BaseNode & { kind: "registry" } =>
  (value as BaseNode).kind === "registry" && typeof (value as { reference?: unknown }).reference === "string";

function references(value: unknown, seen = new Set<object>()): Set<string> {
  const found = new Set<string>();
  if (typeof value !== "object" || value === null || seen.has(value)) return found;
  seen.add(value);
  if (isRegistry(value)) found.add(value.reference);
  for (const inner of Object.values(value)) for (const one of references(inner, seen)) found.add(one);
  return found;
}

/** The same data on bases of disk; what was one object stays one, since images are told apart by that. */
function withLayouts<Value>(root: Value, bases: ReadonlyMap<string, string>): Value {
  const done = new Map<object, object>();
  const replace = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    const known = done.get(value);
    if (known !== undefined) return known;
    const { reference = "" } = isRegistry(value) ? value : {};
    const path = bases.get(reference);
    const made =
      path !== undefined
        ? { kind: "layout", path, tag: reference.split(":")[1], reference }
        : Array.isArray(value)
          ? value.map(replace)
          : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replace(inner)]));
    done.set(value, Object.freeze(made));
    return made;
  };
  return replace(root) as Value;
}
