import { posix } from "node:path";
import { parseSize } from "../core/size.js";
import { beginCall, type Call, checkFlag, checkOptions, refuse, refuseArgument, stepNode } from "./call.js";
import { checkPathText, parseContainerPath, parseDestination, parseFilePath } from "./container-path.js";
import { type ModeInput, parseMode } from "./mode.js";
import type {
  AddStep,
  BinaryStep,
  ChmodStep,
  ChownStep,
  CopyStep,
  MkdirStep,
  RemoveStep,
  SymlinkStep,
  WriteStep,
} from "./nodes.js";
import { type OwnerInput, parseOwner } from "./owner.js";
import { parseSource, parseSources, type SourceInput } from "./sources.js";

/** Options of `copy`. */
export interface CopyOptions {
  /** @default - files of a context belong to root, files of another image keep their owner */
  readonly owner?: OwnerInput;
  /** @default - files of a context get 0644, or 0755 where they are executable; files of another image keep theirs */
  readonly mode?: ModeInput;
  /** Patterns in `.dockerignore` grammar, relative to each source. */
  readonly exclude?: readonly string[];
  /**
   * Largest file of a context that is copied, in bytes or as `"200GB"`. A larger one is refused before it is read.
   *
   * @default "64GiB"
   */
  readonly maxFileSize?: number | string;
}

/**
 * Makes the step that copies files into the image. Of a directory the contents are copied, not the directory itself;
 * a `dest` ending in `/` is a directory to copy into, and is needed when there are several sources. Globs
 * (`* ? [] **`) are allowed in paths of the build context.
 *
 * @param dest absolute, or relative to the working directory
 * @throws {DefinitionError} SOURCE_INVALID, SOURCE_OUTSIDE_CONTEXT, PATH_INVALID, MODE_INVALID, MODE_DECIMAL,
 * OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * const site = steps.copy("site/", "/var/www/html/", { owner: "www-data", mode: "u=rwX,go=rX" });
 * export const image = Image.from("nginx:1.27").step(site);
 * ```
 */
export function copy(
  source: SourceInput | readonly SourceInput[],
  dest: string,
  options: CopyOptions = {},
): CopyStep {
  const call = beginCall("copy");
  checkOptions(call, options, ["owner", "mode", "exclude", "maxFileSize"]);
  const { owner, mode, exclude, maxFileSize } = options;
  if (exclude !== undefined && !Array.isArray(exclude))
    refuseArgument(call, "exclude", exclude, "an array of patterns");
  const limit = maxFileSize === undefined ? undefined : parseSize(maxFileSize);
  if (maxFileSize !== undefined && limit === undefined)
    refuseArgument(call, "maxFileSize", maxFileSize, 'a number of bytes or a size such as "200GB"');
  return stepNode<CopyStep>(call, {
    kind: "copy",
    sources: parseSources(call, source),
    dest: parseDestination(call, dest),
    owner: owner === undefined ? undefined : parseOwner(call, owner),
    mode: mode === undefined ? undefined : parseMode(call, mode),
    exclude: exclude?.map((pattern) => checkPathText(call, pattern)),
    maxFileSize: limit,
  });
}

/** Options of `binary`. */
export interface BinaryOptions {
  /** @default - root */
  readonly owner?: OwnerInput;
  /** @default - 0o755 */
  readonly mode?: ModeInput;
}

/**
 * Makes the step that copies one executable, and proves from its ELF header that it can run in the image: the
 * right machine, and no dynamic loader that the image lacks. The proof is made when the image is built.
 *
 * @param dest absolute or relative to the working directory; by default the source's name in `/`
 * @throws {DefinitionError} SOURCE_INVALID, SOURCE_OUTSIDE_CONTEXT, PATH_INVALID, MODE_INVALID, MODE_DECIMAL,
 * OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const hello = Image.scratch().step(steps.binary("dist/hello")).cmd(["/hello"]);
 * ```
 */
