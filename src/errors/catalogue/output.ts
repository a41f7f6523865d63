/** Writing finished images. */
export const outputMessages = {
  OUTPUT_IS_FOLDER: (p: { path: string }) => ({
    message: `the output must be a file, got the directory ${p.path}`,
    hint: 'name a file, or use the output type "layout" for a directory',
  }),
  OUTPUT_IS_INPUT: (p: { path: string }) => ({
    message: `the output ${p.path} is also an input of the image`,
    hint: "name another file for the output",
  }),
  OUTPUT_INVALID: (p: { got: unknown; types: readonly string[] }) => ({
    message: `the output must be a path or { type, dest }, got ${JSON.stringify(p.got)}`,
    hint: `give a path, or one of the types ${p.types.join(", ")} with a dest`,
  }),
  OUTPUT_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `the output ${p.path} cannot be written: ${p.reason}`,
    hint: "name a path in an existing directory that you can write to",
  }),
  OUTPUT_FAILED: (p: { path: string; reason: string }) => ({
    message: `writing the output ${p.path} failed: ${p.reason}`,
    hint: "check the disk; the earlier file at this path is unchanged",
  }),
  OUTPUT_CLOSED: (p: { path: string }) => ({
    message: `the reader of ${p.path} closed it before the whole image was written`,
    hint: "see the output of the program after the pipe",
  }),
  OUTPUT_PLATFORMS: (p: { path: string; platforms: readonly string[] }) => ({
    message: `the archive ${p.path} must have exactly one platform, got ${p.platforms.join(", ")}`,
    hint: 'use the output type "oci" or "layout", or build one platform',
  }),
  OUTPUT_REFERENCE_INVALID: (p: { reference: string }) => ({
    message: `the name of an output must be a full image reference with a tag, got ${JSON.stringify(p.reference)}`,
    hint: "write it as registry/name:tag, e.g. docker.io/library/app:v1",
  }),
  OUTPUT_NAME_TWICE: (p: { reference: string }) => ({
    message: `two different images are named ${p.reference}`,
    hint: "give each image a name of its own",
  }),
  OUTPUT_BLOB_WRONG: (p: { digest: string; reason: string }) => ({
    message: `the blob ${p.digest} of the finished image does not match its manifest: ${p.reason}`,
    hint: "build it again",
  }),
  LAYOUT_INVALID: (p: { path: string; reason: string }) => ({
    message: `the OCI layout ${p.path} cannot be added to: ${p.reason}`,
    hint: "name a new or empty directory, or a valid OCI layout",
  }),
  LAYOUT_LOCKED: (p: { path: string; seconds: number }) => ({
    message: `the OCI layout ${p.path} has been locked by another process for more than ${p.seconds} seconds`,
    hint: "wait for it, or if no such process exists, remove the file index.json.lock in the layout",
  }),
};

/** The store of blobs and records in the user's cache directory. */
export const storeMessages = {
  STORE_UNSAFE: (p: { folder: string; reason: string }) => ({
    message: `the store ${p.folder} cannot be trusted: ${p.reason}`,
    hint: "remove the directory, or name another one that only you can write to with LAYERWRIGHT_CACHE",
  }),
  STORE_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `the store cannot be written at ${p.path}: ${p.reason}`,
    hint: "name a directory that you can write to with LAYERWRIGHT_CACHE",
  }),
  STORE_FAILED: (p: { path: string; action: string; reason: string }) => ({
    message: `the store could not ${p.action} ${p.path}: ${p.reason}`,
    hint: "check the disk of the store, or name a directory on another disk with LAYERWRIGHT_CACHE",
  }),
  DISK_FULL: (p: { path: string }) => ({
    message: `no space is left on the disk of ${p.path}`,
    hint: "free space there (layerwright's own store can be pruned), then run it again: no partial output is left",
  }),
  OPEN_FILES_LIMIT: (p: { limit: string }) => ({
    message: `too many open files: ${p.limit}`,
    hint: "raise the limit (`ulimit -n 1024`), or close other programs that have files open",
  }),
  SYSTEM_REFUSED: (p: { call: string; path: string; reason: string }) => ({
    message: `the system refused to ${p.call}${p.path === "" ? "" : ` ${p.path}`}: ${p.reason}`,
    hint: "check that the path exists, that you may use it, and that its disk works",
  }),
  BLOB_DAMAGED: (p: { digest: string; reason: string }) => ({
    message: `the stored blob ${p.digest} is damaged and was removed: ${p.reason}`,
    hint: "run the command again to restore the blob; if the error comes back, check the disk",
  }),
  BLOB_MISSING: (p: { digest: string }) => ({
    message: `the blob ${p.digest} is not in the store`,
    hint: "run the command again to restore the blob",
  }),
  DIGEST_INVALID: (p: { value: string }) => ({
    message: `a digest must be "sha256:" and 64 hex characters, got ${JSON.stringify(p.value.slice(0, 100))}`,
    hint: "copy the digest whole, for example from `layerwright inspect`",
  }),
};

