import { resolvePath } from "../../layer/resolve.js";
import type { FolderNode } from "../../layer/tree-node.js";
import type { BlobStore } from "../../ports/blob-store.js";
import { contentIdentity } from "../content-identity.js";
import { accountText, knowAccountText } from "../owners.js";

const KIND = "account-file-1";

/**
 * Makes the account files of a tree known without a look at its layers, where an earlier build has read them: a whole
 * compressed layer would be unpacked for two small files.
 */
export async function knowAccounts(tree: FolderNode, store: BlobStore): Promise<void> {
  for (const path of ["etc/passwd", "etc/group"]) {
    const { node } = resolvePath(tree, path);
    if (node?.type !== "file" || node.content.kind !== "layer") continue;
    const identity = contentIdentity(node.content);
    if (identity === undefined) continue;
    const known = await store.getRecord(KIND, identity);
    if (typeof known === "string") knowAccountText(node, known);
    else {
      const text = await accountText(tree, path);
      if (text !== undefined) await store.putRecord(KIND, identity, text);
    }
  }
}
