import { PlanError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import { type Resolved, resolveUnlessLoop } from "../../rootfs/resolve.js";
import { type FileNode, type FolderNode, lookup, newFolder, type TreeNode } from "../../rootfs/tree.js";

/** Something that a command sees at a path, as far as it decides where further paths lead. */
export interface MountedTree {
  /** Absolute. */
  readonly target: string;
  /** The directory or file that stands there for the time of the command. */
  readonly node: TreeNode;
  /** False where nothing can be made in it, so that no other mount has a place there that is missing. */
  readonly writable: boolean;
}

/** The real paths of all that a sandbox mounts: absolute, with no link of the image left in them. */
export interface MountPoints {
  /** In the order of the mounts. */
  readonly targets: readonly string[];
  readonly systemFiles: { readonly resolvConf: string; readonly hosts: string };
  readonly cwd: string;
  /** The paths that the image lacks and the sandbox makes in it, the deepest first. */
  readonly stubs: readonly string[];
}

/** The file systems of the kernel and the devices, which every command sees. */
const SYSTEM = ["proc", "dev", "sys"];

/** Names that every sandbox has in `/dev`. */
const DEVICES = new Set(
  "console core fd full mqueue null ptmx pts random stderr stdin stdout tty urandom zero".split(" "),
);

/** A file whose content nobody looks at. */
export const MOUNTED_FILE: FileNode = {
  type: "file",
  mode: 0o444,
  uid: 0,
  gid: 0,
  mtime: 0,
  size: 0,
  content: { kind: "bytes", bytes: new Uint8Array() },
};

/**
 * Looks up, in the tree of the image and in what is mounted there before, each path that a sandbox mounts something at
 * and the directory that the command starts in. Links are followed inside of the image alone, so a runtime is given no
 * path with a link that it could follow on the host.
 *
 * @throws {PlanError} SANDBOX_TARGET for a path that leads out, or to a file where a directory has to be
 */
export function mountPoints(
  tree: FolderNode,
  mounts: readonly MountedTree[],
  cwd: string,
  origin: Origin | undefined,
): MountPoints {
  const view = new MountedView(tree, origin);
  for (const name of SYSTEM) view.mountSystem(name);
  const [resolvConf, hosts] = ["/etc/resolv.conf", "/etc/hosts"].map((target) =>
    view.mount(target, { target, node: MOUNTED_FILE, writable: false }),
  );
  const targets = mounts.map((mount) => view.mount(`the mount at ${mount.target}`, mount));
  const folder = view.folder(`the working directory ${cwd}`, cwd);
  return {
    targets,
    systemFiles: { resolvConf: resolvConf!, hosts: hosts! },
    cwd: folder,
    stubs: [...view.stubs].sort((left, right) => right.length - left.length),
  };
}

/** A tree with what is mounted in it so far. */
class MountedView {
  readonly stubs = new Set<string>();
  #view: FolderNode;
  readonly #origin: Origin | undefined;
  readonly #mounted: { readonly path: string; readonly writable: boolean }[] = [];

  constructor(tree: FolderNode, origin: Origin | undefined) {
    this.#view = tree;
    this.#origin = origin;
  }

  /** Mounts a file system of the kernel, whose place can be nothing but a directory: runtimes know it by its name. */
  mountSystem(name: string): void {
    const node = this.#view.children.get(name);
    if (node?.type === "symlink") throw this.#refuse(`/${name}`, `it is a symbolic link to ${node.target}`);
    this.mount(`/${name}`, { target: `/${name}`, node: newFolder(), writable: true });
  }

  /** Mounts something, and gives the real path of its place. */
  mount(what: string, { target, node, writable }: MountedTree): string {
    const found = this.#resolve(what, target);
    const { path } = found;
    if (path === "") throw this.#refuse(what, "it is the root directory itself");
    if (this.#mounted.length >= SYSTEM.length) this.#checkSystem(what, path);
    const needed = node.type === "folder" ? "directory" : "file";
    if (found.node !== undefined && (found.node.type === "folder") !== (needed === "directory")) {
      const there = found.node.type === "folder" ? "directory" : "file";
      throw this.#refuse(what, `/${path} is a ${there}, and only a ${needed} can be there`);
    }
    this.#make(what, path);
    this.#view = withNode(this.#view, path.split("/"), node);
    this.#mounted.push({ path, writable });
    return `/${path}`;
  }

  /** The real path of a directory that a command starts in. */
  folder(what: string, target: string): string {
    const { path, node } = this.#resolve(what, target);
    if (isBelow(path, "proc")) throw this.#refuse(what, `it leads to /${path}`);
    if (node !== undefined && node.type !== "folder")
      throw this.#refuse(what, `/${path} is a file, and only a directory can be there`);
    return `/${path}`;
  }

  #resolve(what: string, target: string): Resolved {
    const found = resolveUnlessLoop(this.#view, target);
    if (found === undefined) throw this.#refuse(what, "its symbolic links never end");
    if (found.blockedBy !== undefined)
      throw this.#refuse(what, `/${found.blockedBy} is a file, and only a directory can be there`);
    return found;
  }

  /** Processes and devices of this machine are no place for anything of an image, but for memory that is shared. */
  #checkSystem(what: string, path: string): void {
    const [top = "", name = ""] = path.split("/");
    const taken = top === "dev" ? name === "" || DEVICES.has(name) : SYSTEM.includes(top);
    if (taken) throw this.#refuse(what, `it leads to /${path}, which the sandbox mounts itself`);
  }

  /** Notes the directories that are made in the image for a mount. */
  #make(what: string, path: string): void {
    const names = path.split("/");
    for (let length = 1; length <= names.length; length++) {
      const part = names.slice(0, length).join("/");
      if (lookup(this.#view, part) !== undefined) continue;
      const around = this.#mounted.findLast((mount) => isBelow(part, mount.path));
      if (around === undefined) this.stubs.add(part);
      else if (!around.writable)
        throw this.#refuse(what, `/${part} is not there, and the mount at /${around.path} is read-only`);
    }
  }

  #refuse(what: string, reason: string): PlanError<"SANDBOX_TARGET"> {
    return new PlanError("SANDBOX_TARGET", { what, reason }, { subject: what, origin: this.#origin });
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** A tree with another node at a path; the given tree stays as it is. */
function withNode(tree: FolderNode, names: readonly string[], node: TreeNode): FolderNode {
  const [name = "", ...rest] = names;
  const below = tree.children.get(name);
  const child =
    rest.length === 0 ? node : withNode(below?.type === "folder" ? below : newFolder(), rest, node);
  return { ...tree, children: new Map(tree.children).set(name, child) };
}
