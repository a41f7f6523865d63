import { describe, expect, it } from "vitest";
import { dockerfile } from "../../src/api/dockerfile.js";
import { Image } from "../../src/image/image.js";
import { type DownloadOptions, download } from "../../src/recipes/download.js";
import { refusal } from "../image/refusal.js";

const sha256 = "a".repeat(64);
const archive = "https://example.org/tool-1.0.tar.gz?token=1";
const on = (options: Partial<DownloadOptions>, url = archive) =>
  Image.from("debian").with(download(url, { sha256, dest: "/opt/tool", ...options }));

describe("download", () => {
  it("unpacks in a stage of its own, which the archive is only mounted in", async () => {
    const text = await dockerfile(on({ strip: 1 }));
    expect(text).toContain(`ADD --checksum=sha256:${sha256} --link ${archive} /archive`);
    expect(text).toMatch(/RUN --network=none --mount=type=bind,from=archive,source=\/,target=\/\.download /);
    expect(text).toMatch(/tar -x -z -p -o -f \/\.download\/archive -C \/\.unpacked --strip-components=1\n/);
    expect(text.slice(text.indexOf(" AS image"))).toMatch(
      /COPY --from=unpacked .*\/\.unpacked\/? \/opt\/tool\/\n$/,
    );
  });

  it("needs no tar in an image from scratch when another one unpacks", async () => {
    const recipe = download(archive, { sha256, dest: "/opt", tools: Image.from("alpine") });
    const text = await dockerfile(Image.scratch().with(recipe));
    expect(text).toContain("FROM alpine AS ");
    expect(text).toMatch(/FROM scratch AS image\n.*\n?COPY /);
    const bare = download(archive, { sha256, dest: "/opt" });
    const error = refusal(() => Image.scratch().with(bare));
    expect(error.code).toBe("TOOLS_MISSING");
    expect(error.message).not.toContain("token");
  });

  it("is one layer", () => {
    expect(on({}).node.steps.map(({ kind }) => kind)).toEqual(["copy"]);
    expect(on({ extract: false }).node.steps.map(({ kind }) => kind)).toEqual(["add"]);
  });

  it("tells archives by their names, and takes your word for others", () => {
    const kinds = (url: string, options = {}) => on(options, url).node.steps[0]?.kind;
    for (const name of ["a.tar", "a.tgz", "a.tar.xz", "a.tar.zst", "a.tar.bz2"]) {
      expect(kinds(`https://example.org/${name}`)).toBe("copy");
    }
    expect(kinds("https://example.org/a.zip")).toBe("add");
    expect(kinds("https://example.org/get", { extract: true })).toBe("copy");
  });

  it("stores a file that is none", () => {
    expect(on({ mode: 0o755, dest: "/usr/bin/" }, "https://example.org/tool").node.steps).toMatchObject([
      { kind: "add", dest: "/usr/bin/", sha256, mode: { octal: 0o755 } },
    ]);
    expect(on({}, "https://example.org/tool").node.steps).toMatchObject([{ mode: { octal: 0o644 } }]);
  });

  it.each([
    ["CHECKSUM_MISSING", () => on({ sha256: undefined as never })],
    ["CHECKSUM_MISSING", () => download(archive, undefined as never)],
    ["CHECKSUM_INVALID", () => on({ sha256: "abc" })],
    ["URL_INVALID", () => on({}, "ftp://example.org/a")],
    ["URL_HAS_CREDENTIALS", () => on({}, "https://a:b@example.org/a")],
    ["PATH_INVALID", () => on({ dest: "" })],
    ["MODE_DECIMAL", () => on({ extract: false, mode: 755 })],
    ["OPTION_UNKNOWN", () => on({ unpack: true } as never)],
    ["ARGUMENT_INVALID", () => on({ strip: -1 })],
    ["ARGUMENT_INVALID", () => on({ strip: 1.5 })],
    ["ARGUMENT_INVALID", () => on({ extract: "yes" as never })],
    ["ARGUMENT_INVALID", () => on({ mode: 0o755 })],
    ["ARGUMENT_INVALID", () => on({ extract: false, strip: 1 })],
    ["ARGUMENT_INVALID", () => on({ extract: false, tools: Image.from("alpine") })],
    ["ARGUMENT_INVALID", () => on({ tools: "alpine" as never })],
    ["ARGUMENT_INVALID", () => on({ extract: true }, "https://example.org/a.zip")],
  ])("refuses with %s (%#)", (code, act) => expect(refusal(act).code).toBe(code));
});
