import type { Plan } from "../../plan/plan.js";
import type { FileSource } from "../../ports/file-source.js";
import { describeImage } from "./describe-image.js";
import { baseOfFacts } from "./known-base.js";

/**
 * Refuses a plan that the direct build would refuse on the way, as far as that can be told from the plan, the sources and
 * what is known of its bases. No file is read and nothing is fetched.
 *
 * @throws {PlanError} at the user's line
 */
export function checkDescribed(plan: Plan, files: FileSource): void {
  describeImage(plan, {
    files,
    runs: true,
    bases: {
      open: ({ known, ...base }) => {
        const name = base.kind === "registry" ? base.reference : base.path;
        const facts = known ?? { config: {}, paths: {}, users: {}, groups: {}, configOnly: true };
        return baseOfFacts(facts, name);
      },
    },
  });
}
