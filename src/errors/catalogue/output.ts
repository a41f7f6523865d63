/** Writing finished images. */
export const outputMessages = {
  OUTPUT_IS_FOLDER: (p: { path: string }) => ({
    message: `the output ${p.path} is a folder`,
    hint: 'name a file, or use the output type "layout" for a folder',
  }),
  OUTPUT_IS_INPUT: (p: { path: string }) => ({
    message: `the output ${p.path} is also what the image is built from`,
    hint: "name another file for the output",
  }),
  OUTPUT_INVALID: (p: { got: unknown; types: readonly string[] }) => ({
    message: `the output ${JSON.stringify(p.got)} is neither a path nor { type, dest }`,
    hint: `give a path, or one of the types ${p.types.join(", ")} with a dest`,
  }),
  OUTPUT_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `the output ${p.path} cannot be written: ${p.reason}`,
    hint: "name a place that exists and that you can write to",
  }),
  OUTPUT_FAILED: (p: { path: string; reason: string }) => ({
    message: `writing the output ${p.path} failed: ${p.reason}`,
    hint: "check the disk; what was at this place before is still there",
  }),
  OUTPUT_CLOSED: (p: { path: string }) => ({
    message: `the reader of ${p.path} went away before the whole image was written`,
    hint: "look at what the program after the pipe says",
  }),
  OUTPUT_PLATFORMS: (p: { path: string; platforms: readonly string[] }) => ({
    message: `the archive ${p.path} can hold one platform only, and these were built: ${p.platforms.join(", ")}`,
    hint: 'use the output type "oci" or "layout", or build one platform',
  }),
  OUTPUT_REFERENCE_INVALID: (p: { reference: string }) => ({
    message: `${JSON.stringify(p.reference)} is not a full image reference with a tag`,
    hint: "write it as registry/name:tag, e.g. docker.io/library/app:v1",
  }),
  OUTPUT_NAME_TWICE: (p: { reference: string }) => ({
    message: `two different images are named ${p.reference}`,
    hint: "give each image a name of its own",
  }),
  OUTPUT_BLOB_WRONG: (p: { digest: string; reason: string }) => ({
    message: `the blob ${p.digest} of the finished image is not what its manifest says: ${p.reason}`,
    hint: "build it again",
  }),
  LAYOUT_INVALID: (p: { path: string; reason: string }) => ({
    message: `the OCI layout ${p.path} cannot be added to: ${p.reason}`,
    hint: "name a new or empty folder, or a valid OCI layout",
  }),
  LAYOUT_LOCKED: (p: { path: string; seconds: number }) => ({
    message: `the OCI layout ${p.path} is being written by another process, for more than ${p.seconds} seconds`,
    hint: "wait for it, or if no such process exists remove the file index.json.lock in the layout",
  }),
};

/** The store of blobs and records in the user's cache directory. */
export const storeMessages = {
  STORE_UNSAFE: (p: { folder: string; reason: string }) => ({
    message: `the store ${p.folder} cannot be trusted: ${p.reason}`,
    hint: "remove the folder, or name another one with LAYERWRIGHT_CACHE, that only you can write to",
  }),
  STORE_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `the store cannot be written at ${p.path}: ${p.reason}`,
    hint: "name a folder that you can write to with LAYERWRIGHT_CACHE",
  }),
  STORE_FAILED: (p: { path: string; action: string; reason: string }) => ({
    message: `the store could not ${p.action} ${p.path}: ${p.reason}`,
    hint: "check the disk that the store is on, or name a folder on another one with LAYERWRIGHT_CACHE",
  }),
  DISK_FULL: (p: { path: string }) => ({
    message: `no space is left on the disk of ${p.path}`,
    hint: "free space there (layerwright's own store can be pruned), then run it again: nothing half-written is left behind",
  }),
  OPEN_FILES_LIMIT: (p: { limit: string }) => ({
    message: `more files are open than this process may have: ${p.limit}`,
    hint: "raise the limit (`ulimit -n 1024`), or end what else has files open",
  }),
  SYSTEM_REFUSED: (p: { call: string; path: string; reason: string }) => ({
    message: `the system refused to ${p.call}${p.path === "" ? "" : ` ${p.path}`}: ${p.reason}`,
    hint: "check that the path is there, that you may use it, and that its disk works",
  }),
  BLOB_DAMAGED: (p: { digest: string; reason: string }) => ({
    message: `the stored blob ${p.digest} is damaged and was dropped: ${p.reason}`,
    hint: "run it again, which makes or fetches the blob again; if it comes back, check the disk",
  }),
  BLOB_MISSING: (p: { digest: string }) => ({
    message: `the blob ${p.digest} is not in the store`,
    hint: "run it again, which makes or fetches the blob again",
  }),
  DIGEST_INVALID: (p: { value: string }) => ({
    message: `${JSON.stringify(p.value.slice(0, 100))} is not a digest`,
    hint: 'a digest is "sha256:" and 64 characters out of 0-9 and a-f',
  }),
};

