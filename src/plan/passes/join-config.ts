import type { ConfigChange } from "../config.js";
import type { Stage } from "../plan.js";
import type { Pass, PassLog } from "./pass.js";

/**
 * Keeps one change a setting: run steps carry the state that they see, so only the last value of each setting
 * matters, and a Dockerfile says it once.
 */
export const joinConfig: Pass = {
  name: "join-config",
  apply: (plan, log) => ({ ...plan, stages: plan.stages.map((stage) => joinInStage(stage, log)) }),
};

function joinInStage(stage: Stage, log: PassLog): Stage {
  const last = new Map<string, ConfigChange>();
  for (const change of stage.config) {
    const key = settingOf(change);
    const earlier = last.get(key);
    if (earlier !== undefined) {
      log.record({
        before: `${key} set twice`,
        after: "set once, to the later value",
        ...(earlier.origin === undefined ? {} : { origin: earlier.origin }),
      });
    }
    // The place of the first stays: the order of variables is part of the image.
    last.set(key, change);
  }
  return last.size === stage.config.length ? stage : { ...stage, config: [...last.values()] };
}

/** The setting that a change is about, in the user's words. */
function settingOf(change: ConfigChange): string {
  switch (change.set) {
    case "env":
    case "label":
    case "annotation":
      return `${change.set} ${change.name}`;
    case "expose":
      return `expose ${change.port}`;
    case "volume":
      return `volume ${change.path}`;
    default:
      return change.set;
  }
}
