import type { Operation, PlanSource } from "../plan/operation.js";
import type { Plan } from "../plan/plan.js";
import type { FileSource, SourceMatch } from "../ports/file-source.js";
import { foundSource } from "./facts/found-source.js";
import { listSources } from "./operations/listed-sources.js";
import { withOriginSync } from "./with-origin.js";

/**
 * The plan with `found` in every context source: what is there on disk, in short. The Dockerfile synthesis needs it
 * to give files the same modes as the direct build does. Files are listed and not read.
 */
export function resolveSources(plan: Plan, files: FileSource): Plan {
  const stages = plan.stages.map((stage) => ({
    ...stage,
    layers: stage.layers.map((layer) => ({
      ...layer,
      operations: layer.operations.map((operation) =>
        withOriginSync(operation.origin, () => resolveOperation(operation, files)),
      ),
    })),
  }));
  return { ...plan, stages };
}

function resolveOperation(operation: Operation, files: FileSource): Operation {
  if (operation.op === "copy") {
    const listed = listSources(files, operation);
    return {
      ...operation,
      sources: operation.sources.map((source) => withFound(source, listed.get(source))),
    };
  }
  if (operation.op !== "run" || operation.mounts === undefined) return operation;
  const mounts = operation.mounts.map((mount) =>
    mount.type === "bind" ? { ...mount, source: resolveMounted(mount.source, files) } : mount,
  );
  return { ...operation, mounts };
}

function resolveMounted(source: PlanSource, files: FileSource): PlanSource {
  if (source.from !== "context") return source;
  // As the direct build fills a mount.
  return withFound(
    source,
    listSources(files, { sources: [source], dest: "/source", into: false }).get(source),
  );
}

function withFound(source: PlanSource, matches: readonly SourceMatch[] | undefined): PlanSource {
  if (source.from !== "context" || matches === undefined) return source;
  return { ...source, found: foundSource(matches, source.path) };
}
