import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { Base, build, Image } from "layerwright";
import { beforeAll, describe, expect, test } from "vitest";
import { takeLock } from "../../src/adapters/host/owned-lock.js";
import { newOwnedName } from "../../src/adapters/host/owner-mark.js";
import { openDirStore } from "../../src/adapters/store-dir/dir-blob-store.js";
import { sha256Hex } from "../../src/core/bytes.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import { digestOf } from "../../src/oci/digest.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { bytesOf, store as storeBytes } from "./blob-store-conformance.js";
import { tempFolder } from "./temp-folder.js";

const isRoot = process.getuid?.() === 0;

function made(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}

/** What can lie where a file was. */
const REPLACEMENTS: Readonly<Record<string, (path: string, before: Uint8Array) => void>> = {
  "a directory": (path) => mkdirSync(path),
  "a directory with a file": (path) => {
    mkdirSync(path);
    writeFileSync(join(path, "file"), "file");
  },
  "a FIFO": (path) => made("mkfifo", path),
  "a socket": (path) =>
    made(
      "python3",
      "-c",
      "import os,socket,sys; d,n=os.path.split(sys.argv[1]); os.chdir(d); socket.socket(socket.AF_UNIX).bind(n)",
      path,
    ),
  ...(isRoot ? { "an endless device": (path: string) => made("mknod", path, "c", "1", "5") } : {}),
  "a link to its content": (path, before) => {
    const elsewhere = join(tempFolder(), "content");
    writeFileSync(elsewhere, before);
    symlinkSync(elsewhere, path);
  },
  "a link to a FIFO": (path) => {
    const elsewhere = join(tempFolder(), "pipe");
    made("mkfifo", elsewhere);
    symlinkSync(elsewhere, path);
  },
  "a link to nothing": (path) => symlinkSync("/nothing/there", path),
  "a link to itself": (path) => symlinkSync(path, path),
  "an empty file": (path) => writeFileSync(path, ""),
  "half of it": (path, before) => writeFileSync(path, before.subarray(0, before.length >> 1)),
  "other bytes": (path, before) => writeFileSync(path, Buffer.alloc(before.length, "x")),
  "a file of a terabyte": (path) => {
    writeFileSync(path, "");
    truncateSync(path, 2 ** 40);
  },
  "a file that nobody may read": (path, before) => {
    writeFileSync(path, before);
    chmodSync(path, 0);
  },
};

function replace(path: string, replacement: string): void {
  const stat = lstatSync(path);
  const before = stat.isFile() ? readFileSync(path) : Buffer.from("what was there");
  rmSync(path, { recursive: true });
  REPLACEMENTS[replacement]!(path, before);
}

/** All that lies in a store, but for what is in the unpacked root file systems and the caches of commands. */
function filesOf(store: string): string[] {
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      const place = relative(store, path);
      const content = /^roots\/kept\/[^/]+$|^caches\/[^/]+\/[^/]+$/.test(place);
      return entry.isDirectory() && !content ? walk(path) : [place];
    });
  return walk(store).sort();
}

/** What a file of the store is. */
function kindOf(place: string): string {
  return place.replace(/[0-9a-f]{24,}(-[0-9a-z]+-[0-9a-z]+)?/, "<key>");
}

const missing = await whyNoSandbox();
beforeAll(() => void ensureBases());

