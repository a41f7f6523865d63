import { PlanError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import type { CopyOperation, PlanSource } from "../../plan/operation.js";
import type { FileSource, SourceMatch } from "../../ports/file-source.js";
import { MOST_FILE_BYTES } from "../../tar/entry-limits.js";

/**
 * Lists what each context source of a copy matches; both syntheses ask here, so that both refuse the same.
 *
 * @throws {PlanError} COPY_NEEDS_SLASH, SOURCES_EXCLUDED, SOURCE_TOO_LARGE
 */
export function listSources(
  files: FileSource,
  operation: Pick<CopyOperation, "sources" | "exclude" | "dest" | "into" | "origin" | "maxFileSize">,
): ReadonlyMap<PlanSource, readonly SourceMatch[]> {
  const { sources, exclude = [], dest, into, origin } = operation;
  const listed = new Map<PlanSource, readonly SourceMatch[]>();
  for (const source of sources) {
    if (source.from === "context") listed.set(source, files.list(source.context, source.path, exclude));
  }
  const matches = [...listed.values()].flat();
  for (const match of matches) refuseLarge(match, operation.maxFileSize ?? MOST_FILE_BYTES, origin);
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

function refuseLarge({ path, entries }: SourceMatch, limit: number, origin: Origin | undefined): void {
  for (const { path: below, size } of entries) {
    if (size <= limit) continue;
    const file = [path, below].filter((part) => part !== "" && part !== ".").join("/");
    throw new PlanError("SOURCE_TOO_LARGE", { path: file, size, limit }, { subject: file, origin });
  }
}
