import type { Command } from "commander";
import { closestName } from "../core/closest-name.js";
import { namePattern } from "../core/glob.js";
import { several, UsageError } from "./option-value.js";

/** What images can be chosen from. */
interface Selectable {
  readonly names: readonly string[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/**
 * The names that the operands choose, in the order of the catalog; all of them without an operand. An operand is a name,
 * a pattern, or `@` and a group.
 *
 * @throws {UsageError} IMAGE_UNKNOWN, GROUP_UNKNOWN
 */
export function selectNames({ names, groups }: Selectable, operands: readonly string[]): readonly string[] {
  if (operands.length === 0) return names;
  const chosen = new Set<string>();
  for (const operand of operands) {
    const matching = operand.startsWith("@")
      ? groupNamed(operand.slice(1), groups)
      : names.filter(namePattern(operand));
    if (matching.length === 0) throw unknown(operand, names);
    for (const name of matching) chosen.add(name);
  }
  return names.filter((name) => chosen.has(name));
}

function groupNamed(group: string, groups: Selectable["groups"]): readonly string[] {
  if (Object.hasOwn(groups, group)) return groups[group]!;
  const known = Object.keys(groups);
  throw new UsageError(
    "GROUP_UNKNOWN",
    { got: group, known, suggestion: closestName(group, known) },
    { subject: group },
  );
}

function unknown(operand: string, names: readonly string[]): UsageError {
  const below = `${operand.replace(/\/$/, "")}/`;
  const suggestion = names.some((name) => name.startsWith(below))
    ? `${below}**`
    : closestName(operand, names);
  return new UsageError("IMAGE_UNKNOWN", { got: operand, known: names, suggestion }, { subject: operand });
}

/** Which of the named images are meant, by what they are made from. */
export interface SelectionFlags {
  readonly affectedBy?: readonly string[];
  readonly changed?: boolean;
}

/** What the operands of a command that takes images are. */
export const NAMES_HELP = "names, patterns ('api/*', '**') or groups (@nightly)";

/** Adds the options that narrow the images which were named. */
export function addSelectionFlags(command: Command): void {
  command
    .option(
      "--affected-by <file>",
      "only images that use this file or directory, even if deleted (repeatable)",
      several,
    )
    .option("--changed", "only images that changed since their last build");
}