describe.skipIf(missing !== undefined)("T1, T2: a file of the store that was replaced", () => {
  // A store that has everything that builds leave in one, with its commands and the folders of these.
  const base = Base.rootfs(join(BASES, "rootfs.tar"));
  const image = Image.from(base)
    .write("/etc/one", "one")
    .run("echo two > /two && echo >> /cache/count", {
      network: "none",
      mounts: [{ type: "cache", target: "/cache", id: "replaced", sharing: "locked" }],
    })
    .write("/etc/three", "three");

  test.each(Object.keys(REPLACEMENTS))(
    "%s: the next build makes the same image",
    {
      timeout: 600_000,
    },
    async (replacement) => {
      const folder = tempFolder();
      const store = join(folder, "store");
      const output = join(folder, "image.tar");
      const options = { store, output, context: folder, noCacheSteps: ["echo two"] };
      const { digest } = await build(image, options);
      const seen = new Set<string>();
      const kinds = filesOf(store).filter((place) => {
        const kind = place.startsWith("blobs/") ? place : kindOf(place);
        return !seen.has(kind) && seen.add(kind);
      });
      expect(kinds.map(kindOf)).toEqual(
        expect.arrayContaining([
          "blobs/sha256/<key>",
          "caches/<key>/files",
          "records/layer/<key>.json",
          "roots/kept/<key>",
          "roots/kept/<key>.used",
          "roots/probe.json",
        ]),
      );
      for (const place of kinds) {
        replace(join(store, place), replacement);
        // Only a command that runs again looks at the folders of commands.
        const again = /^(roots|caches)/.test(place) ? options : { ...options, noCacheSteps: [] };
        const built = await build(image, again).catch((error: unknown) => error);
        expect(built, place).toMatchObject({ digest });
        expect(readFileSync(output).length, place).toBeGreaterThan(1000);
      }
    },
  );
});

