import { describe, expect, it } from "vitest";
import { Image } from "../../src/image/image.js";
import { emptyLock, type Lock } from "../../src/lock/lock.js";
import { lockDiff } from "../../src/lock/lock-diff.js";
import { entryText, missingFrom, needsOf, pinPlan, unusedIn } from "../../src/lock/lock-needs.js";
import { meansFile, meansImage, mergeLocks } from "../../src/lock/merge-locks.js";
import { packageDiff, parseApkInstalled, parseDpkgStatus } from "../../src/lock/package-list.js";
import type { Plan } from "../../src/plan/plan.js";
import { planImage } from "../../src/project/prepare/prepare.js";

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
const url = "https://example.org/data.bin?token=geheim";
const debian = "docker.io/library/debian:12";

const planOf = (image: Image, platform = "linux/amd64"): Plan => planImage(image.node, { platform }).plan;

const image = (reference: string, letter: string, ...platforms: string[]): Lock => ({
  images: {
    [reference]: {
      digest: digest(letter),
      platforms: Object.fromEntries(platforms.map((name) => [name, { digest: digest(letter), size: 1 }])),
    },
  },
  files: {},
  layering: {},
});

describe("what plans need of a lock", () => {
  const build = Image.from("golang:1.24").run("go build -o /out/app .");
  const plans = ["linux/amd64", "linux/arm64"].map((platform) =>
    planOf(Image.from("debian:12").copy(build.path("/out/app"), "/app").add(url, "/data"), platform),
  );

  it("is every reference of every stage, for each platform, and every URL without a sha256", () => {
    expect(missingFrom(needsOf(plans), emptyLock).map(entryText)).toEqual([
      "docker.io/library/debian:12 (linux/amd64)",
      "docker.io/library/debian:12 (linux/arm64)",
      "docker.io/library/golang:1.24 (linux/amd64)",
      "docker.io/library/golang:1.24 (linux/arm64)",
      "https://example.org/data.bin",
    ]);
    const part = missingFrom(needsOf(plans), image(debian, "a", "linux/amd64")).map(entryText);
    expect(part).toHaveLength(4);
    expect(part[0]).toBe("docker.io/library/debian:12 (linux/arm64)");
  });

  it("is nothing of what says its digest itself, or lies on disk", () => {
    const sha256 = "e".repeat(64);
    const pinned = [
      planOf(Image.from(`debian:12@${digest("a")}`).add(url, "/data", { sha256 })),
      planOf(Image.from(`debian@${digest("a")}`)),
      planOf(Image.scratch().write("/a", "1")),
    ];
    expect(missingFrom(needsOf(pinned), emptyLock)).toEqual([]);
  });

  it("leaves the rest of a lock unused", () => {
    const lock = {
      ...image(debian, "a", "linux/amd64", "linux/s390x"),
      files: { "https://example.org/old": { sha256: "f".repeat(64), size: 1 } },
    };
    expect(unusedIn(needsOf(plans), lock).map(entryText)).toEqual([
      "docker.io/library/debian:12 (linux/s390x)",
      "https://example.org/old",
    ]);
  });
});

describe("pinning a plan", () => {
  const lock: Lock = {
    ...image(debian, "a", "linux/amd64"),
    files: { [url]: { sha256: "e".repeat(64), size: 1 } },
  };

  it("sets digests in all stages and the sha256 of files, and gives what changed another address", () => {
    const tool = Image.from("docker.io/debian:12").run("make");
    const plan = planOf(Image.from("debian:12").copy(tool.path("/out"), "/out").add(url, "/data"));
    const pinned = pinPlan(plan, lock);
    expect(pinned.stages.map(({ base }) => base)).toEqual([
      { kind: "registry", reference: "docker.io/debian:12", digest: digest("a") },
      { kind: "registry", reference: "debian:12", digest: digest("a") },
    ]);
    const operations = pinned.stages.flatMap(({ layers }) => layers.flatMap((layer) => layer.operations));
    expect(operations.find(({ op }) => op === "add")).toMatchObject({ sha256: "e".repeat(64) });
    expect(pinned.stages[1]?.id).not.toBe(plan.stages[1]?.id);
    // The copy still finds its stage.
    expect(JSON.stringify(operations)).toContain(pinned.stages[0]!.id);
    expect(pinPlan(pinned, image(debian, "b", "linux/amd64"))).toBe(pinned);
  });

  it("leaves what has its own digest, and what the lock lacks", () => {
    const sha256 = "d".repeat(64);
    for (const unpinned of [
      planOf(Image.from(`debian:12@${digest("c")}`).add(url, "/data", { sha256 })),
      planOf(Image.from("alpine:3.20")),
      planOf(Image.scratch().write("/a", "1")),
    ]) {
      expect(pinPlan(unpinned, lock)).toBe(unpinned);
    }
  });
});

