import { type GlobPattern, matchesGlob, PatternError, parseGlobPattern } from "../../core/glob.js";
import type { DescribedImage } from "../../engine/described/described-image.js";
import { bytesNow, ownerIds } from "../../engine/described/described-image.js";
import { isLayerwrightError } from "../../errors/layerwright-error.js";
import { type Call, checkFlag, checkOptions, refuse } from "../../image/call.js";
import { parseAbsolutePath } from "../../image/container-path.js";
import { type ModeInput, parseMode } from "../../image/mode.js";
import { type Owner, type OwnerInput, ownerText, parseOwner } from "../../image/owner.js";
import { describeOperation } from "../../plan/operation.js";
import { resolvePath, similarPath } from "../../rootfs/resolve.js";
import type { TreeNode } from "../../rootfs/tree.js";
import { walk } from "../../rootfs/tree.js";
import { isModeKnown, type Unknown, whyContentUnknown } from "../../rootfs/unknown.js";
import { type Details, type Failure, failure, placeText, unknowable } from "./subject.js";

/** The kind of thing at a path of an image. */
export type FileType = "file" | "folder" | "symlink" | "fifo" | "character-device" | "block-device";

/** Expectations about anything that has a place in the tree. */
export interface PathExpectation {
  /** Permission bits by number, `0o755` or `"0755"`. */
  readonly mode?: ModeInput;
  /** A number, a name, or both parts (`"app:app"`, `"0:0"`); without a group only the user is looked at. */
  readonly owner?: OwnerInput;
}

/** Expectations about a file. */
export interface FileExpectation extends PathExpectation {
  /** Bytes. */
  readonly size?: number;
  /** The whole content as text or bytes, or what its text must match. */
  readonly contents?: string | RegExp | Uint8Array;
  /** The kind of thing at the path. Only `"symlink"` looks at a link itself. @default - "file" */
  readonly type?: FileType;
  /** The target of a link, as it is written; the path is then a link. */
  readonly linkTarget?: string;
}

/** The same, read and checked. */
export interface ReadExpectation {
  readonly path: string;
  readonly type: FileType;
  readonly mode?: number;
  readonly owner?: Owner;
  readonly size?: number;
  readonly contents?: string | RegExp | Uint8Array;
  readonly linkTarget?: string;
}

const TYPES: readonly FileType[] = ["file", "folder", "symlink", "fifo", "character-device", "block-device"];

/** Reads what is asked of a path. @throws {DefinitionError} PATH_INVALID, MODE_INVALID, OWNER_INVALID, ARGUMENT_INVALID */
export function readExpectation(call: Call, path: string, asked: FileExpectation): ReadExpectation {
  checkOptions(call, asked, ["mode", "owner", "size", "contents", "type", "linkTarget"]);
  const { mode, owner, size, contents, linkTarget } = asked;
  const { type = linkTarget === undefined ? "file" : "symlink" } = asked;
  const invalid = (argument: string, got: unknown, allowed: string): never =>
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument, got, allowed });
  if (!TYPES.includes(type)) invalid("type", type, TYPES.join(", "));
  if (linkTarget !== undefined && (typeof linkTarget !== "string" || type !== "symlink"))
    invalid("linkTarget", linkTarget, "the text of a symbolic link");
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) invalid("size", size, "whole bytes");
  if (contents !== undefined && !isContents(contents))
    invalid("contents", contents, "text, a RegExp or bytes");
  if (type !== "file" && (size !== undefined || contents !== undefined))
    invalid("type", type, "file, where size or contents are asked for");
  return {
    path: parseAbsolutePath(call, path),
    type,
    ...(mode === undefined ? {} : { mode: numericMode(call, mode) }),
    ...(owner === undefined ? {} : { owner: parseOwner(call, owner) }),
    ...(size === undefined ? {} : { size }),
    ...(contents === undefined ? {} : { contents }),
    ...(linkTarget === undefined ? {} : { linkTarget }),
  };
}

function isContents(value: unknown): boolean {
  return typeof value === "string" || value instanceof RegExp || value instanceof Uint8Array;
}

function numericMode(call: Call, input: ModeInput): number {
  const mode = parseMode(call, input);
  if ("octal" in mode) return mode.octal;
  const allowed = "a mode by number, such as 0o755";
  return refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "mode", got: input, allowed });
}

/** True when an image has what is asked for at a path. */
export function checkFile(image: DescribedImage, asked: ReadExpectation): Failure | undefined {
  const { path, type } = asked;
  const { node, path: real } = resolvePath(image.tree, path, { followLast: type !== "symlink" });
  const what = `${typeWord(type)} ${path}`;
  const expected = { type, ...wanted(asked) };
  if (node === undefined) {
    const unknown = image.unknown.at(real);
    const exists = image.unknown.existsAt(real);
    if (unknown !== undefined) {
      return unknowable(
        `${exists ? "what there is at" : "whether there is a"} ${exists ? path : what}`,
        expected,
        unknown,
      );
    }
    return failure(`the image has no ${what}`, undefined, expected, nearText(image, path));
  }
  if (node.type !== type) {
    const found = node.type === "symlink" ? `symbolic link to ${node.target}` : typeWord(node.type);
    return failure(`${path} is a ${found} and no ${typeWord(type)}`, { type: node.type }, expected, [
      ["from", placedText(image, real)],
    ]);
  }
  return compare(image, node, real, asked);
}

