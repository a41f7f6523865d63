import { describe, expect, test } from "vitest";
import { emitDockerfile } from "../../src/dockerfile/emit-dockerfile.js";
import type { Operation } from "../../src/plan/operation.js";
import { copyFile, copyFolder, folder, localBase, planOf, registry, run, scratch, write } from "./plans.js";
import { refusal, spelled } from "./spelling.js";
import { parseStrictly } from "./strict-parser.js";

const mkdir = (path: string, more: object = {}): Operation => ({
  op: "mkdir",
  path,
  mode: { octal: 0o755 },
  ...more,
});

describe("several operations in one layer", () => {
  test("under one folder need to know nothing of the base", () => {
    const layer = [copyFolder("site", "/srv/app"), write("/srv/app/conf", "x\n", { mode: { octal: 0o600 } })];
    expect(spelled(planOf(registry, [layer]))).toMatchInlineSnapshot(`
      "FROM scratch AS app-files
      COPY site /srv/app/
      COPY --chmod=0600 <<'EOT' /srv/app/conf
      x
      EOT

      FROM debian:12 AS image
      COPY --from=app-files /srv/app/ /srv/app/"
    `);
  });

  test("in several folders of an unknown base are refused, and folders the user vouches for are not", () => {
    const layer = [write("/etc/a", "x\n"), write("/opt/b", "x\n")];
    expect(refusal(planOf(registry, [layer]))).toBe("FOLDERS_UNKNOWN");
    expect(
      spelled(planOf({ ...registry, folders: ["/etc", "/opt"] } as typeof registry, [layer])),
    ).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/etc
      WORKDIR /2/opt

      FROM scratch AS image-files
      COPY --from=directories /1/ /
      COPY --from=directories /2/ /
      COPY <<'EOT' /etc/a
      x
      EOT
      COPY <<'EOT' /opt/b
      x
      EOT

      FROM debian:12 AS image
      COPY --from=image-files --link / /"
    `);
  });

  test("in known folders lay them out as they are, links followed", () => {
    const base = localBase({
      "/": folder(),
      "/tmp": folder(0o1777),
      "/lib": { type: "symlink", mode: 0o777, uid: 0, gid: 0, target: "usr/lib" },
      "/usr": folder(),
      "/usr/lib": folder(),
    });
    const layer = [write("/tmp/a", "x\n"), write("/lib/b", "x\n")];
    expect(spelled(planOf(base, [layer], [], { squash: "own" }))).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/tmp
      WORKDIR /2/usr
      WORKDIR /3/lib

      FROM scratch AS image-files
      COPY --from=directories --chmod=1777 /1/ /
      COPY --from=directories /2/ /
      COPY --from=directories /3/ /usr/
      COPY <<'EOT' /tmp/a
      x
      EOT
      COPY <<'EOT' /usr/lib/b
      x
      EOT

      FROM base-layout AS image
      COPY --from=image-files --link / /"
    `);
  });

  test("go into one RUN when a command is among them", () => {
    const layer = [
      copyFolder("site", "/srv/it's"),
      run("make all"),
      { op: "remove", path: "/src" } as Operation,
    ];
    expect(spelled(planOf(registry, [layer]))).toMatchInlineSnapshot(`
      "FROM scratch AS image-files
      COPY site /1/

      FROM debian:12 AS image
      RUN --mount=type=bind,from=image-files,source=/,target=/run/layerwright <<'EOT'
      set -e
      parents() {
        if [ ! -d "\${1:-/}" ]; then
          parents "\${1%/*}"
          mkdir "$1"
          chown 0:0 "$1"
          chmod 00755 "$1"
        fi
      }
      make_way() {
        if [ -d "$1" ] && [ ! -L "$1" ]; then
          if [ -d "$2" ]; then
            for inner in "$1"/* "$1"/.[!.]* "$1"/..?*; do make_way "$inner" "$2/\${inner##*/}"; done
          fi
        elif [ -L "$2" ] || [ -f "$2" ]; then
          rm -f "$2"
        fi
      }
      put_tree() {
        if [ ! -d "$2" ]; then
          parents "$2"
          chown "$4" "$2"
          chmod "$3" "$2"
        fi
        make_way "$1" "$2"
        (
          cd "$1"
          into=$2
          set --
          for entry in * .[!.]* ..?*; do
            if [ -e "$entry" ] || [ -L "$entry" ]; then set -- "$@" "./$entry"; fi
          done
          if [ $# -gt 0 ]; then cp -a "$@" "$into"/; fi
        )
      }
      put_tree /run/layerwright/1 '/srv/it'\\''s' 00755 0:0
      /bin/sh -c 'make all'
      rm -rf /src
      EOT"
    `);
  });

  test("with different users are refused", () => {
    expect(refusal(planOf(registry, [[run("a", { user: "x" }), run("b", { user: "y" })]]))).toBe(
      "LAYER_MIXED",
    );
    expect(refusal(planOf(registry, [[run("a", { user: "x" }), write("/a", "x\n")]]))).toBe("LAYER_MIXED");
  });

  test("use the shell of an earlier command where COPY cannot say it", () => {
    const layer = [write("/etc/a", "x\n"), write("/opt/b", "x\n")];
    expect(spelled(planOf(registry, [run("true"), layer]))).toContain("put /run/layerwright/1 /etc/a");
  });
});

