import { PlanError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import { isDigest } from "../../oci/digest.js";
import { checkRuntimeConfig, type ImageConfig, withoutNulls } from "../../oci/image-config.js";
import { mediaType } from "../../oci/media-type.js";
import { invalid } from "./image-files.js";
import { checkSpelling, isObject, type JsonDocument, objectOf } from "./json-document.js";

const CONFIG_KEYS = ["architecture", "os", "variant", "created", "config", "rootfs", "history"];
const RUNTIME_KEYS = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "StopSignal",
  "Healthcheck",
  "Shell",
  "OnBuild",
];

/** Refuses a config that is of no container image. @throws {PlanError} BASE_UNSUPPORTED */
export function checkConfigType(base: string, { mediaType: type }: Descriptor): void {
  if (type === mediaType.ociConfig || type === mediaType.dockerConfig) return;
  const reason = `its config is of the type ${JSON.stringify(type.slice(0, 120))}, so it is no container image`;
  throw new PlanError("BASE_UNSUPPORTED", { path: base, reason }, { subject: base });
}

/** The config that a document is, with all its unknown fields (image-spec config.md). */
export function readConfig(document: JsonDocument, layers: number): ImageConfig {
  const value = objectOf(document, CONFIG_KEYS);
  const wrong = (reason: string) => invalid(document.base, document.name, reason);
  for (const key of ["architecture", "os"]) {
    if (typeof value[key] !== "string" || value[key] === "") throw wrong(`does not say its ${key}`);
  }
  for (const key of ["variant", "created"]) {
    if (value[key] !== undefined && value[key] !== null && typeof value[key] !== "string")
      throw wrong(`has a bad ${key}`);
  }
  const { rootfs, history, config } = value;
  if (!isObject(rootfs)) throw wrong('has no "rootfs"');
  checkSpelling(document, rootfs, ["type", "diff_ids"]);
  if (rootfs["type"] !== "layers")
    throw wrong(`has the rootfs.type ${JSON.stringify(rootfs["type"])}, not "layers"`);
  // Go writes an image without layers as null.
  const diffIds = rootfs["diff_ids"] ?? [];
  if (!Array.isArray(diffIds)) throw wrong('has no list "diff_ids"');
  for (const id of diffIds)
    if (!isDigest(id)) throw wrong(`has the diff_id ${JSON.stringify(id)}, which is no sha256 digest`);
  if (diffIds.length !== layers) throw wrong(`names ${diffIds.length} layers, and the image has ${layers}`);
  if (history !== undefined && history !== null) checkHistory(history, layers, wrong);
  if (config !== undefined && config !== null) {
    if (!isObject(config)) throw wrong('has a "config" that is no object');
    checkSpelling(document, config, RUNTIME_KEYS);
    checkRuntimeConfig(config, wrong);
  }
  return withoutNulls({ ...value, rootfs: { ...rootfs, diff_ids: diffIds } } as unknown as ImageConfig);
}

function checkHistory(history: unknown, layers: number, wrong: (reason: string) => Error): void {
  if (!Array.isArray(history) || !history.every(isObject))
    throw wrong('has a "history" that is no list of objects');
  for (const entry of history) {
    for (const key of ["created", "created_by", "comment"]) {
      if (typeof (entry[key] ?? "") !== "string") throw wrong(`has a line of history with a bad ${key}`);
    }
    if (typeof (entry["empty_layer"] ?? false) !== "boolean")
      throw wrong("has a line of history with a bad empty_layer");
  }
  const filled = history.filter((entry) => entry["empty_layer"] !== true).length;
  // Some builders write less history than layers; more cannot be true.
  if (filled > layers) throw wrong(`has ${filled} layers in its history, and the image has ${layers}`);
}
