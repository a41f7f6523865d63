import { describe, expect, it } from "vitest";
import { parseSize } from "../../src/core/size.js";

describe("a size as text", () => {
  it.each<[string | number, number]>([
    ["0", 0],
    ["512", 512],
    ["512B", 512],
    ["20MB", 20e6],
    ["1.5 GB", 1.5e9],
    [" 3 kb ", 3000],
    ["2TB", 2e12],
    ["10G", 10e9],
    ["1KiB", 1024],
    ["64 MiB", 64 * 2 ** 20],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["0.0015kB", 1],
    [4096, 4096],
  ])("%j", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    "",
    "MB",
    "-1MB",
    "1e3",
    "10 XB",
    "1,5 GB",
    "NaN",
    "999999999999999TB",
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])("refuses %j", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});
