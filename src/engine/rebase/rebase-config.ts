import type { HistoryEntry, ImageConfig, RuntimeConfig } from "../../oci/image-config.js";
import { baseHistory } from "../documents/history.js";
import { sameJson, swapFields } from "./swap-fields.js";

/** The config of an image on a new base: the same as if it had been built on that. */
export function rebaseConfig(own: ImageConfig, from: ImageConfig, onto: ImageConfig): ImageConfig {
  const kept = from.rootfs.diff_ids.length;
  const { created } = own;
  const diffIds = [...onto.rootfs.diff_ids, ...own.rootfs.diff_ids.slice(kept)];
  const ontoHistory = baseHistory(onto.history, onto.rootfs.diff_ids.length, created ?? EPOCH);
  const { config: _, rootfs: __, history: ___, created: ____, ...rest } = own;
  const document = swapFields(rest, documentOf(from), documentOf(onto)) as Omit<ImageConfig, "rootfs">;
  return {
    ...document,
    ...(created === undefined ? {} : { created }),
    config: rebaseRuntime(own.config ?? {}, from.config ?? {}, onto.config ?? {}),
    rootfs: { type: "layers", diff_ids: diffIds },
    history: [...ontoHistory, ...ownHistory(own, from)],
  };
}

const EPOCH = "1970-01-01T00:00:00Z";

/** The fields of the base's own making; the others are put together anew. */
function documentOf(config: ImageConfig): Readonly<Record<string, unknown>> {
  const { config: _, rootfs: __, history: ___, created: ____, ...document } = config;
  return document;
}

/** The lines of the image above those of its base, one a layer at least. */
export function ownHistory(own: ImageConfig, from: ImageConfig): readonly HistoryEntry[] {
  const below = from.rootfs.diff_ids.length;
  const layers = own.rootfs.diff_ids.length - below;
  const history = own.history ?? [];
  const filled = history.filter((line) => line.empty_layer !== true).length;
  if (filled !== own.rootfs.diff_ids.length) return baseHistory(undefined, layers, own.created ?? EPOCH);
  const inherited = from.history ?? [];
  if (inherited.length > 0 && sameJson(history.slice(0, inherited.length), inherited)) {
    return history.slice(inherited.length);
  }
  // Lines that were made up for the base, or changed by a builder: as many as it has layers.
  let seen = 0;
  let at = 0;
  for (; seen < below; at++) if (history[at]!.empty_layer !== true) seen++;
  return history.slice(at);
}

/** What a container starts with, on a new base: field by field, variables and labels one by one. */
function rebaseRuntime(own: RuntimeConfig, from: RuntimeConfig, onto: RuntimeConfig): RuntimeConfig {
  const runtime = swapFields(own as Fields, from as Fields, onto as Fields);
  // What has parts and was not changed in any is the new base's as a whole, as swapped above.
  for (const key of ["Labels", "ExposedPorts", "Volumes"] as const) {
    if (sameJson(own[key], from[key])) continue;
    runtime[key] = swapFields(own[key] ?? {}, from[key] ?? {}, onto[key] ?? {});
  }
  if (!sameJson(own.Env, from.Env)) {
    runtime["Env"] = rebaseEnv(own.Env ?? [], from.Env ?? [], onto.Env ?? []);
  }
  // An entry point of the image's own drops the command of its base, whichever that is.
  const setsEntrypoint = !sameJson(own.Entrypoint, from.Entrypoint);
  if (setsEntrypoint && own.Cmd === undefined) delete runtime["Cmd"];
  return runtime as RuntimeConfig;
}

type Fields = Readonly<Record<string, unknown>>;

/** The variables of the new base, with what the image itself set: in their places, then new ones in their order. */
function rebaseEnv(own: readonly string[], from: readonly string[], onto: readonly string[]): string[] {
  const before = new Map(from.map((line) => [nameOf(line), line]));
  const names = new Set(own.map(nameOf));
  const removed = new Set([...before.keys()].filter((name) => !names.has(name)));
  const result = onto.filter((line) => !removed.has(nameOf(line)));
  for (const line of own) {
    if (before.get(nameOf(line)) === line) continue;
    const at = result.findIndex((other) => nameOf(other) === nameOf(line));
    if (at < 0) result.push(line);
    else result[at] = line;
  }
  return result;
}

function nameOf(line: string): string {
  const equals = line.indexOf("=");
  return equals < 0 ? line : line.slice(0, equals);
}
