import { describe, expect, test } from "vitest";
import { PatternError } from "../../src/core/glob.js";
import { parseIgnoreFile, parseIgnoreList } from "../../src/core/ignore-rules.js";

const ignored = (patterns: readonly string[], path: string) =>
  parseIgnoreList(patterns).decideAlone(path).ignored;

describe("one pattern against one path", () => {
  const cases: readonly (readonly [pattern: string, path: string, ignored: boolean])[] = [
    // Plain names and their children.
    ["a", "a", true],
    ["a", "b", false],
    ["a", "a/b", true],
    ["a", "a/b/c/d", true],
    ["a", "b/a", false],
    ["a/b", "a/b", true],
    ["a/b", "a", false],
    ["a/b", "a/b/c", true],
    ["a/b", "x/a/b", false],
    ["fileutils.go", "fileutils.go", true],
    ["file", "fileutils.go", false],
    [".", "a", false],
    ["..", "a", false],
    // How a pattern is cleaned.
    ["/a", "a", true],
    ["/a/b", "a/b", true],
    ["//a", "a", true],
    ["./a", "a", true],
    ["a/", "a", true],
    ["a/", "a/b", true],
    ["a//b", "a/b", true],
    ["a/./b", "a/b", true],
    ["a/../b", "b", true],
    ["../a", "a", false],
    ["/", "a", false],
    ["  a  ", "a", true],
    ["a b", "a b", true],
    // One star stays in its folder.
    ["*", "a", true],
    ["*", "a/b", true],
    ["*", ".hidden", true],
    ["*.go", "main.go", true],
    ["*.go", "main.rs", false],
    ["*.go", "src/main.go", false],
    ["a*", "abc", true],
    ["a*", "abc/d", true],
    ["a*/b", "abc/b", true],
    ["a*/b", "a/b", true],
    ["a*/b", "a/c/b", false],
    ["*/*", "a/b", true],
    ["*/*", "a", false],
    ["a/*", "a", false],
    ["a/*", "a/b", true],
    ["a/*/c", "a/b/c", true],
    ["a/*/c", "a/b/d", false],
    ["a*b*c*d*e*/f", "axbxcxdxe/f", true],
    ["a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false],
    // One character.
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["a?c", "aéc", true],
    ["a?c", "a😀c", true],
    ["a?c", "ac", false],
    ["???", "abc", true],
    // Two stars.
    ["**", "a", true],
    ["**", "a/b/c", true],
    ["**/", "a", true],
    ["**/a", "a", true],
    ["**/a", "b/a", true],
    ["**/a", "b/c/a", true],
    ["**/a", "b/ca", false],
    ["**/a", "b/a/c", true],
    ["**a", "bca", true],
    ["**a", "b/ca", true],
    ["**/*.md", "a.md", true],
    ["**/*.md", "x/y/a.md", true],
    ["**/*.md", "x/y/a.mdx", false],
    ["a/**", "a", false],
    ["a/**", "a/b", true],
    ["a/**", "a/b/c", true],
    ["a**", "ab/c", true],
    ["a/**/b", "a/b", true],
    ["a/**/b", "a/x/b", true],
    ["a/**/b", "a/x/y/b", true],
    ["a/**/b", "a/xb", false],
    ["**/a/**", "a/b", true],
    ["**/a/**", "x/a/b/c", true],
    ["**/a/**", "a", false],
    ["**/*", "a", true],
    ["**/node_modules", "packages/x/node_modules/y/index.js", true],
    ["**/.env*", "a/.env.local", true],
    ["**/**/a", "x/a", true],
    // Classes.
    ["[a-c]", "b", true],
    ["[a-c]", "d", false],
    ["[^a-c]", "d", true],
    ["[^a-c]", "b", false],
    ["[!a]", "!", true],
    ["[!a]", "b", false],
    ["x[0-9]y", "x5y", true],
    ["[a-ce-g]", "f", true],
    ["[\\]a]", "]", true],
    ["[\\-x]", "-", true],
    ["[\\-x]", "z", false],
    ["[.]x", ".x", true],
    ["[.]x", "ax", false],
    // Escapes, and what is special to regular expressions only.
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["a\\?b", "a?b", true],
    ["\\[a]", "[a]", true],
    ["\\!a", "!a", true],
    ["a\\b", "ab", true],
    ["a.b", "axb", false],
    ["a+", "aa", false],
    ["a+", "a+", true],
    ["(a|b)", "a", false],
    ["(a|b)", "(a|b)", true],
    ["{a,b}", "a", false],
    ["{a,b}", "{a,b}", true],
    ["$a", "$a", true],
    ["^a", "a", false],
    ["^a", "^a", true],
    ["a]", "a]", true],
    ["*.c++", "x.c++", true],
  ];
  test.each(cases)("%j and %j: %j", (pattern, path, expected) => {
    expect(ignored([pattern], path)).toBe(expected);
  });
});

describe("several patterns", () => {
  const cases: readonly (readonly [patterns: readonly string[], path: string, ignored: boolean])[] = [
    [["*", "!a"], "a", false],
    [["*", "!a"], "b", true],
    [["!a", "*"], "a", true],
    [["*", "!a/b"], "a", true],
    [["*", "!a/b"], "a/b", false],
    [["*", "!a/b"], "a/c", true],
    [["a", "!a/b", "a/b/c"], "a/b/c", true],
    [["a", "!a/b", "a/b/c"], "a/b/d", false],
    [["docs", "!docs/README.md"], "docs/README.md", false],
    [["docs", "!docs/README.md"], "docs/x.md", true],
    [["**/*.md", "!README.md"], "README.md", false],
    [["**/*.md", "!README.md"], "docs/README.md", true],
    [["**/*.md", "!**/README.md"], "docs/README.md", false],
    [["*.md", "!README*.md", "README-secret.md"], "README-secret.md", true],
    [["*.md", "!README*.md", "README-secret.md"], "README-x.md", false],
    [["**", "!**/*.ts"], "a/b.ts", false],
    [["**", "!**/*.ts"], "a/b.js", true],
    [["node_modules", "!node_modules/keep/**"], "node_modules/keep/x", false],
    [["! a", "a"], "a", true],
    [["a", "! a"], "a", false],
    // An exception holds for a parent only once the parent was ignored (buildx#850 and what followed).
    [["*/b", "!a"], "a/b", true],
    [[], "a", false],
  ];
  test.each(cases)("%j and %j: %j", (patterns, path, expected) => {
    expect(ignored(patterns, path)).toBe(expected);
  });
});

describe("the file", () => {
  test("skips comments, blank lines, a byte order mark and carriage returns", () => {
    const rules = parseIgnoreFile("\ufeff# comment\n\n  \r\na\r\n #b\n!c\n");
    expect(rules.patterns.map(({ pattern, line, exception }) => [pattern, line, exception])).toEqual([
      ["a", 4, false],
      ["#b", 5, false],
      ["c", 6, true],
    ]);
  });

  test("says which rule hides a path", () => {
    const rules = parseIgnoreFile("*\n!src\nsrc/**/*.test.ts\n");
    expect(rules.ruleThatHides("src/a.ts")).toBeUndefined();
    expect(rules.ruleThatHides("src/x/a.test.ts")).toMatchObject({ text: "src/**/*.test.ts", line: 3 });
    expect(rules.ruleThatHides("lib")).toMatchObject({ text: "*", line: 1 });
  });

  test("knows which ignored folders have to be walked", () => {
    const rules = parseIgnoreFile("*\n!src/app/main.ts\n!docs/*.md\n");
    expect(["src", "src/app", "docs", "lib", "srcs"].map((path) => rules.mayHoldExceptions(path))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(parseIgnoreFile("a\n!**/b").mayHoldExceptions("a")).toBe(true);
  });

  test.each([
    ["[", 1],
    ["a\n[a", 2],
    ["[]a]", 1],
    ["[-]", 1],
    ["[x-]", 1],
    ["[a-", 1],
    ["[^", 1],
    ["a\\", 1],
    ["!", 1],
    ["# x\n!  ", 2],
  ])("refuses %j at line %d", (text, line) => {
    expect(() => parseIgnoreFile(text)).toThrow(PatternError);
    try {
      parseIgnoreFile(text);
    } catch (error) {
      expect((error as PatternError).line).toBe(line);
    }
  });
});