/** Images on their way: loading into an engine, rebasing, copying. */
export const transferMessages = {
  ENGINE_NOT_FOUND: (p: { looked: readonly string[] }) => ({
    message: `no container engine found: looked for ${p.looked.join("; ")}`,
    hint: "start Docker or Podman, name its socket with DOCKER_HOST=unix:///path, or write an archive with `layerwright build app -o app.tar`",
  }),
  ENGINE_HOST_UNSUPPORTED: (p: { source: string; scheme: string }) => ({
    message: `${p.source} names the engine with ${p.scheme}, and only unix:// and tcp:// are spoken here`,
    hint: "let the engine's own program do it: `layerwright build app -o - | docker load`",
  }),
  ENGINE_CONTEXT_INVALID: (p: { name: string; path: string; reason: string }) => ({
    message: `the Docker context ${JSON.stringify(p.name)} cannot be read from ${p.path}: ${p.reason}`,
    hint: "see `docker context ls`, choose one with `docker context use`, or set DOCKER_HOST",
  }),
  ENGINE_UNREACHABLE: (p: { place: string; reason: string }) => ({
    message: `the container engine at ${p.place} cannot be reached: ${p.reason}`,
    hint: "check that it runs and that you may use it (`docker info` or `podman info` says the same)",
  }),
  ENGINE_REFUSED: (p: { place: string; reason: string }) => ({
    message: `the container engine at ${p.place} did not load the image: ${p.reason}`,
    hint: "look into the engine's own log; `layerwright build app -o app.tar` writes what it was given",
  }),
  ENGINE_IMAGE_WRONG: (p: { place: string; name: string; id: string; expected: readonly string[] }) => ({
    message: `${p.place} has ${p.id} under the name ${p.name}, not ${p.expected.join(" or ")}`,
    hint: "something else took the name meanwhile, or the engine changed the image: load it again",
  }),
  LOAD_PLATFORM_MISSING: (p: { platforms: readonly string[]; machine: string }) => ({
    message: `an engine takes an image for one platform: this machine is ${p.machine}, and the image is for ${p.platforms.join(", ")}`,
    hint: `choose one: --platform ${p.platforms[0] ?? p.machine}`,
  }),
  REBASE_BASE_UNKNOWN: (p: { image: string }) => ({
    message: `${p.image} does not say which base it was built on`,
    hint: "name the old base with --old-base REFERENCE (or REFERENCE@DIGEST)",
  }),
  REBASE_NOT_ON_BASE: (p: { image: string; base: string; digest: string }) => ({
    message: `${p.image} does not stand on ${p.base}: its lowest layers are not those of ${p.digest}`,
    hint: "name the base that it was built on with --old-base REFERENCE@DIGEST, or build the image again",
  }),
  REBASE_PLATFORM_DIFFERS: (p: { image: string; platform: string; base: string; offered: string }) => ({
    message: `${p.image} is for ${p.platform}, and ${p.base} is for ${p.offered}`,
    hint: "choose a base for the platform of the image",
  }),
  REBASE_NOT_LINUX: (p: { image: string; platform: string }) => ({
    message: `${p.image} holds an image for ${p.platform}, and only images for Linux can be put on another base`,
    hint: "rebase the images for Linux by their digests, or build the image again",
  }),
  REBASE_UNSAFE: (p: { image: string; onto: string; layers: readonly string[] }) => ({
    message: `${p.image} cannot be put on ${p.onto} unseen, because of ${p.layers.length === 1 ? "this layer" : "these layers"}: ${p.layers.join("; ")}`,
    hint: "build the image again on the new base, or put up with the layers as they are: --force",
  }),
  REBASE_TARGET_MISSING: (p: { image: string }) => ({
    message: `${p.image} is named by digest, and what comes of it needs a tag`,
    hint: "name the tag with -t TAG, or the `to` of rebase()",
  }),
};
