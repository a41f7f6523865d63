import { relative } from "node:path";
import type { BuildResult } from "../api/build-types.js";
import { sizeText } from "../core/size-text.js";
import { platformText } from "../oci/platform.js";
import { counted } from "./counted.js";
import { layerTree, shortDigest } from "./layer-tree.js";
import type { Paint } from "./paint.js";

/** What was built, with the name it has in the catalog. */
export interface NamedResult {
  readonly name: string;
  readonly result: BuildResult;
}

/** A built image for people: its layers, then where it went. */
export function buildText({ name, result }: NamedResult, paint: Paint): string {
  const { platform, digest, size, layers, references, output, index } = result;
  const title = `${paint.bold(name)} ${platformText(platform)} ${shortDigest(digest)}, ${sizeText(size)} in ${counted(layers.length, "layer")}`;
  const tree = layerTree(
    title,
    layers.map((layer) => {
      const mark = layer.inherited ? "base" : layer.cached ? "cached" : undefined;
      return { ...layer, ...(mark === undefined ? {} : { mark }) };
    }),
    paint,
  );
  if (output === undefined) return tree;
  const place = output.dest === "-" ? "standard output" : relative(process.cwd(), output.dest) || ".";
  const named = references.length === 0 || output.type === "rootfs" ? "" : ` as ${references.join(", ")}`;
  const among = index === undefined ? "" : `, in the index ${shortDigest(index)}`;
  return `${tree}written to ${paint.cyan(place)} (${output.type})${named}${among}\n`;
}

/** A built image as data. */
export function buildJson({ name, result }: NamedResult): unknown {
  return { name, ...result, platform: platformText(result.platform) };
}

/**
 * The file of `--metadata-file`: buildx's keys for one image, a record from name to them for several, as bake has it.
 * An image for several platforms has the digest of its index, and no one config.
 */
export function metadataOf(results: readonly NamedResult[]): unknown {
  const facts = ({ result }: NamedResult) => ({
    ...(result.index === undefined ? { "containerimage.config.digest": result.configDigest } : {}),
    "containerimage.digest": result.index ?? result.digest,
    "image.name": result.references.join(","),
  });
  const listed = results.filter(
    ({ name, result: { index } }, at) =>
      index === undefined ||
      at === results.findIndex((one) => one.name === name && one.result.index === index),
  );
  const [only, ...others] = listed;
  if (only !== undefined && others.length === 0) return facts(only);
  const keyed = listed.map((it) => {
    const alone = listed.filter(({ name }) => name === it.name).length === 1;
    return [alone ? it.name : `${it.name}@${platformText(it.result.platform)}`, facts(it)];
  });
  return Object.fromEntries(keyed);
}
