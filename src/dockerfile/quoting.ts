import { sha256Hex } from "../core/bytes.js";

/**
 * The one place that knows how text becomes part of a Dockerfile.
 *
 * Source: moby/buildkit frontend/dockerfile/{parser,shell}; buildah takes its parser from the same origin.
 */

/** Unicode that BuildKit, which asks a client for files in a header of printable ASCII, escapes there. */
const CONTROL = /[\u0001-\u001f\u007f]/;

/** Characters that no builder reads as anything but themselves, wherever they stand in a word. */
const PLAIN = /^[A-Za-z0-9_./@%+=:,-]+$/;
const CONTROL_LINE = /[\n\r\0]/;

/** True when a builder can carry this text in a field that it reads word by word: one line, real Unicode. */
export function isOneLine(text: string): boolean {
  return !CONTROL_LINE.test(text) && isText(text);
}

/** True when a string survives UTF-8: a lone surrogate does not. */
export function isText(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/**
 * A value of a field in which the builder expands variables: in double quotes unless it is plain, and where it begins
 * with a dash, so that it is no flag of the instruction.
 */
export function expandedWord(text: string): string {
  return PLAIN.test(text) && !text.startsWith("-") ? text : `"${text.replace(/[\\"$]/g, "\\$&")}"`;
}

/**
 * A word that is expanded after JSON has been decoded (COPY, ADD, VOLUME): backslash, quotes and `$` are escaped
 * for the second reading.
 */
function expandedElement(text: string): string {
  return text.replace(/[\\"'$]/g, "\\$&");
}

/** A JSON array whose elements the builder leaves alone (RUN, CMD, ENTRYPOINT, SHELL). */
export function jsonArray(args: readonly string[]): string {
  return `[${args.map(jsonString).join(", ")}]`;
}

/** A JSON array whose elements the builder expands. */
export function expandedArray(words: readonly string[]): string {
  return jsonArray(words.map(expandedElement));
}

function jsonString(text: string): string {
  // Line separators are legal in JSON, but editors and some scanners break the line at them.
  return JSON.stringify(text).replace(
    /[\u007f-\u00a0\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Sources and destination of COPY and ADD: bare where that is safe, else JSON. */
export function copyWords(sources: readonly string[], dest: string): string {
  const words = [...sources.map(notAFlag), dest];
  const bare = words.every((word) => /^[A-Za-z0-9_./@%+=:,*?-]+$/.test(word) && !word.startsWith("-"));
  return bare ? words.join(" ") : expandedArray(words);
}

/** A source that the builder could read as a flag, a here-document or a URL gets `./` in front. */
function notAFlag(source: string): string {
  return /^(-|<<|#|[A-Za-z][A-Za-z0-9+.-]*:|git@|\[)/.test(source) ? `./${source}` : source;
}

/** True when a path can stand bare beside a here-document, where JSON cannot be used. */
export function isPlainPath(path: string): boolean {
  return PLAIN.test(path) && path.startsWith("/");
}

/**
 * A source pattern that matches exactly this path. Backslashes do not do: BuildKit looks for the path as it stands
 * where no wildcard is left, so each special character becomes a class of one.
 */
export function literalPattern(path: string): string {
  return path
    .split("/")
    .map((name) =>
      /[*?[]/.test(name) ? name.replace(/[*?[\\]/g, (one) => (one === "\\" ? "[\\\\]" : `[${one}]`)) : name,
    )
    .join("/");
}

/** A name as a user's pattern has it that means just this name. */
export function escapedName(name: string): string {
  return name.replace(/[\\*?[]/g, "\\$&");
}

/**
 * A user's pattern of the context as every BuildKit reads it, or why there is no such spelling: an escaped wildcard
 * makes BuildKit copy nothing at all, silently, in every spelling (measured); only `[` has one.
 */
export function contextPattern(pattern: string): { readonly pattern: string } | { readonly reason: string } {
  if (/\\[^[\]^!-]/.test(pattern) || /\\$/.test(pattern)) {
    return {
      reason: "names a file with a backslash, a * or a ?, which COPY cannot name: copy its directory",
    };
  }
  if (/\[[^\]\\]+\\/.test(pattern.replaceAll("\\[", ""))) return { reason: "has an escape in a class" };
  if (CONTROL.test(pattern)) {
    return { reason: "names a file with a control character, which COPY cannot name: copy its directory" };
  }
  const spelled = pattern
    .split("/")
    .map((name) => name.replace(/\\(.)/gs, (_, one: string) => (one === "[" ? "[[]" : one)))
    .join("/");
  // At the top of the context a blank at the edge is cut off and a `!` means "not".
  const edges = spelled.replace(/^[ !]/, (one) => `[${one}]`);
  return { pattern: edges.includes("/") ? edges : edges.replace(/ $/, "[ ]") };
}

/** True when a name on disk is one that a COPY of it alone could not find. */
export function isUnnameable(path: string): boolean {
  return /[*?\\]/.test(path) || CONTROL.test(path) || !isText(path);
}

/** Text of a line that a here-document, a comment or a flag cannot be made of. */
const LONGEST_LINE = 8 * 1024;

/** True when a here-document gives exactly these bytes: whole lines, no carriage return, not too long. */
export function fitsHeredoc(text: string, limit: number): boolean {
  if (!text.endsWith("\n") || /[\r\0\ufeff]/.test(text) || !isText(text)) return false;
  if (Buffer.byteLength(text) > limit) return false;
  return text.split("\n").every((line) => line.length <= LONGEST_LINE);
}

/** A terminator that is not a line of the text. */
export function heredocTerminator(text: string): string {
  const lines = new Set(text.split("\n").map((line) => line.trim()));
  let word = "EOT";
  for (let round = 0; lines.has(word); round++) word = `EOT_${sha256Hex(`${round}\n${text}`).slice(0, 12)}`;
  return word;
}

/** A comment: one line of printable ASCII. */
export function commentLine(text: string): string {
  return `# ${text.replace(/[^\x20-\x7e]/g, "?")}`;
}

/** One word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./@%+:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Several words of a POSIX shell. */
export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}

/**
 * True when a shell command can be written as it stands after RUN: one line of printable ASCII that is no flag, no
 * JSON, no here-document, no comment and does not go on in the next line.
 */
export function isPlainCommand(text: string): boolean {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^([[#-])|<<|\\$/.test(text);
}

/** True when a pattern can be the value of a flag, where quotes are read twice. */
export function isFlagPattern(pattern: string): boolean {
  return /^[A-Za-z0-9_./@%+=:,*?[\]!^~ -]+$/.test(pattern);
}

/** The value of a `--mount` key: a comma separates, a quote and a `$` mean something. */
export function isMountValue(text: string): boolean {
  return /^[A-Za-z0-9_./:@+-]+$/.test(text);
}
