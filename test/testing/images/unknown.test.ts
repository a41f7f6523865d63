import { Image } from "layerwright";
import { expectImage } from "layerwright/testing";
import { describe, expect, it } from "vitest";
import { failing } from "./failing.js";

const UNKNOWN = /is not known without a build/;
const options = { platform: "linux/amd64" };
const of = (image: Image) => expectImage(image, options);

describe("what a command may make", () => {
  const image = Image.scratch().write("/etc/app.conf", "a=1\n").run("make install");

  it("is not known, and the failure says why, where, and how to test it", async () => {
    const error = await failing(() => of(image).hasFile("/usr/bin/app"));
    expect(error.message).toMatch(/^whether there is a file \/usr\/bin\/app is not known without a build\n/);
    expect(error.message).toContain("the step that runs make install may make or change it");
    expect(error.message).toMatch(/at: +.*unknown\.test\.ts:\d+/);
    expect(error.message).toContain("expectArchive(path)");
  });

  it("leaves what file steps placed known", async () => {
    await of(image).hasFile("/etc/app.conf", { contents: "a=1\n" });
    expect((await failing(() => of(image).hasFile("/etc/app.conf", { mode: 0o600 }))).message).toMatch(
      /note: the step that runs make install/,
    );
  });

  it("keeps absence, and sizes, open", async () => {
    expect((await failing(() => of(image).hasNoFile("/tmp/x"))).message).toMatch(UNKNOWN);
    expect((await failing(() => of(image).hasNoFileMatching("**/*.map"))).message).toMatch(UNKNOWN);
    expect((await failing(() => of(image).isUnder("1MB"))).message).toMatch(UNKNOWN);
    expect((await failing(() => of(image).isUnder("1kB"))).message).toMatch(
      /^the image has 2.6 kB, not under 1 kB/,
    );
    await of(image).hasNoFile("/tmp/x", { own: true }).hasNoFileMatching("**/*.map", { own: true });
    expect((await failing(() => of(image).hasNoFileMatching("**/*.conf", { own: true }))).message).toContain(
      "/etc/app.conf",
    );
  });

  it("is known to be gone where a later step removes it", async () => {
    await of(image.remove("/var/cache")).hasNoFile("/var/cache").hasNoFile("/var/cache/apt/x");
    expect(
      (await failing(() => of(image.remove("/var/cache").run("true")).hasNoFile("/var/cache"))).message,
    ).toMatch(UNKNOWN);
    expect((await failing(() => of(image.remove("/var/cache")).hasNoFile("/var"))).message).toMatch(UNKNOWN);
  });
});

describe("what another stage makes", () => {
  const build = Image.from("golang:1.24").workdir("/src").run("go build -o /out/app .");

  it("is a program where binary copies it, with the mode that it gets", async () => {
    const app = Image.scratch().binary(build.path("/out/app"), "/app", { owner: 7 });
    await of(app).hasFile("/app", { mode: 0o755, owner: "7:7" }).hasNoFile("/other").hasLayers(1);
    expect((await failing(() => of(app).hasFile("/app", { contents: "x" }))).message).toMatch(
      /the contents of \/app is not known/,
    );
    expect((await failing(() => of(app).hasFile("/app", { mode: 0o700 }))).message).toContain(
      "mode 0755, not 0700",
    );
    expect((await failing(() => of(app).isUnder("20MB"))).message).toMatch(UNKNOWN);
    await of(Image.scratch().binary(build.path("/out/app"), "/app")).hasFile("/app", { owner: "0:0" });
    const clauses = Image.scratch().binary(build.path("/out/app"), "/app", { mode: "a+rx" });
    expect((await failing(() => of(clauses).hasFile("/app", { mode: 0o755 }))).message).toMatch(
      /the mode of \/app is not known/,
    );
    await of(clauses.chmod("/app", 0o500)).hasFile("/app", { mode: 0o500 });
    expect(
      (await failing(() => of(clauses.chmod("/app", "g-w")).hasFile("/app", { mode: 0o755 }))).message,
    ).toMatch(UNKNOWN);
  });

  it("is something where copy copies it", async () => {
    const app = Image.scratch().copy(build.path("/out"), "/srv");
    await of(app).hasPath("/srv").hasNoFile("/other");
    const error = await failing(() => of(app).hasFile("/srv"));
    expect(error.message).toMatch(/^what there is at \/srv is not known/);
    expect(error.message).toContain("it is copied from /out of another stage: the step that runs go build");
    expect((await failing(() => of(app).hasFile("/srv/app"))).message).toMatch(UNKNOWN);
    expect((await failing(() => of(app.remove("/srv")).hasPath("/srv"))).message).toBe(
      "the image has nothing at /srv",
    );
  });

  it("is known where its file steps make it", async () => {
    const stage = build.write("/out/version", "1\n");
    await of(Image.scratch().copy(stage.path("/out/version"), "/version"))
      .hasFile("/version", { contents: "1\n" })
      .isUnder("5kB");
    const folder = Image.scratch().copy(stage.path("/out"), "/srv");
    await of(folder).hasFile("/srv/version", { contents: "1\n" });
    expect((await failing(() => of(folder).hasNoFile("/srv/app"))).message).toMatch(UNKNOWN);
  });
});

