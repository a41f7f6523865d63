import { describe, expect, it } from "vitest";
import { hostPlatform, parsePlatform, platformText } from "../../src/oci/platform.js";
import { refusal } from "../image/refusal.js";

describe("a platform", () => {
  it.each([
    ["linux/amd64", "linux/amd64"],
    ["linux/x86_64", "linux/amd64"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm64/8", "linux/arm64"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/arm/v6", "linux/arm/v6"],
    ["linux/arm/7", "linux/arm/v7"],
    ["linux/ppc64el", "linux/ppc64le"],
    ["linux/riscv64", "linux/riscv64"],
  ])("%s is %s", (text, expected) => {
    expect(platformText(parsePlatform(text))).toBe(expected);
    expect(parsePlatform(expected)).toEqual(parsePlatform(text));
  });

  it.each([
    ["", "not os/architecture"],
    ["linux", "not os/architecture"],
    ["linux/amd64/v1/x", "not os/architecture"],
    ["windows/amd64", "has to be linux"],
    ["linux/AMD64", "the architecture is none of 386, amd64, arm"],
    ["linux/constructor", "the architecture is none of"],
    ["linux/amd64/v9", "the variant is none of v1"],
    ["linux/s390x/v1", "has no variants"],
    [undefined, "not a string"],
  ])("%j is refused: %s", (text, reason) => {
    const error = refusal(() => parsePlatform(text as string));
    expect(error.code).toBe("PLATFORM_INVALID");
    expect(error.message).toContain(reason);
  });

  it.each([
    ["x64", "linux/amd64"],
    ["arm64", "linux/arm64"],
    ["arm", "linux/arm/v7"],
    ["ia32", "linux/386"],
    ["s390x", "linux/s390x"],
  ])("of a host that Node calls %s is %s", (node, expected) =>
    expect(platformText(hostPlatform(node))).toBe(expected),
  );
});
