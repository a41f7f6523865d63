import { readFileSync } from "node:fs";
import { join } from "node:path";
import { outputPatterns } from "../adapters/files-node/written-outputs.js";
import type { EmittedDockerfile } from "../dockerfile/emit-dockerfile.js";
import { emitPlatforms } from "../dockerfile/emit-platforms.js";
import type { DialectName, FrontendVersion } from "../dockerfile/instruction.js";
import { resolveSources } from "../engine/resolve-sources.js";
import type { Plan } from "../plan/plan.js";
import { checkPlan } from "./gate/check-plans.js";
import type { PlanOptions } from "./prepare/prepare.js";
import { contextFiles, listedOnce } from "./workspace.js";

/** How a Dockerfile is written. */
export interface DockerfileStyle {
  /** `"classic"` is for builders without here-documents and `--link`. @default - "buildkit" */
  readonly dialect?: DialectName;
  /** The oldest BuildKit front end that has to read it. @default - "1.4", which Docker 23 has */
  readonly frontend?: FrontendVersion;
  /** A front end for a `# syntax=` line. @default - no such line, so that builders without a network work */
  readonly syntax?: string;
  /** True when the text has comments: a first line, and where each layer was written. @default - true */
  readonly comments?: boolean;
}

/** What the text of a Dockerfile depends on beside the image. */
export interface DockerfileVerbOptions extends PlanOptions, DockerfileStyle {
  /**
   * `os/architecture[/variant]` each: one Dockerfile that gives the image of each. What differs by platform is chosen by
   * the platform that the builder builds for. @default - `platform` alone
   */
  readonly platforms?: readonly string[];
  /** The directory of files that a Dockerfile cannot hold, relative to the context; `synth` writes them. @default - "layerwright.out/files" */
  readonly filesFolder?: string;
}

/** Looks at the sources of the plans of an image, one a platform, and writes them as one Dockerfile. */
export function emitResolved(
  plans: readonly Plan[],
  context: string,
  options: DockerfileStyle & { readonly filesFolder?: string },
): EmittedDockerfile {
  const resolved = plans.map((plan) => {
    const files = listedOnce(contextFiles(context, plan.contexts));
    checkPlan(plan, files);
    return resolveSources(plan, files);
  });
  const { dialect, frontend, syntax, comments, filesFolder } = options;
  const userIgnore = readIgnoreFile(context);
  return emitPlatforms(resolved, {
    ...(dialect === undefined ? {} : { dialect }),
    ...(frontend === undefined ? {} : { frontend }),
    ...(syntax === undefined ? {} : { syntax }),
    ...(comments === undefined ? {} : { comments }),
    ...(filesFolder === undefined ? {} : { filesFolder }),
    ...(userIgnore === undefined ? {} : { userIgnore }),
    outputs: outputPatterns(context),
  });
}

/** The user's own `.dockerignore`; the one that is written for a Dockerfile takes its place, so it repeats its rules. */
function readIgnoreFile(context: string): string | undefined {
  try {
    return readFileSync(join(context, ".dockerignore"), "utf8");
  } catch {
    return undefined;
  }
}
