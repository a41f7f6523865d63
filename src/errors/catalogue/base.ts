/** Images that a build starts from, and their layers. */
export const baseMessages = {
  LAYER_INVALID: (p: { layer: string; path: string; reason: string }) => ({
    message: `the layer ${p.layer} cannot be applied at ${JSON.stringify(p.path)}: ${p.reason}`,
    hint: "the image was made by a tool that writes wrong layers: pull it again, or build it again with another tool",
  }),
  DIFF_ID_WRONG: (p: { diffId: string; found: string }) => ({
    message: `the layer that the image's config calls ${p.diffId} unpacks to ${p.found}`,
    hint: "the image is damaged or was put together wrong: pull it again, or build it again",
  }),
  LAYER_ENCODING_WRONG: (p: { layer: string; said: string; found: string }) => ({
    message: `the layer ${p.layer} is said to be compressed with ${p.said}, and its bytes are ${p.found}`,
    hint: "the image was put together wrong: pull it again, or build it again with another tool",
  }),
  LINK_LOOP: (p: { path: string }) => ({
    message: `the path ${JSON.stringify(p.path)} leads through more than 40 symbolic links inside the image`,
    hint: "the links of the image point at each other: give the path that they should lead to",
  }),
  BASE_NOT_FOUND: (p: { path: string }) => ({
    message: `the base ${p.path} does not exist`,
    hint: "check the path: it is relative to the folder that the build runs in",
  }),
  BASE_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `the base ${p.path} cannot be read: ${p.reason}`,
    hint: "check that you may read it, and that nothing else writes to it",
  }),
  BASE_TAG_NOT_FOUND: (p: { path: string; tag: string; tags: readonly string[] }) => ({
    message: `the base ${p.path} holds no image with the tag ${JSON.stringify(p.tag)}`,
    hint: p.tags.length === 0 ? "its images have no tags: leave the tag out" : `use one of ${listed(p.tags)}`,
  }),
  BASE_TAG_NEEDED: (p: { path: string; tags: readonly string[] }) => ({
    message: `the base ${p.path} holds several images, and no tag says which one is meant`,
    hint:
      p.tags.length === 0
        ? "none of them has a tag: export the one you need alone"
        : `give one of ${listed(p.tags)} as tag`,
  }),
  BASE_PLATFORM_MISSING: (p: { path: string; platform: string; platforms: readonly string[] }) => ({
    message: `the base ${p.path} has no image for ${p.platform}`,
    hint:
      p.platforms.length === 0
        ? "none of what it holds says a platform"
        : `it has ${listed(p.platforms)}: build for one of these, or export the base for ${p.platform}`,
  }),
  BASE_EMPTY: (p: { path: string }) => ({
    message: `the base ${p.path} holds no image`,
    hint: "export the image again",
  }),
  BASE_IMAGE_INVALID: (p: { path: string; document: string; reason: string }) => ({
    message: `the base ${p.path} is not a valid image: ${p.document} ${p.reason}`,
    hint: "export the image again, or with another tool",
  }),
  BASE_KIND_WRONG: (p: { path: string; expected: string; found: string }) => ({
    message: `the base ${p.path} is not ${p.expected}, but ${p.found}`,
    hint: "use Base.layout for OCI layouts, Base.archive for what docker save writes and Base.rootfs for plain files",
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
    hint: "make the archive from inside the folder it describes, and do not use an archive that you do not trust",
  }),
  SPARSE_UNSUPPORTED: (p: { archive: string; path: string; offset: number }) => ({
    message: `the tar ${p.archive} stores ${JSON.stringify(p.path)} at byte ${p.offset} as a sparse file, which is not supported`,
    hint: "make the archive again without --sparse",
  }),
  PATH_TOO_LONG: (p: { path: string; reason: string }) => ({
    message: `the path ${JSON.stringify(p.path.length > 200 ? `${p.path.slice(0, 200)}...` : p.path)} cannot be in a layer: ${p.reason}`,
    hint: "shorten the path: Linux allows 255 bytes a name and 4096 bytes a path, and layers hold at most 1024 folders one in another",
  }),
  ENTRY_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `${JSON.stringify(p.path)} cannot be written into a layer: ${p.reason}`,
    hint: "change the file or leave it out of the image",
  }),
  FILE_CHANGED: (p: { path: string; reason: string }) => ({
    message: `the file ${p.path} changed while the layer was written: ${p.reason}`,
    hint: "stop what writes to it (a watcher, a build), then build again",
  }),
  FILE_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `the file ${p.path} cannot be read: ${p.reason}`,
    hint: "check that it exists and that you may read it, or leave it out with .dockerignore",
  }),
  COMPRESSION_UNKNOWN: (p: { value: string }) => ({
    message: `the compression ${JSON.stringify(p.value)} is not known`,
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
