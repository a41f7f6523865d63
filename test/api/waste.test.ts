import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, Catalog, Image, waste } from "layerwright";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "layerwright-waste-api-"));
  mkdirSync(join(folder, "app/.git"), { recursive: true });
  mkdirSync(join(folder, "base/etc"), { recursive: true });
  writeFileSync(join(folder, "app/.git/pack"), "p".repeat(900));
  writeFileSync(join(folder, "app/gone"), "g".repeat(800));
  writeFileSync(join(folder, "app/tool"), "t".repeat(700));
  writeFileSync(join(folder, "app/twin"), "t".repeat(700));
  writeFileSync(join(folder, "base/etc/motd"), "m".repeat(600));
  writeFileSync(join(folder, "base/etc/os"), "o".repeat(500));
  // What is removed or changed over the base is so in a Dockerfile too, which takes tools.
  mkdirSync(join(folder, "base/bin"));
  for (const tool of ["sh", "rm", "chmod"]) writeFileSync(join(folder, "base/bin", tool), "");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = () => ({ context: folder, store: join(folder, "store"), platform: "linux/amd64" });

describe("waste", () => {
  it("names the lines that wrote bytes and lost them, and a fix in the words of the step", async () => {
    const copied = Image.from(Base.rootfs("base")).copy("app/", "/srv/");
    const image = copied
      .layer("later", (it) =>
        it.remove("/srv/gone").chmod("/srv/tool", 0o755).write("/etc/motd", "new").chmod("/etc/os", 0o600),
      )
      .layer("logs", (it) => it.write("/var/log/app.log", "l".repeat(400)));
    const report = await waste(image, options());
    const rows = report.rows.map(({ kind, bytes, layer, paths, fix }) => ({
      kind,
      bytes,
      base: layer.inherited,
      path: paths[0],
      fix,
    }));
    // The passes put the mode of the copied tool into its copy, so nothing is copied up for it.
    expect(rows).toEqual([
      {
        kind: "version-control",
        bytes: 900,
        base: false,
        path: "/srv/.git/pack",
        fix: 'leave it out of the copy: exclude: ["**/.git"]',
      },
      {
        kind: "removed",
        bytes: 800,
        base: false,
        path: "/srv/gone",
        fix: 'leave it out of the copy with exclude: [...], or squash("own")',
      },
      {
        kind: "duplicate",
        bytes: 700,
        base: false,
        path: "/srv/twin",
        fix: 'leave it out of the copy with exclude: [...]; where its name is needed, symlink("/srv/tool", ...)',
      },
      {
        kind: "overwritten",
        bytes: 600,
        base: true,
        path: "/etc/motd",
        fix: 'the base brings it: take a base without it, or squash("all"), which shares no layer',
      },
      {
        kind: "copied-up",
        bytes: 500,
        base: false,
        path: "/etc/os",
        fix: "the base's file is stored once more for this: leave it as the base has it",
      },
      {
        kind: "log",
        bytes: 400,
        base: false,
        path: "/var/log/app.log",
        fix: "do not write it into the image",
      },
    ]);
    const [git, removed, , overwritten] = report.rows;
    expect(git!.origin).toMatchObject({ file: expect.stringMatching(/waste\.test\.ts$/) });
    expect(removed!.origin).toEqual(git!.origin);
    expect(removed!.by!.origin!.line).toBeGreaterThan(removed!.origin!.line);
    expect(overwritten!.origin).toBeUndefined();
    expect(overwritten!.by!.origin).toEqual(removed!.by!.origin);
    expect(report.own.contentBytes).toBe(900 + 800 + 700 + 700 + 3 + 500 + 400);
    expect(report.contentBytes - report.own.contentBytes).toBe(600 + 500);
    expect(report.contentBytes - report.finalBytes).toBe(800 + 600 + 500);
  });

  it("reports on each image of a catalog by its name", async () => {
    const parent = Image.scratch().write("/a", "text");
    const child = Image.from(parent).write("/b", "text");
    const catalog = new Catalog("acme", { parent, child }, { platforms: ["linux/arm64"] });
    const { platform: _, ...rest } = options();
    const reports = await waste(catalog, rest);
    expect(reports.parent).toMatchObject({ image: "parent", wastedBytes: 0, efficiency: 1 });
    expect(reports.parent.platform).toEqual({ os: "linux", architecture: "arm64" });
    const [row] = reports.child.rows;
    expect(row).toMatchObject({ kind: "duplicate", bytes: 4, paths: ["/b"], of: { path: "/a" } });
    expect(row!.of!.layer.inherited).toBe(true);
    expect(reports.child.own).toEqual({ efficiency: 1, contentBytes: 4, neededBytes: 4, wastedBytes: 4 });
  });

  it("has nothing to say of what a squash put into one layer", async () => {
    const image = Image.scratch()
      .copy("app/", "/srv/")
      .layer("later", (it) => it.remove("/srv/gone").remove("/srv/.git").remove("/srv/twin"))
      .squash("own");
    expect((await waste(image, options())).rows).toEqual([]);
  });

  it("names no line for the files of a base that a squash melted in, and their lines for those of a parent", async () => {
    writeFileSync(join(folder, "base/etc/os~"), "backup");
    const parent = Image.from(Base.rootfs("base")).write("/srv/a~", "parent's");
    const image = Image.from(parent).write("/srv/b~", "the child's").squash("all");
    const { rows } = await waste(image, options());
    const lines = new Map(rows.map(({ paths, origin }) => [paths.join(), origin?.line]));
    expect([...lines.keys()].sort()).toEqual(["/etc/os~", "/srv/a~", "/srv/b~"]);
    expect(lines.get("/etc/os~")).toBeUndefined();
    expect(lines.get("/srv/b~")).toBe(lines.get("/srv/a~")! + 1);
  });
});
