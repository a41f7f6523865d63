import type { Origin } from "../../errors/origin.js";
import type { Operation } from "../operation.js";
import type { Layer, Plan, Stage } from "../plan.js";
import type { CatalogView } from "./catalog-view.js";

/** Answers about the files of a context; undefined if they were not read. */
export type SourceProbe = (
  context: string | undefined,
  path: string,
) => "file" | "folder" | "missing" | undefined;

/** The interface of a pass to the pipeline: records, warnings and questions. */
export interface PassLog {
  record(entry: Omit<PassRecord, "pass">): void;
  warn(entry: Omit<PassWarning, "pass">): void;
  /** Notes that what a base from outside holds decided whether this stage changes. */
  settledByBase(stage: Stage): void;
  readonly probe: SourceProbe;
  /** The layers of all images that are optimized together, as they are before this pass. */
  readonly catalog: CatalogView;
}

/**
 * A rewrite that makes the image smaller or its build faster and never changes the final root file system.
 * It is safe or does not fire.
 */
export interface Pass {
  readonly name: string;
  apply(plan: Plan, log: PassLog): Plan;
}

/** One change that a pass made. */
export interface PassRecord {
  readonly pass: string;
  /** The user's line that the change came from. */
  readonly origin?: Origin;
  /** The operation before the change, in a few words. */
  readonly before: string;
  readonly after: string;
  /** Bytes that no longer enter the image, where they are known: for commands only once the layer was built. */
  readonly bytes?: number;
  /** The line of the command that removes them in the layer that made them. */
  readonly by?: Origin;
  /** Commands of a Dockerfile that run again when a later step begins or stops to use what is removed. */
  readonly rerunsOnUse?: number;
  /** The price: commands that a change of this line runs again, and would not run again as the steps are written. */
  readonly reruns?: number;
}

/** Something a pass saw and left alone, with its cost in bytes where it is known. */
export interface PassWarning {
  readonly pass: string;
  readonly code: string;
  readonly origin?: Origin;
  readonly message: string;
  readonly bytes?: number;
}

/** A warning, by a pass or of what else was seen. */
interface Told {
  readonly pass?: string;
  readonly code?: string;
  readonly origin?: Origin;
  readonly message: string;
}

/**
 * Warnings without those that another one of the same source line says already: an image of several platforms, or
 * several images that grow from one value, have their steps in common.
 *
 * @param said is shared by lists of which the later ones are to leave out what the earlier ones say
 */
export function onceEachLine<Warning extends Told>(
  warnings: readonly Warning[],
  said = new Set<string>(),
): readonly Warning[] {
  return warnings.filter(({ pass, code, origin, message }) => {
    const line = pass === undefined ? undefined : origin;
    const key = JSON.stringify(line === undefined ? [code, origin, message] : [code, line]);
    return said.size < said.add(key).size;
  });
}

/** Results without the warnings that an earlier one of them has. */
export function toldOnce<Result extends { readonly warnings: readonly Told[] }>(
  results: readonly Result[],
  said = new Set<string>(),
): Result[] {
  return results.map((result) => ({ ...result, warnings: onceEachLine(result.warnings, said) }));
}

/** An operation and where it is: which layer of its stage. */
export interface PlacedOperation {
  readonly layer: number;
  readonly operation: Operation;
}

/**
 * Lets a pass see each stage as one list of operations and give another list back. Layers that end up empty are
 * dropped; a stage that the pass gives back unchanged stays the same object.
 */
export function editStages(
  plan: Plan,
  edit: (operations: readonly PlacedOperation[], stage: Stage) => readonly PlacedOperation[],
): Plan {
  const stages = plan.stages.map((stage): Stage => {
    const before = stage.layers.flatMap((layer, index) =>
      layer.operations.map((operation) => ({ layer: index, operation })),
    );
    const after = edit(before, stage);
    if (after === before) return stage;
    const layers = stage.layers
      .map(
        (layer, index): Layer => ({
          ...layer,
          operations: after.filter((placed) => placed.layer === index).map((placed) => placed.operation),
        }),
      )
      .filter((layer) => layer.operations.length > 0);
    return { ...stage, layers };
  });
  return { ...plan, stages };
}

/** A list with one item replaced. */
export function replaceAt<T>(list: readonly T[], index: number, item: T): T[] {
  return list.map((old, at) => (at === index ? item : old));
}
