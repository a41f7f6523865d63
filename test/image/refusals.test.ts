import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors/catalogue.js";
import { Base } from "../../src/image/base.js";
import { Image } from "../../src/image/image.js";
import { context } from "../../src/image/sources.js";
import { download } from "../../src/recipes/download.js";
import { codeOf, refusal } from "./refusal.js";

const image = Image.scratch();
const any = (value: unknown): never => value as never;
const sha256 = "a".repeat(64);
const url = "https://example.org/file";

const table: readonly (readonly [ErrorCode, string, () => unknown])[] = [
  ["ARGUMENT_INVALID", "contents that are an object", () => image.write("/a", any({}))],
  ["ARGUMENT_INVALID", "options that are null", () => image.mkdir("/a", any(null))],
  ["ARGUMENT_INVALID", "a flag that is text", () => image.chmod("/a", 0o644, { recursive: any("yes") })],
  ["ARGUMENT_INVALID", "env without a value", () => image.env(...(["A"] as never))],
  ["ARGUMENT_INVALID", "an unknown network", () => image.run("x", { network: any("bridge") })],
  ["ARGUMENT_INVALID", "excludes that are text", () => image.copy("a", "/a", { exclude: any("b") })],
  [
    "ARGUMENT_INVALID",
    "a condition that is a function",
    () =>
      image.when(
        any(() => true),
        (it) => it,
      ),
  ],
  ["ARGUMENT_INVALID", "a layer without a name", () => image.layer("", (it) => it)],
  ["STAGE_NAME_INVALID", "upper case in a stage name", () => image.named("Build")],
  ["STAGE_NAME_INVALID", "a stage name that is a number", () => image.named("1")],
  ["STAGE_NAME_INVALID", "a space in a stage name", () => image.named("my build")],
  ["BASE_INVALID", "a number", () => Image.from(any(5))],
  ["BASE_INVALID", "an image's data", () => Image.from(any(image.node))],
  ["REFERENCE_INVALID", "an upper-case repository", () => Image.from("Debian/x y")],
  ["REFERENCE_INVALID", "a base's reference", () => Base.layout("x", { reference: "a//b" })],
  ["CHECKSUM_MISSING", "no sha256", () => download(url, any({ dest: "/a" }))],
  ["CHECKSUM_INVALID", "a short sha256", () => image.add(url, "/a", { sha256: "abc" })],
  ["URL_INVALID", "a scheme other than http", () => image.add("ftp://example.org/x", "/a", { sha256 })],
  ["URL_INVALID", "a relative URL", () => image.add("file.txt", "/a", { sha256 })],
  ["URL_HAS_CREDENTIALS", "a password", () => image.add("https://me:pw@example.org/x", "/a", { sha256 })],
  ["COMMAND_NOT_ARRAY", "cmd as text", () => image.cmd(any("nginx"))],
  ["COMMAND_NOT_ARRAY", "entrypoint as text", () => image.entrypoint(any("nginx -g"))],
  ["COMMAND_NOT_ARRAY", "an argument that is a number", () => image.cmd(any(["sleep", 5]))],
  ["COMMAND_INVALID", "a NUL", () => image.cmd(["a\0b"])],
  ["COMMAND_INVALID", "an empty command", () => image.run("  ")],
  ["COMMAND_INVALID", "an empty array", () => image.run([])],
  ["COMMAND_INVALID", "a NUL in a run", () => image.run("a\0b")],
  ["COMMAND_INVALID", "an empty shell", () => image.shell([])],
  ["CONTEXT_NAME_INVALID", "upper case", () => context("Assets", "x")],
  ["ENV_NAME_INVALID", "an empty name", () => image.env("", "1")],
  ["ENV_NAME_INVALID", "an =", () => image.env("A=B", "1")],
  ["ENV_NAME_INVALID", "a line break", () => image.env({ "A\nB": "1" })],
  ["ENV_NAME_INVALID", "a NUL", () => image.run("x", { env: { "A\0": "1" } })],
  ["ENV_VALUE_INVALID", "a NUL in a value", () => image.env("A", "\0")],
  ["ENV_VALUE_INVALID", "a number", () => image.env({ A: any(1) })],
  ["ENV_VALUE_INVALID", "undefined", () => image.env("A", any(undefined))],
  ["HEALTHCHECK_INVALID", "no test", () => image.healthcheck(any({}))],
  ["HEALTHCHECK_INVALID", "a fraction", () => image.healthcheck({ test: "x", intervalMs: 0.5 })],
  ["HEALTHCHECK_INVALID", "no retries", () => image.healthcheck({ test: "x", retries: 0 })],
  ["HEALTHCHECK_INVALID", "NONE", () => image.healthcheck({ test: ["NONE"] })],
  ["LABEL_INVALID", "an empty key", () => image.label("", "x")],
  ["LABEL_INVALID", "a long key", () => image.label("k".repeat(4097), "x")],
  ["LABEL_INVALID", "a NUL", () => image.annotation("a\0", "x")],
  ["LABEL_INVALID", "a number", () => image.label({ a: any(1) })],
  ["LAYER_RECIPE_INVALID", "another base", () => image.layer("x", () => Image.from("debian"))],
  ["LAYER_RECIPE_INVALID", "a squash policy", () => image.layer("x", (it) => it.squash("own"))],
  ["MODE_DECIMAL", "755", () => image.chmod("/a", 755)],
  ["MODE_INVALID", "99999", () => image.chmod("/a", 99999)],
  ["MODE_INVALID", "text above 7777", () => image.chmod("/a", "77777")],
  ["MODE_INVALID", "a digit 9", () => image.chmod("/a", "0o9")],
  ["MOUNT_INVALID", "an unknown type", () => image.run("x", { mounts: [any({ type: "volume" })] })],
  ["MOUNT_INVALID", "no id", () => image.run("x", { mounts: [any({ type: "secret" })] })],
  [
    "MOUNT_INVALID",
    "sharing",
    () => image.run("x", { mounts: [any({ type: "cache", target: "/a", sharing: "all" })] }),
  ],
  ["OPTION_UNKNOWN", "a typo", () => image.copy("a", "/a", any({ onwer: "x" }))],
  ["OPTION_UNKNOWN", "in a mount", () => image.run("x", { mounts: [any({ type: "ssh", target: "/a" })] })],
  ["OPTION_UNKNOWN", "in a config", () => Base.rootfs("x", { config: any({ Enviroment: [] }) })],
  ["OWNER_INVALID", "an id above 2^31-1", () => image.user("4294967296")],
  ["OWNER_INVALID", "a negative id", () => image.user(-2)],
  ["OWNER_INVALID", "a negative id as text", () => image.user("-2")],
  ["OWNER_INVALID", "a large group", () => image.user("1:99999999999")],
  ["OWNER_INVALID", "three parts", () => image.chown("/a", "a:b:c")],
  ["PATH_INVALID", "a NUL", () => image.mkdir("/a\0b")],
  ["PATH_INVALID", "empty", () => image.workdir("")],
  ["PATH_INVALID", "is in /proc", () => image.workdir("/proc/self/fd/7")],
  ["PATH_INVALID", "is in /proc", () => image.workdir("/tmp/../proc/1/root")],
  ["PATH_INVALID", "is in /proc", () => image.run("true", { workdir: "//proc/self/fd/8/" })],
  ["PATH_INVALID", "a whiteout", () => image.write("/etc/.wh.passwd", "")],
  ["PATH_INVALID", "a whiteout as destination", () => image.copy("a", ".wh.a")],
  ["PATH_INVALID", "a name of 256 bytes", () => image.mkdir(`/${"é".repeat(128)}`)],
  ["PATH_INVALID", "4096 bytes", () => image.mkdir("/a".repeat(2048))],
  ["PATH_INVALID", "a lone surrogate", () => image.mkdir("/\ud800")],
  ["PATH_INVALID", "a relative volume", () => image.volume("data")],
  ["PATH_INVALID", "a file that ends in /", () => image.write("/etc/", "")],
  ["PATH_INVALID", "the root", () => image.remove("/a/..")],
  ["PATH_INVALID", "a glob in another image", () => image.path("/out/*")],
  ["PATH_INVALID", "a relative path of another image", () => image.path("out")],
  ["PORT_INVALID", "0", () => image.expose(0)],
  ["PORT_INVALID", "65536", () => image.expose(65536)],
  ["PORT_INVALID", "another protocol", () => image.expose("80/foo")],
  ["PORT_INVALID", "a range backwards", () => image.expose("90-80")],
  ["RECIPE_INVALID", "no function", () => image.with(any("apt"))],
  ["RECIPE_INVALID", "nothing returned", () => image.with(any(() => undefined))],
  ["RECIPE_INVALID", "a promise", () => image.with(any(async () => image))],
  ["SIGNAL_INVALID", "TERM", () => image.stopSignal("TERM")],
  ["SIGNAL_INVALID", "65", () => image.stopSignal(65)],
  ["SOURCE_INVALID", "empty", () => image.copy("", "/a")],
  ["SOURCE_INVALID", "none", () => image.copy([], "/a")],
  ["SOURCE_INVALID", "a whole image", () => image.copy(any(image), "/a")],
  ["SOURCE_INVALID", "a pattern for binary", () => image.binary("dist/*", "/a")],
  ["SOURCE_OUTSIDE_CONTEXT", "absolute", () => image.copy("/etc/passwd", "/a")],
  ["SOURCE_OUTSIDE_CONTEXT", "a parent", () => image.copy("../x", "/a")],
  ["SOURCE_OUTSIDE_CONTEXT", "a parent in the middle", () => image.copy("a/../../x", "/a")],
  ["SOURCE_OUTSIDE_CONTEXT", "a parent in a named context", () => context("c", "/x").path("../y")],
  ["SQUASH_UNKNOWN", "a typo", () => image.squash(any("own "))],
  ["STEP_UNKNOWN", "another kind", () => image.step(any({ kind: "copi" }))],
  ["STEP_UNKNOWN", "undefined", () => image.step(any(undefined))],
];

