import type { HistoryEntry } from "../../oci/image-config.js";
import type { ConfigChange } from "../../plan/config.js";
import { describeOperation } from "../../plan/operation.js";
import type { Layer } from "../../plan/plan.js";

const LONGEST = 500;

/** The line of a layer: what its operations do, without any path of this machine. */
export function layerHistory(layer: Layer, created: string): HistoryEntry {
  return { created, created_by: layerText(layer) };
}

/** What a layer is, in a few words. */
export function layerText(layer: Layer): string {
  const steps = layer.operations.map(describeOperation).join("; ");
  const text = [layer.name ?? "", steps].filter((part) => part !== "").join(": ");
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** The lines of config changes, which make no layer. Annotations are of the manifest and have none. */
export function configHistory(changes: readonly ConfigChange[], created: string): HistoryEntry[] {
  const kept = changes.filter((change) => change.set !== "annotation");
  return kept.map((change) => ({ created, created_by: changeText(change), empty_layer: true }));
}

function changeText(change: ConfigChange): string {
  const { set, origin: _, ...rest } = change;
  const values = Object.values(rest).map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
  return `${set} ${values.join("=")}`;
}

/**
 * The history of a base, one line a layer at least: a base whose lines do not fit its layers gets lines that do,
 * because readers count them.
 */
export function baseHistory(
  history: readonly HistoryEntry[] | undefined,
  layers: number,
  created: string,
): readonly HistoryEntry[] {
  const filled = (history ?? []).filter((entry) => entry.empty_layer !== true).length;
  if (history !== undefined && filled === layers) return history;
  return Array.from({ length: layers }, () => ({ created, created_by: "layer of the base" }));
}
