import { PlanError } from "../../errors/layerwright-error.js";
import type { CopyOperation, PlanSource } from "../../plan/operation.js";
import type { FileSource, SourceMatch } from "../../ports/file-source.js";

/**
 * Lists what each context source of a copy matches; both syntheses ask here, so that both refuse the same.
 *
 * @throws {PlanError} COPY_NEEDS_SLASH, SOURCES_EXCLUDED
 */
export function listSources(
  files: FileSource,
  operation: Pick<CopyOperation, "sources" | "exclude" | "dest" | "into" | "origin">,
): ReadonlyMap<PlanSource, readonly SourceMatch[]> {
  const { sources, exclude = [], dest, into, origin } = operation;
  const listed = new Map<PlanSource, readonly SourceMatch[]>();
  for (const source of sources) {
    if (source.from === "context") listed.set(source, files.list(source.context, source.path, exclude));
  }
  const matches = [...listed.values()].flat();
  if (matches.length === 0 && listed.size === sources.length) {
    const paths = sources.map(({ path }) => path);
    throw new PlanError("SOURCES_EXCLUDED", { sources: paths, exclude }, { subject: paths[0], origin });
  }
  // One name for two files would leave the last one; COPY asks for the slash too, but not of a pattern.
  if (!into && matches.length > 1 && matches.some(({ shape }) => shape === "file")) {
    const paths = matches.slice(0, 3).map(({ path }) => path);
    const more = matches.length > 3 ? ["..."] : [];
    throw new PlanError(
      "COPY_NEEDS_SLASH",
      { dest, sources: [...paths, ...more] },
      { subject: dest, origin },
    );
  }
  return listed;
}
