import { describe, expect, it } from "vitest";
import { Image } from "../../../src/image/image.js";
import type { Plan } from "../../../src/plan/plan.js";
import { layersOf, planned } from "../planned.js";

const debian = Image.from("debian:bookworm-slim");

function commands(plan: Plan): unknown[] {
  return (plan.stages.at(-1)?.layers ?? []).flatMap((layer) =>
    layer.operations.map((operation) => (operation.op === "run" ? operation.command : operation.op)),
  );
}

describe("clean-in-layer", () => {
  const only = ["clean-in-layer"];

  it.each([
    ["apt-get update && apt-get install -y nginx", "/var/lib/apt/lists/*"],
    ["apt install -y nginx", "/var/cache/apt/archives/*"],
    ["apk add curl", "/var/cache/apk/*"],
    ["dnf install -y nginx", "/var/cache/dnf"],
    ["microdnf install nginx", "/var/cache/dnf"],
    ["yum -y install nginx", "/var/cache/yum"],
    ["pip install flask", ".cache/pip"],
    ["npm ci", ".npm"],
    ["gem install rake", "cache/*.gem"],
    ["go build ./...", "go clean"],
  ])("cleans up after %s", (command, leftover) => {
    const { plan, records } = planned(debian.run(command), {}, only);
    expect(commands(plan)[0]).toContain(`${command} && `);
    expect(commands(plan)[0]).toContain(leftover);
    expect(records).toHaveLength(1);
  });

  it.each([
    "apt-get update && apt-get install -y nginx && rm -rf /var/lib/apt/lists/*",
    "apk add --no-cache curl",
    "pip install --no-cache-dir flask",
    "dnf -y install nginx && dnf clean all",
    "echo apt-get",
  ])("leaves alone: %s", (command) => {
    expect(commands(planned(debian.run(command), {}, only).plan)).toEqual([command]);
  });

  it("moves a later clean-up into the layer that made the mess", () => {
    const image = debian
      .run("apt-get update && apt-get install -y nginx")
      .env("A", "1")
      .run("rm -rf /var/lib/apt/lists/*");
    const { plan } = planned(image, {}, only);
    expect(commands(plan)).toEqual([
      "apt-get update && apt-get install -y nginx && rm -rf /var/lib/apt/lists/*",
    ]);
  });

  it("does not move an rm that also removes other things", () => {
    const image = debian.run("apt-get install -y nginx").run("rm -rf /var/lib/apt/lists/* /src");
    expect(commands(planned(image, {}, only).plan)).toHaveLength(2);
  });

  it("keeps the meaning of a command with alternatives or a comment", () => {
    const { plan } = planned(debian.run("apk add curl || true # maybe"), {}, only);
    expect(commands(plan)).toEqual([
      "{ apk add curl || true # maybe\n} && rm -rf /var/cache/apk/* /var/log/apk.log",
    ]);
  });

  it("leaves a cache mount to itself", () => {
    const image = debian.run("apt-get install -y nginx", {
      mounts: [
        { type: "cache", target: "/var/cache/apt" },
        { type: "cache", target: "/var/lib/apt/lists" },
      ],
    });
    expect(commands(planned(image, {}, only).plan)).toEqual(["apt-get install -y nginx"]);
  });

  it("warns where an array leaves no room for it", () => {
    const { warnings } = planned(debian.run(["apt-get", "install", "-y", "nginx"]), {}, only);
    expect(warnings).toMatchObject([{ code: "LEFTOVERS" }]);
  });
});

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
