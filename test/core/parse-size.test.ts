import { describe, expect, it } from "vitest";
import { parseSize } from "../../src/core/parse-size.js";

describe("a size as people write it", () => {
  it.each([
    ["20MB", 20_000_000],
    ["1.5 GiB", 1.5 * 2 ** 30],
    [" 64 kib ", 65_536],
    ["2kB", 2000],
    ["3 tb", 3e12],
    ["7", 7],
    ["7 B", 7],
    ["0", 0],
    [12, 12],
  ])("%j", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["", "MB", "20 parsecs", "-1MB", "1e3", "5%", "1 M B", "toString", Number.NaN, -1])(
    "%j is none",
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});
