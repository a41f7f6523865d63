/** A member of a JSON object: offsets into the text. */
export interface Member {
  readonly key: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** A JSON object in a text that is known to be JSON. */
export interface ObjectSpan {
  /** Of the opening brace. */
  readonly start: number;
  readonly members: readonly Member[];
  /** Of the closing brace. */
  readonly close: number;
}

/** Finds the members of the object that begins at an offset, or after white space there. */
export function objectAt(text: string, offset = 0): ObjectSpan {
  const start = skipSpace(text, offset);
  const members: Member[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== "}") {
    const keyEnd = valueEnd(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, valueStart);
    members.push({ key: JSON.parse(text.slice(at, keyEnd)) as string, start: at, valueStart, end });
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return { start, members, close: at };
}

/** Of two equal keys every reader takes the last. */
export function memberOf(object: ObjectSpan, key: string): Member | undefined {
  return object.members.findLast((member) => member.key === key);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (" \t\r\n".includes(text[at] ?? "x")) at++;
  return at;
}

function valueEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at);
    else if (char === "{" || char === "[") {
      depth++;
      at++;
    } else if (char === "}" || char === "]") {
      depth--;
      at++;
    } else if (depth === 0) return wordEnd(text, at);
    else at++;
  } while (depth > 0);
  return at;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The end of a number, true, false or null. */
function wordEnd(text: string, start: number): number {
  let at = start;
  while (/[\w.+-]/.test(text[at] ?? "")) at++;
  return at;
}
