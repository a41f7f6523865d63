import { createDecipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { blockTag, isBlockKey, newBlockKey } from "../../../src/archive/block-tag.js";

const block = Buffer.alloc(1000, "some block ");
const tagOf = (key: string, bytes: Uint8Array) => blockTag(Buffer.from(key, "hex"), bytes);

describe("blockTag", () => {
  it("is the same for the same bytes and key, and another for one other bit, length or key", () => {
    const key = newBlockKey();
    const other = Buffer.from(block);
    other[999]! ^= 1;
    const tags = [
      tagOf(key, block),
      tagOf(key, other),
      tagOf(key, block.subarray(1)),
      tagOf(newBlockKey(), block),
    ];
    expect(new Set(tags).size).toBe(4);
    expect(tagOf(key, Buffer.from(block))).toBe(tags[0]);
  });

  it("is GMAC: what opens AES-GCM takes it", () => {
    const key = newBlockKey();
    const open = createDecipheriv("aes-128-gcm", Buffer.from(key, "hex"), Buffer.alloc(12));
    open.setAAD(block).setAuthTag(Buffer.from(tagOf(key, block), "hex"));
    expect(open.final()).toHaveLength(0);
  });
});

describe("isBlockKey", () => {
  it("takes new keys and nothing else", () => {
    expect(isBlockKey(newBlockKey())).toBe(true);
    for (const value of [
      undefined,
      7,
      "",
      "00",
      `${newBlockKey()}0`,
      newBlockKey().toUpperCase().replace(/./, "G"),
    ])
      expect(isBlockKey(value)).toBe(false);
  });
});
