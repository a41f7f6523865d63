import { assertNever } from "../core/assert-never.js";
import type { FileStep } from "../image/nodes.js";
import type { Lowering } from "./lower.js";
import { lowerSource } from "./lower-source.js";
import type { FileOperation } from "./operation.js";
import { planContents } from "./plan-contents.js";
import { resolveInState, type StageState } from "./stage-state.js";

/** True when a destination is a folder to copy into: `/srv/`, `.`, `..` and what ends in them. */
function namesFolder(dest: string): boolean {
  return /(^|\/)\.{0,2}$/.test(dest);
}

/** Lowers a file step: paths become absolute, sources point to contexts and stages. */
export function lowerFileStep(step: FileStep, state: StageState, lowering: Lowering): FileOperation {
  const at = (path: string): string => resolveInState(state, path, step.origin);
  const origin = lowering.place(step.origin);
  const placed = origin === undefined ? {} : { origin };
  const owner = "owner" in step && step.owner !== undefined ? { owner: step.owner } : {};
  switch (step.kind) {
    case "copy":
      return {
        op: "copy",
        sources: step.sources.map((source) => lowerSource(source, lowering, step.origin)),
        dest: at(step.dest),
        into: step.sources.length > 1 || namesFolder(step.dest),
        ...owner,
        ...(step.mode === undefined ? {} : { mode: step.mode }),
        ...(step.exclude === undefined || step.exclude.length === 0 ? {} : { exclude: step.exclude }),
        ...(step.maxFileSize === undefined ? {} : { maxFileSize: step.maxFileSize }),
        ...placed,
      };
    case "binary":
      return {
        op: "copy",
        sources: [lowerSource(step.source, lowering, step.origin)],
        dest: at(step.dest),
        into: namesFolder(step.dest),
        owner: step.owner ?? { user: 0, group: 0 },
        mode: step.mode,
        executable: true,
        ...placed,
      };
    case "write":
      return {
        op: "write",
        path: at(step.path),
        contents: planContents(step.contents),
        mode: step.mode,
        ...owner,
        ...placed,
      };
    case "mkdir":
      return { op: "mkdir", path: at(step.path), mode: step.mode, ...owner, ...placed };
    case "symlink":
      return { op: "symlink", path: at(step.path), target: step.target, ...owner, ...placed };
    case "remove":
      return { op: "remove", path: at(step.path), ...placed };
    case "chmod":
      return {
        op: "chmod",
        path: at(step.path),
        mode: step.mode,
        ...(step.recursive ? { recursive: true } : {}),
        ...placed,
      };
    case "chown":
      return {
        op: "chown",
        path: at(step.path),
        owner: step.owner,
        ...(step.recursive ? { recursive: true } : {}),
        ...placed,
      };
    case "add":
      return {
        op: "add",
        url: step.url,
        ...(step.sha256 === undefined ? {} : { sha256: step.sha256 }),
        dest: at(step.dest),
        into: namesFolder(step.dest),
        ...(step.mode === undefined ? {} : { mode: step.mode }),
        ...owner,
        ...placed,
      };
    default:
      return assertNever(step);
  }
}
