import type { Writable } from "node:stream";
import type { EngineName } from "./engine-place.js";

/** A container engine that answers. */
export interface Engine {
  readonly name: EngineName;
  /** Where it was found, as people read it. */
  readonly place: string;
  /** Loads the archive that `write` writes. */
  load(write: (stream: Writable) => Promise<void>, signal?: AbortSignal): Promise<void>;
  /** The id of the image that it has under a name, or under an id; undefined where it has none. */
  idOf(name: string): Promise<string | undefined>;
}
