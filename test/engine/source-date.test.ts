import { expect, test } from "vitest";
import { dateText, parseSourceDateEpoch } from "../../src/engine/image-documents.js";

test.each([
  [undefined, undefined],
  ["", undefined],
  ["0", 0],
  ["1700000000", 1_700_000_000],
  ["8589934591", 8_589_934_591],
])("%j is %j", (text, seconds) => {
  expect(parseSourceDateEpoch(text)).toBe(seconds);
});

test.each(["abc", "-1", "1.5", "1e9", " 1", "8589934592", "1099511627776", "99999999999999999999", "0x10"])(
  "refuses %j",
  (text) => {
    expect(() => parseSourceDateEpoch(text)).toThrow(expect.objectContaining({ code: "EPOCH_INVALID" }));
  },
);

test("dates have no fraction", () => {
  expect(dateText(0)).toBe("1970-01-01T00:00:00Z");
  expect(dateText(1_700_000_000)).toBe("2023-11-14T22:13:20Z");
});
