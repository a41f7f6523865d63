import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { CopyOperation, FoundSource, PlanContextSource, PlanSource } from "../plan/operation.js";
import { isFolder } from "./known-tree.js";
import { contextPattern, isText, literalPattern } from "./quoting.js";
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
  const refuse = (reason: string): never => {
    throw new PlanError(
      "NOT_EXPRESSIBLE",
      { field: "copy source", reason },
      { subject: source.path, origin: operation.origin },
    );
  };
  const refuseBracket = (pattern: string): void => {
    // Buildah 1.28 calls the class of one bracket a syntax error.
    if (emission.dialect.name === "classic" && pattern.includes("[[]")) {
      refuse("names a file with a [, which not every builder of the classic dialect can: copy its folder");
    }
  };
  if (source.from === "stage") {
    const stage = emission.stages.get(source.stage);
    const fact = stage?.tree.at(stage.tree.real(source.path, true));
    const shape =
      operation.executable || fact?.kind === "file"
        ? "file"
        : fact !== undefined && isFolder(fact)
          ? "folder"
          : "unknown";
    if (/[\n\r]/.test(source.path)) refuse("has a line break, which COPY cannot name: copy its folder");
    const pattern = literalPattern(source.path);
    refuseBracket(pattern);
    return { from: stage?.name ?? source.stage, pattern, shape, source };
  }
  if (!isText(source.path)) refuse("has a name that is not UTF-8");
  if (source.path.split("/").includes("**")) refuse("holds **, which COPY does not know");
  refuseNotText(source, operation.origin);
  const from = source.context === undefined ? {} : { from: useContext(draft, source.context) };
  const found = source.found === undefined ? {} : { found: source.found };
  const spelled = contextPattern(source.path);
  if ("reason" in spelled) return refuse(spelled.reason);
  refuseBracket(spelled.pattern);
  return {
    ...from,
    pattern: spelled.pattern,
    shape: contextShape(source.found, operation),
    ...found,
    source,
  };
}

/** Refuses what no builder can be sent with its context. @throws {PlanError} NOT_EXPRESSIBLE */
export function refuseNotText({ path, found }: PlanContextSource, origin: Origin | undefined): void {
  if (found?.notText === undefined) return;
  const reason = `holds ${JSON.stringify(found.notText)}, a name or the target of a link that is not UTF-8: leave it out by .dockerignore`;
  throw new PlanError("NOT_EXPRESSIBLE", { field: "copy source", reason }, { subject: path, origin });
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
