import type { Origin } from "../../errors/origin.js";
import type { Owner } from "../../image/owner.js";
import type { FileNode, FolderNode } from "../../layer/tree-node.js";
import type { Platform } from "../../oci/platform.js";
import type { FileSource } from "../../ports/file-source.js";
import type { DraftTree } from "../draft-tree.js";
import { type Ids, resolveOwner } from "../owners.js";

/** What an operation works on. */
export interface LayerState {
  readonly draft: DraftTree;
  readonly platform: Platform;
  readonly files: FileSource;
  /** Whether the stage starts from nothing, for messages. */
  readonly fromScratch: boolean;
  /** The finished tree of another stage. */
  stageTree(stage: string): FolderNode;
  /** Fetches a file and verifies it; its content and size. */
  fetch(url: string, sha256: string): Promise<Pick<FileNode, "content" | "size">>;
}

/** The ids of an owner as the image knows them at this point; root without an owner. */
export async function ownerOf(state: LayerState, owner: Owner | undefined, origin?: Origin): Promise<Ids> {
  return owner === undefined ? { uid: 0, gid: 0 } : resolveOwner(state.draft.tree, owner, origin);
}