describe("T1, T2: in the store itself", () => {
  test.each(Object.keys(REPLACEMENTS))(
    "%s in the place of a blob or a record is replaced",
    async (replacement) => {
      const folder = tempFolder();
      const blobs = await openDirStore({ folder });
      const digest = await storeBytes(blobs, "content");
      await blobs.putRecord("kind", "key", { value: 1 });
      const blob = join(folder, "blobs/sha256", digest.slice(7));
      const record = join(folder, "records/kind", `${sha256Hex("key")}.json`);
      for (const path of [blob, record]) replace(path, replacement);
      await blobs.list();
      const refused = await bytesOf(blobs.read(digest, { size: 7 })).catch((error: unknown) => error);
      // Root reads what nobody may read.
      if (replacement !== "a file that nobody may read" || !isRoot)
        expect(isLayerwrightError(refused), String(refused)).toBe(true);
      await blobs.getRecord("kind", "key");
      const again = await openDirStore({ folder });
      expect(await storeBytes(again, "content")).toBe(digest);
      await again.putRecord("kind", "key", { value: 2 });
      expect(await bytesOf(again.read(digest))).toEqual(Buffer.from("content"));
      expect(await again.getRecord("kind", "key")).toEqual({ value: 2 });
      expect(lstatSync(blob).isFile() && lstatSync(record).isFile()).toBe(true);
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    },
  );

  test.each(Object.keys(REPLACEMENTS))(
    "%s in the place of a folder of records is replaced",
    async (replacement) => {
      const folder = tempFolder();
      const blobs = await openDirStore({ folder });
      await blobs.putRecord("kind", "key", { value: 1 });
      replace(join(folder, "records/kind"), replacement);
      expect(await blobs.getRecord("kind", "key")).toBeUndefined();
      await blobs.putRecord("kind", "key", { value: 2 });
      expect(await blobs.getRecord("kind", "key")).toEqual({ value: 2 });
    },
  );

  test.each(Object.keys(REPLACEMENTS))(
    "%s in the place of a folder of the store is refused or as good",
    async (replacement) => {
      for (const name of ["blobs", "blobs/sha256", "records", "tmp", "active", "locks"]) {
        const folder = tempFolder();
        await (await openDirStore({ folder })).close();
        replace(join(folder, name), replacement);
        const opened = await openDirStore({ folder }).catch((error: unknown) => error);
        const good = replacement.startsWith("a directory");
        if (good) expect(opened, name).not.toBeInstanceOf(Error);
        else expect(opened, name).toMatchObject({ code: "STORE_UNSAFE" });
      }
    },
  );

  // A file that names nobody may be a lock in the moment in which it is made, so that is waited for a moment (see owned-lock.ts).
  const locks = Object.keys(REPLACEMENTS).filter((name) => name !== "an empty file");
  test.each(locks)("%s in the place of a lock holds nobody up", async (replacement) => {
    const folder = tempFolder();
    const blobs = await openDirStore({ folder });
    for (const name of [sha256Hex("work"), `${sha256Hex("work")}.break`]) {
      const lock = join(folder, "locks", name);
      writeFileSync(lock, "what is here names nobody");
      replace(lock, replacement);
    }
    const dead = join(folder, "locks", sha256Hex("work"));
    expect(await blobs.alone("work", async () => "done")).toBe("done");
    expect(() => lstatSync(dead)).toThrow("ENOENT");
  });

  test("many records of a new kind are written at once", async () => {
    const folder = tempFolder();
    const blobs = await openDirStore({ folder });
    const keys = Array.from({ length: 30 }, (_, at) => `key${at}`);
    await Promise.all(keys.map((key) => blobs.putRecord("kind", key, key)));
    for (const key of keys) expect(await blobs.getRecord("kind", key)).toBe(key);
  });

  test("an empty lock is one for as long as it may be just being made", async () => {
    const lock = join(tempFolder(), "lock");
    writeFileSync(lock, "");
    expect(await takeLock(lock, { patienceMs: 0 })).toBeUndefined();
    const release = await takeLock(lock, { silenceMs: 0 });
    release!();
  });

  test("T2: a lock that stays empty is broken after two seconds of the waiter's own clock", async () => {
    const lock = join(tempFolder(), "lock");
    writeFileSync(lock, "");
    let time = 0;
    const now = () => {
      time += 250;
      return time;
    };
    expect(await takeLock(lock, { patienceMs: 1_000, now })).toBeUndefined();
    const began = time;
    const release = await takeLock(lock, { patienceMs: 60_000, now });
    expect(time - began).toBeLessThan(5_000);
    release!();
  });

  test("T2: and one whose owner is written into it in time is waited for", async () => {
    const lock = join(tempFolder(), "lock");
    writeFileSync(lock, "");
    let looks = 0;
    const now = () => {
      looks++;
      if (looks === 3) writeFileSync(lock, newOwnedName());
      return looks < 3 ? looks : looks * 5_000;
    };
    expect(await takeLock(lock, { patienceMs: 60_000, now })).toBeUndefined();
    expect(lstatSync(lock).size).toBeGreaterThan(0);
  });

  test.each(Object.keys(REPLACEMENTS))(
    "%s in the place of an owner's mark or a temporary file",
    async (replacement) => {
      const folder = tempFolder();
      await openDirStore({ folder });
      const { stdout } = spawnSync(process.execPath, ["-e", "console.log(process.pid)"], {
        encoding: "utf8",
      });
      const [mark = ""] = readdirSync(join(folder, "active"));
      const dead = mark.replace(/\.\d+\.\d+\./, `.${stdout.trim()}.1.`);
      for (const place of ["active", "tmp"]) {
        writeFileSync(join(folder, place, dead), "");
        replace(join(folder, place, dead), replacement);
      }
      const again = await openDirStore({ folder });
      await again.prune({ maxBytes: 0, graceMs: 0 });
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
      expect(readdirSync(join(folder, "active"))).not.toContain(dead);
    },
  );

  test("what is found below a replaced file is not followed out of the store", async () => {
    const folder = tempFolder();
    const outside = tempFolder();
    writeFileSync(join(outside, "kept"), "kept");
    const blobs = await openDirStore({ folder });
    const digest = digestOf("content");
    const blob = join(folder, "blobs/sha256", digest.slice(7));
    mkdirSync(blob);
    symlinkSync(outside, join(blob, "out"));
    await storeBytes(blobs, "content");
    expect(lstatSync(blob).isFile()).toBe(true);
    expect(readFileSync(join(outside, "kept"), "utf8")).toBe("kept");
  });
});
