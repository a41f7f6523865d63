/** Images that a build starts from, and their layers. */
export const baseMessages = {
  LAYER_INVALID: (p: { layer: string; path: string; reason: string }) => ({
    message: `the layer ${p.layer} cannot be applied at ${JSON.stringify(p.path)}: ${p.reason}`,
    hint: "the tool that made the image wrote an invalid layer: pull it again, or rebuild it with another tool",
  }),
  DIFF_ID_WRONG: (p: { diffId: string; found: string }) => ({
    message: `the layer with diff_id ${p.diffId} must unpack to it, got ${p.found}`,
    hint: "the image is damaged: pull it again, or rebuild it",
  }),
  LAYER_ENCODING_WRONG: (p: { layer: string; said: string; found: string }) => ({
    message: `the media type of layer ${p.layer} says ${p.said}, but its bytes are ${p.found}`,
    hint: "the tool that made the image wrote a wrong media type: pull it again, or rebuild it with another tool",
  }),
  LINK_LOOP: (p: { path: string }) => ({
    message: `the path ${JSON.stringify(p.path)} follows more than 40 symbolic links inside the image`,
    hint: "links of the image form a loop: give the path of the real file",
  }),
  BASE_NOT_FOUND: (p: { path: string }) => ({
    message: `the base ${p.path} does not exist`,
    hint: "check the path: it is relative to the working directory of the build",
  }),
  BASE_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `the base ${p.path} cannot be read: ${p.reason}`,
    hint: "check that you may read it, and that nothing else writes to it",
  }),
  BASE_TAG_NOT_FOUND: (p: { path: string; tag: string; tags: readonly string[] }) => ({
    message: `the base ${p.path} has no image with the tag ${JSON.stringify(p.tag)}`,
    hint: p.tags.length === 0 ? "its images have no tags: omit the tag" : `use one of ${listed(p.tags)}`,
  }),
  BASE_TAG_NEEDED: (p: { path: string; tags: readonly string[] }) => ({
    message: `the base ${p.path} has several images: a tag must choose one`,
    hint:
      p.tags.length === 0
        ? "none of them has a tag: export only the one you need"
        : `give one of ${listed(p.tags)} as tag`,
  }),
  BASE_PLATFORM_MISSING: (p: { path: string; platform: string; platforms: readonly string[] }) => ({
    message: `the base ${p.path} has no image for ${p.platform}`,
    hint:
      p.platforms.length === 0
        ? "none of its images states a platform"
        : `it has ${listed(p.platforms)}: build for one of these, or export the base for ${p.platform}`,
  }),
  BASE_EMPTY: (p: { path: string }) => ({
    message: `the base ${p.path} has no image`,
    hint: "export the image again",
  }),
  BASE_IMAGE_INVALID: (p: { path: string; document: string; reason: string }) => ({
    message: `the base ${p.path} is not a valid image: ${p.document} ${p.reason}`,
    hint: "export the image again, or with another tool",
  }),
  BASE_KIND_WRONG: (p: { path: string; expected: string; found: string }) => ({
    message: `the base ${p.path} must be ${p.expected}, got ${p.found}`,
    hint: "use Base.layout for OCI layouts, Base.archive for docker save archives and Base.rootfs for plain files",
  }),
  BASE_UNSUPPORTED: (p: { path: string; reason: string }) => ({
    message: `the base ${p.path} cannot be used: ${p.reason}`,
    hint: "export the image again with a current tool, e.g. docker save or skopeo copy",
  }),
  BASE_DAMAGED: (p: { path: string; digest: string; reason: string }) => ({
    message: `the blob ${p.digest} of the base ${p.path} is damaged: ${p.reason}`,
    hint: "export or copy the image again",
  }),
};

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => JSON.stringify(name));
  return names.length > 20 ? `${shown.join(", ")} and ${names.length - 20} more` : shown.join(", ");
}

/** Damaged or unusable archives, layers and image documents. */
export const archiveMessages = {
  TAR_DAMAGED: (p: { archive: string; reason: string; offset: number }) => ({
    message: `the tar ${p.archive} is damaged at byte ${p.offset}: ${p.reason}`,
    hint: "make the archive again, or fetch it again if it was copied",
  }),
  TAR_PATH_UNSAFE: (p: { archive: string; path: string; reason: string; offset: number }) => ({
    message: `the tar ${p.archive} holds the entry ${JSON.stringify(p.path)} at byte ${p.offset}, which ${p.reason}`,
    hint: "make the archive from inside its own directory, and do not use an archive that you do not trust",
  }),
  SPARSE_UNSUPPORTED: (p: { archive: string; path: string; offset: number }) => ({
    message: `the tar ${p.archive} stores ${JSON.stringify(p.path)} at byte ${p.offset} as a sparse file, which is not supported`,
    hint: "make the archive again without --sparse",
  }),
  PATH_TOO_LONG: (p: { path: string; reason: string }) => ({
    message: `the path ${JSON.stringify(p.path.length > 200 ? `${p.path.slice(0, 200)}...` : p.path)} cannot be in a layer: ${p.reason}`,
    hint: "shorten the path: Linux allows 255 bytes a name and 4096 bytes a path, and layers nest at most 1024 directories",
  }),
  ENTRY_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `${JSON.stringify(p.path)} cannot be written into a layer: ${p.reason}`,
    hint: "change the file or leave it out of the image",
  }),
  FILE_CHANGED: (p: { path: string; reason: string }) => ({
    message: `the file ${p.path} changed while the layer was written: ${p.reason}`,
    hint: "stop whatever writes to it (a watcher, a build), then build again",
  }),
  FILE_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `the file ${p.path} cannot be read: ${p.reason}`,
    hint: "check that it exists and that you may read it, or leave it out with .dockerignore",
  }),
  COMPRESSION_UNKNOWN: (p: { value: string }) => ({
    message: `the compression must be gzip, zstd or none, got ${JSON.stringify(p.value)}`,
    hint: 'use "gzip", "gzip:1" to "gzip:9", "zstd", "zstd:1" to "zstd:19", or "none"',
  }),
  COMPRESSION_DAMAGED: (p: { archive: string; kind: string; reason: string }) => ({
    message: `the ${p.kind} data of ${p.archive} is damaged: ${p.reason}`,
    hint: "make the archive again, or fetch it again if it was copied",
  }),
  COMPRESSION_UNSUPPORTED: (p: { archive: string; kind: string; reason: string }) => ({
    message: `the ${p.kind} data of ${p.archive} cannot be read: ${p.reason}`,
    hint: "compress it again with default settings",
  }),
  DECOMPRESSED_TOO_LARGE: (p: { archive: string; reason: string }) => ({
    message: `${p.archive} unpacks to more than is allowed: ${p.reason}`,
    hint: "do not use an archive that you do not trust; a layer this large has to be split",
  }),
};
