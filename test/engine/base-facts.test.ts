import { Image } from "layerwright";
import { expect, test } from "vitest";
import { factsOf } from "../../src/engine/base-facts.js";
import { emptyTree, newFolder, setNode } from "../../src/rootfs/tree.js";
import { planned } from "../plan/planned.js";

const attributes = { mode: 0o777, uid: 0, gid: 0, mtime: 0 } as const;
const staff = { ...newFolder(), mode: 0o2775, gid: 50 };

function linkedTree() {
  const tree = emptyTree();
  for (const path of ["usr", "usr/lib", "usr/lib/systemd", "run"]) setNode(tree, path, newFolder());
  setNode(tree, "usr/local", staff);
  setNode(tree, "lib", { type: "symlink", target: "usr/lib", ...attributes });
  setNode(tree, "var", newFolder());
  setNode(tree, "var/run", { type: "symlink", target: "../way", ...attributes });
  setNode(tree, "way", { type: "symlink", target: "/run", ...attributes });
  setNode(tree, "loop", { type: "symlink", target: "loop", ...attributes });
  return tree;
}

async function pathsOf(image: Image) {
  const { paths } = await factsOf(linkedTree(), {}, planned(image).plan.stages);
  return Object.fromEntries(Object.entries(paths).map(([path, fact]) => [path, fact?.type ?? "absent"]));
}

const base = Image.from("base");

test("E16: facts hold what links on the way to a path lead through, and what lies below them", async () => {
  expect(await pathsOf(base.write("/lib/systemd/system/a.service", "1"))).toMatchObject({
    "/lib": "symlink",
    "/usr/lib": "folder",
    "/usr/lib/systemd": "folder",
    "/usr/lib/systemd/system": "absent",
    "/usr/lib/systemd/system/a.service": "absent",
  });
  expect(await pathsOf(base.write("/var/run/app/pid", "1"))).toMatchObject({
    "/var/run": "symlink",
    "/way": "symlink",
    "/run": "folder",
    "/run/app": "absent",
    "/run/app/pid": "absent",
  });
});

test("E16: a link of the image itself leads through the base too", async () => {
  const image = base.symlink("/usr/local", "/srv/tools").write("/srv/tools/bin/x", "1");
  expect(await pathsOf(image)).toMatchObject({ "/usr/local": "folder", "/usr/local/bin": "absent" });
});

test("a link that leads to itself is noted as what it is", async () => {
  expect(await pathsOf(base.remove("/loop"))).toMatchObject({ "/loop": "symlink" });
});
