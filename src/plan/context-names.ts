import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";

/** The named contexts of one plan: a name stands for one folder. */
export class ContextNames {
  readonly folders: Record<string, string> = {};

  /** @throws {PlanError} CONTEXT_NAME_TAKEN when the name stands for another folder already */
  add(name: string, folder: string, origin: Origin | undefined): string {
    const first = this.folders[name];
    if (first !== undefined && first !== folder) {
      throw new PlanError("CONTEXT_NAME_TAKEN", { name, first, second: folder }, { subject: name, origin });
    }
    this.folders[name] = folder;
    return name;
  }
}
