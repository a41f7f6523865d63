import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes, hasEscapedBytes, pathFromBytes, pathToBytes } from "../../src/core/bytes.js";

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc
    .array(
      fc.constantFrom(0x41, 0x7f, 0x80, 0xbf, 0xc3, 0xa9, 0xe9, 0xed, 0xa0, 0xee, 0xf0, 0x9f, 0x92, 0xff),
      { maxLength: 8 },
    )
    .map((list) => Uint8Array.from(list)),
);

describe("path bytes", () => {
  it("come back whatever they are", () => {
    fc.assert(
      fc.property(bytes, (raw) => {
        expect(pathToBytes(pathFromBytes(raw))).toEqual(Buffer.from(raw));
      }),
      { numRuns: 5000 },
    );
  });

  it("read as Python's surrogateescape", () => {
    expect(pathFromBytes(Buffer.from("caf\xe9", "latin1"))).toBe("caf\udce9");
    expect(pathFromBytes(Buffer.from("eda080", "hex"))).toBe("\udced\udca0\udc80");
    expect(pathFromBytes(Buffer.from("f09f9280", "hex"))).toBe("💀");
    expect(hasEscapedBytes("💀é")).toBe(false);
    expect(hasEscapedBytes("💀\udc80")).toBe(true);
  });

  it("are what compareBytes orders by", () => {
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        const order = Math.sign(compareBytes(pathFromBytes(left), pathFromBytes(right)));
        expect(order).toBe(Buffer.compare(left, right));
      }),
      { numRuns: 20_000 },
    );
    const text = fc.string({
      unit: fc.constantFrom("a", "b", "é", "\ue000", "\uffff", "💀", "𐀀", "鐀"),
      maxLength: 5,
    });
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(Math.sign(compareBytes(left, right))).toBe(
          Buffer.compare(Buffer.from(left), Buffer.from(right)),
        );
      }),
      { numRuns: 5000 },
    );
  });
});
