import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLayerwrightError } from "layerwright";
import type { OptimizedPlan } from "../../src/plan/passes/pipeline.js";
import { buildPlan } from "../api/of-plans.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";
import { type ContextLook, writeContext } from "./random-image.js";
import { tries } from "./tries.js";

/** Programs a property is tried with. */
export const RUNS = tries(20);

/** A context folder and a store that go with the test. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "layerwright-properties-"));
  readonly store = join(this.folder, "store");
  #contexts = 0;
  readonly context = this.contextLike();

  /** One more context with the same files, made in another way. */
  contextLike(look?: ContextLook): string {
    const context = join(this.folder, `context-${++this.#contexts}`);
    mkdirSync(context);
    writeContext(context, look);
    return context;
  }

  /** Builds a plan and lays it open, or gives the code that it is refused with. */
  async built(optimized: OptimizedPlan, context = this.context): Promise<ImageListing | string> {
    const dest = join(this.folder, "built.tar");
    const output = { type: "oci", dest } as const;
    try {
      await buildPlan(optimized, { context, store: this.store, output, compression: "none" });
    } catch (error) {
      if (!isLayerwrightError(error)) throw error;
      return error.code;
    }
    return imageListing(dest);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
