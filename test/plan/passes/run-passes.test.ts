import { describe, expect, it } from "vitest";
import { Image } from "../../../src/image/image.js";
import { layersOf, planned } from "../planned.js";

const debian = Image.from("debian:bookworm-slim");

describe("join-runs", () => {
  const only = ["join-runs"];

  it.each(["rm -rf /src", "apt-get purge -y gcc", "cd / && rm -r tmp/x", "find / -name '*.pyc' -delete"])(
    "joins %s with the run before it",
    (command) => {
      const { plan } = planned(debian.run("make").run(command), {}, only);
      expect(layersOf(plan)).toHaveLength(1);
    },
  );

  it.each([
    ["what frees nothing", debian.run("make").run("echo rm")],
    ["another user", debian.run("make").user("app").run("rm -rf /src")],
    ["a copy between", debian.run("make").copy("a", "/a").run("rm -rf /src")],
    ["mounts", debian.run("make", { mounts: [{ type: "tmpfs", target: "/t" }] }).run("rm -rf /src")],
  ] as const)("keeps apart: %s", (_, image) => {
    expect(layersOf(planned(image, {}, only).plan).length).toBeGreaterThan(1);
  });
});
