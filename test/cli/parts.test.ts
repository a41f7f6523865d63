import { describe, expect, it } from "vitest";
import { Catalog } from "../../src/catalog/catalog.js";
import { exitCodeOf } from "../../src/cli/exit-codes.js";
import { codedFailure, failureOf } from "../../src/cli/failure.js";
import { findExported } from "../../src/cli/load/describe-program.js";
import { ageText, parseAge, parseSize } from "../../src/cli/option-value.js";
import { outputPlaces, parseOutput } from "../../src/cli/output-places.js";
import { failureText } from "../../src/cli/print-error.js";
import { progressShown } from "../../src/cli/progress.js";
import { selectNames } from "../../src/cli/select-names.js";
import { paintWith, wantsColor } from "../../src/cli/terminal.js";
import { columns, layerTree } from "../../src/cli/text.js";
import { IntegrityError } from "../../src/errors/layerwright-error.js";
import { Image } from "../../src/image/image.js";

const plain = paintWith(false);

describe("names", () => {
  const names = ["api-a", "api-b", "web", "api/server", "api/v2/server"];
  const groups = { nightly: ["api-a", "web"] };
  const select = (...operands: string[]) => selectNames({ names, groups }, operands);
  const code = (expected: string) => expect.objectContaining({ code: expected });
  it("are chosen by patterns, once, in the order of the catalog", () => {
    expect(select()).toEqual(names);
    expect(select("web", "api-*", "api-a")).toEqual(["api-a", "api-b", "web"]);
    expect(select("*b")).toEqual(["api-b", "web"]);
    expect(select("w?b")).toEqual(["web"]);
  });
  it("have parts that a star does not cross", () => {
    expect(select("*")).toEqual(["api-a", "api-b", "web"]);
    expect(select("api/*")).toEqual(["api/server"]);
    expect(select("api/**")).toEqual(["api/server", "api/v2/server"]);
    expect(select("**/server", "web")).toEqual(["web", "api/server", "api/v2/server"]);
    expect(select("**")).toEqual(names);
  });
  it("are chosen by their group", () => {
    expect(select("@nightly")).toEqual(["api-a", "web"]);
    expect(() => select("@nightli")).toThrowError(code("GROUP_UNKNOWN"));
    expect(() => select("@nightli")).toThrowError("nightly");
  });
  it("that are unknown, or patterns that are none, are refused", () => {
    for (const wrong of ["ap-a", "x*", "[", ""]) {
      expect(() => select(wrong)).toThrowError(code("IMAGE_UNKNOWN"));
    }
    expect(() => select("api")).toThrowError(expect.objectContaining({ hint: "did you mean api/**?" }));
  });
});

describe("--output", () => {
  it.each([
    ["a.tar", { type: "archive", dest: "a.tar" }],
    ["a=b.tar", { type: "archive", dest: "a=b.tar" }],
    ["-", { type: "archive", dest: "-" }],
    ["type=oci,dest=a,b.tar", { type: "oci", dest: "a,b.tar" }],
    ["dest=a,type=layout", { type: "layout", dest: "a" }],
    ["type=rootfs", { type: "rootfs" }],
  ])("%s", (text, parsed) => {
    expect(parseOutput(text)).toEqual(parsed);
  });
  it.each(["", "type=", "type=image,dest=a", "dest="])("%j is refused", (text) => {
    expect(() => parseOutput(text)).toThrowError(expect.objectContaining({ code: "OPTION_VALUE_INVALID" }));
  });

  const amd64 = { os: "linux", architecture: "amd64" };
  const arm = { os: "linux", architecture: "arm", variant: "v7" };
  const both = [
    { name: "a", platform: amd64, several: true },
    { name: "a", platform: arm, several: true },
  ];
  it("gives every image a place of its own", () => {
    const places = (text: string, images = both) =>
      outputPlaces(parseOutput(text), images, "/work").map(({ dest }) => dest);
    expect(places("type=archive")).toEqual([
      "/work/layerwright.out/a-amd64.tar",
      "/work/layerwright.out/a-arm-v7.tar",
    ]);
    for (const place of ["type=oci", "type=oci,dest=/o/x.tar", "type=layout", "type=layout,dest=/o"])
      expect(new Set(places(place)).size).toBe(1);
    expect(places("type=oci")[0]).toBe("/work/layerwright.out/a.tar");
    expect(places("/o/{name}/{platform}.tar")).toEqual(["/o/a/linux-amd64.tar", "/o/a/linux-arm-v7.tar"]);
    expect(() => places("/o/{name}.tar")).toThrowError(expect.objectContaining({ code: "OUTPUT_SHARED" }));
    const two = [
      { name: "a", platform: amd64, several: false },
      { name: "b", platform: amd64, several: false },
    ];
    expect(places("type=layout,dest=/o", two)).toEqual(["/o", "/o"]);
    expect(places("/o/", two)).toEqual(["/o/a.tar", "/o/b.tar"]);
    expect(places("/o/x.tar", two.slice(1))).toEqual(["/o/x.tar"]);
  });
});

