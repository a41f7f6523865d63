import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Platform, platformText } from "../oci/platform.js";
import { holdsPlatforms, type OutputTarget } from "../project/options.js";
import type { Project } from "../project/project.js";
import { refuseValue, UsageError } from "./option-value.js";

const TYPES: readonly OutputTarget["type"][] = ["archive", "oci", "layout", "rootfs"];

const ALLOWED = `a path, - or type=${TYPES.join("|")},dest=PATH (docker is another word for archive)`;

/** What `--output` says; `dest` is missing where the default place is meant. */
export interface OutputOption {
  readonly type: OutputTarget["type"];
  readonly dest?: string;
}

/**
 * Reads `--output` as buildx spells it: a path, `-`, or `type=oci,dest=path`.
 *
 * @throws {UsageError} OPTION_VALUE_INVALID
 */
export function parseOutput(value: string): OutputOption {
  if (value === "") return refuseValue("--output", value, ALLOWED);
  if (!/^(type|dest)=/.test(value)) return { type: "archive", dest: value };
  let type: OutputTarget["type"] = "archive";
  let dest: string | undefined;
  // A comma in the path is part of it: only a known key begins a new field.
  for (const field of value.split(/,(?=(?:type|dest)=)/)) {
    const equals = field.indexOf("=");
    const key = field.slice(0, equals);
    const text = field.slice(equals + 1);
    if (text === "") return refuseValue("--output", value, ALLOWED);
    if (key === "dest") dest = text;
    // What buildx calls the archive that `docker load` takes.
    else if (text === "docker") type = "archive";
    else type = TYPES.find((known) => known === text) ?? refuseValue("--output", value, ALLOWED);
  }
  return dest === undefined ? { type } : { type, dest };
}

/** Where everything goes unless somebody says otherwise, in the context directory. */
export const defaultFolder = "layerwright.out";

/** One image that is to be written somewhere. */
export interface Placed {
  readonly name: string;
  readonly platform: Platform;
  /** True when the image is built for other platforms, too. */
  readonly several: boolean;
}

/** Each plan of the chosen images of a project, in order. */
export function placedPlans({ images }: Pick<Project, "images">): Placed[] {
  return images.flatMap(({ name, plans }) =>
    plans.map(({ platform }) => ({ name, platform, several: plans.length > 1 })),
  );
}

/**
 * The target of each image, in order. One image goes where the option says; several go into a directory, or to the
 * paths that `{name}` and `{platform}` in the option make. The platforms of one image share a target of a type that
 * holds them.
 *
 * @throws {UsageError} OUTPUT_SHARED
 */
export function outputPlaces(
  option: OutputOption,
  images: readonly Placed[],
  context: string,
): readonly OutputTarget[] {
  const { type } = option;
  const dest = option.dest ?? `${resolve(context, defaultFolder)}/`;
  const places = images.map((image) => placeOf(type, dest, image));
  const held = holdsPlatforms(type) ? ({ name }: Placed) => name : labelOf;
  const owners = new Map(places.map((place, at) => [place, held(images[at]!)]));
  // A layout holds several images by their names; every other form holds one.
  if (type !== "layout" && places.some((place, at) => owners.get(place) !== held(images[at]!))) {
    throw new UsageError("OUTPUT_SHARED", { dest, images: images.map(labelOf) }, { subject: dest });
  }
  return places.map((place) => ({ type, dest: place }));
}

function placeOf(type: OutputTarget["type"], dest: string, image: Placed): string {
  if (dest === "-") return dest;
  const platform = platformText(image.platform).replaceAll("/", "-");
  const filled = dest.replaceAll("{name}", image.name).replaceAll("{platform}", platform);
  if (filled !== dest) return resolve(filled);
  const layout = type === "layout";
  const folder = dest.endsWith("/") || (!layout && isFolder(dest));
  return folder ? resolve(join(dest, `${fileOf(type, image)}${layout ? "" : ".tar"}`)) : resolve(dest);
}

/** As the api names the archives of a catalog: `app.tar`, or `app-arm64.tar` beside others. */
function fileOf(type: OutputTarget["type"], { name, platform, several }: Placed): string {
  const alone = !several || holdsPlatforms(type);
  return alone ? name : `${name}-${platformText(platform).split("/").slice(1).join("-")}`;
}

/** What an image is called beside its other platforms. */
export function labelOf({ name, platform, several }: Placed): string {
  return several ? `${name} (${platformText(platform)})` : name;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
