/** The media types that images are made of (image-spec media-types.md, and Docker's own schema 2). */
export const mediaType = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** How the bytes of a layer blob are compressed. */
export type LayerEncoding = "gzip" | "zstd" | "none";

/** How a layer of a finished image is compressed, by its media type. */
export function layerEncodingOf(type: string): LayerEncoding {
  if (type.endsWith("gzip")) return "gzip";
  return type.endsWith("zstd") ? "zstd" : "none";
}
