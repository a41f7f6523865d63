import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, Catalog, type Image, synth } from "layerwright";
import { compareImages } from "../peers/compare.js";
import { imageBlobs } from "../peers/image-blobs.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";
import type { Peer } from "../peers/peers.js";
import { tarEntries } from "../peers/tar-entries.js";
import { PLATFORM, PORTED_CACHE, portedBase } from "./bases.js";
import { buildCounted } from "./build-counted.js";
import { describedImage, type Leftover, layOut, type PortedCase, type PortedEdit } from "./ported-case.js";

/** What an image adds to its base. */
export interface Weight {
  readonly unpacked: number;
  readonly compressed: number;
  readonly layers: number;
}

/** One figure of each way that a case is built. */
export interface ThreeWays<Value> {
  readonly byHand: Value;
  readonly dockerfile: Value;
  readonly direct: Value;
}

/** What came out of a case. */
export interface PortedResult {
  readonly name: string;
  readonly title: string;
  readonly weight: ThreeWays<Weight>;
  /** Lines of the two Dockerfiles that are neither empty nor a comment. */
  readonly lines: { readonly byHand: number; readonly ours: number };
  /** Commands that a change runs again. */
  readonly runs: readonly { readonly edit: string; readonly runs: ThreeWays<number> }[];
  /** What tells our two images from the one by hand, apart from the listed leftovers. */
  readonly differences: { readonly dockerfile: readonly string[]; readonly direct: readonly string[] };
}

/** A builder of a case, and where it works. */
interface Port {
  readonly one: PortedCase;
  readonly peer: Peer;
  readonly work: string;
  readonly namedContexts: Readonly<Record<string, string>>;
}

