import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Image, isLayerwrightError } from "layerwright";
import type { FrontendVersion } from "../../src/dockerfile/instruction.js";
import { emitResolved } from "../../src/project/dockerfile.js";
import { knownBases } from "../../src/project/prepare/known-bases.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { synthPlans } from "../api/of-plans.js";
import { direct } from "../equivalence/both-ways.js";
import { BASES } from "../fixtures/bases.js";
import { LOCAL_REFERENCE } from "../fixtures/layout-registry.js";
import { PLATFORM } from "../golden/golden-cases.js";
import { buildWithBuildKit } from "../peers/buildkit.js";
import { compareImages } from "../peers/compare.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";
import { type PeerName, peerOrSkipReason } from "../peers/peers.js";

/** The front ends that a Dockerfile is written for, each with an engine that has it. */
const FRONT_ENDS: readonly (readonly [FrontendVersion, PeerName])[] = [
  ["1.4", "docker26"],
  ["1.19", "docker28"],
];

/** What the two syntheses made of one image in one context. */
export interface Copied {
  /** The paths of the direct build's image, a directory with a slash, a link with its target; or the code of its refusal. */
  readonly direct: readonly string[] | string;
  /** Differences of the image from the Dockerfile, and refusals of one side alone, by front end. */
  readonly differences: readonly string[];
  /** The text for each front end that was written. */
  readonly dockerfiles: readonly string[];
}

/**
 * Builds an image directly and through its Dockerfile, for the oldest front end and for the newest, and compares the
 * trees. `make` fills the context.
 */
export async function copied(make: (context: string) => void, image: Image): Promise<Copied> {
  const work = mkdtempSync(join(tmpdir(), "layerwright-copied-"));
  try {
    const context = join(work, "context");
    mkdirSync(context);
    make(context);
    const store = join(work, "store");
    const ours = await orRefusal(() => direct({ image, context, store }, join(work, "direct.tar")));
    const differences: string[] = [];
    const dockerfiles: string[] = [];
    for (const [frontend, name] of FRONT_ENDS) {
      const theirs = await orRefusal(() => dockerfileImage({ image, context, store, work, frontend, name }));
      if (theirs === undefined) continue;
      if (typeof theirs !== "string") dockerfiles.push(theirs.text);
      if (typeof ours === "string" || typeof theirs === "string") {
        const left = typeof ours === "string" ? ours : "built";
        const right = typeof theirs === "string" ? theirs : "built";
        if (left !== right) differences.push(`${frontend}: ${left} | ${right}`);
        continue;
      }
      if (theirs.listing === undefined) continue;
      for (const line of compareImages(ours, theirs.listing)) differences.push(`${frontend}: ${line}`);
    }
    return { direct: typeof ours === "string" ? ours : pathsOf(ours), differences, dockerfiles };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Work {
  readonly image: Image;
  readonly context: string;
  readonly store: string;
  readonly work: string;
  readonly frontend: FrontendVersion;
  readonly name: PeerName;
}

/** The image that an engine builds from the Dockerfile; only the text where the engine is not here. */
async function dockerfileImage({ image, context, store, work, frontend, name }: Work) {
  const optimized = planImage(image.node, { context, platform: PLATFORM });
  const named = { name: "image", platform: { os: "linux", architecture: PLATFORM.slice(6) }, optimized };
  const { images } = await synthPlans([named], { context, store, frontend });
  const dockerfile = join(context, images[0]!.dockerfile);
  const text = readFileSync(dockerfile, "utf8");
  const peer = peerOrSkipReason(name);
  if (typeof peer === "string") return { text, listing: undefined };
  const emitted = emitResolved([await knownBases(optimized.plan, context, store)], context, { frontend });
  const absolute = (value: string): string => {
    const scheme = /^oci-layout:\/\//.exec(value)?.[0] ?? "";
    return `${scheme}${resolve(context, value.slice(scheme.length))}`;
  };
  const namedContexts = {
    ...Object.fromEntries(emitted.contexts.map(({ name, value }) => [name, absolute(value)])),
    [LOCAL_REFERENCE]: `oci-layout://${join(BASES, "layout")}:v1`,
  };
  const outOciTar = join(work, `${name}.tar`);
  await buildWithBuildKit(peer, {
    contextDir: context,
    dockerfile,
    namedContexts,
    network: "none",
    outOciTar,
  });
  return { text, listing: imageListing(outOciTar) };
}

async function orRefusal<T>(act: () => Promise<T>): Promise<T | string> {
  try {
    return await act();
  } catch (error) {
    if (isLayerwrightError(error)) return error.code;
    const text = error instanceof Error ? error.message : String(error);
    return (
      text
        .split("\n")
        .filter((line) => /error/i.test(line))
        .slice(-3)
        .join("\n") || text
    );
  }
}

function pathsOf({ rootfs }: ImageListing): string[] {
  return [...rootfs]
    .filter(([path]) => path !== "")
    .map(([path, { type, linkname }]) => {
      if (type === "symlink") return `/${path} -> ${linkname}`;
      return `/${path}${type === "dir" ? "/" : ""}`;
    })
    .sort();
}
