import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Image, isLayerwrightError, StepError } from "layerwright";
import { afterAll, expect, type TestContext } from "vitest";
import type { FrontendVersion } from "../../src/dockerfile/instruction.js";
import { type BuildInput, direct, dockerfileRequest, noSandbox, planOf } from "../equivalence/both-ways.js";
import {
  type BaseImage,
  type BaseKind,
  type BaseVariant,
  baseFrom,
  baseImage,
} from "../fixtures/base-kinds.js";
import { runsCommands } from "../fixtures/sandbox-here.js";
import { buildWithBuildKit } from "../peers/buildkit.js";
import { compareImages } from "../peers/compare.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";
import { type Peer, type PeerName, requirePeer } from "../peers/peers.js";
import { withoutUnchanged } from "../peers/unchanged-paths.js";

/** A file of the context: its contents, or a symbolic link, or contents with a mode. */
export type ContextFile =
  | string
  | Buffer
  | { readonly link: string }
  | { readonly contents: string | Buffer; readonly mode: number };

/** Where and with what an image is built both ways. */
export interface BothWaysOptions {
  /** The context, made anew for each base: files by path, a directory that is copied, or a function that fills one. */
  readonly context?: Readonly<Record<string, ContextFile>> | string | ((directory: string) => void);
  /** @default - busybox and gnu */
  readonly kinds?: readonly (BaseKind | "scratch")[];
  /** Where the base lies: an OCI layout on disk, or the same image as a reference. @default - both */
  readonly places?: readonly ("disk" | "registry")[];
  /** How the base differs from the plain one of its kind: another config (`OnBuild`, no `PATH`), one layer more. */
  readonly variant?: BaseVariant;
  /** @default - docker28 */
  readonly builders?: readonly Exclude<PeerName, "buildah28">[];
  /** What commands that ask for no network see of it. @default - "none" */
  readonly network?: "none" | "host";
  /** The oldest front end that has to read the Dockerfile. @default - that of `dockerfile()` */
  readonly frontend?: FrontendVersion;
}

/** What became of an image one way: it is laid open, refused by a code of ours, or a command or builder failed. */
export type Way =
  | { readonly listing: ImageListing }
  | { readonly refused: string; readonly message: string }
  | { readonly failed: string };

/** One image on one base, by one builder. */
export interface Comparison {
  /** `gnu on disk, docker28`. */
  readonly name: string;
  readonly kind: BaseKind | "scratch";
  readonly place: "disk" | "registry";
  /** The direct build. */
  readonly direct: Way;
  /** Our Dockerfile, built by a real BuildKit. */
  readonly dockerfile: Way;
  /** The text of the Dockerfile; undefined where it was refused. */
  readonly text: string | undefined;
  /** One readable line each: first the direct build, then the Dockerfile. Of two refusals, how the codes differ. */
  readonly differences: readonly string[];
}

const work = mkdtempSync(join(tmpdir(), "layerwright-faults-"));
const store = join(work, "store");
afterAll(() => rmSync(work, { recursive: true, force: true }));

/**
 * Builds an image both ways, directly and from its Dockerfile by a real BuildKit, on each kind of base, on disk and as
 * a reference of a registry, and says what is different. The test is skipped where a builder, a sandbox or a base is
 * missing; under `CI=1` it fails.
 *
 * ```ts
 * test("E3: a file copied onto a directory", async (context) => {
 *   const built = await bothWays(context, (base) => base.mkdir("/d").copy("f", "/d"), { context: { f: "1\n" } });
 *   expectSame(built);
 *   for (const { direct } of built) expect(listingOf(direct).rootfs.get("d/f")?.type).toBe("file");
 * });
 *
 * test("E19: removing what is not there", async (context) => {
 *   expectRefused(await bothWays(context, (base) => base.remove("/b")), "PATH_MISSING");
 * });
 * ```
 */
export async function bothWays(
  test: TestContext,
  describe: (base: Image) => Image,
  options: BothWaysOptions = {},
): Promise<readonly Comparison[]> {
  const { kinds = ["busybox", "gnu"], places = ["disk", "registry"], builders = ["docker28"] } = options;
  const peers = builders.map((builder) => requirePeer(test, builder));
  const starts: Start[] = [];
  for (const kind of kinds) {
    if (kind === "scratch") {
      starts.push({ kind, place: "disk", image: Image.scratch, bases: [] });
      continue;
    }
    const base = baseImage(kind, options.variant);
    if (typeof base === "string") return test.skip(base);
    for (const place of places) {
      starts.push({ kind, place, image: () => Image.from(baseFrom(base, place)), bases: [base] });
    }
  }
  const done = await Promise.all(starts.map((start) => onBase(start, describe, peers, options)));
  if (done.includes("no sandbox")) return test.skip(noSandbox);
  return done.flatMap((comparisons) => (comparisons === "no sandbox" ? [] : comparisons));
}

/** What an image starts from, and the bases that its registry holds. */
interface Start {
  readonly kind: BaseKind | "scratch";
  readonly place: "disk" | "registry";
  readonly image: () => Image;
  readonly bases: readonly BaseImage[];
}