export function binary(source: SourceInput, dest?: string, options: BinaryOptions = {}): BinaryStep {
  const call = beginCall("binary");
  checkOptions(call, options, ["owner", "mode"]);
  const parsed = parseSource(call, source);
  if (parsed.from === "context" && /[*?[]/.test(parsed.path)) {
    const reason = "is a pattern, but binary copies exactly one file";
    refuse(call, "SOURCE_INVALID", { call: call.name, got: parsed.path, reason });
  }
  const { owner, mode = 0o755 } = options;
  return stepNode<BinaryStep>(call, {
    kind: "binary",
    source: parsed,
    dest: parseDestination(call, dest ?? `/${posix.basename(parsed.path)}`),
    owner: owner === undefined ? undefined : parseOwner(call, owner),
    mode: parseMode(call, mode),
  });
}

/** Options of `write`. */
export interface WriteOptions {
  /** @default - root */
  readonly owner?: OwnerInput;
  /** @default - 0o644 */
  readonly mode?: ModeInput;
}

/**
 * Makes the step that writes a file whose contents are in the description: text, as UTF-8 and without a line
 * break added, or bytes, of which a copy is taken.
 *
 * @throws {DefinitionError} PATH_INVALID, ARGUMENT_INVALID, MODE_INVALID, MODE_DECIMAL, OWNER_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.write("/etc/motd", "hello\n", { mode: 0o444 }));
 * ```
 */
export function write(path: string, contents: string | Uint8Array, options: WriteOptions = {}): WriteStep {
  const call = beginCall("write");
  checkOptions(call, options, ["owner", "mode"]);
  const { owner, mode = 0o644 } = options;
  if (typeof contents !== "string" && !(contents instanceof Uint8Array))
    refuseArgument(call, "contents", contents, "a string or a Uint8Array (for an object, JSON.stringify it)");
  return stepNode<WriteStep>(call, {
    kind: "write",
    path: parseFilePath(call, path),
    contents: typeof contents === "string" ? contents : new Uint8Array(contents),
    owner: owner === undefined ? undefined : parseOwner(call, owner),
    mode: parseMode(call, mode),
  });
}

/** Options of `mkdir`. */
export interface MkdirOptions {
  /** @default - root */
  readonly owner?: OwnerInput;
  /** @default - 0o755 */
  readonly mode?: ModeInput;
}

/**
 * Makes the step that makes a directory, and the parents it lacks as root with 0755.
 *
 * @throws {DefinitionError} PATH_INVALID, MODE_INVALID, MODE_DECIMAL, OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.mkdir("/data", { owner: 65532, mode: 0o700 }));
 * ```
 */
export function mkdir(path: string, options: MkdirOptions = {}): MkdirStep {
  const call = beginCall("mkdir");
  checkOptions(call, options, ["owner", "mode"]);
  const { owner, mode = 0o755 } = options;
  return stepNode<MkdirStep>(call, {
    kind: "mkdir",
    path: parseContainerPath(call, path),
    owner: owner === undefined ? undefined : parseOwner(call, owner),
    mode: parseMode(call, mode),
  });
}

/** Options of `symlink`. */
export interface SymlinkOptions {
  /** Of the link itself. @default - root */
  readonly owner?: OwnerInput;
}

/**
 * Makes the step that makes a symbolic link at `path`. The target is kept as written, and need not exist.
 *
 * @throws {DefinitionError} PATH_INVALID, OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("debian:bookworm-slim").step(steps.symlink("/opt/tool/bin/tool", "/usr/bin/tool"));
 * ```
 */
export function symlink(target: string, path: string, options: SymlinkOptions = {}): SymlinkStep {
  const call = beginCall("symlink");
  checkOptions(call, options, ["owner"]);
  const { owner } = options;
  return stepNode<SymlinkStep>(call, {
    kind: "symlink",
    target: checkPathText(call, target),
    path: parseFilePath(call, path),
    owner: owner === undefined ? undefined : parseOwner(call, owner),
  });
}

/**
 * Makes the step that removes a file, or a directory with all in it. It is no error when there is nothing.
 *
 * @throws {DefinitionError} PATH_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("debian:bookworm-slim").step(steps.remove("/usr/share/doc"));
 * ```
 */
export function remove(path: string): RemoveStep {
  const call = beginCall("remove");
  const cleaned = parseContainerPath(call, path);
  if (cleaned === "/") {
    refuse(call, "PATH_INVALID", {
      call: call.name,
      got: path,
      reason: "is the root, which cannot be removed",
    });
  }
  return stepNode<RemoveStep>(call, { kind: "remove", path: cleaned });
}

/** Options of `chmod`. */
export interface ChmodOptions {
  /** True when all that is in a directory is changed too; links are not followed. @default - false */
  readonly recursive?: boolean;
}

/**
 * Makes the step that changes permission bits of what is there. What a lower layer holds is copied up for that, with
 * all its bytes; for a file of this image, the mode option of the step that brings it costs nothing.
 *
 * @throws {DefinitionError} PATH_INVALID, MODE_INVALID, MODE_DECIMAL, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("debian:bookworm-slim").step(steps.chmod("/usr/local/bin/tool", "a+x"));
 * ```
 */
export function chmod(path: string, mode: ModeInput, options: ChmodOptions = {}): ChmodStep {
  const call = beginCall("chmod");
  checkOptions(call, options, ["recursive"]);
  checkFlag(call, "recursive", options.recursive);
  return stepNode<ChmodStep>(call, {
    kind: "chmod",
    path: parseContainerPath(call, path),
    mode: parseMode(call, mode),
    recursive: options.recursive === true ? true : undefined,
  });
}

/** Options of `chown`. */
export interface ChownOptions {
  /** True when all that is in a directory is changed too; links are not followed. @default - false */
  readonly recursive?: boolean;
}

/**
 * Makes the step that changes the owner of what is there. What a lower layer holds is copied up for that, with
 * all its bytes; for a file of this image, the owner option of the step that brings it costs nothing.
 *
 * @throws {DefinitionError} PATH_INVALID, OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("debian:bookworm-slim").step(steps.chown("/srv", "www-data", { recursive: true }));
 * ```
 */
export function chown(path: string, owner: OwnerInput, options: ChownOptions = {}): ChownStep {
  const call = beginCall("chown");
  checkOptions(call, options, ["recursive"]);
  checkFlag(call, "recursive", options.recursive);
  return stepNode<ChownStep>(call, {
    kind: "chown",
    path: parseContainerPath(call, path),
    owner: parseOwner(call, owner),
    recursive: options.recursive === true ? true : undefined,
  });
}

/** Options of `add`. */
export interface AddOptions {
  /** 64 hex characters. @default - the lock's, which the first build or `layerwright lock` writes */
  readonly sha256?: string;
  /** @default - root */
  readonly owner?: OwnerInput;
  /** @default - 0o600, as Docker's ADD */
  readonly mode?: ModeInput;
}

/**
 * Makes the step that fetches one file by http or https and verifies its sha256. Without one the lock says it: it is
 * fetched once and never again another one. Archives are not unpacked. A `dest` ending in `/` is a directory, and the
 * file is named as in the URL.
 *
 * @throws {DefinitionError} URL_INVALID, URL_HAS_CREDENTIALS, CHECKSUM_INVALID, PATH_INVALID,
 * MODE_INVALID, MODE_DECIMAL, OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * const sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
 * export const image = Image.scratch().step(steps.add("https://example.org/data.bin", "/data.bin", { sha256 }));
 * ```
 */
export function add(url: string, dest: string, options: AddOptions = {}): AddStep {
  const call = beginCall("add");
  checkOptions(call, options, ["sha256", "owner", "mode"]);
  const checkedUrl = parseFetchUrl(call, url);
  const { owner, mode, sha256 } = options;
  return stepNode<AddStep>(call, {
    kind: "add",
    url: checkedUrl,
    dest: parseDestination(call, dest),
    sha256: sha256 === undefined ? undefined : parseChecksum(call, checkedUrl, sha256),
    owner: owner === undefined ? undefined : parseOwner(call, owner),
    mode: mode === undefined ? undefined : parseMode(call, mode),
  });
}

/** Reads the URL of a file to fetch: absolute, http or https, and without credentials, which would be published. */
export function parseFetchUrl(call: Call, value: unknown): string {
  const invalid = (reason: string): never =>
    refuse(call, "URL_INVALID", { call: call.name, got: value, reason });
  if (typeof value !== "string") return invalid("is not a string");
  if (/[\s\0]/.test(value)) return invalid("holds white space or a NUL");
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return invalid("is not absolute");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return invalid("is neither http nor https");
  if (url.username !== "" || url.password !== "") {
    refuse(call, "URL_HAS_CREDENTIALS", { call: call.name, host: url.host });
  }
  return value;
}

/** Reads a sha256, with or without its `sha256:`; hex in upper case is the same number. */
export function parseChecksum(call: Call, url: string, value: unknown): string {
  if (value === undefined) refuse(call, "CHECKSUM_MISSING", { call: call.name, url });
  const hex = typeof value === "string" ? value.replace(/^sha256:/, "").toLowerCase() : "";
  if (!/^[0-9a-f]{64}$/.test(hex)) refuse(call, "CHECKSUM_INVALID", { call: call.name, got: value });
  return hex;
}
