import { beginCall, checkOptions, refuse } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import type { ImageNode, Step } from "../image/nodes.js";
import { parseOwner } from "../image/owner.js";

/** The user that `nonRoot` makes. */
export interface NonRootOptions {
  /** @default - "nonroot" */
  readonly name?: string;
  /** @default - 65532, as distroless has it */
  readonly uid?: number;
  /** @default - the uid */
  readonly gid?: number;
}

/**
 * Makes an image run as a user that is not root, by number. An image that starts from scratch, also by way of
 * other images, gets an `/etc/passwd` and `/etc/group` with root and this user, unless it wrote them already.
 * Any other base keeps its own: there the name is of no effect.
 *
 * @throws {DefinitionError} OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID for root itself
 * @example
 * ```ts
 * import { Image, nonRoot } from "layerwright";
 *
 * export const hello = Image.scratch().binary("dist/hello", "/hello").with(nonRoot()).cmd(["/hello"]);
 * ```
 */
export function nonRoot(options: NonRootOptions = {}): Recipe {
  const call = beginCall("nonRoot");
  checkOptions(call, options, ["name", "uid", "gid"]);
  const { name = "nonroot", uid = 65532, gid = uid } = options;
  const { user } = parseOwner(call, { user: name });
  if (typeof user !== "string")
    refuse(call, "OWNER_INVALID", { call: call.name, got: name, reason: "the name is a number" });
  for (const id of [uid, gid]) {
    parseOwner(call, id);
    if (typeof id === "number") continue;
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "id", got: id, allowed: "a number" });
  }
  if (uid === 0 || name === "root") {
    const got = uid === 0 ? uid : name;
    refuse(call, "ARGUMENT_INVALID", {
      call: call.name,
      argument: "user",
      got,
      allowed: "a user other than root",
    });
  }
  const passwd = `root:x:0:0:root:/root:/sbin/nologin\n${name}:x:${uid}:${gid}:${name}:/nonexistent:/sbin/nologin\n`;
  const group = gid === 0 ? "root:x:0:\n" : `root:x:0:\n${name}:x:${gid}:\n`;
  return (image) => {
    const named = startsFromScratch(image.node) && !writes(image.node, "/etc/passwd");
    const known = named ? image.write("/etc/passwd", passwd).write("/etc/group", group) : image;
    return known.user(`${uid}:${gid}`);
  };
}

function startsFromScratch({ base }: ImageNode): boolean {
  return base.kind === "image" ? startsFromScratch(base.image) : base.kind === "scratch";
}

function writes({ base, steps }: ImageNode, path: string): boolean {
  return steps.some((step) => stepWrites(step, path)) || (base.kind === "image" && writes(base.image, path));
}

function stepWrites(step: Step, path: string): boolean {
  if (step.kind === "platform") {
    const { variants, otherwise = [] } = step;
    return [...variants.map(({ steps }) => steps), otherwise].some((steps) =>
      steps.some((inner) => stepWrites(inner, path)),
    );
  }
  if (step.kind === "layer") return step.steps.some((inner) => stepWrites(inner, path));
  if (step.kind === "write") return step.path === path;
  return step.kind === "copy" && step.dest === path;
}

/**
 * Makes `/tmp` as programs expect it: everybody may write, and only owners may remove (mode 1777).
 *
 * @example
 * ```ts
 * import { Image, tmpDir } from "layerwright";
 *
 * export const hello = Image.scratch().binary("dist/hello", "/hello").with(tmpDir()).cmd(["/hello"]);
 * ```
 */
export function tmpDir(): Recipe {
  return (image) => image.mkdir("/tmp", { mode: 0o1777 });
}
