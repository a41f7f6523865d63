import { assertNever } from "../../core/assert-never.js";
import type { FileOperation } from "../../plan/operation.js";
import { applyCopy } from "../operations/apply-copy.js";
import { applyChmod, applyChown } from "../operations/attribute-operations.js";
import type { LayerState } from "../operations/layer-state.js";
import {
  applyAdd,
  applyMkdir,
  applyRemove,
  applySymlink,
  applyWrite,
} from "../operations/simple-operations.js";
import { withOrigin } from "../with-origin.js";

/** Carries out one file operation on a draft; errors name the user's line. */
export function applyOperation(state: LayerState, operation: FileOperation): Promise<void> {
  return withOrigin(operation.origin, () => {
    switch (operation.op) {
      case "copy":
        return applyCopy(state, operation);
      case "write":
        return applyWrite(state, operation);
      case "add":
        return applyAdd(state, operation);
      case "mkdir":
        return applyMkdir(state, operation);
      case "symlink":
        return applySymlink(state, operation);
      case "remove":
        return applyRemove(state, operation);
      case "chmod":
        return applyChmod(state, operation);
      case "chown":
        return applyChown(state, operation);
      default:
        return assertNever(operation);
    }
  });
}
