import { assertNever } from "../../core/assert-never.js";
import type { AddOperation, FileOperation } from "../../plan/operation.js";
import { notLocked } from "../../plan/operation.js";
import { checkExecutable } from "../elf/check-executable.js";
import { applyCopy, programsOf } from "../operations/apply-copy.js";
import { applyChmod, applyChown } from "../operations/attribute-operations.js";
import type { LayerState } from "../operations/layer-state.js";
import {
  applyAdd,
  applyMkdir,
  applyRemove,
  applySymlink,
  applyWrite,
  type Fetched,
  placeAdd,
} from "../operations/simple-operations.js";
import { isNumeric, loadAccounts } from "../owners.js";
import { withOrigin } from "../with-origin.js";

/** Fetches a file and verifies it; its content and size. */
export type Fetch = (url: string, sha256: string) => Promise<Fetched>;

/** Carries out one file operation on a draft; errors name the user's line. */
export function applyOperation(state: LayerState, operation: FileOperation, fetch: Fetch): Promise<void> {
  return withOrigin(operation.origin, async () => {
    const { draft } = state;
    if ("owner" in operation && operation.owner !== undefined && !isNumeric(operation.owner))
      await loadAccounts(draft.tree);
    if (operation.op === "add") {
      applyAdd(state, operation, await fetched(state, operation, fetch));
      return;
    }
    if (operation.op === "copy") {
      for (const { file, placing } of programsOf(state, operation))
        await checkExecutable(state, file, placing);
    }
    applyPrepared(state, operation);
  });
}

/** Carries out a file operation for which nothing is left to wait for: accounts are loaded, programs are checked. */
export function applyPrepared(state: LayerState, operation: Exclude<FileOperation, AddOperation>): void {
  switch (operation.op) {
    case "copy":
      applyCopy(state, operation);
      break;
    case "write":
      applyWrite(state, operation);
      break;
    case "mkdir":
      applyMkdir(state, operation);
      break;
    case "symlink":
      applySymlink(state, operation);
      break;
    case "remove":
      applyRemove(state, operation);
      break;
    case "chmod":
      applyChmod(state, operation);
      break;
    case "chown":
      applyChown(state, operation);
      break;
    default:
      assertNever(operation);
  }
}

function fetched(state: LayerState, operation: AddOperation, fetch: Fetch): Promise<Fetched> {
  const { url, sha256 } = operation;
  if (sha256 === undefined) throw notLocked(operation);
  placeAdd(state, operation);
  return fetch(url, sha256);
}
