import { describe, expect, it } from "vitest";
import { processUser } from "../../../src/engine/run/run-spec.js";
import type { FileNode, FolderNode } from "../../../src/rootfs/tree.js";
import { emptyTree, setNode } from "../../../src/rootfs/tree.js";

function file(text: string): FileNode {
  const bytes = Buffer.from(text);
  const content = { kind: "bytes", bytes } as const;
  return { type: "file", mode: 0o644, uid: 0, gid: 0, mtime: 0, size: bytes.length, content };
}

function tree(passwd: string, group: string): FolderNode {
  const root = emptyTree();
  setNode(root, "etc/passwd", file(passwd));
  setNode(root, "etc/group", file(group));
  return root;
}

const image = tree(
  "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n33:x:50:50::/odd:\nbare:x:7:7:::\n",
  "root:x:0:\nstaff:x:50:mail,app\napp:x:1001:\nextra:x:77:app\n",
);

describe("the user of a command", () => {
  it.each([
    ["", { uid: 0, gid: 0, home: "/root", groups: [0] }],
    ["root", { uid: 0, gid: 0, home: "/root", groups: [0] }],
    ["app", { uid: 1000, gid: 1001, home: "/home/app", groups: [1001, 50, 77] }],
    ["1000", { uid: 1000, gid: 1001, home: "/home/app", groups: [1001, 50, 77] }],
    ["app:staff", { uid: 1000, gid: 50, home: "/home/app", groups: [50] }],
    ["app:9", { uid: 1000, gid: 9, home: "/home/app", groups: [9] }],
    // A name made of digits comes before the number.
    ["33", { uid: 50, gid: 50, home: "/odd", groups: [50] }],
    ["4711", { uid: 4711, gid: 0, home: "/", groups: [0] }],
    ["4711:4712", { uid: 4711, gid: 4712, home: "/", groups: [4712] }],
    ["bare", { uid: 7, gid: 7, home: "/", groups: [7] }],
  ])("%j", async (text, expected) => {
    expect(await processUser(image, text)).toEqual(expected);
  });

  it("is root in an image without accounts", async () => {
    expect(await processUser(emptyTree(), "")).toMatchObject({ uid: 0, gid: 0 });
  });

  it.each(["nobody", "app:nobody"])("%j is refused", async (text) => {
    await expect(processUser(image, text)).rejects.toMatchObject({
      code: "OWNER_UNKNOWN",
      subject: "nobody",
    });
  });

  it.each([
    ["minus", "minus:x:-1:0:::\n", ""],
    ["large", "large:x:4294967295:0:::\n", ""],
    ["text", "text:x:0x0:0:::\n", ""],
    ["wide", "wide:x:5:4294967296:::\n", ""],
    ["9999999999", "", ""],
    ["1:4294967296", "", ""],
    ["in", "in:x:5:5:::\n", "bad:x:-1:in\n"],
  ])("S7: %j of %j and %j is no process of Linux", async (user, passwd, group) => {
    await expect(processUser(tree(passwd, group), user)).rejects.toMatchObject({ code: "ACCOUNT_INVALID" });
  });
});
