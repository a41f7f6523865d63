import type { LayerBytes, PlainTar } from "../archive/open-layer.js";
import type { Origin } from "../errors/origin.js";
import type { FileNode, NodeContent } from "./tree.js";

/**
 * The reason for which something of an image is not known before it is built; `because` ends a sentence: "..., since
 * <because>".
 */
export interface Unknown {
  readonly because: string;
  /** The user's line that it depends on. */
  readonly origin: Origin | undefined;
}

/** Marks a mode that only a build tells. It lies outside of all permission bits, so that a `chmod` by number clears it. */
const UNKNOWN_MODE = 0o1000000;

/** The mode of a file whose permission bits only a build tells. */
export function unknownMode(guess = 0): number {
  return UNKNOWN_MODE | guess;
}

/** True when permission bits are known. */
export function isModeKnown(mode: number): boolean {
  return (mode & UNKNOWN_MODE) === 0;
}

/** Stands for bytes that nobody has before the build. */
class UnknownBytes implements LayerBytes {
  readonly unknown: Unknown;

  constructor(unknown: Unknown) {
    this.unknown = unknown;
  }

  spool(): Promise<PlainTar> {
    return Promise.reject(new TypeError("these bytes come into being by a build"));
  }
}

/** The content of a file that only a build has. */
export function unknownContent(unknown: Unknown): NodeContent {
  return { kind: "layer", layer: new UnknownBytes(unknown), offset: 0 };
}

/** The reason for which the content of a file is not known; undefined where it is. */
export function whyContentUnknown({ content }: FileNode): Unknown | undefined {
  return content.kind === "layer" && content.layer instanceof UnknownBytes
    ? content.layer.unknown
    : undefined;
}

/** A part of the tree in which there may be more than the description says. Paths have no leading slash; `""` is all. */
interface Region {
  readonly path: string;
  /** Undefined where everything was removed, so that nothing is left to be unknown. */
  readonly unknown: Unknown | undefined;
  /** True when there is something at the path itself, whatever it is. */
  readonly exists: boolean;
}

/**
 * The regions of an image that may have files without a description: those of a base that is not here, those of
 * commands.
 */
export class UnknownRegions {
  /** Later ones lie over earlier ones. */
  readonly #regions: Region[];

  constructor(below?: UnknownRegions) {
    this.#regions = below === undefined ? [] : [...below.#regions];
  }

  /** From here on anything may be at the path and below it. */
  add(path: string, unknown: Unknown, exists = false): void {
    this.#regions.push({ path, unknown, exists });
  }

  /** Notes that whatever was at the path is gone. */
  remove(path: string): void {
    this.#regions.push({ path, unknown: undefined, exists: false });
  }

  /**
   * The reason for which it is not known what is at a path that the description does not name; undefined where nothing
   * is.
   */
  at(path: string): Unknown | undefined {
    return this.#regions.findLast((region) => covers(region.path, path))?.unknown;
  }

  /** True when something is at a path for sure, though nobody knows what. */
  existsAt(path: string): boolean {
    const tells = (region: Region) => region.path === path || region.unknown === undefined;
    return this.#regions.findLast((region) => covers(region.path, path) && tells(region))?.exists === true;
  }

  /** The reason for which it is not known what is at a path or somewhere below it. */
  within(path: string): Unknown | undefined {
    const at = this.at(path);
    if (at !== undefined) return at;
    const inside = this.#regions.findLast(
      (region) =>
        region.unknown !== undefined && covers(path, region.path) && this.at(region.path) !== undefined,
    );
    return inside?.unknown;
  }
}

function covers(region: string, path: string): boolean {
  return region === "" || path === region || path.startsWith(`${region}/`);
}