async function onBase(
  { kind, place, image, bases }: Start,
  describe: (base: Image) => Image,
  peers: readonly Peer[],
  options: BothWaysOptions,
): Promise<readonly Comparison[] | "no sandbox"> {
  const folder = mkdtempSync(join(work, "base-"));
  const context = join(folder, "context");
  fill(context, options.context ?? {});
  const where = kind === "scratch" ? kind : `${kind} ${place === "disk" ? "on disk" : "in a registry"}`;
  const comparison = (peer: Peer, ours: Way, theirs: Way, text: string | undefined): Comparison => {
    const differences = differencesOf(ours, theirs);
    return {
      name: `${where}, ${peer.name}`,
      kind,
      place,
      direct: ours,
      dockerfile: theirs,
      text,
      differences,
    };
  };
  let input: BuildInput;
  try {
    const { network = "none", frontend } = options;
    input = { image: describe(image()), context, store, bases, network, ...(frontend && { frontend }) };
  } catch (error) {
    const refused = wayOf(error);
    return peers.map((peer) => comparison(peer, refused, refused, undefined));
  }
  // The Dockerfile first, so that what `synth` leaves in the context is there when the direct build reads it.
  const request = await attempt(() => dockerfileRequest(input, "buildkit", ""));
  const plan = await attempt(async () => (await planOf(input)).plan);
  const runs = !("way" in plan) && runsCommands(plan.value);
  if (runs && noSandbox !== undefined) return "no sandbox";
  const laidOpen = (listing: ImageListing) => (runs ? withoutUnchanged(listing) : listing);
  const ours = await attempt(() => direct(input, join(folder, "direct.tar")));
  const own: Way = "way" in ours ? ours.way : { listing: laidOpen(ours.value) };
  return Promise.all(
    peers.map(async (peer) => {
      if ("way" in request) return comparison(peer, own, request.way, undefined);
      const text = readFileSync(request.value.dockerfile, "utf8");
      const outOciTar = join(folder, `${peer.name}.tar`);
      try {
        await buildWithBuildKit(peer, { ...request.value, outOciTar });
        return comparison(peer, own, { listing: laidOpen(imageListing(outOciTar)) }, text);
      } catch (error) {
        return comparison(peer, own, { failed: lastLines(error) }, text);
      } finally {
        rmSync(outOciTar, { force: true });
      }
    }),
  );
}

/** Fills a context; a directory is copied with its hard links. */
function fill(directory: string, content: NonNullable<BothWaysOptions["context"]>): void {
  mkdirSync(directory);
  if (typeof content === "function") content(directory);
  else if (typeof content === "string") execFileSync("cp", ["-a", `${content}/.`, directory]);
  else writeFiles(directory, content);
}

function writeFiles(directory: string, files: Readonly<Record<string, ContextFile>>): void {
  for (const [path, file] of Object.entries(files)) {
    const at = join(directory, path);
    mkdirSync(dirname(at), { recursive: true });
    if (typeof file === "string" || Buffer.isBuffer(file)) writeFileSync(at, file);
    else if ("link" in file) symlinkSync(file.link, at);
    else {
      writeFileSync(at, file.contents);
      chmodSync(at, file.mode);
    }
  }
}

async function attempt<Value>(
  work: () => Promise<Value>,
): Promise<{ readonly value: Value } | { readonly way: Way }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { way: wayOf(error) };
  }
}

/** A command that fails is no refusal: the description was good, and work was done. */
function wayOf(error: unknown): Way {
  if (!isLayerwrightError(error)) throw error;
  return error instanceof StepError
    ? { failed: error.message }
    : { refused: error.code, message: error.message };
}

function differencesOf(ours: Way, theirs: Way): readonly string[] {
  if ("listing" in ours && "listing" in theirs) return compareImages(ours.listing, theirs.listing);
  const [left, right] = [outcome(ours), outcome(theirs)];
  return left === right ? [] : [`${left} | ${right}${detail(ours)}${detail(theirs)}`];
}

function outcome(way: Way): string {
  if ("listing" in way) return "built";
  return "refused" in way ? `refused ${way.refused}` : "failed";
}

function detail(way: Way): string {
  if ("listing" in way) return "";
  return `\n${"refused" in way ? way.message : way.failed}`;
}

function lastLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n").slice(-25).join("\n");
}

/** Expects each base to give the same image both ways. */
export function expectSame(comparisons: readonly Comparison[]): void {
  expect(comparisons.length).toBeGreaterThan(0);
  const lines = comparisons.flatMap(({ name, differences }) => differences.map((line) => `${name}: ${line}`));
  expect(lines.join("\n")).toBe("");
  for (const { name, direct: way } of comparisons) expect(`${name}: ${outcome(way)}`).toBe(`${name}: built`);
}

/** Expects each base to be refused both ways with a code. */
export function expectRefused(comparisons: readonly Comparison[], code: string): void {
  expect(comparisons.length).toBeGreaterThan(0);
  const both = comparisons.map(({ name, direct: ours, dockerfile }) => ({
    name,
    direct: outcome(ours),
    dockerfile: outcome(dockerfile),
  }));
  const refused = `refused ${code}`;
  expect(both).toEqual(comparisons.map(({ name }) => ({ name, direct: refused, dockerfile: refused })));
}

/** The image that one way gave; throws where it gave none. */
export function listingOf(way: Way): ImageListing {
  if ("listing" in way) return way.listing;
  throw new Error(`no image: ${outcome(way)}${detail(way)}`);
}