describe("what a base in a registry has", () => {
  const image = Image.from("debian:bookworm-slim")
    .write("/srv/site/index.html", "x", { owner: "www-data" })
    .chmod("/etc/shadow", 0o600)
    .chown("/srv/site/index.html", "www-data:adm");

  it("is not looked into", async () => {
    const error = await failing(() => of(image).hasFile("/bin/sh"));
    expect(error.message).toContain("the base debian:bookworm-slim is in a registry and not looked into");
    expect((await failing(() => of(image).hasNoFile("/bin/sh"))).message).toMatch(UNKNOWN);
    expect((await failing(() => of(image).hasFile("/etc/shadow", { mode: 0o600 }))).message).toMatch(UNKNOWN);
  });

  it("leaves owners known by the names that steps say", async () => {
    await of(image).hasFile("/srv/site/index.html", { owner: "www-data:adm", mode: 0o644 });
    expect((await failing(() => of(image).hasFile("/srv/site/index.html", { owner: 33 }))).message).toMatch(
      /the owner of \/srv\/site\/index\.html is not known/,
    );
    expect(
      (await failing(() => of(image).hasFile("/srv/site/index.html", { owner: "www-data:games" }))).message,
    ).toContain("owner www-data:adm, not www-data:games");
  });

  it("does not count for its layers and bytes", async () => {
    const plain = Image.from("debian:bookworm-slim").write("/srv/a", "x").remove("/usr/share/doc");
    await of(plain).hasOwnLayers(2).isOwnUnder("1MB").isUnder("80MB", { base: "75MB" });
    await of(image).hasOwnLayers(2);
    // The file is written once more, whole.
    expect((await failing(() => of(image).isOwnUnder("1MB"))).message).toContain(
      "it changes what its base has",
    );
    expect((await failing(() => of(image).hasLayers(3))).message).toMatch(UNKNOWN);
    expect((await failing(() => of(image).hasLayersAtMost(4))).message).toMatch(UNKNOWN);
    expect((await failing(() => of(image).hasLayersAtMost(2))).message).toMatch(
      /^the image has layers: 3, not at most 2\n/,
    );
    expect((await failing(() => of(plain).isUnder("80MB"))).message).toContain(
      "isOwnUnder leaves the base out",
    );
    expect((await failing(() => of(plain).isUnder("75MB", { base: "75MB" }))).message).toContain(
      "not under 75 MB",
    );
    await of(image.squash("all")).hasLayers(1);
  });

  it("may set what the steps do not", async () => {
    for (const asked of [
      () => of(image).hasEnv("PATH"),
      () => of(image).hasNoEnv("DEBUG"),
      () => of(image).hasLabel("vendor"),
      () => of(image).hasCmd(["bash"]),
      () => of(image).isNonRoot(),
      () => of(image).hasUser("root"),
      () => of(image).exposes(80),
      () => of(image).hasHealthcheck(),
    ])
      expect((await failing(asked)).message).toMatch(UNKNOWN);
    // A new entry point drops the command of the base.
    await of(image.entrypoint(["/app"]))
      .hasEntrypoint(["/app"])
      .hasCmd(undefined);
  });

  it("may have the loader of a program", async () => {
    await of(Image.from("debian:bookworm-slim").binary(process.execPath.slice(1), "/node")).isOn(
      "debian:bookworm-slim",
    );
  });
});

describe("what is downloaded", () => {
  it("is a file whose mode is known and whose content is not", async () => {
    const image = Image.scratch().add("https://example.com/tool.tgz", "/opt/", { mode: 0o640 });
    await of(image).hasFile("/opt/tool.tgz", { mode: 0o640, owner: "0:0" });
    expect((await failing(() => of(image).hasFile("/opt/tool.tgz", { size: 4 }))).message).toContain(
      "downloaded by the build",
    );
    expect((await failing(() => of(image).isUnder("20MB"))).message).toMatch(UNKNOWN);
  });
});
