import type { Origin } from "../../errors/origin.js";
import type { Operation } from "../../plan/operation.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";
import type { Writer } from "./wasted.js";

/** What wrote to a line's layer, told by the operation that the line belongs to in the image's plan. */
export function writersOf({ plan }: ObservedImage): (layer: ObservedLayer, origin?: Origin) => Writer {
  const operations = new Map<Origin, Operation["op"]>();
  for (const { origin, op } of (plan?.stages ?? []).flatMap(operationsOf)) {
    if (origin !== undefined) operations.set(origin, op);
  }
  return ({ inherited }, origin) => ({ step: stepOf(origin, inherited, operations), inherited });
}

function operationsOf({
  layers,
}: {
  readonly layers: readonly { readonly operations: readonly Operation[] }[];
}) {
  return layers.flatMap((layer) => layer.operations);
}

function stepOf(
  origin: Origin | undefined,
  inherited: boolean,
  operations: ReadonlyMap<Origin, Operation["op"]>,
): Writer["step"] {
  if (origin === undefined) return inherited ? "base" : "other";
  const op = operations.get(origin);
  if (op === undefined || op === "copy") return op ?? "other";
  return op === "run" || op === "hostRun" ? "command" : "write";
}
