import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors/catalogue.js";
import { PlanError } from "../../src/errors/layerwright-error.js";
import { emptyLock, type Lock, lockText } from "../../src/lock/lock.js";
import { parseLock } from "../../src/lock/parse-lock.js";

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;

const lock: Lock = {
  images: {
    "docker.io/library/debian:bookworm-slim": {
      digest: digest("a"),
      platforms: {
        "linux/arm/v7": { digest: digest("c"), size: 2 },
        "linux/amd64": { digest: digest("b"), size: 1 },
      },
    },
    "docker.io/library/alpine:3.20": { digest: digest("d"), platforms: {} },
  },
  files: { "https://example.org/data.bin": { sha256: "e".repeat(64), size: 3 } },
  layering: {
    "0123456789abcdef": {
      images: ["api"],
      melt: false,
      layers: [[1], [0, 2]],
      portable: [0],
      why: ["keeps copy node_modules apart: 2 images share its 48 MB"],
    },
  },
};

const text = `{
  "files": {
    "https://example.org/data.bin": { "sha256": "${"e".repeat(64)}", "size": 3 }
  },
  "images": {
    "docker.io/library/alpine:3.20": {
      "digest": "${digest("d")}",
      "platforms": {}
    },
    "docker.io/library/debian:bookworm-slim": {
      "digest": "${digest("a")}",
      "platforms": {
        "linux/amd64": { "digest": "${digest("b")}", "size": 1 },
        "linux/arm/v7": { "digest": "${digest("c")}", "size": 2 }
      }
    }
  },
  "layering": {
    "0123456789abcdef": {
      "images": ["api"],
      "layers": [[1],[0,2]],
      "melt": false,
      "portable": [0],
      "why": ["keeps copy node_modules apart: 2 images share its 48 MB"]
    }
  },
  "lockfileVersion": 1
}
`;

function refused(broken: string): PlanError {
  try {
    parseLock(broken, "layerwright.lock.json");
  } catch (error) {
    expect(error).toBeInstanceOf(PlanError);
    return error as PlanError;
  }
  throw new Error("it was not refused");
}

describe("the text of a lock", () => {
  it("has sorted keys, a line for each platform and file, and a line break at its end", () => {
    expect(lockText(lock)).toBe(text);
    expect(lockText(emptyLock)).toBe('{\n  "files": {},\n  "images": {},\n  "lockfileVersion": 1\n}\n');
  });

  it("is read back as it was, in any spelling of JSON", () => {
    expect(parseLock(text, "x")).toEqual(lock);
    expect(parseLock(JSON.stringify(JSON.parse(text)), "x")).toEqual(lock);
    expect(parseLock(text.replaceAll("\n", "\r\n"), "x")).toEqual(lock);
    expect(lockText(parseLock(text, "x"))).toBe(text);
  });
});

describe("a broken lock", () => {
  const cases: readonly (readonly [string, string, ErrorCode, RegExp])[] = [
    ["no JSON", text.replace(": 3 }", ": }"), "LOCK_INVALID", /: line 3 is not JSON$/],
    ["a file that was cut", text.slice(0, 300), "LOCK_INVALID", /line \d+ is not JSON/],
    ["nothing", "", "LOCK_INVALID", /line 1 is not JSON/],
    ["a list", "[]", "LOCK_INVALID", /the file is no JSON object/],
    ["a merge conflict", text.replace('  "images"', '<<<<<<< ours\n  "images"'), "LOCK_CONFLICT", /line 5$/],
    ["the end of one", `${text}>>>>>>> theirs\n`, "LOCK_CONFLICT", /merge conflict/],
    [
      "another version",
      text.replace('Version": 1', 'Version": 2'),
      "LOCK_VERSION",
      /lockfileVersion must be 1, got 2$/,
    ],
    ["no version", "{}", "LOCK_VERSION", /undefined/],
    ["a key twice", text.replace('"files": {', '"files": {}, "files": {'), "LOCK_INVALID", /twice/],
    ["an unknown key", text.replace('"files"', '"urls": {}, "files"'), "LOCK_INVALID", /has "urls"/],
    ["no images", text.replace('"images"', '"files2"'), "LOCK_INVALID", /has "files2"/],
    ["no files", '{ "images": {}, "lockfileVersion": 1 }', "LOCK_INVALID", /files is missing or no object/],
    [
      "a short digest",
      text.replace(digest("b"), "sha256:b"),
      "LOCK_INVALID",
      /\["linux\/amd64"\]\.digest is no/,
    ],
    ["a short name", text.replace("docker.io/library/alpine", "alpine"), "LOCK_INVALID", /full reference/],
    ["a name without tag", text.replace("alpine:3.20", "alpine"), "LOCK_INVALID", /full reference/],
    ["a platform that is none", text.replace("linux/amd64", "linux/x86_64"), "LOCK_INVALID", /no platform/],
    ["a negative size", text.replace('"size": 2', '"size": -2'), "LOCK_INVALID", /number of bytes/],
    ["a size that is a text", text.replace('"size": 3', '"size": "3"'), "LOCK_INVALID", /number of bytes/],
    ["a sha256 in upper case", text.replace("e".repeat(64), "E".repeat(64)), "LOCK_INVALID", /64 hex/],
    ["a URL of another scheme", text.replace("https://", "ftp://"), "LOCK_INVALID", /no http or https/],
    [
      "an image that is a text",
      text.replace(/\{\n {6}"digest": "sha256:d.*\n.*\n {4}\}/, '"x"'),
      "LOCK_INVALID",
      /is no object/,
    ],
  ];
  it.each(cases)("with %s is refused, with the place", (_, broken, code, message) => {
    expect(broken).not.toBe(text);
    const error = refused(broken);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toContain("layerwright.lock.json");
    expect(error.hint).not.toBe("");
  });
});
