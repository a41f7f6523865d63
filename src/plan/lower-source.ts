import type { Origin } from "../errors/origin.js";
import type { Source } from "../image/nodes.js";
import type { Lowering } from "./lower.js";
import type { PlanSource } from "./operation.js";

/** Lowers what a copy or a mount reads: a cleaned pattern of a context, or a path of another stage. */
export function lowerSource(source: Source, lowering: Lowering, origin: Origin | undefined): PlanSource {
  if (source.from === "image") {
    return { from: "stage", stage: lowering.stageOf(source.image).stage.id, path: source.path };
  }
  const path = cleanRelative(source.path);
  if (source.context === undefined) return { from: "context", path };
  const { name, folder } = source.context;
  return { from: "context", context: lowering.context(name, folder, origin), path };
}

/** `./a//b/` is `a/b`, and the whole folder is `.`; the description has refused `..` and absolute paths. */
function cleanRelative(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? "." : parts.join("/");
}
