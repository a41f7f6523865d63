import { canonicalJson } from "../../core/json.js";
import type { Origin } from "../../errors/origin.js";
import type { HistoryEntry, ImageConfig } from "../../oci/image-config.js";
import type { ConfigChange } from "../../plan/config.js";
import type { Plan, Stage } from "../../plan/plan.js";
import { alignLists } from "./layer-difference.js";

/** One field of a config that is not the same in two images. */
export interface ConfigDifference {
  /** As the config document names it: `Env`, `Entrypoint`, `architecture`. */
  readonly field: string;
  /** Of a field with names in it: the variable, label, port or volume. */
  readonly key?: string;
  /** Absent where the image before does not have it. */
  readonly before?: unknown;
  /** Absent where the image after does not have it. */
  readonly after?: unknown;
  /** The user's line that set it, where that is known. */
  readonly origin?: Origin;
}

/** Options of a comparison of configs. */
export interface ConfigOptions {
  /** True when times count. */
  readonly times: boolean;
}

/** Fields whose names are compared one by one. */
const KEYED = new Set(["Env", "Labels", "ExposedPorts", "Volumes"]);

/**
 * Compares every field of two configs, also those that we do not know, by field and name. An empty value is the same as
 * none. Layers are not looked at; of the history, the lines that only one of the two has.
 */
export function configDifferences(
  before: ImageConfig,
  after: ImageConfig,
  { times }: ConfigOptions,
  plan?: Plan,
): ConfigDifference[] {
  const { config: oldConfig, rootfs: _, history: oldHistory, ...oldDocument } = before;
  const { config: newConfig, rootfs: __, history: newHistory, ...newDocument } = after;
  const differences = [
    ...fieldDifferences(oldDocument, newDocument).filter(({ field }) => times || field !== "created"),
    ...fieldDifferences(oldConfig ?? {}, newConfig ?? {}).map((it) => withOrigin(it, plan)),
  ];
  return [...differences, ...historyDifference(oldHistory ?? [], newHistory ?? [], times)];
}

function fieldDifferences(before: object, after: object): ConfigDifference[] {
  const [left, right] = [before, after] as Readonly<Record<string, unknown>>[];
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return fields.flatMap((field) => {
    const [old, now] = [left?.[field], right?.[field]];
    if (KEYED.has(field)) return keyed(field, old, now);
    const difference = compared({ field }, meant(old), meant(now));
    return difference === undefined ? [] : [difference];
  });
}

function keyed(field: string, old: unknown, now: unknown): ConfigDifference[] {
  const [left, right] = [entriesOf(old), entriesOf(now)];
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((key) => {
    const difference = compared({ field, key }, left.get(key), right.get(key));
    return difference === undefined ? [] : [difference];
  });
}

/** Variables are `NAME=value` in a list, of which the last counts; all else is a record. */
function entriesOf(value: unknown): Map<string, unknown> {
  if (!Array.isArray(value)) return new Map(Object.entries(value ?? {}));
  return new Map(
    value.map(String).map((variable) => {
      const cut = variable.indexOf("=");
      return cut === -1 ? [variable, ""] : [variable.slice(0, cut), variable.slice(cut + 1)];
    }),
  );
}

function compared(
  about: Pick<ConfigDifference, "field" | "key">,
  before: unknown,
  after: unknown,
): ConfigDifference | undefined {
  if (before === undefined && after === undefined) return undefined;
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after))
    return undefined;
  return {
    ...about,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

/** Returns undefined for an empty value: null, an empty text, list or record. */
function meant(value: unknown): unknown {
  if (value === null || value === "") return undefined;
  if (typeof value === "object" && Object.keys(value as object).length === 0) return undefined;
  return value;
}

function historyDifference(
  before: readonly HistoryEntry[],
  after: readonly HistoryEntry[],
  times: boolean,
): ConfigDifference[] {
  const [left, right] = [before, after].map((list) => list.map((entry) => historyLine(entry, times))) as [
    string[],
    string[],
  ];
  const kept = alignLists(left, right, (a, b) => a === b);
  const gone = left.filter((_, at) => !kept.some(([place]) => place === at));
  const added = right.filter((_, at) => !kept.some(([, place]) => place === at));
  if (gone.length + added.length === 0) return [];
  return [{ field: "history", before: gone, after: added }];
}

function historyLine(
  { created, created_by = "", comment = "", empty_layer, ...rest }: HistoryEntry,
  times: boolean,
) {
  const notes = [
    comment === "" ? "" : `# ${comment}`,
    empty_layer === true ? "(no layer)" : "",
    times ? (created ?? "") : "",
    Object.keys(rest).length === 0 ? "" : canonicalJson(rest),
  ];
  return [created_by, ...notes].filter((text) => text !== "").join(" ");
}

function withOrigin(difference: ConfigDifference, plan: Plan | undefined): ConfigDifference {
  const origin = plan && originOfConfig(plan, difference.field, difference.key);
  return origin === undefined ? difference : { ...difference, origin };
}

/** The user's line that set a field of the config last, in the image or in one that it is based on. */
function originOfConfig({ stages }: Plan, field: string, key: string | undefined): Origin | undefined {
  let stage: Stage | undefined = stages.at(-1);
  while (stage !== undefined) {
    const change = stage.config.findLast((it) => FIELDS[it.set] === field && keyOf(it) === key);
    if (change !== undefined) return change.origin;
    const { base }: Stage = stage;
    stage = base.kind === "stage" ? stages.find(({ id }) => id === base.stage) : undefined;
  }
  return undefined;
}

/** The fields of the document that changes set; annotations are in the manifest. */
const FIELDS: Readonly<Partial<Record<ConfigChange["set"], string>>> = {
  env: "Env",
  label: "Labels",
  workdir: "WorkingDir",
  user: "User",
  entrypoint: "Entrypoint",
  cmd: "Cmd",
  expose: "ExposedPorts",
  volume: "Volumes",
  stopSignal: "StopSignal",
  healthcheck: "Healthcheck",
  shell: "Shell",
};

/** Returns the name that a change sets in a field of several. */
function keyOf(change: ConfigChange): string | undefined {
  if (change.set === "expose") return change.port;
  if (change.set === "volume") return change.path;
  return "name" in change ? change.name : undefined;
}