function wanted({ mode, owner, size, contents, linkTarget }: ReadExpectation): Record<string, unknown> {
  return {
    ...(mode === undefined ? {} : { mode: modeWord(mode) }),
    ...(owner === undefined ? {} : { owner: ownerText(owner) }),
    ...(size === undefined ? {} : { size }),
    ...(contents === undefined ? {} : { contents }),
    ...(linkTarget === undefined ? {} : { linkTarget }),
  };
}

/** One thing that was asked for: what is there instead, or why that is not known. */
type Verdict = "same" | { readonly found: unknown; readonly note?: string } | { readonly unknown: Unknown };

function compare(
  image: DescribedImage,
  node: TreeNode,
  real: string,
  asked: ReadExpectation,
): Failure | undefined {
  const { path } = asked;
  const actual: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  let open: { readonly name: string; readonly unknown: Unknown } | undefined;
  let note: string | undefined;
  const judged = Object.entries(wanted(asked));
  for (const [name, value] of judged) {
    const verdict = judge(name, image, node, asked);
    if (verdict === "same") continue;
    if ("unknown" in verdict) open ??= { name, unknown: verdict.unknown };
    else [actual[name], expected[name]] = [verdict.found, value];
    if ("note" in verdict) note ??= verdict.note;
  }
  const wrong = Object.keys(actual);
  if (wrong.length > 0) {
    const differences = wrong.map((name) => `${name} ${shown(actual[name])}, not ${shown(expected[name])}`);
    return failure(`${path} has the ${differences.join(", and the ")}`, actual, expected, [
      ["from", placedText(image, real)],
      ["note", note ?? image.unknown.at(real)?.because],
    ]);
  }
  return open && unknowable(`the ${open.name} of ${path}`, Object.fromEntries(judged), open.unknown);
}

function judge(name: string, image: DescribedImage, node: TreeNode, asked: ReadExpectation): Verdict {
  switch (name) {
    case "mode":
      return judgeMode(node, asked.mode!);
    case "owner":
      return judgeOwner(image, node, asked);
    case "size":
    case "contents":
      return judgeContent(name, node, asked);
    default:
      return node.type === "symlink" && node.target !== asked.linkTarget ? { found: node.target } : "same";
  }
}

function judgeMode(node: TreeNode, mode: number): Verdict {
  if (!isModeKnown(node.mode)) {
    const unknown = node.type === "file" ? whyContentUnknown(node) : undefined;
    return { unknown: unknown ?? { because: "a build tells it", origin: undefined } };
  }
  return node.mode === mode ? "same" : { found: modeWord(node.mode) };
}

function judgeOwner(image: DescribedImage, node: TreeNode, asked: ReadExpectation): Verdict {
  const owner = asked.owner!;
  const found = ownerWord(image, node);
  let ids: ReturnType<typeof ownerIds>;
  try {
    ids = ownerIds(image, owner);
  } catch (error) {
    if (!isLayerwrightError(error) || error.code !== "OWNER_UNKNOWN") throw error;
    return { found, note: error.shortMessage };
  }
  const same = ids.uid === node.uid && (owner.group === undefined || ids.gid === node.gid);
  if (same) return "same";
  // A name and a number, or two names, may be the same account of a base that is not here.
  const pairs = [[ids.uid, node.uid], ...(owner.group === undefined ? [] : [[ids.gid, node.gid]])];
  const open = pairs.every(([left, right]) => left === right || left! < 0 !== right! < 0);
  if (!open) return { found };
  const because = `only the accounts of its base tell which number has the name (it belongs to ${found})`;
  return { unknown: { because, origin: undefined } };
}

function judgeContent(
  name: "size" | "contents",
  node: TreeNode,
  { size, contents }: ReadExpectation,
): Verdict {
  if (node.type !== "file") return "same";
  const unknown = whyContentUnknown(node);
  if (unknown !== undefined) return { unknown };
  if (name === "size") return node.size === size ? "same" : { found: node.size };
  const bytes = Buffer.from(bytesNow(node));
  if (contents instanceof Uint8Array)
    return bytes.equals(contents) ? "same" : { found: new Uint8Array(bytes) };
  const text = bytes.toString("utf8");
  const fits =
    contents instanceof RegExp
      ? new RegExp(contents, contents.flags.replace(/[gy]/g, "")).test(text)
      : text === contents;
  return fits ? "same" : { found: text };
}

const SHOWN = 60;

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof RegExp) return String(value);
  if (typeof value !== "string" || /^[\w:?. ()-]*$/.test(value)) return String(value);
  return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
}

/** A path or pattern at which nothing may be. */
export interface AbsenceOptions {
  /** Looks only at what the image's own file steps, and those of images it stands on, put there. @default - false */
  readonly own?: boolean;
}

