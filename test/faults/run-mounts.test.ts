import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerfile, Image, type Nodes, context as named } from "layerwright";
import { expect, test } from "vitest";
import { bothWays, expectSame, listingOf } from "./on-bases.js";

const LONG = { timeout: 300_000 };
const none = { network: "none" } as const;

/** A context with every kind of permission bits, whatever the umask. */
function fill(directory: string): void {
  const directories = { open: 0o777, closed: 0o700, group: 0o2775, sticky: 0o1777, "closed/deep": 0o750 };
  const files = {
    plain: 0o644,
    secret: 0o600,
    "read-only": 0o400,
    all: 0o666,
    program: 0o755,
    "own-program": 0o700,
    setuid: 0o4755,
    "closed/file": 0o640,
    "closed/deep/file": 0o604,
    "open/file": 0o660,
  };
  for (const name of Object.keys(directories)) mkdirSync(join(directory, name), { recursive: true });
  for (const [name, mode] of Object.entries(files)) {
    writeFileSync(join(directory, name), `${name}\n`);
    chmodSync(join(directory, name), mode);
  }
  for (const [name, mode] of Object.entries(directories)) chmodSync(join(directory, name), mode);
  symlinkSync("plain", join(directory, "link"));
}

/** Writes the bits of all files of a mount to a file, named by a number. */
const look = (at: number) =>
  `find /seen | sort | while read -r f; do stat -c '%n %a %u:%g' "$f"; done > /out/${at}`;

const other = named("other", ".");

const binds: readonly Nodes.SourceInput[] = [
  ".",
  "closed",
  "group",
  "open",
  "closed/deep",
  other.path("closed"),
  other.path("closed/deep/file"),
  "secret",
  "own-program",
  "setuid",
  "link",
];

test("E17: a bind shows the permission bits of the disk", LONG, async (context) => {
  const built = await bothWays(
    context,
    (base) =>
      binds.reduce<Image>(
        (image, source, at) =>
          image.run(look(at), {
            ...none,
            mounts: [{ type: "bind", source, target: "/seen", ...(at % 2 === 1 ? { writable: true } : {}) }],
          }),
        base.mkdir("/out"),
      ),
    { context: fill },
  );
  expectSame(built);
});

const token = { type: "secret", id: "token" } as const;
const absent = { type: "secret", id: "absent" } as const;

test("E24: one command with a secret as file and as variable", LONG, async (context) => {
  const built = await bothWays(
    context,
    (base) =>
      base
        .run('cat /run/secrets/token > /both && printf %s "$TOKEN" >> /both', {
          ...none,
          mounts: [token, { ...token, env: "TOKEN" }],
        })
        .run('cat /elsewhere > /one && printf %s "$TOKEN" >> /one', {
          ...none,
          mounts: [{ ...token, target: "/elsewhere", env: "TOKEN" }],
        })
        .run('cat /a /b > /twice && printf %s "$A$B" >> /twice', {
          ...none,
          mounts: [
            { ...token, target: "/a" },
            { ...token, target: "/b" },
            { ...token, env: "A" },
            { ...token, env: "B" },
          ],
        })
        .layer("two commands that see it in two ways", (image) =>
          image
            .run("cat /run/secrets/token > /first", { ...none, mounts: [token] })
            .run('printf %s "$TOKEN" > /second', { ...none, mounts: [{ ...token, env: "TOKEN" }] }),
        ),
    { context: { "secrets/token": "hush" }, frontend: "1.19" },
  );
  expectSame(built);
  for (const { direct } of built)
    for (const [path, size] of [
      ["both", 8],
      ["one", 8],
      ["twice", 16],
      ["first", 4],
      ["second", 4],
    ] as const)
      expect(listingOf(direct).rootfs.get(path)).toMatchObject({ size });
});

test("E25: an optional secret that nobody passed", LONG, async (context) => {
  const built = await bothWays(
    context,
    (base) =>
      base
        .run('echo "[${TOKEN-unset}]" > /variable', { ...none, mounts: [{ ...absent, env: "TOKEN" }] })
        .run("ls /run/secrets > /file 2>/dev/null || echo none > /file", { ...none, mounts: [absent] })
        .run('echo "[${TOKEN-unset}]" > /set', {
          ...none,
          env: { TOKEN: "own" },
          mounts: [{ ...absent, env: "TOKEN" }],
        })
        .env({ TOKEN: "image" })
        .run('echo "[${TOKEN-unset}]" > /image', { ...none, mounts: [{ ...absent, env: "TOKEN" }] })
        .run('ls /mine > /both 2>/dev/null || echo "[${TOKEN-unset}]" > /both', {
          ...none,
          mounts: [{ ...absent, target: "/mine", env: "TOKEN" }],
        }),
    { frontend: "1.19" },
  );
  expectSame(built);
});

test("E24, E25: secrets as files with the front end of Docker 26", LONG, async (context) => {
  const built = await bothWays(
    context,
    (base) =>
      base
        .run("cat /a /b > /twice", {
          ...none,
          mounts: [
            { ...token, target: "/a" },
            { ...token, target: "/b" },
          ],
        })
        .run("ls /run/secrets > /file 2>/dev/null || echo none > /file", { ...none, mounts: [absent] })
        .run("ls /mine > /both 2>/dev/null || echo none > /both", {
          ...none,
          mounts: [{ ...absent, target: "/mine" }, token],
        }),
    { context: { "secrets/token": "hush" }, builders: ["docker26", "docker28"] },
  );
  expectSame(built);
  for (const { direct } of built)
    expect(["twice", "file", "both"].map((path) => listingOf(direct).rootfs.get(path)?.size)).toEqual([
      8, 5, 5,
    ]);
});

test.each([
  ["E24", { ...token, env: "TOKEN", target: "/file" }],
  ["E25", { ...absent, env: "TOKEN" }],
] as const)("%s: the front end of Docker 26 knows no variable, which is refused", LONG, async (_, mount) => {
  const text = dockerfile(Image.from("layerwright.test/base:v1").run("true", { mounts: [mount] }));
  await expect(text).rejects.toThrow(expect.objectContaining({ code: "FRONTEND_TOO_OLD" }));
});
