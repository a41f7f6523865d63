import { namePattern } from "../core/glob.js";
import { type Call, refuse } from "../image/call.js";
import { isPathComponent } from "../oci/reference.js";

type Groups = Readonly<Record<string, readonly string[]>>;

/** The members of each group, in the order of the catalog: what its patterns choose, and what was in it before. */
export function chosenGroups(call: Call, names: readonly string[], before: Groups, given: unknown): Groups {
  const members = new Map(Object.entries(before).map(([group, chosen]) => [group, new Set(chosen)]));
  for (const [group, patterns] of entriesOf(call, given)) {
    const chosen = members.get(group) ?? new Set();
    for (const pattern of patterns) {
      const matching = names.filter(namePattern(pattern));
      const reason = `no image is meant by ${JSON.stringify(pattern)} in the group "${group}"`;
      if (matching.length === 0) refuse(call, "CATALOG_INVALID", { reason, got: names });
      for (const name of matching) chosen.add(name);
    }
    members.set(group, chosen);
  }
  const ordered = [...members].map(([group, chosen]) => [
    group,
    Object.freeze(names.filter((name) => chosen.has(name))),
  ]);
  return Object.freeze(Object.fromEntries(ordered));
}

function entriesOf(call: Call, given: unknown): [group: string, patterns: readonly string[]][] {
  if (given === undefined) return [];
  const wrong = (got: unknown): never => {
    const reason = "groups is a record from a name to an array of names and patterns";
    return refuse(call, "CATALOG_INVALID", { reason, got });
  };
  if (typeof given !== "object" || given === null || Array.isArray(given)) return wrong(given);
  return Object.entries(given).map(([group, patterns]) => {
    if (!isPathComponent(group)) {
      refuse(call, "IMAGE_NAME_INVALID", {
        got: group,
        reason: "it names a group, and has other characters",
      });
    }
    if (!Array.isArray(patterns) || !patterns.every((one) => typeof one === "string")) return wrong(patterns);
    return [group, patterns];
  });
}