/** Reads where something must not be. */
export function readAbsence(call: Call, options: AbsenceOptions): boolean {
  checkOptions(call, options, ["own"]);
  checkFlag(call, "own", options.own);
  return options.own === true;
}

/** True when there is nothing at a path. */
export function checkNoFile(image: DescribedImage, path: string, own: boolean): Failure | undefined {
  const { node, path: real } = resolvePath(image.tree, path, { followLast: false });
  if (node !== undefined && (!own || image.placedBy.has(real))) {
    return failure(`the image has a ${typeWord(node.type)} ${path}`, { type: node.type }, undefined, [
      ["from", placedText(image, real)],
    ]);
  }
  if (own) return undefined;
  const unknown = image.unknown.at(real);
  return unknown && unknowable(`whether there is anything at ${path}`, undefined, unknown);
}

const SHOWN_PATHS = 10;

/** True when no path fits a pattern. */
export function checkNoMatch(
  image: DescribedImage,
  pattern: string,
  glob: GlobPattern,
  own: boolean,
): Failure | undefined {
  const found: string[] = [];
  for (const [path] of walk(image.tree)) {
    if ((!own || image.placedBy.has(path)) && matchesGlob(glob, path)) found.push(path);
  }
  const [first] = found;
  if (first !== undefined) {
    const more = found.length > SHOWN_PATHS ? ` and ${found.length - SHOWN_PATHS} more` : "";
    const paths = found.map((path) => `/${path}`);
    return failure(
      `the image has ${found.length === 1 ? "a path" : `${found.length} paths`} matching ${pattern}`,
      paths,
      [],
      [
        ["found", `${paths.slice(0, SHOWN_PATHS).join(", ")}${more}`],
        ["the first is from", placedText(image, first)],
      ],
    );
  }
  if (own) return undefined;
  const unknown = image.unknown.within("");
  return unknown && unknowable(`whether anything matches ${pattern}`, [], unknown);
}

/** Reads a pattern over paths of the image. */
export function readPattern(call: Call, pattern: string): GlobPattern {
  const invalid = (reason: string): never =>
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "pattern", got: pattern, allowed: reason });
  if (typeof pattern !== "string" || pattern === "") return invalid('a pattern such as "/srv/**/*.map"');
  try {
    return parseGlobPattern(pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return invalid(`a pattern: ${error.reason}`);
  }
}

/** True when anything, of whatever type, is at a path. */
export function checkPath(image: DescribedImage, path: string): Failure | undefined {
  const { node, path: real } = resolvePath(image.tree, path, { followLast: false });
  if (node !== undefined || image.unknown.existsAt(real)) return undefined;
  const unknown = image.unknown.at(real);
  if (unknown !== undefined) return unknowable(`whether there is anything at ${path}`, path, unknown);
  return failure(`the image has nothing at ${path}`, undefined, path);
}

/** Describes a node in words. */
export function typeWord(type: TreeNode["type"]): string {
  return type === "symlink" ? "symbolic link" : type.replace("-", " ");
}

/** Permission bits as people write them. */
export function modeWord(mode: number): string {
  return isModeKnown(mode) ? `0${mode.toString(8).padStart(3, "0")}` : "?";
}

/** An owner by its numbers, or by the names that stand for them. */
export function ownerWord({ names }: DescribedImage, { uid, gid }: Pick<TreeNode, "uid" | "gid">): string {
  return `${names.textOf(uid)}:${names.textOf(gid)}`;
}

/** The step that placed a path, with the user's line. */
function placedText({ placedBy }: DescribedImage, path: string): string | undefined {
  const operation = placedBy.get(path);
  if (operation === undefined) return undefined;
  const place = placeText(operation.origin);
  return `${describeOperation(operation)}${place === undefined ? "" : ` (${place})`}`;
}

const NAMES_SHOWN = 8;

/** Returns a hint why nothing is at a path. */
function nearText(image: DescribedImage, path: string): Details {
  const names = path.split("/").filter((name) => name !== "");
  let folder = "";
  for (let depth = names.length - 1; depth >= 0; depth--) {
    const at = names.slice(0, depth).join("/");
    if (resolvePath(image.tree, at).node?.type !== "folder") continue;
    folder = at;
    break;
  }
  const node = resolvePath(image.tree, folder).node;
  const there = node?.type === "folder" ? [...node.children.keys()].sort() : [];
  const more = there.length > NAMES_SHOWN ? ` and ${there.length - NAMES_SHOWN} more` : "";
  return [
    ["close to it", similarPath(image.tree, path)],
    [`in /${folder}`, there.length === 0 ? "nothing" : `${there.slice(0, NAMES_SHOWN).join(", ")}${more}`],
    ["removed by", removedText(image, path)],
  ];
}

/** The last step that removed a path, or a directory that it was in. */
function removedText({ removals = [] }: DescribedImage, path: string): string | undefined {
  const removal = removals.findLast(
    (operation) => path === operation.path || path.startsWith(`${operation.path}/`),
  );
  if (removal === undefined) return undefined;
  const place = placeText(removal.origin);
  return `${describeOperation(removal)}${place === undefined ? "" : ` (${place})`}`;
}