describe("single operations", () => {
  test("mkdir copies an empty folder inside of its parent", () => {
    const layers = [
      mkdir("/tmp", { mode: { octal: 0o1777 } }),
      mkdir("/a/b", { mode: { octal: 0o700 }, owner: { user: 5 } }),
    ];
    expect(spelled(planOf(scratch, layers))).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/tmp
      WORKDIR /2/b

      FROM scratch AS b-files
      COPY --from=directories --chmod=0700 --chown=5:5 /2/ /.layer/

      FROM scratch AS image
      COPY --from=directories --link --chmod=1777 /1/ /
      COPY --from=b-files --link /.layer/ /a/"
    `);
    const { text, files } = emitDockerfile(planOf(scratch, layers), { dialect: "classic", comments: false });
    expect(text).toMatchInlineSnapshot(`
      "FROM scratch AS b-files
      COPY --chmod=0700 --chown=5:5 layerwright.out/files/1e57b933b0a78203/ /.layer/

      FROM scratch AS image
      COPY --chmod=1777 layerwright.out/files/f2d245347cc0618d/ /
      COPY --from=b-files /.layer/ /a/
      WORKDIR /
      "
    `);
    expect(files).toMatchInlineSnapshot(`
      [
        {
          "kind": "folder",
          "mode": 493,
          "path": "1e57b933b0a78203",
        },
        {
          "kind": "folder",
          "mode": 493,
          "path": "1e57b933b0a78203/b",
        },
        {
          "kind": "folder",
          "mode": 493,
          "path": "f2d245347cc0618d",
        },
        {
          "kind": "folder",
          "mode": 493,
          "path": "f2d245347cc0618d/tmp",
        },
      ]
    `);
  });

  test("mkdir where it is missing, of an unknown base", () => {
    expect(spelled(planOf(registry, [mkdir("/app", { ifMissing: true })]))).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/app

      FROM debian:12 AS image
      COPY --from=directories /1/app/ /app/"
    `);
    const config = [
      { set: "user" as const, user: "node" },
      { set: "workdir" as const, path: "/usr/src/app" },
    ];
    const own = mkdir("/usr/src/app", { ifMissing: true, owner: { user: "node" } });
    expect(spelled(planOf(registry, [own], config))).toMatchInlineSnapshot(`
      "FROM scratch AS directories
      WORKDIR /1/src

      FROM debian:12 AS image
      COPY --from=directories /1/src/ /usr/src/
      USER node
      WORKDIR /usr/src/app"
    `);
  });

  test("symlink copies a generated folder that holds it", () => {
    const { text, files, ignore } = emitDockerfile(
      planOf(registry, [{ op: "symlink", path: "/usr/bin/x", target: "/y" }]),
      { comments: false },
    );
    expect(text).toMatchInlineSnapshot(`
      "FROM debian:12 AS image
      COPY layerwright.out/files/1da32495550c3b1f/ /usr/bin/
      "
    `);
    expect(files).toMatchInlineSnapshot(`
      [
        {
          "kind": "folder",
          "mode": 493,
          "path": "1da32495550c3b1f",
        },
        {
          "kind": "symlink",
          "path": "1da32495550c3b1f/x",
          "target": "/y",
        },
      ]
    `);
    expect(ignore).toMatchInlineSnapshot(`
      "*
      !layerwright.out/files/1da32495550c3b1f
      "
    `);
  });

  test("write is a here-document only where that is exact", () => {
    const layers = ["EOT\n", "no end", "a\r\n", "", `${"x".repeat(9000)}\n`, "$x `y` \\\n"].map(
      (text, index) => write(`/f${index}`, text),
    );
    expect(spelled(planOf(registry, layers))).toMatchInlineSnapshot(`
      "FROM debian:12 AS image
      COPY --link <<'EOT_aef146ffb52a' /f0
      EOT
      EOT_aef146ffb52a
      COPY --link layerwright.out/files/c1d16127cad537c2 /f1
      COPY --link layerwright.out/files/8e4621379786ef42 /f2
      COPY --link layerwright.out/files/e3b0c44298fc1c14 /f3
      COPY --link layerwright.out/files/8c5f748551afcf61 /f4
      COPY --link <<'EOT' /f5
      $x \`y\` \\
      EOT"
    `);
  });

  test("add is verified by the builder", () => {
    const add = {
      op: "add" as const,
      url: "https://x.org/t.tgz?a=$b",
      sha256: "a".repeat(64),
      dest: "/t",
      into: false,
    };
    expect(spelled(planOf(registry, [add]))).toMatchInlineSnapshot(`
      "FROM debian:12 AS image
      ADD --checksum=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ["https://x.org/t.tgz?a=\\\\$b", "/t"]"
    `);
    expect(refusal(planOf(registry, [add]), { dialect: "classic" })).toBe("DIALECT_CANNOT");
  });

  test("remove, chmod and chown of what is below are one tool each, run as root", () => {
    const layers: Operation[] = [
      { op: "remove", path: "/a b" },
      { op: "chmod", path: "/c", mode: { symbolic: "u+x" }, recursive: true },
      { op: "chown", path: "/d", owner: { user: 1 } },
    ];
    expect(spelled(planOf(localBase({}, { User: "app" }), layers))).toMatchInlineSnapshot(`
      "FROM base-layout AS image
      USER 0
      RUN ["rm", "-rf", "/a b"]
      RUN if [ -d /c ]; then chmod -R u+x /c/; else chmod u+x /c; fi
      RUN ["chown", "1:1", "/d"]
      USER app"
    `);
    expect(refusal(planOf(scratch, [copyFile("a", "/a"), { op: "remove", path: "/a" }]))).toBe("NO_TOOL");
    // Nothing is there to remove.
    expect(refusal(planOf(scratch, [copyFile("a", "/a"), layers[0]!]))).toBe("none");
  });
});