describe("the terminal", () => {
  it.each([
    [{ flag: true, env: { NO_COLOR: "1" }, terminal: false }, true],
    [{ flag: false, env: { FORCE_COLOR: "1" }, terminal: true }, false],
    [{ flag: undefined, env: { NO_COLOR: "1", FORCE_COLOR: "1" }, terminal: true }, false],
    [{ flag: undefined, env: { NO_COLOR: "" }, terminal: true }, true],
    [{ flag: undefined, env: { FORCE_COLOR: "1" }, terminal: false }, true],
    [{ flag: undefined, env: { FORCE_COLOR: "0" }, terminal: true }, false],
    [{ flag: undefined, env: { TERM: "dumb" }, terminal: true }, false],
    [{ flag: undefined, env: { CI: "1" }, terminal: false }, false],
  ])("colour for %j is %s", (choice, wanted) => {
    expect(wantsColor(choice)).toBe(wanted);
  });

  it.each([
    ["auto", { env: {}, terminal: true, columns: 80 }, "tty"],
    ["auto", { env: {}, terminal: true, columns: 0 }, "plain"],
    ["tty", { env: {}, terminal: true, columns: 0 }, "plain"],
    ["tty", { env: { CI: "true" }, terminal: true, columns: 80 }, "tty"],
    ["auto", { env: { CI: "true" }, terminal: true, columns: 80 }, "plain"],
    ["auto", { env: { CI: "0" }, terminal: true, columns: 80 }, "tty"],
    ["auto", { env: { TERM: "dumb" }, terminal: true, columns: 80 }, "plain"],
    ["auto", { env: {}, terminal: false, columns: 80 }, "plain"],
    ["quiet", { env: {}, terminal: true, columns: 80 }, "quiet"],
  ] as const)("progress %s in %j is %s", (mode, around, shown) => {
    expect(progressShown(mode, around)).toBe(shown);
  });

  it("columns are aligned by what is seen", () => {
    const { red } = paintWith(true);
    expect(
      columns(
        [
          ["a", { text: "1", paint: red }, "x"],
          ["bbb", "22", ""],
        ],
        [1],
      ),
    ).toBe("a     \u001b[31m1\u001b[39m  x\nbbb  22\n");
    expect(columns([])).toBe("");
  });

  it("a tree marks layers of the base and of the store", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const tree = layerTree(
      "app",
      [
        { digest, size: 29_000_000, description: "debian\nbase", mark: "base" },
        { digest, size: 12, description: "write /a", mark: "cached" },
      ],
      plain,
    );
    expect(tree).toBe(
      "app\n├─  29 MB  sha256:aaaaaaaaaaaa  base    debian base\n└─   12 B  sha256:aaaaaaaaaaaa  cached  write /a\n",
    );
  });
});

describe("amounts", () => {
  it("are read in the units that they are printed in", () => {
    expect(parseSize("--max-size", "10GB")).toBe(10e9);
    expect(parseSize("--max-size", "1.5 MiB")).toBe(1.5 * 2 ** 20);
    expect(parseSize("--max-size", "0")).toBe(0);
    expect(parseAge("--older-than", "30d")).toBe(30 * 86_400_000);
    for (const wrong of ["", "-1", "10XB", "GB"]) expect(() => parseSize("--max-size", wrong)).toThrow();
    for (const wrong of ["", "30", "1y"]) expect(() => parseAge("--older-than", wrong)).toThrow();
    expect([0, 61_000, 2 * 3_600_000, 3 * 86_400_000].map(ageText)).toEqual([
      "now",
      "1 min ago",
      "2 h ago",
      "3 d ago",
    ]);
  });
});

describe("what a module exports", () => {
  const image = Image.scratch();
  it.each([
    ["a catalog", { default: new Catalog("acme", { image }) }, "acme", ["image"]],
    ["an image", { default: image }, "my-app", ["my-app"]],
    ["named images", { fooBar: image, other: image, n: 1 }, "my-app", ["foo-bar", "other"]],
    ["a named catalog", { catalog: new Catalog("acme", { image }), image }, "acme", ["image"]],
    ["a CommonJS module", { default: { __esModule: true, default: image } }, "my-app", ["my-app"]],
    ["module.exports", image, "my-app", ["my-app"]],
  ])("%s", (_, exported, name, names) => {
    const found = findExported(exported, "/x/myApp.ts") as Catalog;
    expect([found.name, found.names]).toEqual([name, names]);
  });
  it("nothing of ours", () => {
    expect(findExported({ a: 1, default: {} }, "/x/a.ts")).toEqual(["a", "default"]);
  });
});

describe("failures", () => {
  it("lead to the exit code of what the caller can do", () => {
    const code = (kind: string, word = "X") => exitCodeOf({ kind, code: word });
    expect(
      ["UsageError", "DefinitionError", "RegistryError", "IntegrityError"].map((it) => code(it)),
    ).toEqual([2, 3, 4, 5]);
    expect(code("PlanError", "DOWNLOAD_FAILED")).toBe(4);
  });

  it("of ours are told from faults", () => {
    const digest = "sha256:x";
    const coded = codedFailure(new IntegrityError("BLOB_DAMAGED", { digest, reason: "it is short" }));
    expect(coded).toMatchObject({ kind: "IntegrityError", code: "BLOB_DAMAGED" });
    const bug = failureOf(new RangeError("oops"));
    expect(bug).toMatchObject({ kind: "Bug", message: "RangeError: oops" });
    const text = (debug: boolean) => failureText(bug, plain, { folder: "/", debug });
    expect(text(false)).toMatch(/^error UNEXPECTED: RangeError: oops\nhint: .*--debug\n$/);
    expect(text(true)).toContain("parts.test.ts");
  });
});
