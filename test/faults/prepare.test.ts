import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildOptions, build, Catalog, Image, report, share, synth, waste } from "layerwright";
import { describe, expect, test } from "vitest";
import { WITHOUT_PATH } from "../fixtures/base-kinds.js";
import { bothWays, expectRefused, expectSame, listingOf } from "./on-bases.js";

const LONG = { timeout: 300_000 };

/** The verbs that make images of a catalog, or look at them. */
const verbs: Readonly<Record<string, (catalog: Catalog, options: BuildOptions) => Promise<unknown>>> = {
  build,
  synth,
  waste,
  share,
  report,
};

describe.concurrent("what a base says is known before both syntheses", () => {
  test("E1: a base without PATH gets the default one", LONG, async (context) => {
    const built = await bothWays(context, (base) => base.env({ A: "1" }), {
      variant: WITHOUT_PATH,
      builders: ["docker28", "docker26"],
    });
    expectSame(built);
    for (const { direct } of built) {
      const { Env } = listingOf(direct).config["config"] as { readonly Env: readonly string[] };
      expect(Env).toEqual(["LANG=C.UTF-8", expect.stringMatching(/^PATH=\/usr\/local\/sbin:/), "A=1"]);
    }
  });

  test("E1: squashed with its base, too", LONG, async (context) => {
    expectSame(
      await bothWays(context, (base) => base.write("/a", "1").squash("all"), {
        variant: WITHOUT_PATH,
        kinds: ["busybox"],
      }),
    );
  });

  test("E12: a directory below a setgid one is as new, on disk and in a registry", LONG, async (context) => {
    const built = await bothWays(context, (base) => base.copy("f", "/var/local/app/f"), {
      context: { f: "1\n" },
      kinds: ["gnu"],
    });
    expectSame(built);
    for (const { direct } of built) {
      expect(listingOf(direct).rootfs.get("var/local/app")).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
    }
  });

  test("E28: a directory squashed over a registry base is one layer", LONG, async (context) => {
    expectSame(
      await bothWays(context, (base) => base.copy("site", "/srv/site", { owner: "1:2" }).squash("own"), {
        context: { "site/a": "1\n", "site/b/c": "2\n" },
      }),
    );
  });
});

describe.concurrent("E19: what one synthesis refuses, the other refuses", () => {
  const both = { kinds: ["busybox", "gnu", "scratch"] } as const;

  test("E19: nothing is removed where nothing is", LONG, async (context) => {
    expectSame(await bothWays(context, (base) => base.write("/a", "1").remove("/b"), both));
  });

  test("E19: a file is no directory to copy below", LONG, async (context) => {
    const refused = await bothWays(context, (base) => base.write("/a", "1").copy("a", "/a/b"), {
      ...both,
      context: { a: "1\n" },
    });
    expectRefused(refused, "DEST_NOT_FOLDER");
  });

  test("E19: a command without a shell", LONG, async (context) => {
    const refused = await bothWays(context, (base) => base.run("ls"), { kinds: ["scratch"] });
    expectRefused(refused, "NO_SHELL");
    const removed = await bothWays(context, (base) => base.remove("/bin").remove("/usr/bin").run("ls"), {
      kinds: ["busybox"],
    });
    for (const { direct, dockerfile } of removed) expect(direct).toEqual(dockerfile);
  });

  test("E19: a circle of links is removed like any link", LONG, async (context) => {
    expectSame(
      await bothWays(context, (base) => base.symlink("b", "/a").symlink("a", "/b").remove("/a"), {
        kinds: ["busybox", "gnu"],
      }),
    );
  });

  test("E19: a directory that the base has as a link", LONG, async (context) => {
    expectSame(await bothWays(context, (base) => base.mkdir("/var/run"), { kinds: ["gnu", "busybox"] }));
    expectSame(await bothWays(context, (base) => base.mkdir("/lib"), { kinds: ["gnu"] }));
  });

  test("E19: what a Dockerfile needs a tool for is refused by the build too", LONG, async (context) => {
    const tree = Image.scratch().copy("tree", "/t");
    const refused = await bothWays(context, (base) => base.copy(tree.path("/t"), "/t").chmod("/t/f", 0o600), {
      kinds: ["scratch"],
      context: { "tree/f": "1\n", "tree/g": "2\n" },
    });
    expectRefused(refused, "NO_TOOL");
  });
});

