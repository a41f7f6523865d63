import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encoderFor } from "../../../src/archive/compression.js";
import { packLayer } from "../../../src/archive/pack-layer.js";
import { fileItem } from "../../tar/tar-support.js";
import { prose } from "../encode/encode-support.js";
import { MemoryWriter } from "./pack-support.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "lw-threads-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

// Worker threads and the size of the thread pool need a process of their own, made of JavaScript files.
beforeAll(() => {
  for (const folder of ["core", "errors", "oci", "archive"]) {
    const files = readdirSync(join(root, "src", folder), { recursive: true, encoding: "utf8" });
    for (const file of files.filter((name) => name.endsWith(".ts"))) {
      const target = join(work, folder, file.replace(/\.ts$/, ".js"));
      mkdirSync(dirname(target), { recursive: true });
      const source = readFileSync(join(root, "src", folder, file), "utf8");
      writeFileSync(target, transformSync(source, { loader: "ts", format: "esm" }).code);
    }
  }
  symlinkSync(join(root, "node_modules"), join(work, "node_modules"));
  writeFileSync(join(work, "package.json"), '{"type":"module"}');
  writeFileSync(join(work, "data"), prose(9_000_000));
  writeFileSync(
    join(work, "main.js"),
    `import { createHash } from "node:crypto";
    import { packLayer } from "./archive/pack-layer.js";
    import { encoderFor } from "./archive/compression.js";
    import { readFileSync } from "node:fs";
    const bytes = readFileSync(new URL("data", import.meta.url));
    const hash = createHash("sha256");
    let size = 0;
    const writer = {
      write(chunk) { hash.update(chunk); size += chunk.length; },
      async commit() { return { digest: "sha256:" + hash.digest("hex"), size }; },
      async discard() {},
    };
    const entry = { type: "file", path: "data", mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime: 0 };
    const items = [{ entry, content: { kind: "bytes", bytes } }];
    if (process.argv[3] === "fail") items.push({ entry: { ...entry, path: "gone" }, content: { kind: "file", path: "/nonexistent" } });
    const layer = await packLayer(items, { encoder: encoderFor(process.argv[2]), writer }).catch((error) => ({ digest: error.code }));
    console.log(layer.digest);`,
  );
});

function inProcessOfItsOwn(compression: string, poolSize: string, mode = ""): string {
  const env = { ...process.env, UV_THREADPOOL_SIZE: poolSize };
  return execFileSync(process.execPath, [join(work, "main.js"), compression, mode], { env, timeout: 60_000 })
    .toString()
    .trim();
}

describe("threads", () => {
  it.each(["gzip:1", "gzip:6", "zstd:3"])("never change the bytes of %s", async (compression) => {
    const writer = new MemoryWriter();
    const { digest } = await packLayer([fileItem("data", prose(9_000_000))], {
      encoder: encoderFor(compression),
      writer,
    });
    for (const poolSize of ["1", "2", "8"]) expect(inProcessOfItsOwn(compression, poolSize)).toBe(digest);
  });

  it.each(["gzip:1", "zstd:3"])("end with the process after a failure of %s", (compression) => {
    expect(inProcessOfItsOwn(compression, "4", "fail")).toBe("FILE_CHANGED");
  });
});
