import { Base, Image } from "layerwright";
import { expectImage } from "layerwright/testing";
import { describe, expect, it } from "vitest";
import { failing } from "./failing.js";

const parent = Image.scratch().env("LANG", "C.UTF-8").label("org.example.team", "web");
const image = Image.from(parent)
  .env({ PORT: "8080", EMPTY: "" })
  .annotation("org.example.note", "hi")
  .workdir("/srv")
  .user("65532:65532")
  .entrypoint(["/app"])
  .cmd(["--serve"])
  .expose(80, "53/udp")
  .volume("/data")
  .stopSignal("SIGINT")
  .healthcheck({ test: ["/app", "--health"] })
  .shell(["/bin/bash", "-c"]);

describe("the config of an image", () => {
  it("is what its steps and those of its parents set", async () => {
    await expectImage(image)
      .hasEnv("LANG", "C.UTF-8")
      .hasEnv("PORT", /^\d+$/g)
      .hasEnv("EMPTY")
      .hasEnv("PATH")
      .hasNoEnv("DEBUG")
      .hasLabel("org.example.team", "web")
      .hasAnnotation("org.example.note", /./)
      .hasEntrypoint(["/app"])
      .hasCmd(["--serve"])
      .hasUser("65532:65532")
      .isNonRoot()
      .hasWorkdir("/srv")
      .exposes(80, "53/udp")
      .hasVolume("/data")
      .hasStopSignal("SIGINT")
      .hasHealthcheck()
      .hasHealthcheck(["/app", "--health"])
      .hasHealthcheck(["CMD", "/app", "--health"])
      .hasShell(["/bin/bash", "-c"]);
    await expectImage(parent).hasEntrypoint(undefined).hasCmd(undefined);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "hasEnv",
      () => expectImage(image).hasEnv("LNAG"),
      /^the image has no variable LNAG\n {2}close to it: LANG\n/,
    ],
    [
      "hasEnv of a value",
      () => expectImage(image).hasEnv("PORT", "80"),
      /^the variable PORT is "8080", not "80"\n {2}set at: .*config\.test\.ts:\d+/,
    ],
    ["hasEnv of a pattern", () => expectImage(image).hasEnv("PORT", /^9/), /not \/\^9\//],
    ["hasNoEnv", () => expectImage(image).hasNoEnv("PORT"), /^the image has the variable PORT\n {2}set at:/],
    [
      "hasLabel",
      () => expectImage(image).hasLabel("team"),
      /^the image has no label team\n {2}it has: org\.example\.team/,
    ],
    ["hasAnnotation", () => expectImage(image).hasAnnotation("none"), /^the image has no annotation none/],
    [
      "hasEntrypoint",
      () => expectImage(image).hasEntrypoint(["/ap"]),
      /^the entry point is \["\/app"\], not \["\/ap"\]\n {2}set at:/,
    ],
    [
      "hasEntrypoint of none",
      () => expectImage(image).hasEntrypoint(undefined),
      /^the entry point is \["\/app"\]\n/,
    ],
    ["hasCmd", () => expectImage(parent).hasCmd(["x"]), /^the image has no command \["x"\]$/],
    ["hasUser", () => expectImage(image).hasUser(0), /^the user is "65532:65532", not "0"/],
    [
      "isNonRoot of none",
      () => expectImage(parent).isNonRoot(),
      /^the image sets no user, so it runs as root$/,
    ],
    [
      "isNonRoot of root",
      () => expectImage(image.user("root")).isNonRoot(),
      /^the image runs as root\n {2}set at:/,
    ],
    ["isNonRoot of 0", () => expectImage(image.user("0:5")).isNonRoot(), /^the image runs as 0:5/],
    ["hasWorkdir", () => expectImage(image).hasWorkdir("/"), /^the working directory is "\/srv", not "\/"/],
    [
      "exposes",
      () => expectImage(image).exposes(443, 80),
      /^the image does not declare the port 443\/tcp\n {2}it has: 80\/tcp, 53\/udp/,
    ],
    ["hasVolume", () => expectImage(image).hasVolume("/var"), /^the image does not declare the volume \/var/],
    [
      "hasStopSignal",
      () => expectImage(image).hasStopSignal("SIGQUIT"),
      /^the stop signal is "SIGINT", not "SIGQUIT"/,
    ],
    ["hasHealthcheck", () => expectImage(parent).hasHealthcheck(), /^the image has no health check$/],
    [
      "hasHealthcheck of a command",
      () => expectImage(image).hasHealthcheck("curl localhost"),
      /^health is probed by \["CMD","\/app","--health"\], not \["CMD-SHELL","curl localhost"\]/,
    ],
    [
      "hasHealthcheck switched off",
      () => expectImage(image.healthcheck(null)).hasHealthcheck(),
      /^the image has no health check\n/,
    ],
    ["hasShell", () => expectImage(image).hasShell(["/bin/sh"]), /^the shell is/],
  ])("%s says what there is", async (_, assertion, message) => {
    expect((await failing(assertion)).message).toMatch(message);
  });

  it("refuses bad questions", () => {
    for (const ask of [
      () => expectImage(image).hasEnv(""),
      () => expectImage(image).hasEnv("A", 1 as never),
      () => expectImage(image).hasCmd("x" as never),
      () => expectImage(image).exposes(0),
      () => expectImage(image).runs(""),
      () => expectImage(image).hasLayers(-1),
      () => expectImage(image).isUnder("20 apples"),
      () => expectImage(image).isUnder(20, { base: "x" }),
      () => expectImage(image).isOn(5 as never),
      () => expectImage(image).sharesLayersWith("x" as never),
    ])
      expect(ask).toThrowError(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
  });
});

describe("what an image stands on and runs", () => {
  const debian = Image.from(`debian:bookworm-slim@sha256:${"a".repeat(64)}`);
  const child = Image.from(debian).run("apt-get update").write("/a", "1");

  it("is told from the description", async () => {
    await expectImage(child)
      .isOn(debian)
      .isOn("debian:bookworm-slim")
      .isOn("docker.io/library/debian:bookworm-slim")
      .isOn(`debian@sha256:${"a".repeat(64)}`)
      .runs("apt-get")
      .runs(/^apt-get update$/);
    await expectImage(image).isOn("scratch").isOn(parent).hasNoRunSteps();
    const local = Image.from(Base.layout("base", { tag: "v1" }));
    await expectImage(local).isOn(Base.layout("base", { tag: "v1" }));
    await expectImage(Image.scratch().copy(child.path("/a"), "/a")).runs("apt-get update");
  });

  it("fails with what there is", async () => {
    expect((await failing(() => expectImage(child).isOn("debian:trixie"))).message).toBe(
      `the image does not stand on debian:trixie\n  it stands on: another image, which stands on debian:bookworm-slim@sha256:${"a".repeat(64)}`,
    );
    for (const base of [
      "scratch",
      parent,
      `debian@sha256:${"b".repeat(64)}`,
      Base.layout("base"),
      "alpine",
    ] as const)
      expect((await failing(() => expectImage(child).isOn(base))).message).toMatch(
        /^the image does not stand on/,
      );
    const local = Image.from(Base.layout("base", { tag: "v1" }));
    expect((await failing(() => expectImage(local).isOn(Base.layout("base", { tag: "v2" })))).operator).toBe(
      "isOn",
    );
    expect((await failing(() => expectImage(child).runs("yum"))).message).toMatch(
      /^no step runs "yum"\n {2}it runs: apt-get update \(.*config\.test\.ts:\d+/,
    );
    expect((await failing(() => expectImage(child).hasNoRunSteps())).actual).toEqual(["apt-get update"]);
  });
});
