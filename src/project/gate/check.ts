import type { JudgedFinding } from "../../policy/policy.js";
import type { BuildSettings } from "../build.js";
import type { BuildOptions } from "../options.js";
import type { Project } from "../project.js";
import { judgeProject } from "./gate.js";

/** How the policies of a catalog are asked. */
export interface CheckOptions extends Omit<BuildOptions, "output" | "reference" | "platform"> {
  /** Instead of the catalog's. */
  readonly platforms?: readonly string[];
  /** Builds nothing: what policies over built images would find is not known then. @default - false */
  readonly planOnly?: boolean;
}

/** What the policies say. */
export interface CheckResult {
  /** All of them, in the order of the images and policies; those that a suppression lets stand say why. */
  readonly findings: readonly JudgedFinding[];
  /** How many fail a build. */
  readonly errors: number;
  readonly warnings: number;
  /** How many are let stand. */
  readonly suppressed: number;
  /** Names of the images that a policy wants to see built, when nothing was. */
  readonly notBuilt: readonly string[];
}

/**
 * Asks the policies of a project about its chosen images.
 *
 * @param planOnly true to build nothing, also where a policy looks at the built image
 */
export async function checkProject(
  project: Project,
  settings: BuildSettings,
  planOnly: boolean,
): Promise<CheckResult> {
  const { findings, awaiting } = await judgeProject(project, settings, planOnly);
  return { ...countFindings(findings), notBuilt: planOnly ? awaiting : [] };
}

/** Findings with their numbers. */
function countFindings(findings: readonly JudgedFinding[]): Omit<CheckResult, "notBuilt"> {
  const standing = findings.filter(({ suppressed }) => suppressed === undefined);
  return {
    findings,
    errors: standing.filter(({ severity }) => severity === "error").length,
    warnings: standing.filter(({ severity }) => severity === "warning").length,
    suppressed: findings.length - standing.length,
  };
}
