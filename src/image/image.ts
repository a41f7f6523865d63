import { closestName } from "../core/closest-name.js";
import { deepFreeze } from "../core/freeze.js";
import type { Origin } from "../errors/origin.js";
import { parseReference } from "../oci/reference.js";
import { Base, isBase } from "./base.js";
import { beginCall, type Call, refuse, refuseArgument } from "./call.js";
import type { HealthcheckOptions } from "./config-steps.js";
import type {
  AddOptions,
  BinaryOptions,
  ChmodOptions,
  ChownOptions,
  CopyOptions,
  MkdirOptions,
  SymlinkOptions,
  WriteOptions,
} from "./file-steps.js";
import { addedSteps, applied, groupOwnSteps, layerOf, platformStep } from "./group-steps.js";
import type { HostFunction } from "./host-functions.js";
import type { ModeInput } from "./mode.js";
import {
  type BaseNode,
  type ImageNode,
  type ImageSource,
  type SquashPolicy,
  type Step,
  squashPolicies,
  stepKinds,
} from "./nodes.js";
import type { Owner, OwnerInput } from "./owner.js";
import type { HostRunOptions, RunOptions } from "./run-steps.js";
import { imageSource, type SourceInput } from "./sources.js";
import * as steps from "./steps.js";
import type { StringPairs } from "./strings.js";

const BRAND = Symbol.for("layerwright.image");

let made: (node: ImageNode) => Image;

/** A pattern over images: how steps that belong together are named, shared and applied (`image.with(recipe)`). */
export type Recipe = (image: Image) => Image;

/** Recipes by platform: `linux/amd64`, `linux/arm/v7` and their other names; `default` is for every other platform. */
export type PlatformRecipes = { readonly [platform: `linux/${string}`]: Recipe } & {
  readonly default?: Recipe;
};

/**
 * A container image as an immutable value: a base, a list of steps and a squash policy. Every method returns a
 * new Image and leaves this one as it is, so that two images made from one prefix share that prefix's layers.
 * Nothing is read, fetched or run until an image is planned or built.
 *
 * @example
 * ```ts
 * import { Image } from "layerwright";
 *
 * const build = Image.from("golang:1.24").workdir("/src").copy(".", ".").run("go build -o /out/app .");
 * export const app = Image.scratch().binary(build.path("/out/app"), "/app").user(65532).cmd(["/app"]);
 * ```
 */
export class Image {
  /** The image before the last step and that step, until the node is read. */
  #last: { readonly before: Image; readonly added: readonly Step[] } | undefined;
  #node: ImageNode | undefined;

  static {
    made = (node) => new Image(node);
  }

  private constructor(node: ImageNode | undefined, last?: { before: Image; added: readonly Step[] }) {
    this.#node = node;
    this.#last = last;
    Object.freeze(this);
  }

  /** The data of the image, frozen: all that the plan reads. The same object each time it is asked for. */
  get node(): ImageNode {
    this.#node ??= this.#gather();
    return this.#node;
  }

  /**
   * Starts from a registry reference, a Base or another Image, whose layers are inherited as they are.
   *
   * @throws {DefinitionError} REFERENCE_INVALID, BASE_INVALID
   */
  static from(base: string | Base | Image): Image {
    const call = beginCall("Image.from");
    return Image.#start(baseNode(call, base), call.origin);
  }

  /** Starts from nothing: the image holds what its steps put there. */
  static scratch(): Image {
    return Image.#start(Base.scratch().node);
  }

