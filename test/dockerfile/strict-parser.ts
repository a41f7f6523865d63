/** One instruction as BuildKit's parser sees it. */
export interface ParsedInstruction {
  readonly keyword: string;
  readonly flags: readonly string[];
  /** What follows the flags, on one line. */
  readonly rest: string;
  readonly heredocs: readonly { readonly name: string; readonly expand: boolean; readonly body: string }[];
}

const KEYWORDS = new Set(
  "FROM COPY ADD RUN ENV LABEL WORKDIR USER EXPOSE STOPSIGNAL VOLUME SHELL ENTRYPOINT CMD HEALTHCHECK ARG ONBUILD MAINTAINER".split(
    " ",
  ),
);

/**
 * An independent reading of Dockerfile text by the rules of moby/buildkit's `frontend/dockerfile/parser`: no code of
 * the printer is used. Anything that BuildKit would take for a directive, or not take at all, throws.
 */
export function parseStrictly(text: string): ParsedInstruction[] {
  const lines = text.split("\n");
  if (/^\s*(#|\/\/)\s*[A-Za-z]+\s*=/.test(lines[0] ?? "") || /^\s*[{]/.test(lines[0] ?? "")) {
    throw new Error(`a directive: ${lines[0]}`);
  }
  const instructions: ParsedInstruction[] = [];
  for (let at = 0; at < lines.length; at++) {
    let line = (lines[at] ?? "").replace(/\r$/, "");
    if (line.trim() === "" || /^\s*#/.test(line)) continue;
    line = line.replace(/^\s+/, "");
    while (/\\[ \t]*$/.test(line)) {
      line = line.replace(/\\[ \t]*$/, "");
      at++;
      let next = lines[at] ?? "";
      while (/^\s*#/.test(next)) next = lines[++at] ?? "";
      line += next;
    }
    const parsed = splitInstruction(line);
    const heredocs: { name: string; expand: boolean; body: string }[] = [];
    for (const { name, expand } of heredocsOf(parsed)) {
      const body: string[] = [];
      for (at++; lines[at] !== name; at++) {
        if (at >= lines.length) throw new Error(`the here-document ${name} does not end`);
        body.push(`${lines[at]}\n`);
      }
      heredocs.push({ name, expand, body: body.join("") });
    }
    instructions.push({ ...parsed, heredocs });
  }
  return instructions;
}

function splitInstruction(line: string): Omit<ParsedInstruction, "heredocs"> {
  const [, keyword = "", after = ""] = /^(\S+)\s*(.*)$/su.exec(line) ?? [];
  if (!KEYWORDS.has(keyword)) throw new Error(`unknown instruction ${JSON.stringify(line)}`);
  const flags: string[] = [];
  let rest = after;
  while (rest.startsWith("--")) {
    const [, flag = "", more = ""] =
      /^((?:[^\s"'\\]|"(?:[^"\\]|\\.)*"|'[^']*'|\\.)+)\s*(.*)$/su.exec(rest) ?? [];
    if (flag === "") throw new Error(`bad flag in ${line}`);
    flags.push(flag.replace(/["']/g, ""));
    rest = more;
  }
  return { keyword, flags, rest: rest.trim() };
}

function* heredocsOf(
  parsed: Omit<ParsedInstruction, "heredocs">,
): Generator<{ name: string; expand: boolean }> {
  if (!["COPY", "ADD", "RUN"].includes(parsed.keyword) || jsonOf(parsed.rest) !== undefined) return;
  for (const word of parsed.rest.split(/\s+/)) {
    const match = /^\d*<<(-?)([^<]*)$/.exec(word);
    if (match === null) continue;
    const quoted = /^(['"])(.+)\1$/.exec(match[2] ?? "");
    yield { name: quoted?.[2] ?? match[2] ?? "", expand: quoted === null };
  }
}

/** The strings of a JSON form, or undefined where it is none. */
export function jsonOf(rest: string): string[] | undefined {
  if (!rest.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(rest);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the builder's shell lexer makes of a word: quotes and escapes go, an unescaped variable throws. */
export function processWord(word: string): string {
  let result = "";
  for (let at = 0; at < word.length; at++) {
    const character = word[at]!;
    if (character === "'") {
      const end = word.indexOf("'", at + 1);
      if (end < 0) throw new Error(`an open quote in ${word}`);
      result += word.slice(at + 1, end);
      at = end;
    } else if (character === '"') {
      for (at++; word[at] !== '"'; at++) {
        if (at >= word.length) throw new Error(`an open quote in ${word}`);
        if (word[at] === "$") throw new Error(`a variable in ${word}`);
        if (word[at] === "\\" && /["$\\]/.test(word[at + 1] ?? "")) at++;
        result += word[at];
      }
    } else if (character === "\\") {
      at++;
      if (at < word.length) result += word[at];
    } else if (character === "$") {
      throw new Error(`a variable in ${word}`);
    } else {
      result += character;
    }
  }
  return result;
}

/** The `name=value` of ENV or LABEL: one pair, or it throws. */
export function pairOf(rest: string): [string, string] {
  let quote = "";
  for (let at = 0; at < rest.length; at++) {
    const character = rest[at]!;
    if (character === "\\") at++;
    else if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (/\s/u.test(character)) throw new Error(`two words in ${rest}`);
  }
  const cut = rest.indexOf("=");
  if (cut < 1) throw new Error(`no pair in ${rest}`);
  return [processWord(rest.slice(0, cut)), processWord(rest.slice(cut + 1))];
}

/** Sources and destination of COPY, as paths. */
export function copyPaths(rest: string): string[] {
  return (jsonOf(rest) ?? rest.split(/\s+/)).map(processWord);
}
