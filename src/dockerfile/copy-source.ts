import { PlanError } from "../errors/layerwright-error.js";
import type { CopyOperation, FoundSource, PlanSource } from "../plan/operation.js";
import { isText, literalPattern, portablePattern } from "./quoting.js";
import type { StageDraft } from "./stage-draft.js";

/** What a source is, as far as it is known. */
export type SourceShape = "file" | "folder" | "files" | "unknown";

/** One source as COPY names it. */
export interface SpelledSource {
  /** A stage or a named context; the main context when absent. */
  readonly from?: string;
  /** A pattern in Go's grammar. */
  readonly pattern: string;
  readonly shape: SourceShape;
  readonly found?: FoundSource;
  readonly source: PlanSource;
}

/**
 * Spells a source of a copy and notes what of the context it needs.
 *
 * @throws {PlanError} NOT_EXPRESSIBLE for `**`, which COPY does not know
 */
export function spellSource(draft: StageDraft, source: PlanSource, operation: CopyOperation): SpelledSource {
  const { emission } = draft;
  if (source.from === "stage") {
    const stage = emission.stages.get(source.stage);
    const fact = stage?.tree.at(stage.tree.real(source.path, true));
    const shape =
      operation.executable || fact?.kind === "file" ? "file" : fact?.kind === "folder" ? "folder" : "unknown";
    return { from: stage?.name ?? source.stage, pattern: literalPattern(source.path), shape, source };
  }
  const refuse = (reason: string): never => {
    throw new PlanError(
      "NOT_EXPRESSIBLE",
      { field: "copy source", reason },
      { subject: source.path, origin: operation.origin },
    );
  };
  if (!isText(source.path)) refuse("has a name that is not UTF-8");
  if (source.path.split("/").includes("**")) refuse("holds **, which COPY does not know");
  const from = source.context === undefined ? {} : { from: useContext(draft, source.context) };
  const found = source.found === undefined ? {} : { found: source.found };
  return {
    ...from,
    pattern: portablePattern(source.path),
    shape: contextShape(source.found, operation),
    ...found,
    source,
  };
}

function contextShape(found: FoundSource | undefined, operation: CopyOperation): SourceShape {
  if (operation.executable) return "file";
  if (found === undefined) return "unknown";
  if (found.shape !== "many") return found.shape;
  return found.folders === 0 && found.files > 0 ? "files" : "unknown";
}

function useContext(draft: StageDraft, name: string): string {
  draft.emission.contexts.set(name, draft.emission.plan.contexts[name] ?? name);
  return name;
}
