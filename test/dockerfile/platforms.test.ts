import { describe, expect, it } from "vitest";
import { emitPlatforms } from "../../src/dockerfile/emit-platforms.js";
import { Image } from "../../src/image/image.js";
import { context } from "../../src/image/sources.js";
import { parsePlatform } from "../../src/oci/platform.js";
import { lower } from "../../src/plan/lower.js";

const both = ["linux/amd64", "linux/arm64"];

function emit(
  image: Image,
  platforms: readonly string[] = both,
  dialect: "buildkit" | "classic" = "buildkit",
) {
  const plans = platforms.map((platform) => lower(image.node, { platform: parsePlatform(platform) }));
  return emitPlatforms(plans, { dialect, comments: false });
}

const tool = Image.from("golang:1.24").run("make");
const app = Image.from("alpine:3").copy(tool.path("/out"), "/common");
const differs = app.perPlatform({
  "linux/amd64": (image) => image.env("CPU", "amd64"),
  default: (image) => image.env("CPU", "other"),
});

describe("a Dockerfile for several platforms", () => {
  it("is that of one when nothing differs", () => {
    const same = Image.from("alpine:3").perPlatform({ default: (image) => image.write("/a", "1") });
    expect(emit(same).text).toBe(emit(same, ["linux/amd64"]).text);
    expect(emit(same).text).not.toMatch(/ARG|TARGET/);
  });

  it("is the same when only the lines differ that it was written in", () => {
    const same = Image.from("alpine:3").perPlatform({
      "linux/amd64": (image) => image.env("A", "1"),
      "linux/arm64": (image) => image.env("A", "1"),
    });
    expect(emit(same).text).toBe(emit(same, ["linux/arm64"]).text);
  });

  it("has what differs once a platform, what does not once, and chooses at its end", () => {
    const { text } = emit(differs);
    expect(text.match(/^FROM .*$/gm)).toEqual([
      "FROM golang:1.24 AS golang",
      "FROM alpine:3 AS image-amd64",
      "FROM alpine:3 AS image-arm64",
      "FROM image-${TARGETARCH} AS image",
    ]);
    expect(text).not.toMatch(/^ARG/m);
    expect(text.endsWith("FROM image-${TARGETARCH} AS image\n")).toBe(true);
  });

  it("in the classic dialect declares what it chooses by, before the first stage", () => {
    const { text } = emit(
      Image.scratch()
        .mkdir("/a", { mode: 0o700 })
        .perPlatform({
          "linux/amd64": (image) => image.env("A", "1"),
          "linux/arm/v7": (image) => image.env("A", "2"),
        }),
      ["linux/amd64", "linux/arm/v7"],
      "classic",
    );
    expect(text.match(/^(ARG|FROM) .*$/gm)!.slice(0, 2)).toEqual(["ARG TARGETARCH", "ARG TARGETVARIANT"]);
    expect(text).toContain("AS image-armv7\n");
    expect(text).toMatch(/FROM image-\$\{TARGETARCH\}\$\{TARGETVARIANT\} AS image\n$/);
  });

  it("gives platforms with equal images one of them under two names", () => {
    const { text } = emit(differs, ["linux/amd64", "linux/arm64", "linux/riscv64"]);
    expect(text.match(/^FROM .*$/gm)!.slice(-3)).toEqual([
      "FROM alpine:3 AS image-arm64",
      "FROM image-arm64 AS image-riscv64",
      "FROM image-${TARGETARCH} AS image",
    ]);
  });

  it("names stages for one platform after it, also parents and sources", () => {
    const source = Image.from("golang:1.24").perPlatform({
      "linux/amd64": (image) => image.run("make amd64"),
      "linux/arm64": (image) => image.run("make arm64"),
    });
    const parent = Image.from("alpine:3").perPlatform({
      "linux/amd64": (image) => image.env("A", "1"),
      default: (image) => image,
    });
    const { text } = emit(Image.from(parent).copy(source.path("/out"), "/out"));
    expect(text).toContain("FROM alpine:3 AS alpine-amd64");
    expect(text).toContain("FROM golang:1.24 AS golang-arm64");
    expect(text).toContain("COPY --from=golang-arm64 --link");
  });

  it("keeps clear of images that have such names", () => {
    const { text } = emit(differs.copy(Image.from("image-arm64").path("/x"), "/x"));
    expect(text).toContain("FROM image-2-${TARGETARCH} AS image\n");
    expect(text).toContain("AS image-2-amd64\n");
  });

  it("tells contexts apart that are other folders on other platforms", () => {
    const image = Image.scratch().perPlatform({
      "linux/amd64": (it) => it.copy(context("bin", "out/amd64").path("app"), "/app"),
      "linux/arm64": (it) => it.copy(context("bin", "out/arm64").path("app"), "/app"),
    });
    const { text, contexts } = emit(image);
    expect(contexts).toEqual([
      { name: "bin", value: "out/amd64" },
      { name: "bin-arm64", value: "out/arm64" },
    ]);
    expect(text).toContain("--from=bin-arm64 ");
  });

  it("sends the sources of all platforms", () => {
    const image = Image.scratch().perPlatform({
      "linux/amd64": (it) => it.copy("amd64/app", "/app"),
      "linux/arm64": (it) => it.copy("arm64/app", "/app"),
    });
    expect(emit(image).ignore).toBe("*\n!amd64/app\n!arm64/app\n");
  });
});
