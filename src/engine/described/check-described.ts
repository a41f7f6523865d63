import type { BaseFacts, KnownPath, Plan } from "../../plan/plan.js";
import type { FileSource } from "../../ports/file-source.js";
import { emptyTree, type FolderNode, lookup, setNode, type TreeNode } from "../../rootfs/tree.js";
import { UnknownRegions, unknownContent } from "../../rootfs/unknown.js";
import { describeImage } from "./describe-image.js";
import { BaseFiles, type LocalBase } from "./described-image.js";

/**
 * Refuses a plan that the direct build would refuse on the way, as far as that can be told from the plan, the sources and
 * what is known of its bases. No file is read and nothing is fetched.
 *
 * @throws {PlanError} at the user's line
 */
export function checkDescribed(plan: Plan, files: FileSource): void {
  describeImage(plan, {
    files,
    runs: true,
    bases: {
      open: ({ known, ...base }) => {
        const name = base.kind === "registry" ? base.reference : base.path;
        const facts = known ?? { config: {}, paths: {}, users: {}, groups: {}, configOnly: true };
        return baseOfFacts(facts, name);
      },
    },
  });
}

/** A base of which only what a plan asks is known; the rest may be anything. */
interface KnownBaseTree extends LocalBase {
  readonly unknown: UnknownRegions;
}

/** The base that some facts tell of: the paths that they name, and the accounts. */
function baseOfFacts(facts: BaseFacts, name: string): KnownBaseTree {
  const because = `the base ${name} is looked into only where steps need it`;
  const why = { because, origin: undefined };
  const unknown = new UnknownRegions();
  unknown.add("", why);
  const tree = emptyTree();
  const { config } = facts;
  if (facts.configOnly === true) return { tree, config, layers: [], unknown };
  // Parents come before what is in them.
  const paths = Object.entries(facts.paths).sort(([left], [right]) => (left < right ? -1 : 1));
  for (const [spelled, known] of paths) {
    const path = spelled.replace(/^\/+/, "");
    if (known === null) unknown.remove(path);
    else if (path === "") Object.assign(tree, attributesOf(known));
    else if (isBelowDirectory(tree, path)) setNode(tree, path, nodeOf(known));
  }
  addAccounts(tree, unknown, facts);
  return { tree, config, layers: [], unknown };

  function nodeOf(known: NonNullable<KnownPath>): TreeNode {
    const attributes = { ...attributesOf(known), mtime: 0 };
    if (known.type === "folder") return { type: "folder", ...attributes, children: new Map() };
    if (known.type === "symlink") return { type: "symlink", ...attributes, target: known.target ?? "" };
    return { type: "file", ...attributes, size: known.size ?? 0, content: unknownContent(why) };
  }
}

function attributesOf({ mode, uid, gid }: NonNullable<KnownPath>) {
  return { mode, uid, gid };
}

/** Follows a link: its target has a path of its own among the facts. */
function isBelowDirectory(tree: FolderNode, path: string): boolean {
  const parent = path.includes("/") ? lookup(tree, path.slice(0, path.lastIndexOf("/"))) : tree;
  return parent?.type === "folder";
}

/** The accounts that a plan names, as the files that hold them; a name that is not among them is not in the base. */
function addAccounts(tree: FolderNode, unknown: UnknownRegions, { paths, users, groups }: BaseFacts): void {
  if (lookup(tree, "etc") === undefined) {
    const mode = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
    setNode(tree, "etc", { type: "folder", ...mode, children: new Map() });
  }
  if (lookup(tree, "etc")?.type !== "folder") return;
  const texts: Record<string, string> = {
    "etc/passwd": Object.entries(users)
      .map(([name, { uid, gid }]) => `${name}:x:${uid}:${gid}::/:/\n`)
      .join(""),
    "etc/group": Object.entries(groups)
      .map(([name, gid]) => `${name}:x:${gid}:\n`)
      .join(""),
  };
  const files = new BaseFiles((path) => Buffer.from(texts[path] ?? ""));
  for (const [path, text] of Object.entries(texts)) {
    if (paths[`/${path}`] !== undefined && paths[`/${path}`]?.type !== "file") continue;
    unknown.remove(path);
    const mode = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
    setNode(tree, path, { type: "file", ...mode, size: text.length, content: files.contentOf(path) });
  }
}