/** Builds a case by hand, through our Dockerfile and directly, then once more after each of its edits. */
export async function portCase(one: PortedCase, peer: Peer, work: string): Promise<PortedResult> {
  const folder = join(work, one.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const namedContexts: Record<string, string> = {};
  for (const base of one.bases) namedContexts[base] = `oci-layout://${await portedBase(base)}`;
  const port: Port = { one, peer, work: folder, namedContexts };
  try {
    const context = join(folder, "plain");
    layOut(one, context);
    const built = await buildThreeWays(port, context, "image");
    const inherited = new Set(
      (await Promise.all(one.bases.map(portedBase))).flatMap((layout) => layerDigests(layout)),
    );
    const listings = mapWays(built, ({ archive }) => imageListing(archive!));
    const weight = mapWays(built, ({ archive }) => weigh(archive!, inherited));
    const runs = [];
    for (const edit of one.edits) runs.push({ edit: edit.name, runs: await runsAfter(port, edit) });
    return {
      name: one.name,
      title: one.title,
      weight,
      lines: { byHand: lineCount(join(context, "Dockerfile")), ours: lineCount(ourDockerfile(one, context)) },
      runs,
      differences: {
        dockerfile: differences(listings.byHand, listings.dockerfile, one.leftovers),
        direct: differences(listings.byHand, listings.direct, one.leftovers),
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One image that was built, and the commands that ran for it. */
interface Built {
  readonly archive: string | undefined;
  readonly runs: number;
}

/**
 * The commands that an edit runs again. Where ours are more than by hand, everything is built once more before a second
 * try: an engine that others use too drops what it remembers when its disk fills, which is no fault of a Dockerfile.
 */
async function runsAfter(port: Port, edit: PortedEdit): Promise<ThreeWays<number>> {
  const change = async () => {
    // Each by its own nonce: BuildKit would take from one file what another that says the same has just run.
    const [byHand, ours] = [0, 1].map(() => {
      const nonce = `n${randomUUID().slice(0, 8)}`;
      // By its own name, since a module is loaded once.
      const context = join(port.work, `edit-${nonce}`);
      layOut(port.one, context, edit, nonce);
      return context;
    }) as [string, string];
    return mapWays(await buildThreeWays(port, byHand, undefined, ours), ({ runs }) => runs);
  };
  const first = await change();
  if (Math.max(first.dockerfile, first.direct) <= first.byHand) return first;
  await buildThreeWays(port, join(port.work, "plain"), undefined);
  return change();
}

async function buildThreeWays(
  { one, peer, work, namedContexts }: Port,
  contextByHand: string,
  output: string | undefined,
  contextDir = contextByHand,
): Promise<ThreeWays<Built>> {
  const image = await describedImage(contextDir);
  const archive = (way: string) => (output === undefined ? undefined : join(work, `${output}-${way}.tar`));
  const buildKit = async (context: string, dockerfile: string, outOciTar: string | undefined) => {
    const request = { contextDir: context, dockerfile, namedContexts, network: "host" } as const;
    return { archive: outOciTar, runs: await buildCounted(peer, { ...request, outOciTar }) };
  };
  const byHand = await buildKit(contextByHand, join(contextByHand, "Dockerfile"), archive("by-hand"));
  await synth(new Catalog("ported", { [one.name]: image }, { platforms: [PLATFORM] }), {
    context: contextDir,
    store: join(PORTED_CACHE, "store"),
  });
  const dockerfile = await buildKit(contextDir, ourDockerfile(one, contextDir), archive("dockerfile"));
  return { byHand, dockerfile, direct: await buildDirectly(image, contextDir, archive("direct")) };
}

/** Builds directly and counts the commands that were not remembered. */
async function buildDirectly(image: Image, context: string, archive: string | undefined): Promise<Built> {
  let runs = 0;
  await build(image, {
    context,
    platform: PLATFORM,
    store: join(PORTED_CACHE, "store"),
    lock: false,
    ...(archive === undefined ? {} : { output: { type: "oci", dest: archive } }),
    progress: {
      report: (event) => {
        // A layer is told of as well, under its digest; a command under its line.
        if (event.kind === "finish" && event.cached === false && /^[^:]*:(\d+|undefined):/.test(event.id))
          runs++;
      },
    },
  });
  return { archive, runs };
}

const ourDockerfile = ({ name }: PortedCase, context: string) =>
  join(context, "layerwright.out", name, "Dockerfile");

function mapWays<From, To>(ways: ThreeWays<From>, map: (way: From) => To): ThreeWays<To> {
  return { byHand: map(ways.byHand), dockerfile: map(ways.dockerfile), direct: map(ways.direct) };
}

function lineCount(dockerfile: string): number {
  const lines = readFileSync(dockerfile, "utf8").split("\n");
  return lines.filter((line) => /^\s*[^\s#]/.test(line)).length;
}

interface Manifest {
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

/** The manifest of the one image of a layout, a directory or an archive. */
function manifestOf(path: string, open: (name: string) => Buffer): Manifest {
  const json = (name: string) => JSON.parse(open(name).toString("utf8"));
  const [{ digest }] = json("index.json").manifests;
  const document = json(`blobs/${digest.replace(":", "/")}`);
  if (document.layers === undefined) throw new Error(`${path} holds more than one image`);
  return document;
}

function layerDigests(layout: string): string[] {
  return manifestOf(layout, (name) => readFileSync(join(layout, name))).layers.map(({ digest }) => digest);
}

/** What the layers weigh that are not of a base. */
function weigh(archive: string, inherited: ReadonlySet<string>): Weight {
  const files = new Map(tarEntries(readFileSync(archive)).map(({ path, data }) => [path, data]));
  const { layers } = manifestOf(archive, (name) => Buffer.from(files.get(name) ?? []));
  const { layers: tars } = imageBlobs(archive);
  const own = layers.flatMap(({ digest, size }, index) =>
    inherited.has(digest) ? [] : [{ size, unpacked: tars[index]!.length }],
  );
  const sum = (figure: "size" | "unpacked") => own.reduce((total, layer) => total + layer[figure], 0);
  return { unpacked: sum("unpacked"), compressed: sum("size"), layers: own.length };
}

/** What tells two images apart in tree and config, but for leftovers: those may differ in content or be gone in ours. */
export function differences(
  byHand: ImageListing,
  ours: ImageListing,
  leftovers: readonly Leftover[],
): string[] {
  const expected = /^\/(.*?): (?:(?:content|size) .*|only in the first)$/;
  return compareImages({ ...byHand, layers: [] }, { ...ours, layers: [] }).filter((difference) => {
    const path = expected.exec(difference)?.[1];
    return path === undefined || !leftovers.some((leftover) => leftover.path.test(path));
  });
}
