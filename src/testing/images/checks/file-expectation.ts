import { type Call, checkOptions, refuse } from "../../../image/call.js";
import { parseAbsolutePath } from "../../../image/container-path.js";
import { type ModeInput, parseMode } from "../../../image/mode.js";
import { type Owner, type OwnerInput, parseOwner } from "../../../image/owner.js";

/** What a path of an image is. */
export type FileType = "file" | "folder" | "symlink" | "fifo" | "character-device" | "block-device";

/** What is asked of anything that has a place in the tree. */
export interface PathExpectation {
  /** Permission bits by number, `0o755` or `"0755"`. */
  readonly mode?: ModeInput;
  /** A number, a name, or both parts (`"app:app"`, `"0:0"`); without a group only the user is looked at. */
  readonly owner?: OwnerInput;
}

/** What is asked of a file. */
export interface FileExpectation extends PathExpectation {
  /** Bytes. */
  readonly size?: number;
  /** The whole content as text or bytes, or what its text must match. */
  readonly contents?: string | RegExp | Uint8Array;
  /** What the path is. Only `"symlink"` looks at a link itself. @default - "file" */
  readonly type?: FileType;
  /** What a link says, as it is written; the path is then a link. */
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
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: `option ${argument}`, got, allowed });
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
  return refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "option mode", got: input, allowed });
}
