import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { removeEntries, setEntry } from "../../../src/adapters/credentials-docker/saved-credentials.js";

const value = { auth: "eA==" };

/** A text, what setting `auths.b` makes of it, and what removing `b` again leaves. */
const table: readonly (readonly [string, string, string, string])[] = [
  ["nothing", "", '{\n\t"auths": {\n\t\t"b": {\n\t\t\t"auth": "eA=="\n\t\t}\n\t}\n}', '{\n\t"auths": {}\n}'],
  [
    "an empty object",
    "{}\n",
    '{\n\t"auths": {\n\t\t"b": {\n\t\t\t"auth": "eA=="\n\t\t}\n\t}\n}\n',
    '{\n\t"auths": {}\n}\n',
  ],
  ["null", "null", '{\n\t"auths": {\n\t\t"b": {\n\t\t\t"auth": "eA=="\n\t\t}\n\t}\n}', '{\n\t"auths": {}\n}'],
  ["one line", '{"x":1}', '{"x":1,"auths":{"b":{"auth":"eA=="}}}', '{"x":1,"auths":{}}'],
  [
    "one line with spaces",
    '{ "x": 1, "auths": { "a": {} } }',
    '{ "x": 1, "auths": { "a": {},"b":{"auth":"eA=="} } }',
    '{ "x": 1, "auths": { "a": {} } }',
  ],
  [
    "two spaces, and Windows' line ends",
    '{\r\n  "auths": {\r\n    "a": {}\r\n  },\r\n  "x": [1, 2]\r\n}\r\n',
    '{\r\n  "auths": {\r\n    "a": {},\r\n    "b": {\r\n      "auth": "eA=="\r\n    }\r\n  },\r\n  "x": [1, 2]\r\n}\r\n',
    '{\r\n  "auths": {\r\n    "a": {}\r\n  },\r\n  "x": [1, 2]\r\n}\r\n',
  ],
  [
    "an entry that is there",
    '{\n\t"auths": {\n\t\t"b": {"auth": "old", "email": "e"},\n\t\t"c": {}\n\t}\n}',
    '{\n\t"auths": {\n\t\t"b": {\n\t\t\t"auth": "eA=="\n\t\t},\n\t\t"c": {}\n\t}\n}',
    '{\n\t"auths": {\n\t\t"c": {}\n\t}\n}',
  ],
  [
    "auths that is null",
    '{\n\t"auths": null,\n\t"x": 1e5\n}',
    '{\n\t"auths": {\n\t\t"b": {\n\t\t\t"auth": "eA=="\n\t\t}\n\t},\n\t"x": 1e5\n}',
    '{\n\t"auths": {},\n\t"x": 1e5\n}',
  ],
  [
    "texts that look like more",
    '{\n\t"x": "} \\" { \\\\",\n\t"y": ["]", {"auths": {"b": 1}}],\n\t"auths": {}\n}',
    '{\n\t"x": "} \\" { \\\\",\n\t"y": ["]", {"auths": {"b": 1}}],\n\t"auths": {\n\t\t"b": {\n\t\t\t"auth": "eA=="\n\t\t}\n\t}\n}',
    '{\n\t"x": "} \\" { \\\\",\n\t"y": ["]", {"auths": {"b": 1}}],\n\t"auths": {}\n}',
  ],
];

describe("an entry of a JSON text", () => {
  it.each(table)("in %s: is set and removed, all else stays", (_, text, set, removed) => {
    const changed = setEntry(text, "auths", "b", value);
    expect(changed).toBe(set);
    expect(removeEntries(changed, "auths", (key) => key === "b")).toBe(removed);
  });

  it("is not there: nothing changes", () => {
    for (const text of ["", "null", "{}", '{"auths":null}', '{"auths":{"a":{}}}'])
      expect(removeEntries(text, "auths", (key) => key === "b")).toBe(text);
  });

  it("is found by its meaning, not by its spelling", () => {
    const text = '{"auths":{"\\u0062":{"old":1},"a":2}}';
    expect(setEntry(text, "auths", "b", value)).toBe('{"auths":{"\\u0062":{"auth":"eA=="},"a":2}}');
    expect(removeEntries(text, "auths", (key) => key === "b")).toBe('{"auths":{"a":2}}');
  });

  it("several go at once: first, last and all", () => {
    const text = '{"auths":{"a":1,"b":2,"c":3}}';
    expect(removeEntries(text, "auths", (key) => key !== "b")).toBe('{"auths":{"b":2}}');
    expect(removeEntries(text, "auths", () => true)).toBe('{"auths":{}}');
  });

  it("of any document: reads back as the document with that change", () => {
    const key = fc.string({ maxLength: 6, unit: "binary" }).filter((it) => it !== "__proto__");
    const document = fc.record(
      { auths: fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })), z: fc.jsonValue({ maxDepth: 3 }) },
      { requiredKeys: [] },
    );
    const indent = fc.constantFrom(undefined, 2, "\t", "   ");
    fc.assert(
      fc.property(document, key, indent, (data, name, space) => {
        const text = JSON.stringify(data, null, space);
        const read = JSON.parse(text) as { auths?: Record<string, unknown> };
        const set = setEntry(text, "auths", name, value);
        expect(JSON.parse(set)).toEqual({ ...read, auths: { ...read.auths, [name]: value } });
        const removed = JSON.parse(removeEntries(set, "auths", (it) => it === name)) as typeof read;
        const { [name]: _, ...others } = read.auths ?? {};
        expect(removed).toEqual({ ...read, auths: others });
      }),
      { numRuns: 300 },
    );
  });
});
