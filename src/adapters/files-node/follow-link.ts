import { lstatSync, realpathSync } from "node:fs";
import { PlanError } from "../../errors/layerwright-error.js";
import type { ContextRoot } from "./context-root.js";
import type { FoundPath } from "./find-matches.js";
import { hostText } from "./host-path.js";
import { linkTarget } from "./source-entry.js";
import { sourceFailure } from "./source-failure.js";

/**
 * Where a link of the context really leads. A link out of the context is refused and never followed: what it names
 * belongs to the machine and not to the project. Undefined when nothing is there, or an ignore rule hides it.
 */
export function followLink(
  root: ContextRoot,
  path: string,
  hostPath: string | Buffer,
): Omit<FoundPath, "path"> | undefined {
  const real = realPathOf(root, path, hostPath);
  if (real === undefined) return undefined;
  if (real === root.realFolder) return hit(root, "", real);
  const inside = `${root.realFolder === "/" ? "" : root.realFolder}/`;
  if (!real.startsWith(inside)) throw outside(path, hostPath, real);
  return hit(root, real.slice(inside.length), real);
}

function realPathOf(root: ContextRoot, path: string, hostPath: string | Buffer): string | undefined {
  try {
    return realpathSync(hostPath, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw sourceFailure(hostPath, error);
    const target = linkTarget(hostPath);
    // An absolute target that is missing here would exist on another machine: say what is wrong with it, not that it is absent.
    if (target.startsWith("/") && !target.startsWith(`${root.realFolder}/`))
      throw outside(path, hostPath, target);
    return undefined;
  }
}

function hit(root: ContextRoot, realPath: string, hostPath: string): Omit<FoundPath, "path"> | undefined {
  const stats = lstatSync(hostPath);
  if (realPath === "") return { realPath, hostPath, stats, matches: undefined, ignored: false };
  const verdict = root.rules.decideAlone(realPath);
  if (verdict.ignored && !(stats.isDirectory() && root.rules.mayHoldExceptions(realPath))) return undefined;
  return { realPath, hostPath, stats, matches: verdict.matches, ignored: verdict.ignored };
}

function outside(path: string, hostPath: string | Buffer, target: string): PlanError {
  const reason = `is ${hostText(hostPath)}, a symbolic link that leads out of the context to ${target}`;
  return new PlanError("SOURCE_OUTSIDE_CONTEXT", { call: "copy", got: path, reason }, { subject: path });
}
