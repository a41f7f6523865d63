import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Base,
  build,
  Catalog,
  check,
  Image,
  maxGrowth,
  maxLayers,
  maxSize,
  maxWaste,
  nonRoot,
  noSecrets,
  noSetuid,
  noShell,
  policy,
} from "layerwright";
import { describe, expect, it } from "vitest";
import { built, checked, work } from "./asked.js";

/** A base with a stand-in of the tool that a Dockerfile removes with. */
const base = () => Image.scratch().write("/usr/bin/rm", "");
const noise = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, at) => (at * at * 31) % 251));

describe("maxSize", () => {
  it("weighs the layers with their base, and names the largest", async () => {
    const image = Image.from(Image.scratch().write("/big", noise(20_000))).write("/small", "1");
    expect(await built(image, maxSize("40kB"))).toEqual([]);
    const [finding] = await built(image, maxSize("20 kB"));
    expect(finding).toMatchObject({ code: "MAX_SIZE", bytes: expect.any(Number) });
    expect(finding?.message).toMatch(
      /^it has 2\d(\.\d)? kB, allowed are 20 kB; the largest layer is the one of its base/,
    );
  });

  it("weighs compressed bytes where told", async () => {
    const image = Image.scratch().write("/zeros", Buffer.alloc(100_000));
    expect(await built(image, maxSize("50kB", { compressed: true }))).toEqual([]);
    expect(await built(image, maxSize("50kB"))).toHaveLength(1);
  });
});

describe("maxLayers", () => {
  it("counts those of the base, too", async () => {
    const image = Image.from(Image.scratch().write("/a", "1")).write("/b", "1");
    expect(await built(image, maxLayers(2))).toEqual([]);
    const [finding] = await built(image, maxLayers(1));
    expect(finding?.message).toBe("it has 2 layers, 1 of them of its base; allowed are 1");
  });
});

describe("maxWaste", () => {
  const image = Image.from(base().write("/a", noise(9000)).write("/b", noise(1000))).remove("/a");

  it("takes bytes or a share", async () => {
    expect(await built(image, maxWaste("9kB"))).toEqual([]);
    expect((await built(image, maxWaste("8.9kB")))[0]).toMatchObject({ code: "MAX_WASTE", bytes: 9000 });
    expect(await built(image, maxWaste("90%"))).toEqual([]);
    expect((await built(image, maxWaste("89%")))[0]?.message).toContain("90 %");
  });
});

describe("maxGrowth", () => {
  it("compares with the last build, which a check is not", async () => {
    const options = { context: work, store: join(work, "growth") };
    const of = (bytes: number, limit: string) => {
      const app = Image.scratch().write("/app", noise(bytes));
      return new Catalog("acme", { app }, { policies: [maxGrowth(limit)] });
    };
    expect((await check(of(1000, "0"), options)).errors).toBe(0);
    await build(of(1000, "0"), options);
    expect((await check(of(90_000, "1MB"), options)).errors).toBe(0);
    const { findings } = await check(of(90_000, "10%"), options);
    expect(findings).toMatchObject([{ code: "MAX_GROWTH", bytes: expect.any(Number) }]);
    expect((await check(of(1000, "0"), options)).errors).toBe(0);
  });
});

describe("noSetuid", () => {
  it("finds each program that a container sees, at its line", async () => {
    const image = base()
      .write("/bin/su", "1", { mode: 0o4755 })
      .write("/bin/wall", "1", { mode: 0o2755 })
      .write("/bin/ls", "1", { mode: 0o755 });
    const found = await built(image, noSetuid());
    expect(found.map(({ message }) => message)).toEqual([
      "/bin/su is setuid (4755, of 0:0)",
      "/bin/wall is setgid (2755, of 0:0)",
    ]);
    expect(found[1]!.origin!.line).toBe(found[0]!.origin!.line + 1);
    expect(await built(image, noSetuid({ allow: ["/bin/su", "/bin/wall"] }))).toEqual([]);
    expect(await built(Image.from(image).remove("/bin"), noSetuid())).toEqual([]);
  });
});

