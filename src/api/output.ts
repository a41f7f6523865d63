import { resolve } from "node:path";
import { createDiskOutput } from "../adapters/output-disk/disk-output.js";
import { DefinitionError } from "../errors/layerwright-error.js";
import type { Plan } from "../plan/plan.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { ImageOutput } from "../ports/image-output.js";
import type { OutputTarget } from "./build-types.js";
import { rootfsOutput } from "./rootfs-output.js";

const TYPES: readonly OutputTarget["type"][] = ["archive", "oci", "layout", "rootfs"];

/**
 * What an `output` option means: a path is the archive that every loader takes.
 *
 * @throws {DefinitionError} OUTPUT_INVALID
 */
export function outputTarget(output: string | OutputTarget | undefined): OutputTarget | undefined {
  if (output === undefined) return undefined;
  const target = typeof output === "string" ? { type: "archive" as const, dest: output } : output;
  if (!TYPES.includes(target.type) || typeof target.dest !== "string" || target.dest === "") {
    throw new DefinitionError("OUTPUT_INVALID", { got: output, types: TYPES }, { subject: "output" });
  }
  return target;
}

/** Opens an output. What the images are made from on disk is named, so that it is never written over. */
export function openOutput(
  target: OutputTarget,
  plans: readonly Plan[],
  context: string,
  store: BlobStore,
): ImageOutput {
  const toStream = target.dest === "-" && target.type !== "layout";
  const dest = toStream ? process.stdout : target.dest;
  const bases = plans.flatMap(({ stages }) => stages.map(({ base }) => base));
  const inputs = bases.flatMap((base) => ("path" in base ? [resolve(context, base.path)] : []));
  if (target.type === "rootfs") return rootfsOutput(dest, inputs, store);
  return createDiskOutput({ type: target.type, dest, inputs });
}