describe("a command", () => {
  test("is written as it stands where that is safe, else as a here-document or JSON", () => {
    const commands = [
      "echo hi > /x",
      "a\n# b\nc",
      "[ -f x ]",
      "cat <<X",
      "x \\",
      "#!/bin/sh\nx",
      " a",
      "a\rb",
      "--x",
    ];
    const plan = planOf(
      registry,
      commands.map((command) => run(command)),
    );
    expect(spelled(plan)).toMatchInlineSnapshot(`
      "FROM debian:12 AS image
      RUN echo hi > /x
      RUN <<'EOT'
      a
      # b
      c
      EOT
      RUN <<'EOT'
      [ -f x ]
      EOT
      RUN <<'EOT'
      cat <<X
      EOT
      RUN <<'EOT'
      x \\
      EOT
      RUN ["/bin/sh", "-c", "#!/bin/sh\\nx"]
      RUN <<'EOT'
       a
      EOT
      RUN ["/bin/sh", "-c", "a\\rb"]
      RUN <<'EOT'
      --x
      EOT"
    `);
    expect(spelled(plan, { dialect: "classic" })).not.toContain("<<'");
  });

  test("gets its state by what has to change, and the base's is restored", () => {
    const base = localBase({ "/": folder() });
    const layers = [
      run("a", { env: { A: "1" } }),
      run("b", { env: { A: "1", B: "$x" }, user: "www", workdir: "/w" }),
      run(["c", "\n"], { env: { A: "1", B: "$x" }, stepEnv: { Q: "1" } }),
    ];
    const config = [
      { set: "env" as const, name: "A", value: "1" },
      { set: "env" as const, name: "B", value: "$x" },
    ];
    expect(spelled(planOf(base, layers, config))).toMatchInlineSnapshot(`
      "FROM base-layout AS image
      ENV A=1
      RUN a
      ENV B="\\$x"
      WORKDIR /w
      USER www
      RUN b
      WORKDIR /
      USER ""
      RUN ["env", "Q=1", "c", "\\n"]"
    `);
    expect(refusal(planOf(registry, layers, config))).toBe("USER_UNRESTORABLE");
  });

  test("mounts", () => {
    const mounts = [
      { type: "cache" as const, target: "/c", id: "k", sharing: "locked" as const },
      {
        type: "bind" as const,
        target: "/b",
        source: { from: "context" as const, path: "src" },
        writable: true,
      },
      { type: "tmpfs" as const, target: "/t", sizeBytes: 1024 },
      { type: "secret" as const, id: "s", target: "/s", required: true },
      { type: "ssh" as const },
    ];
    expect(spelled(planOf(registry, [run("x", { mounts, network: "none" })]))).toMatchInlineSnapshot(`
      "FROM debian:12 AS image
      RUN --network=none --mount=type=cache,target=/c,id=k,sharing=locked --mount=type=bind,source=src,target=/b,rw=true --mount=type=tmpfs,target=/t,size=1024 --mount=type=secret,id=s,target=/s,required=true --mount=type=ssh x"
    `);
    expect(refusal(planOf(registry, [run("x", { network: "none" })]), { dialect: "classic" })).toBe(
      "DIALECT_CANNOT",
    );
    const secret = run("x", { mounts: [{ type: "secret", id: "s", env: "S" }] });
    expect(refusal(planOf(registry, [secret]))).toBe("FRONTEND_TOO_OLD");
    expect(refusal(planOf(registry, [secret]), { frontend: "1.19" })).toBe("none");
    const odd = run("x", { mounts: [{ type: "cache", target: "/a,type=bind" }] });
    expect(refusal(planOf(registry, [odd]))).toBe("NOT_EXPRESSIBLE");
  });
});

describe("instructions that people expect", () => {
  test("variables, labels and ports that are set together are one instruction each", () => {
    const text = spelled(
      planOf(
        scratch,
        [],
        [
          { set: "env", name: "A", value: "1" },
          { set: "env", name: "B", value: "two words" },
          { set: "label", name: "a.long.label", value: "x".repeat(60) },
          { set: "label", name: "another.long.label", value: "y\\" },
          { set: "expose", port: "80/tcp" },
          { set: "expose", port: "53/udp" },
        ],
      ),
    );
    expect(text.split("\n").slice(2)).toEqual([
      "FROM scratch AS image",
      'ENV A=1 B="two words"',
      `LABEL a.long.label=${"x".repeat(60)} \\`,
      '      another.long.label="y\\\\"',
      "EXPOSE 80 53/udp",
      // Of an image without layers: see G15.
      "COPY --from=image-files / /",
    ]);
    expect(parseStrictly(text).map(({ keyword }) => keyword)).toEqual([
      "FROM",
      "FROM",
      "ENV",
      "LABEL",
      "EXPOSE",
      "COPY",
    ]);
  });
});