describe("noShell", () => {
  it("finds shells, also by a link, but not what a later layer removed", async () => {
    const image = base().write("/bin/busybox", "1", { mode: 0o755 }).symlink("busybox", "/bin/sh");
    const [finding] = await built(image, noShell());
    expect(finding?.message).toBe("it has a shell: /bin/busybox, /bin/sh");
    expect(await built(Image.from(image).remove("/bin/sh").remove("/bin/busybox"), noShell())).toEqual([]);
    expect(await built(Image.scratch().write("/srv/sh", "1"), noShell())).toEqual([]);
  });
});

describe("noSecrets", () => {
  it("looks into copied folders and files, and tells a line once", async () => {
    mkdirSync(join(work, "site/conf"), { recursive: true });
    writeFileSync(join(work, "site/.env"), "A=1\n");
    writeFileSync(join(work, "site/conf/.npmrc"), "//r/:_authToken=abcdef123456\n");
    writeFileSync(join(work, "site/conf/ca.pem"), "-----BEGIN CERTIFICATE-----\n");
    writeFileSync(join(work, "site/conf/tls.key"), "-----BEGIN PRIVATE KEY-----\nabcdef123456\n");
    const found = await built(Image.scratch().copy("site", "/srv/"), noSecrets());
    expect(found.map(({ message }) => message)).toEqual([
      "/srv/.env looks like variables of an environment",
      "/srv/conf/.npmrc looks like a token of npm",
      "/srv/conf/tls.key looks like a private key",
    ]);
    expect(found[0]?.origin?.file).toMatch(/built-policies\.test\.ts$/);
    expect(JSON.stringify(found)).not.toContain("abcdef123456");
    const twice = await built(Image.scratch().copy("site/.env", "/srv/.env"), noSecrets());
    expect(twice.map(({ message }) => message)).toEqual([
      "site/.env is copied, and looks like variables of an environment",
    ]);
    expect(await built(Image.scratch().copy("site", "/srv/"), noSecrets({ allow: ["/srv/**"] }))).toEqual([]);
  });

  it("finds what a later layer removes", async () => {
    const image = Image.from(base().copy("site", "/srv/")).remove("/srv");
    const found = await built(image, noSecrets({ allow: ["**/*.env", "**/*.key"] }));
    expect(found.map(({ message }) => message)).toEqual([
      "/srv/conf/.npmrc looks like a token of npm, and comes with the base",
    ]);
  });
});

describe("nonRoot", () => {
  it("asks the base's config where nothing else says who runs", async () => {
    mkdirSync(join(work, "root"), { recursive: true });
    const options = { output: join(work, "base.tar"), context: work, store: join(work, "store") };
    await build(Image.scratch().write("/a", "1").user(7), options);
    expect(await built(Image.from(Base.archive("base.tar")), nonRoot())).toEqual([]);
    await build(Image.scratch().write("/a", "2"), options);
    const [finding] = await built(Image.from(Base.archive("base.tar")), nonRoot());
    expect(finding?.message).toContain("it names no user");
  });
});

describe("a policy of the user's own", () => {
  it("sees the plan before, and the built image after", async () => {
    const seen: unknown[] = [];
    const own = policy("OWN", {
      plan: ({ name, platform, config, commands, bases }) => {
        seen.push({ name, platform, user: config.User, commands: commands.length, bases: bases.length });
        return [];
      },
      async built({ built: { size, layers, files } }) {
        return { message: `${layers.length} ${size > 0} ${[...(await files()).keys()]}`, fix: "none" };
      },
    });
    const { findings } = await checked(
      { app: Image.scratch().write("/a", "1").user(3) },
      { policies: [own] },
    );
    expect(seen[0]).toEqual({ name: "app", platform: "linux/amd64", user: "3", commands: 0, bases: 0 });
    expect(findings.map(({ message }) => message)).toEqual(["1 true a"]);
  });
});
