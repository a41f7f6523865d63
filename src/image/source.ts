import type { ImageNode } from "./image-node.js";

/** A named folder beside the build context, for sources outside of it. */
export interface NamedContext {
  readonly name: string;
  /** The folder, as the user wrote it: absolute, or relative to the context folder. */
  readonly folder: string;
}

/** Files of the build context (`context` undefined) or of a named context. `path` may hold globs `* ? [] **`. */
export interface ContextSource {
  readonly from: "context";
  readonly context?: NamedContext;
  readonly path: string;
}

/** A file or folder of another image. `path` is absolute and holds no globs. */
export interface ImageSource {
  readonly from: "image";
  readonly image: ImageNode;
  readonly path: string;
}

/** What a copy copies. */
export type Source = ContextSource | ImageSource;
