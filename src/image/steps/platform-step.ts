import type { Origin } from "../../errors/origin.js";
import type { Step } from "./step.js";

/** Steps that differ by platform: `perPlatform(recipes)`. The plan for a platform has those that fit it. */
export interface PlatformStep {
  readonly kind: "platform";
  /** Platforms in their short spelling, each once. */
  readonly variants: readonly PlatformVariant[];
  /** For every other platform; without it there is no image for them. */
  readonly otherwise?: readonly Step[];
  readonly origin?: Origin;
}

/** The steps of one platform. */
export interface PlatformVariant {
  readonly platform: string;
  readonly steps: readonly Step[];
}
