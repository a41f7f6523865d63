import type { MessageArea } from "../message.js";

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
} satisfies MessageArea;
