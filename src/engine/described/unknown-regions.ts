import type { Unknown } from "./unknown.js";

/** A part of the tree in which there may be more than the description says. Paths have no leading slash; `""` is all. */
interface Region {
  readonly path: string;
  /** Undefined where everything was removed, so that nothing is left to be unknown. */
  readonly unknown: Unknown | undefined;
  /** True when there is something at the path itself, whatever it is. */
  readonly exists: boolean;
}

/** Where an image may have files that its description does not name: those of a base that is not here, those of commands. */
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

  /** What was at the path is gone, whatever it was. */
  remove(path: string): void {
    this.#regions.push({ path, unknown: undefined, exists: false });
  }

  /** Why it is not known what is at a path that the description does not name; undefined where nothing is. */
  at(path: string): Unknown | undefined {
    return this.#regions.findLast((region) => covers(region.path, path))?.unknown;
  }

  /** True when something is at a path for sure, though nobody knows what. */
  existsAt(path: string): boolean {
    const tells = (region: Region) => region.path === path || region.unknown === undefined;
    return this.#regions.findLast((region) => covers(region.path, path) && tells(region))?.exists === true;
  }

  /** Why it is not known what is at a path or somewhere below it. */
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
