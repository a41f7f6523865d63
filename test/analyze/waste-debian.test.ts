import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Base, build, Image, waste } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import { bytesOfKind } from "./report-figures.js";

const work = mkdtempSync(join(tmpdir(), "layerwright-waste-debian-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function prepare(): string | undefined {
  if (process.geteuid?.() !== 0) return "only root can make a Debian base and unpack it";
  if (spawnSync("umoci", ["--version"]).status !== 0) return "there is no umoci";
  try {
    const script = fileURLToPath(new URL("../../scripts/peers/debian-base", import.meta.url));
    copyFileSync(execFileSync(script, { encoding: "utf8" }).trim(), join(work, "debian.tar"));
    return undefined;
  } catch (error) {
    if (process.env["CI"]) throw error;
    return "no Debian base could be made here";
  }
}

const missing = prepare();

/** One file that find(1) saw; hard links share an inode. */
interface Found {
  readonly inode: string;
  readonly size: number;
  readonly path: string;
}

/** Files below a folder by find(1), each inode once. */
function find(root: string, ...expression: string[]): Found[] {
  const args = [".", "-type", "f", "-size", "+0", ...expression, "-printf", "%i\\t%s\\t%P\\n"];
  const lines = execFileSync("find", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 }).split("\n");
  const inodes = new Map<string, Found>();
  for (const line of lines.filter((it) => it !== "")) {
    const [inode = "", size = "", path = ""] = line.split("\t");
    if (!inodes.has(inode)) inodes.set(inode, { inode, size: Number(size), path });
  }
  return [...inodes.values()];
}

const bytes = (files: readonly Found[]) => files.reduce((sum, { size }) => sum + size, 0);

/** An image on disk as umoci unpacks it. */
async function unpacked(image: Image, name: string): Promise<string> {
  const layout = join(work, `${name}-layout`);
  const output = { type: "layout", dest: layout } as const;
  await build(image, { ...settings, output, reference: `acme/${name}:v1`, compression: "gzip:1" });
  const [tag] = execFileSync("umoci", ["ls", "--layout", layout], { encoding: "utf8" }).split("\n");
  const root = join(work, name);
  execFileSync("umoci", ["raw", "unpack", "--image", `${layout}:${tag}`, root], { stdio: "pipe" });
  return root;
}

const DOCUMENTS = /^usr\/share\/(doc|man|info|lintian)\/(?!.*copyright$)/;
/** What else a Debian of this kind has that is waste for its name. */
const NAMED =
  /^(var\/(log|cache\/apt|lib\/apt\/lists)\/|usr\/share\/(locale|i18n)\/)|-old$|^etc\/(passwd|group)-$/;

const settings = { context: work, store: join(work, "store") };

describe.skipIf(missing !== undefined)("waste of an image on Debian", () => {
  test("is what find(1) sees in what umoci unpacks", { timeout: 300_000 }, async () => {
    mkdirSync(join(work, "app"));
    writeFileSync(join(work, "app/first"), "f".repeat(70_001));
    writeFileSync(join(work, "app/twin"), "f".repeat(70_001));
    writeFileSync(join(work, "app/gone"), "g".repeat(50_003));
    const base = Image.from(Base.rootfs("debian.tar"));
    const image = base
      .copy("app/", "/srv/app/")
      .layer("later", (it) =>
        it
          .remove("/srv/app/gone")
          .remove("/usr/lib/apt")
          .chmod("/usr/bin/dpkg", 0o700)
          .write("/etc/debian_version", "none\n"),
      )
      .layer("logs", (it) => it.write("/var/log/app.log", "l".repeat(9001)));
    const [below, root] = [await unpacked(base, "base"), await unpacked(image, "image")];
    const report = await waste(image, settings);

    const files = find(root);
    // The base is known to lack /srv/app, so app/gone never enters a layer.
    const aptFiles = find(below, "-path", "./usr/lib/apt/*");
    const dpkg = find(below, "-path", "./usr/bin/dpkg");
    const version = find(below, "-path", "./etc/debian_version");
    for (const some of [aptFiles, dpkg, version]) expect(some.length).toBeGreaterThan(0);
    expect(report.finalBytes).toBe(bytes(files));
    expect(report.contentBytes).toBe(bytes(find(below)) + 2 * 70_001 + bytes(dpkg) + 5 + 9001);
    expect(bytesOfKind(report, "removed")).toBe(bytes(aptFiles));
    expect(bytesOfKind(report, "overwritten")).toBe(bytes(version));
    expect(bytesOfKind(report, "copied-up")).toBe(bytes(dpkg));
    expect(bytesOfKind(report, "log")).toBe(bytes(find(root, "-path", "./var/log/*")));
    expect(bytesOfKind(report, "documentation")).toBe(
      bytes(files.filter(({ path }) => DOCUMENTS.test(path))),
    );
    expect(bytesOfKind(report, "duplicate")).toBe(duplicateBytes(root, files));
    const privileged = report.rows.filter(({ kind }) => kind === "setuid");
    expect(privileged.reduce((sum, row) => sum + row.files, 0)).toBe(find(root, "-perm", "/6000").length);
    expect(report.own.contentBytes).toBe(report.contentBytes - bytes(find(below)));
  });
});

/** Bytes of the files that another file equals, but for those that are waste for their names. */
function duplicateBytes(root: string, files: readonly Found[]): number {
  const seen = new Set<string>();
  const more = files.filter(({ path }) => {
    if (DOCUMENTS.test(path) || NAMED.test(path)) return false;
    const digest = createHash("sha256")
      .update(readFileSync(join(root, path)))
      .digest("hex");
    const known = seen.has(digest);
    seen.add(digest);
    return known;
  });
  return bytes(more);
}