describe("the difference of two locks", () => {
  it("names what came, went and changed", () => {
    const before = {
      ...image(debian, "a", "linux/amd64", "linux/arm64"),
      files: { [url]: { sha256: "1", size: 1 } },
    };
    const layering = { images: ["api"], melt: true, layers: [[0]], portable: [], why: [] };
    const after = {
      ...image(debian, "b", "linux/amd64", "linux/s390x"),
      layering: { "0123456789abcdef": layering },
    };
    expect(
      lockDiff(before, after).map((it) =>
        [
          it.change,
          it.kind === "image"
            ? it.platform
            : it.kind === "file"
              ? it.url
              : it.kind === "layering"
                ? it.stage
                : it.kind,
        ].join(" "),
      ),
    ).toEqual([
      "changed linux/amd64",
      "removed linux/arm64",
      "added linux/s390x",
      `removed ${url}`,
      "added 0123456789abcdef",
    ]);
    expect(lockDiff(after, after)).toEqual([]);
  });
});

describe("two writers of one lock", () => {
  const alpine = "docker.io/library/alpine:3.20";

  it("both keep what they added", () => {
    const [ours, theirs] = [image(debian, "a", "linux/amd64"), image(alpine, "b", "linux/amd64")];
    expect(Object.keys(mergeLocks(emptyLock, ours, theirs).images).sort()).toEqual([alpine, debian]);
  });

  it("agree on the one that was first, when a tag moved between them", () => {
    const [ours, theirs] = [image(debian, "a", "linux/amd64"), image(debian, "b", "linux/amd64")];
    expect(mergeLocks(emptyLock, ours, theirs)).toEqual(theirs);
  });

  it("join the platforms of one index", () => {
    const [ours, theirs] = [image(debian, "a", "linux/amd64"), image(debian, "a", "linux/arm64")];
    expect(mergeLocks(emptyLock, ours, theirs)).toEqual(image(debian, "a", "linux/amd64", "linux/arm64"));
  });

  it("let an update hold, and what it removed be gone", () => {
    const read = image(debian, "a", "linux/amd64");
    const updated = image(debian, "b", "linux/amd64");
    expect(mergeLocks(read, updated, image(debian, "c", "linux/amd64"))).toEqual(updated);
    expect(mergeLocks(read, emptyLock, read)).toEqual(emptyLock);
    expect(mergeLocks(read, read, updated)).toEqual(updated);
  });
});

describe("names of an update", () => {
  it.each(["debian", "debian:12", "docker.io/library/debian", debian])("mean an image by %s", (word) => {
    expect(meansImage(word, debian)).toBe(true);
    expect(meansImage(word, "docker.io/library/alpine:12")).toBe(false);
  });

  it("mean a file by its URL, host or name", () => {
    for (const word of [url, "example.org", "data.bin"]) expect(meansFile(word, url)).toBe(true);
    expect(meansFile("debian", url)).toBe(false);
    expect(meansImage("localhost:5000/app", "localhost:5000/app:v1")).toBe(true);
  });
});

describe("lists of packages", () => {
  it("are read from dpkg and apk, without what is removed", () => {
    const dpkg = parseDpkgStatus(
      "Package: libc6\nStatus: install ok installed\nDescription: x\n Version: 0\nVersion: 2.36-9\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n",
    );
    expect([...dpkg]).toEqual([["libc6", "2.36-9"]]);
    expect([...parseDpkgStatus("Package: base-files\nVersion: 12.4\n")]).toEqual([["base-files", "12.4"]]);
    expect([...parseApkInstalled("C:Q1x\nP:musl\nV:1.2.5-r0\n\nP:busybox\nV:1.36\n")]).toEqual([
      ["musl", "1.2.5-r0"],
      ["busybox", "1.36"],
    ]);
  });

  it("are compared by name", () => {
    const before = new Map([
      ["a", "1"],
      ["b", "1"],
      ["c", "1"],
    ]);
    const after = new Map([
      ["a", "1"],
      ["b", "2"],
      ["d", "1"],
    ]);
    expect(packageDiff(before, after)).toEqual([
      { name: "b", before: "1", after: "2" },
      { name: "c", before: "1" },
      { name: "d", after: "1" },
    ]);
  });
});
