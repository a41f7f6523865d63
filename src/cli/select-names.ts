import { nameMatcher } from "../core/pattern/name-pattern.js";
import { closestName } from "../image/closest-name.js";
import { UsageError } from "./usage-error.js";

/**
 * The names that the patterns choose, in the order of the catalog; all of them without a pattern.
 *
 * @throws {UsageError} IMAGE_UNKNOWN
 */
export function selectNames(known: readonly string[], patterns: readonly string[]): readonly string[] {
  if (patterns.length === 0) return known;
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const matching = known.filter(nameMatcher(pattern));
    if (matching.length === 0) {
      const suggestion = closestName(pattern, known);
      throw new UsageError("IMAGE_UNKNOWN", { got: pattern, known, suggestion }, { subject: pattern });
    }
    for (const name of matching) chosen.add(name);
  }
  return known.filter((name) => chosen.has(name));
}