describe("a mistake is refused in the call that makes it", () => {
  it.each(table)("%s: %s", (code, _what, act) => {
    const error = refusal(act);
    expect(error.code).toBe(code);
    expect(error.origin?.file).toBe(import.meta.filename);
  });

  it("tells the word that was meant", () => {
    expect(refusal(() => image.copy("a", "/a", any({ onwer: "x" }))).message).toContain(
      'did you mean "owner"?',
    );
    expect(refusal(() => image.squash(any("onw"))).message).toContain('did you mean "own"?');
    expect(refusal(() => image.stopSignal("TERM")).message).toContain('did you mean "SIGTERM"?');
    expect(refusal(() => image.chmod("/a", 755)).hint).toContain("0o755");
    expect(refusal(() => image.copy("../x", "/a")).hint).toContain('context("name", directory)');
    expect(refusal(() => image.cmd(any("nginx"))).hint).toContain('["/bin/sh", "-c"');
  });

  it.each([
    () => image.add("https://me:hunter2@example.org/x", "/a", { sha256 }),
    () => image.add("ftp://me:hunter2@example.org/x", "/a", { sha256 }),
    () => image.add("https://example.org/x?token=hunter2", "/a", { sha256: "bad" }),
    () => download("https://example.org/x?token=hunter2", any({})),
    () => Image.from("me:hunter2@registry.example.org/x"),
    () => Image.from("https://me:hunter2@registry.example.org/x"),
    () => image.env("A", "hunter2\0"),
  ])("shows no secret (%#)", (act) => {
    const error = refusal(act);
    expect(`${error.message} ${error.hint}`).not.toContain("hunter2");
  });

  it("takes a file without a sha256, which is the lock's then", () => {
    expect(image.add(url, "/a").node.steps[0]).not.toHaveProperty("sha256");
    expect(image.add(url, "/a", { mode: 0o644 }).node.steps[0]).not.toHaveProperty("sha256");
  });

  it("takes sharing and ids in mounts", () => {
    expect(codeOf(() => image.run("x", { mounts: [{ type: "cache", target: "rel" }] }))).toBe("PATH_INVALID");
  });
});
