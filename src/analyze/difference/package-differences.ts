import { parentPath } from "../../core/posix-path.js";
import type { Origin } from "../../errors/origin.js";
import { parseApkInstalled, parseDpkgStatus } from "../../lock/package-list.js";
import { readFileNode } from "../../rootfs/read-node.js";
import type { TreeNode } from "../../rootfs/tree.js";
import type { ComparedFiles } from "./file-differences.js";

/** A package manager. */
export type PackageKind = "dpkg" | "apk" | "npm" | "python";

/** One package that came, went or has another version. */
export interface PackageDifference {
  readonly kind: PackageKind;
  readonly name: string;
  /** The directory that it is installed in, of the kinds that can have several: `/app/node_modules`. */
  readonly folder?: string;
  /** Its version before; absent for one that came. */
  readonly before?: string;
  /** Its version after; absent for one that went. */
  readonly after?: string;
  /** The user's line that wrote the file which says so, where that is known. */
  readonly origin?: Origin;
}

interface Installed extends Pick<PackageDifference, "kind" | "name" | "folder" | "origin"> {
  readonly version: string;
}

/**
 * The packages that came, went or have another version, by kind and name. Only the files that differ are read: what is
 * the same says the same.
 */
export async function packageDifferences({ files, pairs }: ComparedFiles): Promise<PackageDifference[]> {
  const before = new Map<string, Installed>();
  const after = new Map<string, Installed>();
  for (const [at, { path, origin }] of files.entries()) {
    const file = packageFile(path);
    if (file === undefined) continue;
    await collect(before, file, pairs[at]!.before, origin);
    await collect(after, file, pairs[at]!.after, origin);
  }
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key): PackageDifference[] => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old?.version === now?.version) return [];
    const { version: _, ...about } = (now ?? old)!;
    return [
      {
        ...about,
        ...(old === undefined ? {} : { before: old.version }),
        ...(now === undefined ? {} : { after: now.version }),
      },
    ];
  });
}

async function collect(
  packages: Map<string, Installed>,
  { kind, limit, folder, parse }: PackageFile,
  node: TreeNode | undefined,
  origin: Origin | undefined,
): Promise<void> {
  if (node?.type !== "file") return;
  const text = new TextDecoder().decode(await readFileNode(node, limit));
  for (const [name, version] of parse(text)) {
    const about = { kind, name, ...(folder === undefined ? {} : { folder }), ...(origin && { origin }) };
    packages.set(JSON.stringify([kind, name, folder]), { ...about, version });
  }
}

/** A file that says which packages are installed. */
export interface PackageFile {
  readonly kind: PackageKind;
  /** Bytes of it that are read at most. */
  readonly limit: number;
  /** The directory of its packages, for kinds that can have several. */
  readonly folder?: string;
  /** Names and versions. */
  parse(text: string): Iterable<readonly [name: string, version: string]>;
}

/** Larger lists are no lists. */
const LIST_LIMIT = 64 << 20;
/** The name and the version stand at the top, but a package.json must be read whole. */
const ONE_LIMIT = 1 << 20;

/**
 * True when a path is that of a file which says what is installed: the lists of dpkg (also of images without a shell, a
 * file a package) and apk, a package.json directly below `node_modules`, and the METADATA of Python packages. The
 * database of rpm is none: it is no text.
 *
 * @param path absolute
 */
function packageFile(path: string): PackageFile | undefined {
  if (path === "/var/lib/dpkg/status" || path.startsWith("/var/lib/dpkg/status.d/"))
    return { kind: "dpkg", limit: LIST_LIMIT, parse: parseDpkgStatus };
  if (/^(\/usr)?\/lib\/apk\/db\/installed$/.test(path))
    return { kind: "apk", limit: LIST_LIMIT, parse: parseApkInstalled };
  const node = /^(.*\/node_modules)\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/.exec(path);
  if (node !== null) return { kind: "npm", limit: ONE_LIMIT, folder: node[1]!, parse: parsePackageJson };
  if (/\.dist-info\/METADATA$/.test(path)) {
    const folder = parentPath(parentPath(path));
    return { kind: "python", limit: ONE_LIMIT, folder, parse: parseMetadata };
  }
  return undefined;
}

function parsePackageJson(text: string): (readonly [string, string])[] {
  try {
    const { name, version } = JSON.parse(text) as Record<string, unknown>;
    return typeof name === "string" && typeof version === "string" ? [[name, version]] : [];
  } catch {
    // Test data of packages is often broken on purpose.
    return [];
  }
}

/** Header fields up to the first empty line (core metadata, PEP 566). */
function parseMetadata(text: string): (readonly [string, string])[] {
  const head = text.split(/\r?\n\r?\n/, 1)[0] ?? "";
  const [name, version] = ["Name", "Version"].map(
    (field) => new RegExp(`^${field}:[ \\t]*(.*?)\\s*$`, "m").exec(head)?.[1],
  );
  return name && version ? [[name, version]] : [];
}
