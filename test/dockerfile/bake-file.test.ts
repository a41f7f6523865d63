import { expect, test } from "vitest";
import { type BakeImage, bakeFile } from "../../src/dockerfile/bake-file.js";

const image = (name: string, own: string, more: Partial<BakeImage> = {}): BakeImage => ({
  name,
  reference: `acme/${name}`,
  platforms: ["linux/amd64"],
  dockerfile: `out/${name}/Dockerfile`,
  contexts: {},
  annotations: [],
  secrets: [],
  ssh: [],
  hostNetwork: false,
  image: { "linux/amd64": own },
  stages: {},
  ...more,
});

const parse = (text: string) => JSON.parse(text) as Record<"group" | "target", Record<string, object>>;

test("a target says all that its Dockerfile needs", () => {
  const app = image("app", "1", {
    contexts: { lib: "../lib" },
    annotations: ["a=b"],
    secrets: ["npm"],
    ssh: ["default"],
    hostNetwork: true,
  });
  expect(parse(bakeFile([app], {}))).toEqual({
    group: { default: { targets: ["app"] } },
    target: {
      app: {
        context: ".",
        dockerfile: "out/app/Dockerfile",
        platforms: ["linux/amd64"],
        tags: ["acme/app"],
        contexts: { lib: "../lib" },
        annotations: ["a=b"],
        secret: ["id=npm"],
        ssh: ["default"],
        entitlements: ["network.host"],
      },
    },
  });
});

test("a stage is a parent's target only where it is that image on every platform", () => {
  const both = ["linux/amd64", "linux/arm64"];
  const parent = image("parent", "1", { image: { "linux/amd64": "1", "linux/arm64": "2" } });
  const child = image("child", "3", {
    platforms: both,
    stages: {
      "stage-1": { "linux/amd64": "1", "linux/arm64": "2" },
      "stage-2": { "linux/amd64": "1", "linux/arm64": "9" },
      "stage-3": { "linux/arm64": "1" },
      "stage-4": { "linux/amd64": "3" },
    },
  });
  expect(parse(bakeFile([child, parent], {})).target["child"]).toMatchObject({
    contexts: { "stage-1": "target:parent" },
  });
});

test("names of targets and groups are told apart, and groups hold what is there", () => {
  const names = ["api/server", "api-server", "default", "a.b"];
  const { group, target } = parse(
    bakeFile(
      names.map((name, at) => image(name, `${at}`)),
      { default: ["a.b"], none: ["gone"], "a-b": ["a.b", "gone"] },
    ),
  );
  expect(Object.keys(target)).toEqual(["api-server", "api-server-2", "default-2", "a-b"]);
  expect(group).toEqual({
    default: { targets: Object.keys(target) },
    "default-3": { targets: ["a-b"] },
    "a-b-2": { targets: ["a-b"] },
  });
});
