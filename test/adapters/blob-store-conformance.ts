import { statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Digest, digestOf } from "../../src/oci/digest.js";
import type { BlobStore } from "../../src/ports/blob-store.js";

/** The bytes of an iterable in one piece. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces);
}

/** Stores bytes. */
export async function store(blobs: BlobStore, data: string | Uint8Array): Promise<Digest> {
  const writer = await blobs.writer();
  writer.write(Buffer.from(data));
  return (await writer.commit()).digest;
}

/** What every `BlobStore` does. `damage` changes a stored blob behind the store's back. */
export function conformsAsBlobStore(
  open: () => Promise<BlobStore>,
  damage: (digest: Digest, bytes: Uint8Array) => void,
): void {
  let blobs: BlobStore;
  beforeEach(async () => {
    blobs = await open();
  });
  const scratch: { dispose(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const file of scratch.splice(0)) await file.dispose();
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["one byte", Buffer.from("x")],
    ["exactly a read chunk", Buffer.alloc(1 << 20, 7)],
    ["more than a read chunk", Buffer.alloc((1 << 20) + 1, 8)],
    ["many chunks", Buffer.alloc(5_000_000, 9)],
  ])("gives back %s", async (_, data) => {
    const digest = await store(blobs, data);
    expect(digest).toBe(digestOf(data));
    expect(await blobs.stat(digest)).toBe(data.length);
    expect((await bytesOf(blobs.read(digest))).equals(data)).toBe(true);
  });

  it("takes pieces of any size, and buffers that are used again", async () => {
    const writer = await blobs.writer();
    const expected: Buffer[] = [];
    const buffer = Buffer.alloc(2_000_000);
    for (const size of [1, 5, 300_000, 2_000_000, 0, 7, 262_144, 1_048_576, 3]) {
      buffer.fill(size % 251);
      expected.push(Buffer.from(buffer.subarray(0, size)));
      writer.write(buffer.subarray(0, size));
    }
    buffer.fill(0);
    const data = Buffer.concat(expected);
    const stored = await writer.commit();
    expect(stored).toEqual({ digest: digestOf(data), size: data.length });
    expect((await bytesOf(blobs.read(stored.digest))).equals(data)).toBe(true);
  });

  it("shows nothing before commit and nothing after discard", async () => {
    const digest = digestOf("unfinished");
    const writer = await blobs.writer();
    writer.write(Buffer.from("unfinished"));
    expect(await blobs.stat(digest)).toBeUndefined();
    await writer.discard();
    await writer.discard();
    expect(await blobs.stat(digest)).toBeUndefined();
    await expect(async () => writer.commit()).rejects.toThrow(TypeError);
  });

  it("commits once, and says the same again", async () => {
    const writer = await blobs.writer();
    writer.write(Buffer.from("once"));
    const first = await writer.commit();
    expect(await writer.commit()).toEqual(first);
    await writer.discard();
    expect(await blobs.stat(first.digest)).toBe(4);
    expect(() => writer.write(Buffer.from("more"))).toThrow(TypeError);
  });

  it("stores equal content once, also written side by side", async () => {
    const data = Buffer.alloc(3_000_000, 1);
    const digests = await Promise.all(Array.from({ length: 8 }, () => store(blobs, data)));
    expect(new Set(digests).size).toBe(1);
    expect((await bytesOf(blobs.read(digests[0]!))).equals(data)).toBe(true);
  });

  it("says that a blob is missing", async () => {
    const digest = digestOf("never written");
    expect(await blobs.stat(digest)).toBeUndefined();
    await expect(bytesOf(blobs.read(digest))).rejects.toMatchObject({
      code: "BLOB_MISSING",
      subject: digest,
    });
  });

  it.each(["sha256:../../x", "sha256:abc", "", `sha512:${"a".repeat(128)}`, `sha256:${"A".repeat(64)}`])(
    "refuses the digest %j",
    async (text) => {
      await expect(async () => blobs.stat(text as Digest)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
      expect(() => blobs.read(text as Digest)).toThrow(expect.objectContaining({ code: "DIGEST_INVALID" }));
    },
  );

  it.each([
    ["a flipped bit", (data: Buffer) => Buffer.from([data[0]! ^ 1, ...data.subarray(1)])],
    ["a missing end", (data: Buffer) => data.subarray(0, -1)],
    ["nothing left", () => Buffer.alloc(0)],
    ["more than there was", (data: Buffer) => Buffer.concat([data, Buffer.from("x")])],
  ])("drops a blob with %s when it is read, and takes it again", async (_, change) => {
    const data = Buffer.from("precious content");
    const digest = await store(blobs, data);
    damage(digest, change(data));
    await expect(bytesOf(blobs.read(digest))).rejects.toMatchObject({ code: "BLOB_DAMAGED" });
    expect(await blobs.stat(digest)).toBeUndefined();
    await store(blobs, data);
    expect((await bytesOf(blobs.read(digest))).equals(data)).toBe(true);
  });

  it("gives parts of a blob in any order, and none of one that is not there", async () => {
    const digest = await store(blobs, "0123456789");
    const parts = await blobs.openParts(digest);
    const read = (offset: number, length: number) => {
      const target = Buffer.alloc(length, ".");
      return [parts?.read(target, offset), target.toString()];
    };
    expect(read(5, 3)).toEqual([3, "567"]);
    expect(read(0, 2)).toEqual([2, "01"]);
    expect(read(8, 4)).toEqual([2, "89.."]);
    expect(read(99, 1)).toEqual([0, "."]);
    parts?.close();
    expect(await blobs.openParts(digestOf("something else"))).toBeUndefined();
  });

  it("keeps records by kind and key, the later one", async () => {
    expect(await blobs.getRecord("layer", "key")).toBeUndefined();
    const value = { list: [1, "two", null], "odd \udc80 text": "ü\n" };
    await blobs.putRecord("layer", "key", { old: true });
    await blobs.putRecord("layer", "key", value);
    await blobs.putRecord("layer", "key\0other", 2);
    await blobs.putRecord("other", "key", 3);
    expect(await blobs.getRecord("layer", "key")).toEqual(value);
    expect(await blobs.getRecord("layer", "key\0other")).toBe(2);
    expect(await blobs.getRecord("other", "key")).toBe(3);
  });

  it("gives scratch files that are empty, its own and gone after dispose", async () => {
    const first = await blobs.scratchFile();
    const second = await blobs.scratchFile();
    scratch.push(first, second);
    expect(first.path).not.toBe(second.path);
    expect(statSync(first.path).size).toBe(0);
    writeFileSync(first.path, "data");
    await first.dispose();
    await first.dispose();
    expect(statSync(first.path, { throwIfNoEntry: false })).toBeUndefined();
    expect(statSync(second.path).size).toBe(0);
  });
}