/** Images on their way: loading into an engine, rebasing, copying. */
export const transferMessages = {
  ENGINE_NOT_FOUND: (p: { looked: readonly string[] }) => ({
    message: `no container engine found: looked for ${p.looked.join("; ")}`,
    hint: "start Docker or Podman, name its socket with DOCKER_HOST=unix:///path, or write an archive with `layerwright build app -o app.tar`",
  }),
  ENGINE_HOST_UNSUPPORTED: (p: { source: string; scheme: string }) => ({
    message: `${p.source} must name the engine with unix:// or tcp://, got ${p.scheme}`,
    hint: "use the engine's own program: `layerwright build app -o - | docker load`",
  }),
  ENGINE_CONTEXT_INVALID: (p: { name: string; path: string; reason: string }) => ({
    message: `the Docker context ${JSON.stringify(p.name)} cannot be read from ${p.path}: ${p.reason}`,
    hint: "see `docker context ls`, choose one with `docker context use`, or set DOCKER_HOST",
  }),
  ENGINE_UNREACHABLE: (p: { place: string; reason: string }) => ({
    message: `the container engine at ${p.place} cannot be reached: ${p.reason}`,
    hint: "check that it runs and that you may use it (try `docker info` or `podman info`)",
  }),
  ENGINE_REFUSED: (p: { place: string; reason: string }) => ({
    message: `the container engine at ${p.place} did not load the image: ${p.reason}`,
    hint: "see the engine's log; `layerwright build app -o app.tar` writes the same archive",
  }),
  ENGINE_IMAGE_WRONG: (p: { place: string; name: string; id: string; expected: readonly string[] }) => ({
    message: `${p.place} has ${p.id} under the name ${p.name}, not ${p.expected.join(" or ")}`,
    hint: "another image took the name, or the engine changed the image: load it again",
  }),
  LOAD_PLATFORM_MISSING: (p: { platforms: readonly string[]; machine: string }) => ({
    message: `an engine loads one platform, and the image has none for this machine (${p.machine}), only ${p.platforms.join(", ")}`,
    hint: `choose one: --platform ${p.platforms[0] ?? p.machine}`,
  }),
  REBASE_BASE_UNKNOWN: (p: { image: string }) => ({
    message: `${p.image} does not record its base`,
    hint: "name the old base with --old-base REFERENCE (or REFERENCE@DIGEST)",
  }),
  REBASE_NOT_ON_BASE: (p: { image: string; base: string; digest: string }) => ({
    message: `${p.image} is not based on ${p.base}: its lowest layers differ from those of ${p.digest}`,
    hint: "name the base that it was built on with --old-base REFERENCE@DIGEST, or build the image again",
  }),
  REBASE_PLATFORM_DIFFERS: (p: { image: string; platform: string; base: string; offered: string }) => ({
    message: `${p.image} is for ${p.platform}, and ${p.base} is for ${p.offered}`,
    hint: "choose a base for the platform of the image",
  }),
  REBASE_NOT_LINUX: (p: { image: string; platform: string }) => ({
    message: `${p.image} holds an image for ${p.platform}, but only images for Linux can be rebased`,
    hint: "rebase the images for Linux by their digests, or build the image again",
  }),
  REBASE_UNSAFE: (p: { image: string; onto: string; layers: readonly string[] }) => ({
    message: `${p.image} cannot be rebased onto ${p.onto} safely, because of ${p.layers.length === 1 ? "this layer" : "these layers"}: ${p.layers.join("; ")}`,
    hint: "rebuild the image on the new base, or keep the layers as they are with --force",
  }),
  REBASE_TARGET_MISSING: (p: { image: string }) => ({
    message: `${p.image} is named by digest, but the result needs a tag`,
    hint: "name the tag with -t TAG, or the `to` of rebase()",
  }),
};
