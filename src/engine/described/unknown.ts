import type { Origin } from "../../errors/origin.js";
import type { FileNode, LayerBytes, NodeContent, PlainTar } from "../../layer/tree-node.js";

/** Why something of an image is not known before it is built; `because` ends a sentence: "..., since <because>". */
export interface Unknown {
  readonly because: string;
  /** Where the user wrote what it depends on. */
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

/** Why the content of a file is not known; undefined where it is. */
export function whyContentUnknown({ content }: FileNode): Unknown | undefined {
  return content.kind === "layer" && content.layer instanceof UnknownBytes
    ? content.layer.unknown
    : undefined;
}
