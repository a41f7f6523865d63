import type { Origin } from "../errors/origin.js";
import type { BaseNode } from "./base-node.js";
import type { SquashPolicy } from "./squash-policy.js";
import type { Step } from "./steps/step.js";

/** The data of an image: what `Image` holds, and all that the plan reads. */
export interface ImageNode {
  readonly base: BaseNode;
  readonly steps: readonly Step[];
  readonly squash: SquashPolicy;
  /** The name of its stage in a Dockerfile. Names change nothing else: no id, no cache key, no image. */
  readonly name?: string;
  /** Where the policy was set, when it was. */
  readonly squashedAt?: Origin;
  /** Where the base was named; undefined for scratch. */
  readonly origin?: Origin;
}
