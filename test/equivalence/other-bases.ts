import type { BaseNode, ImageNode } from "../../src/image/nodes.js";
import { type BaseImage, baseFrom, baseImage, WITHOUT_PATH } from "../fixtures/base-kinds.js";
import { LOCAL_BASE, LOCAL_REFERENCE } from "../fixtures/layout-registry.js";

/** One other base that a case is built on, in place of the busybox base that it names. */
export interface OtherBase {
  /** `busybox in a registry`. */
  readonly name: string;
  readonly image: BaseImage;
  readonly place: "disk" | "registry";
}

/**
 * The bases that each case is built on beside its own: the same base as a reference of a registry, and GNU's tools on a
 * tree with setgid and linked directories, once more in a registry and without PATH. Reasons for
 * those that this machine cannot make.
 */
export function otherBases(): { readonly ready: readonly OtherBase[]; readonly missing: readonly string[] } {
  const local = {
    name: "busybox in a registry",
    image: LOCAL_BASE,
    place: "registry",
    triggered: 0,
  } as const;
  const gnu = baseImage("gnu");
  const bare = baseImage("gnu", WITHOUT_PATH);
  if (typeof gnu === "string") return { ready: [local], missing: [gnu] };
  if (typeof bare === "string") return { ready: [local], missing: [bare] };
  const ready: OtherBase[] = [
    local,
    { name: "gnu on disk", image: gnu, place: "disk" },
    { name: "gnu in a registry, no PATH", image: bare, place: "registry" },
  ];
  return { ready, missing: [] };
}

/** Cases that a kind of base cannot bear, and why. */
const cannotStandOn: Readonly<Record<string, readonly string[]>> = {
  // Tools are copied onto scratch without the libraries that GNU's need.
  gnu: ["run-bare"],
};

/** Whether a case is for a base. */
export function standsOn(name: string, other: OtherBase): boolean {
  return cannotStandOn[other.name.split(" ")[0]!]?.includes(name) !== true;
}

/** Whether a base is the busybox base of the tests, in one of the forms that it has. */
function isTestBase(node: BaseNode): boolean {
  if (node.kind === "registry") return node.reference === LOCAL_REFERENCE;
  if (node.kind !== "layout" && node.kind !== "archive") return false;
  return node.path.includes("fixtures/made/") && node.tag !== "small";
}

/** A description on another base; undefined where it is the same, because the case is on another base or on none. */
export function onOtherBase(node: ImageNode, other: OtherBase): ImageNode | undefined {
  const base = baseFrom(other.image, other.place).node;
  const known = new Map<object, unknown>();
  const rewritten = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
    if (known.has(value)) return known.get(value);
    const made = replaced(value);
    known.set(value, made);
    return made;
  };
  // What is the same stays the same object: images that are one are one stage.
  const replaced = (value: object): unknown => {
    if (Array.isArray(value)) {
      const items = value.map(rewritten);
      return items.some((item, index) => item !== value[index]) ? Object.freeze(items) : value;
    }
    if (isBaseNode(value) && isTestBase(value)) return isSame(value, base) ? value : base;
    const entries = Object.entries(value).map(([key, item]) => [key, rewritten(item)] as const);
    const changes = entries.some(([key, item]) => item !== (value as Record<string, unknown>)[key]);
    return changes ? Object.freeze(Object.fromEntries(entries)) : value;
  };
  const made = rewritten(node) as ImageNode;
  return made === node ? undefined : made;
}

function isBaseNode(value: object): value is BaseNode {
  return "kind" in value && ("path" in value || "reference" in value) && !("op" in value);
}

function isSame(one: BaseNode, other: BaseNode): boolean {
  return one.kind === "registry" && other.kind === "registry" && one.reference === other.reference;
}