  static #start(base: BaseNode, origin?: Origin): Image {
    const placed = origin === undefined ? {} : { origin };
    return new Image(Object.freeze({ base, steps: Object.freeze([]), squash: "keep", ...placed }));
  }

  /** Copies files into the image, see `steps.copy`. Of a directory the contents are copied; `dest/` is a directory. */
  copy(source: SourceInput | readonly SourceInput[], dest: string, options?: CopyOptions): Image {
    return this.#add(steps.copy(source, dest, options));
  }

  /** Writes a file with contents from the description, as root with 0644 by default, see `steps.write`. */
  write(path: string, contents: string | Uint8Array, options?: WriteOptions): Image {
    return this.#add(steps.write(path, contents, options));
  }

  /** Makes a directory, as root with 0755 by default, see `steps.mkdir`. */
  mkdir(path: string, options?: MkdirOptions): Image {
    return this.#add(steps.mkdir(path, options));
  }

  /** Makes a symbolic link at `path` that says `target`, see `steps.symlink`. */
  symlink(target: string, path: string, options?: SymlinkOptions): Image {
    return this.#add(steps.symlink(target, path, options));
  }

  /** Removes a file, or a directory with all in it, see `steps.remove`. */
  remove(path: string): Image {
    return this.#add(steps.remove(path));
  }

  /** Changes permission bits, see `steps.chmod`. */
  chmod(path: string, mode: ModeInput, options?: ChmodOptions): Image {
    return this.#add(steps.chmod(path, mode, options));
  }

  /** Changes the owner, see `steps.chown`. */
  chown(path: string, owner: OwnerInput, options?: ChownOptions): Image {
    return this.#add(steps.chown(path, owner, options));
  }

  /** Fetches one file and verifies its sha256, see `steps.add`. */
  add(url: string, dest: string, options?: AddOptions): Image {
    return this.#add(steps.add(url, dest, options));
  }

  /** Copies one executable and proves that it can run in this image, see `steps.binary`. */
  binary(source: SourceInput, dest?: string, options?: BinaryOptions): Image {
    return this.#add(steps.binary(source, dest, options));
  }

  /** Runs a command in the image: a string by the shell, an array as it is, see `steps.run`. */
  run(command: string | readonly string[], options?: RunOptions): Image {
    return this.#add(steps.run(command, options));
  }

  /** Fills the image with tools of the machine that builds: a command or a function, see `steps.hostRun`. */
  hostRun(command: readonly string[] | HostFunction, options?: HostRunOptions): Image {
    return this.#add(steps.hostRun(command, options));
  }

  /** Sets environment variables, `env({ A: "1" })` or `env("A", "1")`, see `steps.env`. */
  env(...pair: StringPairs): Image {
    return this.#add(steps.env(...pair));
  }

  /** Sets the working directory, see `steps.workdir`. */
  workdir(path: string): Image {
    return this.#add(steps.workdir(path));
  }

  /** Sets the user, `user(65532)`, `user("app")` or `user("1000:1000")`, see `steps.user`. */
  user(user: number | string | Owner): Image {
    return this.#add(steps.user(user));
  }

  /** Sets the program that a container runs, see `steps.entrypoint`. */
  entrypoint(args: readonly string[]): Image {
    return this.#add(steps.entrypoint(args));
  }

  /** Sets the default command or the entry point's arguments, see `steps.cmd`. */
  cmd(args: readonly string[]): Image {
    return this.#add(steps.cmd(args));
  }

  /** Documents ports, `expose(80, "53/udp", "8000-8003")`, see `steps.expose`. */
  expose(...ports: readonly (number | string)[]): Image {
    return this.#add(steps.expose(...ports));
  }

  /** Declares directories whose data outlives a container, see `steps.volume`. */
  volume(...paths: readonly string[]): Image {
    return this.#add(steps.volume(...paths));
  }

  /** Sets labels of the image config, `label({ a: "1" })` or `label("a", "1")`, see `steps.label`. */
  label(...pair: StringPairs): Image {
    return this.#add(steps.label(...pair));
  }

  /** Sets annotations of the image manifest, spelled as `label`, see `steps.annotation`. */
  annotation(...pair: StringPairs): Image {
    return this.#add(steps.annotation(...pair));
  }

  /** Sets the signal that stops the container, see `steps.stopSignal`. */
  stopSignal(signal: string | number): Image {
    return this.#add(steps.stopSignal(signal));
  }

  /** Sets how health is probed; `null` switches off what the base has, see `steps.healthcheck`. */
  healthcheck(check: HealthcheckOptions | null): Image {
    return this.#add(steps.healthcheck(check));
  }

  /** Sets the shell that later string commands run under, see `steps.shell`. */
  shell(args: readonly string[]): Image {
    return this.#add(steps.shell(args));
  }

  /**
   * Lets the findings of a policy stand for this image and for images that start from it, with a reason of at least
   * three words, see `steps.suppress`.
   */
  suppress(code: string, reason: string): Image {
    return this.#add(steps.suppress(code, reason));
  }

  /**
   * Makes one named layer of everything that the recipe does, whatever layers it would make by itself.
   *
   * @throws {DefinitionError} LAYER_RECIPE_INVALID, RECIPE_INVALID, ARGUMENT_INVALID
   */
  layer(name: string, recipe: Recipe): Image {
    const call = beginCall("layer");
    if (typeof name !== "string" || !/^[^\p{Cc}\p{Cs}]+$/u.test(name))
      refuseArgument(call, "name", name, "text on one line");
    const added = Image.#addedSince(this, applied(call, recipe, this, isImage));
    if (added === undefined) return refuse(call, "LAYER_RECIPE_INVALID", { name });
    return added.length === 0 ? this : this.#add(layerOf(name, added, call.origin));
  }

  /**
   * Sets the squash policy: `"keep"` (default), `"own"` (its own steps, one layer over the untouched base),
   * `"all"` (one layer, the base included) or `"auto"` (decided for the whole catalog).
   *
   * @throws {DefinitionError} SQUASH_UNKNOWN
   */
  squash(policy: SquashPolicy): Image {
    const call = beginCall("squash");
    const squash = parseSquashPolicy(call, policy);
    return new Image(Object.freeze({ ...this.node, squash, squashedAt: call.origin }));
  }

  /**
   * Names the image's stage in a Dockerfile: lower-case letters, digits, `-`, `_` and `.`, a letter first. A name
   * changes nothing else: no layer, no cache key. Of two stages with one name the second gets a number.
   *
   * @throws {DefinitionError} STAGE_NAME_INVALID
   * @example
   * ```ts
   * import { dockerfile, Image } from "layerwright";
   *
   * const build = Image.from("golang:1.24").named("build").run("go build -o /out/app .");
   * console.log(await dockerfile(Image.scratch().copy(build.path("/out/app"), "/app"))); // FROM golang:1.24 AS build ...
   * ```
   */
  named(name: string): Image {
    return Image.#renamed(this, parseStageName(beginCall("named"), name));
  }

  /**
   * Applies a recipe, and makes one layer of the file and run steps that it adds itself, so that an install and
   * its clean-up are never apart; recipes and layers inside of it stay layers of their own. For one layer a
   * step, call the recipe as a function: `recipe(image)`. A recipe that sets a base or squash policy has its
   * result taken as it is.
   *
   * @throws {DefinitionError} RECIPE_INVALID
   */
  with(recipe: Recipe): Image {
    const call = beginCall("with");
    return this.#apply(call, recipe);
  }

  /**
   * Applies a recipe, as `with` does, when the condition holds.
   * @throws {DefinitionError} RECIPE_INVALID, ARGUMENT_INVALID
   */
  when(condition: boolean, recipe: Recipe): Image {
    const call = beginCall("when");
    if (typeof condition !== "boolean") refuseArgument(call, "condition", condition, "true or false");
    return condition ? this.#apply(call, recipe) : this;
  }

  /**
   * Applies the recipe that fits the platform which the image is built for, as `with` does. A platform for which there
   * is neither a recipe nor a `default` is refused when the image is planned.
   *
   * @throws {DefinitionError} PLATFORM_INVALID, PLATFORM_TWICE, PLATFORM_RECIPE_INVALID, RECIPE_INVALID,
   *   ARGUMENT_INVALID
   */
  perPlatform(recipes: PlatformRecipes): Image {
    const call = beginCall("perPlatform");
    const stepsOf = (recipe: unknown, platform: string): readonly Step[] => {
      const added = Image.#addedSince(this, applied(call, recipe, this, isImage));
      if (added === undefined) return refuse(call, "PLATFORM_RECIPE_INVALID", { platform });
      return groupOwnSteps(added, call.origin);
    };
    return this.#add(platformStep(call, recipes, stepsOf));
  }

  /**
   * Adds a step that one of the factories in `steps` made.
   *
   * @throws {DefinitionError} STEP_UNKNOWN
   */
  step(node: Step): Image {
    const kind: unknown = (node as Step | undefined)?.kind;
    if (typeof kind !== "string" || !stepKinds.includes(kind)) {
      const suggestion = closestName(kind, stepKinds);
      refuse(beginCall("step"), "STEP_UNKNOWN", { got: kind ?? node, suggestion });
    }
    return this.#add(deepFreeze(node));
  }

  /**
   * Names a file or directory of this image, for the `copy` or `binary` of another: the absolute path, no globs.
   *
   * @throws {DefinitionError} PATH_INVALID
   */
  path(path: string): ImageSource {
    return imageSource(beginCall("path"), this.node, path);
  }

  #add(...added: readonly Step[]): Image {
    return new Image(undefined, { before: this, added });
  }

  /** Puts the steps of a chain into one array: once for the image that is used, not once for every call. */
  #gather(): ImageNode {
    const runs: (readonly Step[])[] = [];
    let image: Image = this;
    while (image.#node === undefined && image.#last !== undefined) {
      runs.push(image.#last.added);
      image = image.#last.before;
    }
    const { steps: before } = image.node;
    this.#last = undefined;
    return Object.freeze({ ...image.node, steps: Object.freeze([...before, ...runs.reverse().flat()]) });
  }

  #apply(call: Call, recipe: Recipe): Image {
    const result = applied(call, recipe, this, isImage);
    const chained = Image.#chained(this, result);
    if (chained !== undefined) return this.#add(...groupOwnSteps(chained, call.origin));
    const added = addedSteps(this.node, result.node);
    if (added === undefined) return result;
    return Image.#renamed(this.#add(...groupOwnSteps(added, call.origin)), result.node.name);
  }

  static #renamed(image: Image, name: string | undefined): Image {
    return name === undefined ? image : new Image(Object.freeze({ ...image.node, name }));
  }

  /** The steps between an earlier image and this one, where the chain still shows them. */
  static #chained(before: Image, after: Image): readonly Step[] | undefined {
    const runs: (readonly Step[])[] = [];
    for (let image = after; image !== before; image = image.#last.before) {
      // A copy of this package made the image, or its chain was gathered: the nodes tell then.
      if (!(#last in image) || image.#last === undefined) return undefined;
      runs.push(image.#last.added);
    }
    return runs.reverse().flat();
  }

  static #addedSince(before: Image, after: Image): readonly Step[] | undefined {
    return Image.#chained(before, after) ?? addedSteps(before.node, after.node);
  }
}

