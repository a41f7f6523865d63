import { sha256Hex } from "../core/bytes.js";
import { hasWildcard, matchesGlob, parseGlobPattern, unescapeGlob } from "../core/glob.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";

/**
 * A file that the Dockerfile copies and that is not on disk yet: the writer of the Dockerfile makes it in the
 * directory of generated files. A `layer-tar` is a blob of the store, a `rootfs-tar` is an uncompressed tar of the root
 * file system at `source`.
 */
export type GeneratedFile =
  | { readonly kind: "file"; readonly path: string; readonly bytes: Uint8Array; readonly mode: number }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | { readonly kind: "folder"; readonly path: string; readonly mode: number }
  | { readonly kind: "layer-tar"; readonly path: string; readonly digest: string }
  | { readonly kind: "rootfs-tar"; readonly path: string; readonly source: string };

/** Collects the generated files of one Dockerfile; equal ones are made once. */
export class GeneratedFiles {
  readonly #files = new Map<string, GeneratedFile>();

  /** A file named by its digest. */
  file(bytes: Uint8Array): string {
    const path = sha256Hex(bytes).slice(0, 16);
    this.#add({ kind: "file", path, bytes, mode: 0o644 });
    return path;
  }

  /** A directory that holds just one link; the directory's name is by what the link says. */
  link(name: string, target: string): string {
    const folder = sha256Hex(`${name}\0${target}`).slice(0, 16);
    this.#add({ kind: "folder", path: folder, mode: 0o755 });
    this.#add({ kind: "symlink", path: `${folder}/${name}`, target });
    return folder;
  }

  /** A directory that holds just one empty directory. */
  folder(name: string): string {
    const folder = sha256Hex(`${name}\0`).slice(0, 16);
    this.#add({ kind: "folder", path: folder, mode: 0o755 });
    this.#add({ kind: "folder", path: `${folder}/${name}`, mode: 0o755 });
    return folder;
  }

  /** The tar of a layer that is in the store. */
  layer(digest: string): string {
    const path = `layer-${digest.slice("sha256:".length, 23)}.tar`;
    this.#add({ kind: "layer-tar", path, digest });
    return path;
  }

  /** The tar of a root file system that the caller brings. */
  rootfs(source: string): string {
    const path = `rootfs-${sha256Hex(source).slice(0, 16)}.tar`;
    this.#add({ kind: "rootfs-tar", path, source });
    return path;
  }

  list(): readonly GeneratedFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #add(file: GeneratedFile): void {
    this.#files.set(file.path, file);
  }
}

interface Use {
  readonly path: string;
  readonly exclude: readonly string[];
  readonly origin: Origin | undefined;
}

/**
 * The part of the main context that is sent to the builder: an allow-list of exactly what is copied. It stands beside
 * the Dockerfile and replaces the user's own ignore file, so those rules are repeated.
 *
 * Source: moby/patternmatcher; the last rule that matches decides.
 */
export class IgnoreFile {
  readonly #uses: Use[] = [];
  readonly #generated = new Set<string>();

  /** A source that is copied, without what the patterns (relative to it) take out. */
  use(path: string, exclude: readonly string[] = [], origin?: Origin): void {
    this.#uses.push({ path, exclude, origin });
  }

  /** A generated file, which the user's own rules must not hide. */
  generated(path: string): void {
    this.#generated.add(path);
  }

  /** True when some copy takes the whole context. */
  get wholeContext(): boolean {
    return this.#uses.some((use) => use.path === ".");
  }

  /**
   * The text. `outputs` are what builds and syntheses write into the context: part of a copy in no case.
   *
   * @throws {PlanError} FRONTEND_TOO_OLD when one copy leaves out what another may need
   */
  text(userIgnore: string, outputs: readonly string[], frontend: string): string {
    const lines: string[] = [];
    if (!this.wholeContext) {
      lines.push("*");
      for (const path of new Set(this.#uses.map((use) => use.path))) lines.push(`!${ignorePattern(path)}`);
    }
    for (const line of userIgnore.replace(/^\ufeff/, "").split(/\r?\n/)) {
      if (line.trim() !== "" && !line.startsWith("#")) lines.push(line.trim());
    }
    for (const use of this.#uses) {
      if (use.exclude.length > 0) this.#refuseConflict(use, frontend);
      for (const pattern of use.exclude) lines.push(below(use.path, pattern));
    }
    const reads = (output: string) => this.#uses.some(({ path }) => path === "." || overlaps(path, output));
    for (const path of outputs.filter(reads)) lines.push(ignorePattern(path));
    for (const path of this.#generated) lines.push(`!${ignorePattern(path)}`);
    return `${lastOnes(lines).join("\n")}\n`;
  }

  #refuseConflict(use: Use, frontend: string): void {
    const same = (other: Use): boolean =>
      other.exclude.join("\0") === use.exclude.join("\0") && other.path === use.path;
    if (!this.#uses.some((other) => !same(other) && overlaps(other.path, use.path))) return;
    throw new PlanError(
      "FRONTEND_TOO_OLD",
      { what: `exclude patterns for ${use.path}, which another copy reads too`, frontend },
      { subject: use.path, origin: use.origin },
    );
  }
}

/** Lines without those that a later one repeats: the last rule that matches decides. */
function lastOnes(lines: readonly string[]): string[] {
  return lines.filter((line, index) => lines.lastIndexOf(line) === index);
}

/** True when two source patterns may meet; a component with a wildcard may meet any that it matches. */
export function overlaps(left: string, right: string): boolean {
  if (left === "." || right === ".") return true;
  const a = left.split("/");
  const b = right.split("/");
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    if (a[index] === "**" || b[index] === "**") return true;
    if (!mayMeet(a[index]!, b[index]!)) return false;
  }
  return true;
}

function mayMeet(left: string, right: string): boolean {
  if (left === right) return true;
  const [wildLeft, wildRight] = [hasWildcard(left), hasWildcard(right)];
  if (wildLeft && wildRight) return true;
  const [pattern, name] = wildLeft ? [left, right] : [right, left];
  try {
    return matchesGlob(parseGlobPattern(pattern), unescapeGlob(name));
  } catch {
    // Not a pattern after all; COPY will refuse it.
    return true;
  }
}

function below(path: string, pattern: string): string {
  const again = pattern.startsWith("!");
  const rest = (again ? pattern.slice(1) : pattern).replace(/^\/+/, "");
  return `${again ? "!" : ""}${path === "." ? "" : `${ignorePattern(path)}/`}${ignorePattern(rest)}`;
}

/**
 * A pattern as a line: what a line or the header that it is sent in cannot hold, or a regular expression would read
 * (moby escapes only the dot and the dollar sign) becomes `?`, or an escape.
 */
function ignorePattern(path: string): string {
  return path
    .replace(/[\u0001-\u001f\u007f]|^ | $/g, "?")
    .replace(/[+(){}|^]/g, (one, at: number) => escaped(path, at, one));
}

function escaped(path: string, at: number, one: string): string {
  const before = path.slice(0, at);
  const inClass = before.lastIndexOf("[") > before.lastIndexOf("]");
  return inClass || before.endsWith("\\") ? one : `\\${one}`;
}
