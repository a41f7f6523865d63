import type { Origin } from "../../errors/origin.js";
import type { Owner } from "../../image/owner.js";
import type { FolderNode } from "../../layer/tree-node.js";
import type { Platform } from "../../oci/platform.js";
import type { FileSource } from "../../ports/file-source.js";
import type { DraftTree } from "../draft-tree.js";
import type { Ids } from "../owners.js";

/** What an operation works on. */
export interface LayerState {
  readonly draft: DraftTree;
  readonly platform: Platform;
  readonly files: FileSource;
  /** True when the stage starts from nothing, for messages. */
  readonly fromScratch: boolean;
  /** The finished tree of another stage. */
  stageTree(stage: string): FolderNode;
  /** The ids of an owner as the image knows them at this point. */
  idsOf(owner: Owner, origin: Origin | undefined): Ids;
}

/** The ids of an owner as the image knows them at this point; root without an owner. */
export function ownerOf(state: LayerState, owner: Owner | undefined, origin?: Origin): Ids {
  return owner === undefined ? { uid: 0, gid: 0 } : state.idsOf(owner, origin);
}
