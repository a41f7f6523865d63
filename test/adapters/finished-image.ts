import { gzipSync } from "node:zlib";
import { canonicalJson } from "../../src/core/json.js";
import { digestOf } from "../../src/oci/digest.js";
import { mediaType } from "../../src/oci/manifest.js";
import type { Platform } from "../../src/oci/platform.js";
import type { FinishedImage } from "../../src/ports/image-output.js";
import { layerTar } from "./image-fixture.js";

/** A finished image whose layers are named files. */
export function finishedImage(
  references: readonly string[],
  names: readonly string[] = ["one", "two"],
  platform: Platform = { os: "linux", architecture: "amd64" },
): FinishedImage {
  const layers = names.map((name) => {
    const tar = layerTar(name);
    const bytes = gzipSync(tar);
    const descriptor = { mediaType: mediaType.ociLayerGzip, digest: digestOf(bytes), size: bytes.length };
    return {
      diffId: digestOf(tar),
      descriptor,
      async *blob() {
        yield bytes.subarray(0, 20);
        yield bytes.subarray(20);
      },
    };
  });
  const config = Buffer.from(
    canonicalJson({ ...platform, rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) } }),
  );
  const configDescriptor = { mediaType: mediaType.ociConfig, digest: digestOf(config), size: config.length };
  const manifest = Buffer.from(
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaType.ociManifest,
      config: configDescriptor,
      layers: layers.map((layer) => layer.descriptor),
    }),
  );
  const descriptor = {
    mediaType: mediaType.ociManifest,
    digest: digestOf(manifest),
    size: manifest.length,
    platform,
  };
  return {
    references,
    manifest: { descriptor, bytes: manifest },
    config: { descriptor: configDescriptor, bytes: config },
    layers,
  };
}