describe.concurrent("E19: one check in one order comes before both", () => {
  const scratch = Image.scratch();
  const passwd = "root:x:0:0::/:/bin/sh\n";
  const many = Array.from({ length: 130 });

  test.for<[string, Image]>([
    // A tool is missing, and then a path.
    [
      "PATH_NOT_FOUND",
      scratch.write("/a", "1").chown("/a", "7:8").write("/b", "2").remove("/a").chmod("/c", 0o600),
    ],
    [
      "TOO_MANY_LAYERS",
      many.reduce<Image>((image, _, at) => image.write(`/${at}`, "1"), scratch).chmod("/c", 0o600),
    ],
    [
      "OWNER_UNKNOWN",
      scratch.write("/etc/passwd", passwd).write("/b", "2", { owner: "neu" }).chmod("/c", 0o600),
    ],
    // An old front end cannot say the mode of the tree.
    ["NO_SHELL", scratch.copy("tree", "/t", { mode: "g+s,u-w" }).run("ls")],
  ])("%s", LONG, async ([code, image], context) => {
    const built = await bothWays(context, () => image, { kinds: ["scratch"], context: { "tree/f": "1\n" } });
    expectRefused(built, code);
  });

  test.each(Object.keys(verbs))("of all images of a catalog, by %s", LONG, async (verb) => {
    const parent = scratch.write("/a", "1").write("/b", "2").remove("/a").write("/c", "1");
    const catalog = new Catalog("acme", {
      child: Image.from(parent).chmod("/nothing", 0o600),
      fine: scratch.write("/a", "1"),
      parent,
    });
    const context = mkdtempSync(join(tmpdir(), "layerwright-check-"));
    try {
      const options = { context, store: join(context, "store"), lock: false } as const;
      const refused = await verbs[verb]!(catalog, options).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "NO_TOOL", subject: "/a" });
      expect(existsSync(join(context, "layerwright.out"))).toBe(false);
    } finally {
      rmSync(context, { recursive: true, force: true });
    }
  });
});

describe.concurrent("E2: a base with ONBUILD triggers", () => {
  const onBuild = (...OnBuild: string[]) => ({ config: { OnBuild } });
  const files = {
    "package.json": "{}\n",
    "src/a.js": "1\n",
    "run.sh": { contents: "#!/bin/sh\n", mode: 0o775 },
  } as const;

  test("E2: both carry them out as first steps, and the child has none", LONG, async (context) => {
    const built = await bothWays(context, (base) => base.write("/own", "1").env({ B: "$A" }), {
      variant: onBuild(
        "ARG NODE_ENV",
        "ENV NODE_ENV $NODE_ENV",
        "ENV A=1 HOME=/home/${NODE_ENV:-dev}",
        "WORKDIR /usr/src/app",
        "COPY package.json package-lock.json* ./",
        'RUN cat package.json > installed && echo "$HOME" > home',
        'COPY --chown=7:8 ["src", "/srv/deep/src/"]',
        "COPY run.sh /usr/bin/",
        "LABEL a=b \"c d\"='e f'",
        "EXPOSE 80/tcp",
        'CMD ["./run"]',
      ),
      context: files,
    });
    expectSame(built);
    for (const { direct } of built) {
      const { rootfs, config } = listingOf(direct);
      expect(rootfs.get("usr/src/app/installed")).toMatchObject({ size: 3 });
      expect(config["config"]).not.toHaveProperty("OnBuild");
    }
  });

  test("E2: they fire once, also for an image on an image and squashed", LONG, async (context) => {
    const fired = onBuild("RUN echo fired >> /log", "USER 5");
    expectSame(
      await bothWays(context, (base) => Image.from(base.write("/a", "1")).write("/b", "2").squash("own"), {
        variant: fired,
        kinds: ["busybox"],
      }),
    );
    const [one] = await bothWays(context, (base) => base.write("/a", "1").squash("all"), {
      variant: fired,
      kinds: ["busybox"],
    });
    expectSame([one!]);
    expect(listingOf(one!.direct).rootfs.get("log")).toMatchObject({ size: 6 });
  });

  test("E2: what cannot be carried out is one refusal", LONG, async (context) => {
    for (const trigger of [
      "COPY --from=0 /a /b",
      "ADD http://a.test/b /b",
      "COPY <<E /a\n1\nE",
      "ARG TARGETARCH",
    ]) {
      const refused = await bothWays(context, (base) => base.write("/a", "1"), {
        variant: onBuild(trigger),
        kinds: ["busybox"],
      });
      expectRefused(refused, "BASE_ONBUILD");
    }
  });
});
