import { describe, expect, test } from "vitest";
import { copyFile, copyFolder, folder, found, localBase, planOf, registry, scratch, write } from "./plans.js";
import { refusal, spelled } from "./spelling.js";

const root = { user: 0, group: 0 };

describe("a copy", () => {
  test("of regular files over an unknown base is plain, so that parents are root's", () => {
    expect(spelled(planOf(registry, [copyFolder("site", "/srv/www")]))).toMatchInlineSnapshot(`
      "FROM debian:12 AS image
      COPY site /srv/www/"
    `);
  });

  test("on scratch is linked", () => {
    expect(
      spelled(
        planOf(scratch, [copyFile("dist/hello", "/usr/bin/hello", { mode: { octal: 0o755 }, owner: root })]),
      ),
    ).toMatchInlineSnapshot(`
      "FROM scratch AS image
      COPY --link --chmod=0755 dist/hello /usr/bin/hello"
    `);
  });

  test("with a mode that would reach new parents goes by a prep stage", () => {
    expect(
      spelled(planOf(registry, [copyFile("key", "/etc/app/key", { mode: { octal: 0o600 } })])),
    ).toMatchInlineSnapshot(`
      "FROM scratch AS key-files
      COPY --chmod=0600 key /.layer/key

      FROM debian:12 AS image
      COPY --from=key-files /.layer/key /etc/app/key"
    `);
  });

  test("with a mode is direct where the parent is known", () => {
    const base = localBase({ "/": folder(), "/etc": folder() });
    expect(
      spelled(planOf(base, [copyFile("key", "/etc/key", { mode: { octal: 0o600 } })])),
    ).toMatchInlineSnapshot(`
      "FROM base-layout AS image
      COPY --chmod=0600 key /etc/key"
    `);
  });

  test("with an owner by name is looked up in the image", () => {
    expect(
      spelled(planOf(registry, [copyFile("key", "/etc/app/key", { owner: { user: "www" } })])),
    ).toMatchInlineSnapshot(`
      "FROM debian:12 AS key-files
      COPY --chown=www key /.layer/key

      FROM debian:12 AS image
      COPY --from=key-files /.layer/key /etc/app/key"
    `);
  });

  test("with an owner that the base is known to have says numbers", () => {
    const base = localBase({ "/": folder(), "/srv": null });
    expect(
      spelled(planOf(base, [copyFolder("site", "/srv/www", { owner: { user: "www" } })])),
    ).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/www

      FROM scratch AS www-files
      COPY --from=directories --chown=33:34 /1/ /.layer/
      COPY --chown=33:34 site /.layer/www/

      FROM base-layout AS image
      COPY --from=www-files --link /.layer/ /srv/"
    `);
  });

  test("with an owner the base is known to lack is refused", () => {
    const base = localBase({ "/": folder() });
    expect(refusal(planOf(base, [copyFile("a", "/a", { owner: { user: "nobody" } })]))).toBe("OWNER_UNKNOWN");
  });

  test("of a folder with an owner, into a folder that may exist, makes the parents first", () => {
    const copy = copyFolder("site", "/srv/www", { owner: { user: "www" } });
    expect(spelled(planOf(registry, [copy]))).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/srv

      FROM debian:12 AS image
      COPY --from=directories /1/srv/ /srv/
      COPY --chown=www site /srv/www/"
    `);
  });

  test("of a folder with a mode, into a folder that may exist, is refused", () => {
    const copy = copyFolder("site", "/srv/www", { mode: { octal: 0o700 } });
    expect(refusal(planOf(registry, [copy]))).toBe("FOLDERS_UNKNOWN");
  });

  test("of one irregular file spells its mode", () => {
    const facts = found("file", { irregular: [{ path: "", type: "file", mode: 0o775 }] });
    const copy = { ...copyFile("a", "/a"), sources: [{ from: "context" as const, path: "a", found: facts }] };
    expect(spelled(planOf(registry, [copy]))).toMatchInlineSnapshot(`
      "FROM debian:12 AS image
      COPY --link --chmod=0755 a /a"
    `);
  });

  test("of a tree with irregular entries copies these over themselves, or asks the front end", () => {
    const facts = found("folder", {
      irregular: [
        { path: "sub", type: "folder", mode: 0o700 },
        { path: "sub/a", type: "file", mode: 0o600 },
        { path: "sub/b", type: "file", mode: 0o664 },
      ],
    });
    const plan = planOf(registry, [copyFolder("site", "/srv/www", {}, facts)]);
    expect(spelled(plan)).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/sub

      FROM scratch AS www-files
      COPY site /.layer/
      COPY --from=directories /1/ /.layer/
      COPY --chmod=0644 site/sub/a site/sub/b /.layer/sub/

      FROM debian:12 AS image
      COPY --from=www-files /.layer/ /srv/www/"
    `);
    expect(spelled(plan, { frontend: "1.19" })).toMatchInlineSnapshot(`
      "FROM debian:12 AS image
      COPY --chmod=ug-s,o-t,u=rwX,go=rX --exclude=.needs-dockerfile-1.19 site /srv/www/"
    `);
  });

  test("with too many irregular folders is refused, and said to be possible", () => {
    const irregular = Array.from({ length: 300 }, (_, index) => ({
      path: `d${index}`,
      type: "folder" as const,
      mode: 0o700,
    }));
    const plan = planOf(registry, [copyFolder("site", "/srv/www", {}, found("folder", { irregular }))]);
    expect(refusal(plan)).toBe("FRONTEND_TOO_OLD");
    expect(refusal(plan, { frontend: "1.19" })).toBe("none");
    expect(refusal(plan, { dialect: "classic" })).toBe("DIALECT_CANNOT");
  });

  test("with a symbolic mode of a tree", () => {
    const entries = [
      { path: "a", type: "file" as const, mode: 0o644 },
      { path: "d", type: "folder" as const, mode: 0o755 },
    ];
    const base = localBase({ "/": folder(), "/srv": null });
    const copy = copyFolder("site", "/srv", { mode: { symbolic: "go-rwx" } }, found("folder", { entries }));
    expect(spelled(planOf(base, [copy]))).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/srv
      WORKDIR /2/d

      FROM scratch AS srv-files
      COPY --from=directories --chmod=0700 /1/ /.layer/
      COPY site /.layer/srv/
      COPY --from=directories --chmod=0700 /2/ /.layer/srv/
      COPY --chmod=0600 site/a /.layer/srv/

      FROM base-layout AS image
      COPY --from=srv-files --link /.layer/ /"
    `);
    expect(spelled(planOf(base, [copy]), { frontend: "1.19" })).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/srv

      FROM scratch AS srv-files
      COPY --from=directories --chmod=0700 /1/ /.layer/
      COPY --chmod=go-rwx --exclude=.needs-dockerfile-1.19 site /.layer/srv/

      FROM base-layout AS image
      COPY --from=srv-files --link /.layer/ /"
    `);
  });

  test("names that mean something to a builder stay names", () => {
    const names = ["--link", "<<EOT", "a b", "$HOME", "#x", 'q"', "it's", "!n", " s ", "git@x"];
    const layers = names.map((name) => copyFile(name, `/to/${name}`));
    expect(spelled(planOf(registry, layers))).toMatchInlineSnapshot(`
      "FROM debian:12 AS image
      COPY ./--link /to/--link
      COPY ["./<<EOT", "/to/<<EOT"]
      COPY ["a b", "/to/a b"]
      COPY ["\\\\$HOME", "/to/\\\\$HOME"]
      COPY ["./#x", "/to/#x"]
      COPY ["q\\\\\\"", "/to/q\\\\\\""]
      COPY ["it\\\\'s", "/to/it\\\\'s"]
      COPY ["./[!]n", "/to/!n"]
      COPY ["./[ ]s[ ]", "/to/ s "]
      COPY ./git@x /to/git@x"
    `);
  });

  test("of another stage escapes what would be a pattern", () => {
    const base = planOf(scratch, [write("/a[1]*", "x\n")]);
    const [first] = base.stages;
    const copy = {
      op: "copy" as const,
      sources: [{ from: "stage" as const, stage: "zero", path: "/a[1]*" }],
      dest: "/b",
      into: false,
    };
    const plan = { ...base, stages: [{ ...first!, id: "zero" }, ...planOf(scratch, [copy]).stages] };
    expect(spelled(plan)).toContain('COPY --from=a-1 --link ["/a[[]1][*]", "/b"]');
  });

  test("of names that COPY cannot find is refused, and a bracket is a class of one", () => {
    for (const name of ["st\\*ar", "qu\\?", "back\\\\slash", "new\nline"]) {
      expect(refusal(planOf(registry, [copyFile(name, "/b")]))).toBe("NOT_EXPRESSIBLE");
    }
    const bracket = planOf(registry, [copyFile("a\\[1].txt", "/b")]);
    expect(spelled(bracket)).toContain('["a[[]1].txt", "/b"]');
    expect(refusal(bracket, { dialect: "classic" })).toBe("NOT_EXPRESSIBLE");
  });

  test("with ** is refused", () => {
    expect(refusal(planOf(registry, [copyFile("a/**/b", "/b")]))).toBe("NOT_EXPRESSIBLE");
  });
});
