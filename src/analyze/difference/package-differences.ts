import type { Origin } from "../../errors/origin.js";
import { readFileNode } from "../../layer/read-node.js";
import type { TreeNode } from "../../layer/tree-node.js";
import type { ComparedFiles } from "./file-differences.js";
import type { PackageDifference } from "./package-difference.js";
import { type PackageFile, packageFile } from "./package-files.js";

/** A package on one of the two sides. */
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
