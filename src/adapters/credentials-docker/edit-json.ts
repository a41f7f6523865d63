import { memberOf, type ObjectSpan, objectAt } from "./json-members.js";

/** What Docker writes, down to the tab. */
const DOCKER_INDENT = "\t";

/** How a JSON text is laid out; undefined for one on a single line. */
interface Style {
  readonly indent: string;
  readonly newline: string;
}

/**
 * Sets `section[key]` in a JSON text, and leaves every other byte as it is: the file is the user's, and other programs
 * keep in it what this one does not know. An empty text becomes a document.
 */
export function setEntry(text: string, section: string, key: string, value: object): string {
  const whole = ["", "null"].includes(text.trim()) ? "{}" : text;
  const style = styleOf(whole);
  const root = objectAt(whole);
  const found = memberOf(root, section);
  if (found === undefined || whole[found.valueStart] !== "{") {
    return setMember(whole, root, section, { [key]: value }, 1, style);
  }
  return setMember(whole, objectAt(whole, found.valueStart), key, value, 2, style);
}

/** Removes the keys of a section that a test picks; every other byte stays. */
export function removeEntries(text: string, section: string, picked: (key: string) => boolean): string {
  const found = ["", "null"].includes(text.trim()) ? undefined : memberOf(objectAt(text), section);
  if (found === undefined || text[found.valueStart] !== "{") return text;
  const object = objectAt(text, found.valueStart);
  const index = object.members.findIndex(({ key }) => picked(key));
  if (index === -1) return text;
  const { start, end } = object.members[index]!;
  const before = object.members[index - 1];
  const after = object.members[index + 1];
  const rest =
    before !== undefined
      ? text.slice(0, before.end) + text.slice(end)
      : after !== undefined
        ? text.slice(0, start) + text.slice(after.start)
        : text.slice(0, object.start + 1) + text.slice(object.close);
  return removeEntries(rest, section, picked);
}

function setMember(
  text: string,
  object: ObjectSpan,
  key: string,
  value: object,
  depth: number,
  style: Style | undefined,
): string {
  const written = print(value, depth, style);
  const old = memberOf(object, key);
  if (old !== undefined) return text.slice(0, old.valueStart) + written + text.slice(old.end);
  const member = `${JSON.stringify(key)}:${style === undefined ? "" : " "}${written}`;
  const last = object.members.at(-1);
  const lead = style === undefined ? "" : style.newline + style.indent.repeat(depth);
  if (last !== undefined) return `${text.slice(0, last.end)},${lead}${member}${text.slice(last.end)}`;
  const close = style === undefined ? "" : style.newline + style.indent.repeat(depth - 1);
  return `${text.slice(0, object.start + 1)}${lead}${member}${close}${text.slice(object.close)}`;
}

function print(value: object, depth: number, style: Style | undefined): string {
  if (style === undefined) return JSON.stringify(value);
  const lines = JSON.stringify(value, null, style.indent).split("\n");
  return lines.join(style.newline + style.indent.repeat(depth));
}

/** A document is laid out as its first member is; one without members as Docker would. */
function styleOf(text: string): Style | undefined {
  const { start, members } = objectAt(text);
  const first = members[0];
  if (first === undefined) return { indent: DOCKER_INDENT, newline: "\n" };
  const lead = /(\r?\n)([ \t]*)$/.exec(text.slice(start + 1, first.start));
  return lead === null ? undefined : { newline: lead[1]!, indent: lead[2]! };
}
