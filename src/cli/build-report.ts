import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { shownText } from "../core/shown-text.js";
import { sizeText } from "../core/size.js";
import { imageIndex } from "../oci/manifest.js";
import { platformText } from "../oci/platform.js";
import type { BuildResult } from "../project/options.js";
import type { BuildFlags } from "./build-flags.js";
import type { Paint } from "./terminal.js";
import { counted, layerTree, shortDigest } from "./text.js";

/** What was built, with the name it has in the catalog. */
interface NamedResult {
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
  const names = new Set(results.map(({ name }) => name));
  const parts = [...names].flatMap((name) => {
    const built = results.filter((it) => it.name === name).map(({ result }) => result);
    const [first] = built;
    if (built.length > 1 && first?.index === undefined) {
      return built.map((one) => [`${name}@${platformText(one.platform)}`, manifestFacts(one)] as const);
    }
    return [[name, built.length > 1 ? indexFacts(built) : manifestFacts(first!)] as const];
  });
  return parts.length === 1 ? parts[0]![1] : Object.fromEntries(parts);
}

function manifestFacts({ configDigest, descriptor, references }: BuildResult): object {
  return {
    "containerimage.config.digest": configDigest,
    "containerimage.descriptor": descriptor,
    "containerimage.digest": descriptor.digest,
    "image.name": references.join(","),
  };
}

/** An index has no config of its own. */
function indexFacts(platforms: readonly BuildResult[]): object {
  const { descriptor } = imageIndex(platforms.map((one) => one.descriptor));
  return {
    "containerimage.descriptor": descriptor,
    "containerimage.digest": descriptor.digest,
    "image.name": platforms[0]!.references.join(","),
  };
}

/** Writes the files of `--iidfile` and `--metadata-file`, where they are asked for. */
export function writeResultFiles(
  flags: Pick<BuildFlags, "iidfile" | "metadataFile">,
  results: readonly NamedResult[],
): void {
  const write = (path: string, contents: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  };
  const [first] = results;
  if (flags.iidfile !== undefined && first !== undefined) {
    // As buildx: an image for several platforms has no one config.
    write(flags.iidfile, first.result.index ?? first.result.configDigest);
  }
  if (flags.metadataFile !== undefined) {
    write(flags.metadataFile, `${shownText(JSON.stringify(metadataOf(results), null, 2))}\n`);
  }
}