Object.defineProperty(Image.prototype, BRAND, { value: true });

/** The image of data that other images gave. */
export function imageOf(node: ImageNode): Image {
  return made(node);
}

/** True for an image, also for one of another copy of the package. */
export function isImage(value: unknown): value is Image {
  return typeof value === "object" && value !== null && BRAND in value;
}

function baseNode(call: Call, base: unknown): BaseNode {
  if (isImage(base)) return Object.freeze({ kind: "image", image: base.node });
  if (isBase(base)) return base.node;
  if (base === "scratch") return Base.scratch().node;
  if (typeof base !== "string") return refuse(call, "BASE_INVALID", { call: call.name, got: base });
  parseReference(base, call.origin);
  return Object.freeze({ kind: "registry", reference: base });
}

/** Reads the name of a stage as BuildKit takes it, or refuses it with `STAGE_NAME_INVALID`. */
function parseStageName(call: Call, name: unknown): string {
  if (typeof name === "string" && /^[a-z][a-z0-9_.-]*$/.test(name)) return name;
  return refuse(call, "STAGE_NAME_INVALID", { got: name });
}

/** Reads a squash policy, or refuses it with `SQUASH_UNKNOWN`. */
function parseSquashPolicy(call: Call, value: unknown): SquashPolicy {
  const known = squashPolicies.find((policy) => policy === value);
  if (known !== undefined) return known;
  const suggestion = closestName(value, squashPolicies);
  return refuse(call, "SQUASH_UNKNOWN", { got: value, known: squashPolicies, suggestion });
}
